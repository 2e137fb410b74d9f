"""Whether a waiting caller has heard the notice that talks are recorded. Those who wait during the change hear it again.

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("waiting") as table:
        table.add_column(sa.Column("noticed", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("waiting") as table:
        table.alter_column("noticed", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("waiting") as table:
        table.drop_column("noticed")
