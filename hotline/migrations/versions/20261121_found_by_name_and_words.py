"""calls and orders are found by a keyed hash of the whole name, calls by nature and time; likely duplicates are marked

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

from hotline import privacy
from hotline.calls import names

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PORTION = 1000
DOUBTFUL = sa.text("similar_id IS NOT NULL AND state = 'registered'")


def upgrade() -> None:
    with op.batch_alter_table("registration") as table:
        table.add_column(sa.Column("name_hash", sa.String(64), nullable=True))
        table.create_index("ix_registration_name", ["name_hash", "saved_at"])
        table.create_index("ix_registration_nature", ["nature", "saved_at"])
    with op.batch_alter_table("work_order") as table:
        table.add_column(sa.Column("name_hash", sa.String(64), nullable=True))
        table.add_column(sa.Column("similar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        table.create_foreign_key(op.f("fk_work_order_similar_id_work_order"), "work_order", ["similar_id"], ["id"])
        table.create_index("ix_work_order_name", ["name_hash", "registered_at"])
        table.create_index(
            "ix_work_order_doubtful", ["due_at", "id"], postgresql_where=DOUBTFUL, sqlite_where=DOUBTFUL
        )
    _index("registration", "call_id")
    _index("work_order", "id")


def _index(name: str, key_name: str) -> None:
    """Give the rows that are there the hash of the name they hold."""
    table = sa.table(name, sa.column(key_name), sa.column("caller_name"), sa.column("name_hash"))
    key = table.c[key_name]
    named = sa.select(key, table.c.caller_name).where(table.c.caller_name.is_not(None)).order_by(key).limit(PORTION)
    given = table.update().where(key == sa.bindparam("row")).values(name_hash=sa.bindparam("found"))
    bind, last = op.get_bind(), 0
    while rows := bind.execute(named.where(key > last)).all():
        last = rows[-1][0]
        hashed = [(row, names.hashed(privacy.decrypt(bytes(sealed), f"{name}.caller_name"))) for row, sealed in rows]
        if found := [{"row": row, "found": one} for row, one in hashed if one]:
            bind.execute(given, found)


def downgrade() -> None:
    with op.batch_alter_table("work_order") as table:
        table.drop_index("ix_work_order_doubtful")
        table.drop_index("ix_work_order_name")
        table.drop_constraint(op.f("fk_work_order_similar_id_work_order"), type_="foreignkey")
        table.drop_column("similar_id")
        table.drop_column("name_hash")
    with op.batch_alter_table("registration") as table:
        table.drop_index("ix_registration_nature")
        table.drop_index("ix_registration_name")
        table.drop_column("name_hash")
