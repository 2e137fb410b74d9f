"""One open call-back per caller and line, with the calls it stands for; call-backs are offered like calls

Revision: 0016, after 0015
"""

import sqlalchemy as sa
from alembic import op

from hotline.migrations.tables import Extra, narrow, rebuild, set_check, widen

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = "state IN ('open', 'taken')"
SOURCES = "source IN ('abandoned', 'asked', 'voicemail')"
MORE_SOURCES = "source IN ('abandoned', 'asked', 'voicemail', 'closed', 'missed')"
COUNTS = Extra({"counts": ("BOOLEAN", "true")}, {})


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _of_caller() -> Extra:
    return Extra({"caller_hash": ("VARCHAR(64)", ""), "taken_at": ("DATETIME" if _sqlite() else "TIMESTAMP WITH TIME ZONE", "")}, {})


def _offered() -> Extra:
    return Extra(
        {"call_back_id": ("INTEGER" if _sqlite() else "BIGINT", "")},
        {
            "ck_offer_one_caller": "CHECK ((waiting_id IS NULL) <> (call_back_id IS NULL))",
            "fk_offer_call_back_id_call_back": "FOREIGN KEY(call_back_id) REFERENCES call_back (call_id)",
        },
    )


def _waiting_id(*, nullable: bool) -> None:
    if not _sqlite():
        op.alter_column("offer", "waiting_id", nullable=nullable)
        return
    must, may = "waiting_id INTEGER NOT NULL", "waiting_id INTEGER"
    rebuild("offer", lambda sql: sql.replace(must, may) if nullable else sql.replace(may, must))


def upgrade() -> None:
    set_check("call_back", "ck_call_back_callbacksource", MORE_SOURCES)
    widen("call_back", _of_caller())
    widen("call_back_attempt", COUNTS)
    _waiting_id(nullable=True)
    widen("offer", _offered())
    op.create_index("ix_offer_call_back", "offer", ["call_back_id"])
    op.create_table(
        "call_back_call",
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_back_call_call_id_call")),
        sa.ForeignKeyConstraint(["of_id"], ["call_back.call_id"], name=op.f("fk_call_back_call_of_id_call_back")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_back_call")),
    )
    op.create_index(op.f("ix_call_back_call_of_id"), "call_back_call", ["of_id"])
    _one_per_caller()
    op.create_index(
        "uq_call_back_caller",
        "call_back",
        ["caller_hash", "line"],
        unique=True,
        postgresql_where=sa.text(OPEN),
        sqlite_where=sa.text(OPEN),
    )


def _one_per_caller() -> None:
    """What stood open several times for one caller stands once: the first stays, the others are part of it."""
    op.execute(
        "UPDATE call_back SET caller_hash = (SELECT call.caller_hash FROM call WHERE call.id = call_back.call_id)"
    )
    op.execute(f"UPDATE call_back SET taken_at = asked_at WHERE state = 'taken'")
    op.execute(
        f"""INSERT INTO call_back_call (call_id, of_id)
        SELECT one.call_id, CASE WHEN one.{OPEN} THEN (
            SELECT min(first.call_id) FROM call_back AS first
            WHERE first.{OPEN} AND (first.call_id = one.call_id
                OR (first.caller_hash = one.caller_hash AND first.line = one.line))
        ) ELSE one.call_id END FROM call_back AS one"""
    )
    op.execute(
        f"""UPDATE call_back SET state = 'done', outcome = 'merged', done_at = asked_at WHERE {OPEN} AND call_id IN (
            SELECT call_id FROM call_back_call WHERE of_id <> call_id)"""
    )


def downgrade() -> None:
    op.drop_index("uq_call_back_caller", "call_back")
    op.drop_table("call_back_call")
    op.drop_index("ix_offer_call_back", "offer")
    op.execute("DELETE FROM offer WHERE waiting_id IS NULL")
    narrow("offer", _offered())
    _waiting_id(nullable=False)
    narrow("call_back_attempt", COUNTS)
    narrow("call_back", _of_caller())
    op.execute("UPDATE call_back SET source = 'abandoned' WHERE source IN ('closed', 'missed')")
    set_check("call_back", "ck_call_back_callbacksource", SOURCES)
