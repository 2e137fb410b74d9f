"""The whole field set of a work order

Revision: 0005, after 0004
"""

from alembic import op
from sqlalchemy import text

from hotline.migrations.tables import Extra, narrow, set_check, widen

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BOOLEAN = ("BOOLEAN", "false")
CODE = ("VARCHAR(24)", "")
APPEALED = text("appeal = 'pending'")
MOVES = (
    "register reply_directly dispatch sign return redispatch reject_return start ask_extension grant_extension "
    "refuse_extension suspend resume reply approve rework restart close reopen archive void merge unmerge withdraw "
    "reinstate note contact supplement near_due urge supervise seen revisit_try link unlink file answered_with_parent"
).split()
NEW_MOVES = ["amend", "assess", "appeal", "grant_appeal", "refuse_appeal"]
REVISIT = Extra(
    {"reply_fit": CODE},
    {
        "ck_order_revisit_replyfit": "CHECK (reply_fit IN ('1', '2'))",
        "ck_order_revisit_failure_has_no_fit": "CHECK (failure IS NULL OR reply_fit IS NULL)",
    },
)


def order(json: str, big: str) -> Extra:
    return Extra(
        {
            "source_level": CODE,
            "categories": (json, "'[]'"),
            "acceptor": ("VARCHAR(40)", ""),
            "acceptor_no": ("VARCHAR(20)", ""),
            "is_repeat": BOOLEAN,
            "urged_order_id": (big, ""),
            "caller_subject": CODE,
            "reply_fit": CODE,
            "nonsense": BOOLEAN,
            "exempt": BOOLEAN,
            "appeal": CODE,
        },
        {
            "ck_work_order_sourcelevel": "CHECK (source_level IN ('1', '2', '3'))",
            "ck_work_order_callersubject": "CHECK (caller_subject IN ('1', '2', '3'))",
            "ck_work_order_replyfit": "CHECK (reply_fit IN ('1', '2'))",
            "ck_work_order_appeal": "CHECK (appeal IN ('pending', 'granted', 'refused'))",
            "ck_work_order_repeat_urges_another": "CHECK (urged_order_id IS NULL OR (is_repeat AND urged_order_id <> id))",
            "fk_work_order_urged_order_id_work_order": "FOREIGN KEY(urged_order_id) REFERENCES work_order (id)",
        },
    )


def _order() -> Extra:
    return order("JSON", "INTEGER") if op.get_bind().dialect.name == "sqlite" else order("JSONB", "BIGINT")


def _moves(members: list[str]) -> None:
    named = ", ".join(f"'{one}'" for one in members)
    for table in ("order_move", "order_notice"):
        set_check(table, f"ck_{table}_move", f"move IN ({named})")


def upgrade() -> None:
    widen("work_order", _order())
    op.create_index(op.f("ix_work_order_urged_order_id"), "work_order", ["urged_order_id"])
    op.create_index(
        "ix_work_order_appealed",
        "work_order",
        ["registered_at", "id"],
        postgresql_where=APPEALED,
        sqlite_where=APPEALED,
    )
    widen("order_revisit", REVISIT)
    _moves(MOVES + NEW_MOVES)


def downgrade() -> None:
    """Refused by the database once a line of the new moves is written: history is never rewritten."""
    _moves(MOVES)
    narrow("order_revisit", REVISIT)
    op.drop_index("ix_work_order_appealed", "work_order")
    op.drop_index(op.f("ix_work_order_urged_order_id"), "work_order")
    narrow("work_order", _order())
