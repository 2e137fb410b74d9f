"""Teaches migrations about the triggers of `db.rules`: `op.add_rule` and `op.drop_rule`, found by autogenerate."""

import re

from alembic.autogenerate import comparators, renderers
from alembic.operations import MigrateOperation, Operations
from alembic.util import DispatchPriority
from sqlalchemy import text

_NAME = re.compile(r"CREATE (TRIGGER|FUNCTION) (\w+)")


@Operations.register_operation("add_rule")
class AddRule(MigrateOperation):
    """Create one trigger or trigger function on one dialect."""

    def __init__(self, table, dialect, statement):
        self.table, self.dialect, self.statement = table, dialect, statement

    @classmethod
    def add_rule(cls, operations, table, dialect, statement):
        return operations.invoke(cls(table, dialect, statement))

    def reverse(self):
        return DropRule(self.table, self.dialect, self.statement)

    def to_diff_tuple(self):
        return ("add_rule", self.table, self.dialect, self.statement)


@Operations.register_operation("drop_rule")
class DropRule(MigrateOperation):
    """Remove what `add_rule` made of the same statement."""

    def __init__(self, table, dialect, statement):
        self.table, self.dialect, self.statement = table, dialect, statement

    @classmethod
    def drop_rule(cls, operations, table, dialect, statement):
        return operations.invoke(cls(table, dialect, statement))

    def reverse(self):
        return AddRule(self.table, self.dialect, self.statement)

    def to_diff_tuple(self):
        return ("drop_rule", self.table, self.dialect, self.statement)


@Operations.implementation_for(AddRule)
def _add(operations, operation):
    if operations.get_bind().dialect.name == operation.dialect:
        operations.get_bind().exec_driver_sql(operation.statement)


@Operations.implementation_for(DropRule)
def _drop(operations, operation):
    bind = operations.get_bind()
    if bind.dialect.name != operation.dialect:
        return
    kind, name = _NAME.match(operation.statement).groups()
    on = f" ON {operation.table}" if kind == "TRIGGER" and operation.dialect == "postgresql" else ""
    bind.exec_driver_sql(f"DROP {kind} {name}{on}" + ("()" if kind == "FUNCTION" else ""))


@renderers.dispatch_for(AddRule)
def _render_add(_context, operation):
    return f"op.add_rule({operation.table!r}, {operation.dialect!r}, {operation.statement!r})"


@renderers.dispatch_for(DropRule)
def _render_drop(_context, operation):
    return f"op.drop_rule({operation.table!r}, {operation.dialect!r}, {operation.statement!r})"


def present(connection) -> set[str]:
    """Names of the triggers and trigger functions the database has."""
    if connection.dialect.name == "sqlite":
        return set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    triggers = connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"))
    own = "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    return set(triggers) | set(connection.scalars(text(own)))


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def compare(context, upgrade_ops, _schemas) -> None:
    """What the models ask for and the database has not; both dialects are written into one migration."""
    here, found = context.connection.dialect.name, present(context.connection)
    for table in context.metadata.sorted_tables:
        asked = table.info.get("rules", {})
        missing = [text for text in asked.get(here, []) if _NAME.match(text)[2] not in found]
        if missing:
            pairs = [(dialect, text) for dialect, texts in asked.items() for text in texts]
            upgrade_ops.ops.extend(AddRule(table.name, dialect, text) for dialect, text in pairs)
