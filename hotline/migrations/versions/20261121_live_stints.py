"""Who is in a conversation now is found by an index: the ticker looks every second.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stint") as table:
        table.create_index("ix_stint_live", ["state"], postgresql_where=sa.text("state <> 'ended'"))


def downgrade() -> None:
    with op.batch_alter_table("stint") as table:
        table.drop_index("ix_stint_live")
