"""signing secrets are spelled as Standard Webhooks spells them; the bytes that sign stay the same

Revision: 0008, after 0007
"""

import base64
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from hotline.privacy import decrypt, encrypt

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LABEL, MARK = "platform.secret", "whsec_"
PLATFORM = sa.table("platform", sa.column("id", sa.Integer), sa.column("secret", sa.LargeBinary))


def upgrade() -> None:
    _respell(lambda secret: secret if secret.startswith(MARK) else MARK + base64.b64encode(secret.encode()).decode())


def downgrade() -> None:
    """Back to the characters that sign; a secret made since is no characters, and stays as it is until it is changed."""
    _respell(_characters)


def _characters(secret: str) -> str:
    try:
        return base64.b64decode(secret.removeprefix(MARK)).decode("ascii")
    except ValueError:
        return secret


def _respell(spelled: Callable[[str], str]) -> None:
    link = op.get_bind()
    for row in link.execute(sa.select(PLATFORM.c.id, PLATFORM.c.secret).where(PLATFORM.c.secret.is_not(None))).all():
        secret = encrypt(spelled(decrypt(bytes(row.secret), LABEL)), LABEL)
        link.execute(sa.update(PLATFORM).where(PLATFORM.c.id == row.id).values(secret=secret))
