"""Which unit a file is from; the accused that nobody has made out yet, from whom the person stays hidden

Revision: 0011, after 0010
"""

import re

from alembic import op
from sqlalchemy import text

from hotline import privacy
from hotline.migrations.tables import Extra, narrow, widen

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OF_UNIT = Extra(
    {"unit_id": ("INTEGER", "")},
    {
        "fk_order_attachment_unit_id_institution": "FOREIGN KEY(unit_id) REFERENCES institution (id)",
        "uq_order_attachment_order_id_sha256_unit_id": "UNIQUE (order_id, sha256, unit_id)",
    },
)
ONCE_FOR_ALL = Extra({}, {"uq_order_attachment_order_id_sha256": "UNIQUE (order_id, sha256)"})
UNSETTLED = re.compile(r"涉及机构“(.+)”不在机构名录中，待人工核实")


def _told() -> Extra:
    return Extra({"accused_told": ("BLOB" if op.get_bind().dialect.name == "sqlite" else "BYTEA", "")}, {})


def upgrade() -> None:
    narrow("order_attachment", ONCE_FOR_ALL)
    widen("order_attachment", OF_UNIT)
    of_author = "SELECT institution_id FROM account WHERE account.id = order_attachment.added_by_id"
    op.execute(f"UPDATE order_attachment SET unit_id = ({of_author}) WHERE party = 'unit'")
    widen("work_order", _told())
    _mark_unsettled()


def _mark_unsettled() -> None:
    """What stood in a note of the registration until now."""
    bind = op.get_bind()
    notes = text(
        "SELECT order_id, reason FROM order_move JOIN work_order ON work_order.id = order_id WHERE move = 'note'"
        " AND internal AND accused_id IS NULL AND source <> 'SELF' AND reason IS NOT NULL"
    )
    mark = text("UPDATE work_order SET accused_told = :told WHERE id = :id")
    for order_id, reason in bind.execute(notes).all():
        named = UNSETTLED.fullmatch(privacy.decrypt(bytes(reason), "order_move.reason"))
        if named:
            bind.execute(mark, {"id": order_id, "told": privacy.encrypt(named[1], "work_order.accused_told")})


def downgrade() -> None:
    """Refused by the database once two units have given the same file."""
    narrow("work_order", _told())
    narrow("order_attachment", OF_UNIT)
    widen("order_attachment", ONCE_FOR_ALL)
