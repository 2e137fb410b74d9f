"""each answer keeps beside it what was done; the last one of an order gets it from there

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

from hotline.db import append_only_ddl
from hotline.migrations.tables import Extra, narrow, widen
from hotline.privacy import decrypt, encrypt

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ANSWERS = ("reply", "reply_directly", "answered_with_parent")
ORDER = sa.table("work_order", sa.column("id", sa.BigInteger), sa.column("result", sa.LargeBinary))
LINE = sa.table(
    "order_move",
    *(sa.column("id", sa.BigInteger), sa.column("order_id", sa.BigInteger), sa.column("move", sa.String)),
    sa.column("result", sa.LargeBinary),
)


def _result() -> Extra:
    return Extra({"result": ("BLOB" if op.get_bind().dialect.name == "sqlite" else "BYTEA", "")}, {})


def upgrade() -> None:
    widen("order_move", _result())
    link = op.get_bind()
    dialect = link.dialect.name
    rules = append_only_ddl("order_move", dialect)
    for statement in reversed(rules):
        op.drop_rule("order_move", dialect, statement)
    last = sa.select(LINE.c.order_id, sa.func.max(LINE.c.id).label("id")).where(LINE.c.move.in_(ANSWERS))
    last = last.group_by(LINE.c.order_id).subquery()
    rows = sa.select(last.c.id, ORDER.c.result).join(last, last.c.order_id == ORDER.c.id)
    for row in link.execute(rows.where(ORDER.c.result.is_not(None))).all():
        result = encrypt(decrypt(bytes(row.result), "work_order.result"), "order_move.result")
        link.execute(sa.update(LINE).where(LINE.c.id == row.id).values(result=result))
    for statement in rules:
        op.add_rule("order_move", dialect, statement)


def downgrade() -> None:
    narrow("order_move", _result())
