"""Whether the recording of a conversation is paused: a conversation under way during the change is shown as recorded.

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("stint") as table:
        table.add_column(sa.Column("unrecorded", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("stint") as table:
        table.alter_column("unrecorded", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("stint") as table:
        table.drop_column("unrecorded")
