"""events whose call never appeared: found by an index, closed with a reason

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from hotline.db import UTCDateTime, append_only_ddl

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RULES = [(dialect, each) for dialect in ("sqlite", "postgresql") for each in append_only_ddl("closed_orphan", dialect)]


def upgrade() -> None:
    op.create_table(
        "closed_orphan",
        sa.Column("call_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_closed_orphan_by_id_account")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_closed_orphan_call_id_call")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_closed_orphan")),
    )
    for dialect, statement in RULES:
        op.add_rule("closed_orphan", dialect, statement)
    none_called = sa.text("called = ''")
    op.create_index("ix_call_unrung", "call", ["offered_at"], postgresql_where=none_called, sqlite_where=none_called)


def downgrade() -> None:
    op.drop_index("ix_call_unrung", "call")
    for dialect, statement in reversed(RULES):
        op.drop_rule("closed_orphan", dialect, statement)
    op.drop_table("closed_orphan")
