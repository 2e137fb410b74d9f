"""What a person was known by before a correction stays hidden as the present is

Revision: 0007, after 0006
"""

from alembic import op

from hotline.migrations.tables import Extra, narrow, widen

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _former() -> Extra:
    return Extra({"former": ("BLOB" if op.get_bind().dialect.name == "sqlite" else "BYTEA", "")}, {})


def upgrade() -> None:
    widen("work_order", _former())


def downgrade() -> None:
    narrow("work_order", _former())
