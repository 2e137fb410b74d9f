"""an order may end as handed over; a number may be handed over more than once, each time written down

Revision: 0012, after 0011
"""

from alembic import op

from hotline.migrations.tables import rebuild, set_check

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE, NUMBER = "emergency_handover", ["source", "external_no"]
UNIQUE = "uq_emergency_handover_source_external_no"
ONCE = f", \n\tCONSTRAINT {UNIQUE} UNIQUE (source, external_no)"
MOVES = (
    "register reply_directly dispatch sign return redispatch reject_return start ask_extension grant_extension "
    "refuse_extension suspend resume reply approve rework restart close reopen archive void merge unmerge withdraw "
    "reinstate note contact supplement near_due urge supervise seen revisit_try link unlink file "
    "answered_with_parent amend assess appeal grant_appeal refuse_appeal"
).split()


def _moves(members: list[str]) -> None:
    named = ", ".join(f"'{one}'" for one in members)
    for table in ("order_move", "order_notice"):
        set_check(table, f"ck_{table}_move", f"move IN ({named})")


def upgrade() -> None:
    after = MOVES.index("reinstate") + 1
    _moves([*MOVES[:after], "hand_over", *MOVES[after:]])
    if op.get_bind().dialect.name == "sqlite":
        rebuild(TABLE, lambda sql: sql.replace(ONCE, ""))
    else:
        op.drop_constraint(op.f(UNIQUE), TABLE, type_="unique")
    op.create_index("ix_emergency_handover_number", TABLE, NUMBER)


def downgrade() -> None:
    """Refused by the database once an order was handed over, or a number twice: history is never rewritten."""
    op.drop_index("ix_emergency_handover_number", TABLE)
    if op.get_bind().dialect.name == "sqlite":
        rebuild(TABLE, lambda sql: f"{sql.rstrip().removesuffix(')').rstrip()}{ONCE}\n)")
    else:
        op.create_unique_constraint(op.f(UNIQUE), TABLE, NUMBER)
    _moves(MOVES)
