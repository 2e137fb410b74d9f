"""Menus withdrawn before they came into force leave their hour to others; who lifted a block

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op

from hotline.db import UTCDateTime, append_only_ddl
from hotline.migrations.tables import Extra, narrow, widen

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

RULES = [(dialect, each) for dialect in ("sqlite", "postgresql") for each in append_only_ddl("menu_withdrawal", dialect)]
ONE_AT_A_TIME = Extra({}, {"uq_menu_valid_from": "UNIQUE (valid_from)"})
LIFTED_BY = Extra(
    {"lifted_by": ("INTEGER", "")},
    {"fk_blocked_number_lifted_by_account": "FOREIGN KEY(lifted_by) REFERENCES account (id)"},
)


def upgrade() -> None:
    narrow("menu", ONE_AT_A_TIME)
    op.create_index("ix_menu_valid_from", "menu", ["valid_from"])
    op.create_table(
        "menu_withdrawal",
        sa.Column("menu_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_menu_withdrawal_by_id_account")),
        sa.ForeignKeyConstraint(["menu_id"], ["menu.id"], name=op.f("fk_menu_withdrawal_menu_id_menu")),
        sa.PrimaryKeyConstraint("menu_id", name=op.f("pk_menu_withdrawal")),
    )
    for dialect, statement in RULES:
        op.add_rule("menu_withdrawal", dialect, statement)
    widen("blocked_number", LIFTED_BY)


def downgrade() -> None:
    """Refused by the database once a menu was published for the hour of a withdrawn one."""
    narrow("blocked_number", LIFTED_BY)
    for dialect, statement in reversed(RULES):
        op.drop_rule("menu_withdrawal", dialect, statement)
    op.drop_table("menu_withdrawal")
    op.drop_index("ix_menu_valid_from", "menu")
    widen("menu", ONE_AT_A_TIME)
