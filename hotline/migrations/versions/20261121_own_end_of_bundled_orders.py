"""an order that was bundled keeps its main order after its own end

Revision: 0003, after 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

HAS_PARENT, OF_BUNDLED = "ck_work_order_merged_has_parent", "ck_work_order_parent_of_bundled"


def upgrade() -> None:
    with op.batch_alter_table("work_order") as table:
        table.drop_constraint(op.f(HAS_PARENT), type_="check")
        table.create_check_constraint(op.f(HAS_PARENT), "state <> 'merged' OR parent_id IS NOT NULL")
        table.create_check_constraint(
            op.f(OF_BUNDLED), "parent_id IS NULL OR state IN ('merged','closed','archived')"
        )
    archived = "parent_id IN (SELECT id FROM work_order WHERE state = 'archived')"
    op.execute(f"UPDATE work_order SET state = 'archived' WHERE state = 'merged' AND {archived}")
    op.execute("UPDATE work_order SET state = 'closed' WHERE state = 'merged' AND closed_at IS NOT NULL")


def downgrade() -> None:
    op.execute("UPDATE work_order SET state = 'merged' WHERE parent_id IS NOT NULL")
    with op.batch_alter_table("work_order") as table:
        table.drop_constraint(op.f(OF_BUNDLED), type_="check")
        table.drop_constraint(op.f(HAS_PARENT), type_="check")
        table.create_check_constraint(op.f(HAS_PARENT), "(state = 'merged') = (parent_id IS NOT NULL)")
