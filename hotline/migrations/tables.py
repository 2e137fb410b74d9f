"""Changes that SQLite has no ALTER for: a table is made anew by its own statement, rows, indexes, triggers included."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alembic import op
from sqlalchemy import text

FIRST_RULE = "\n\tCONSTRAINT "


def rebuild(table: str, edit: Callable[[str], str], fresh: Mapping[str, str] | None = None) -> None:
    """Make a table of SQLite again as `edit` leaves its CREATE statement. `fresh`: SQL of new columns' values."""
    bind = op.get_bind()
    of_table = {"table": table}
    sql = bind.scalar(text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), of_table)
    beside = text("SELECT sql FROM sqlite_master WHERE type IN ('index','trigger') AND tbl_name = :table AND sql <> ''")
    again = list(bind.scalars(beside, of_table))
    had = _columns(table)
    bind.exec_driver_sql(re.sub(r'^CREATE TABLE "?\w+"?', "CREATE TABLE rebuilt", edit(sql)))
    kept = [name for name in _columns("rebuilt") if name in had]
    new = dict(fresh or {})
    bind.exec_driver_sql(
        f"INSERT INTO rebuilt ({', '.join([*kept, *new])}) "  # noqa: S608  names of our own columns
        f"SELECT {', '.join([*kept, *new.values()])} FROM {table}"
    )
    bind.exec_driver_sql(f"DROP TABLE {table}")
    bind.exec_driver_sql(f"ALTER TABLE rebuilt RENAME TO {table}")
    for statement in again:
        bind.exec_driver_sql(statement)


def _columns(table: str) -> list[str]:
    rows = op.get_bind().execute(text("SELECT name FROM pragma_table_info(:table)"), {"table": table})
    return [name for (name,) in rows]


def set_check(table: str, name: str, condition: str) -> None:
    """Put another condition in the place of a CHECK: what an enum with a new member needs."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, text(condition))
        return
    line = re.compile(rf"CONSTRAINT {name} CHECK \(.*\)(?=,?\s*(?:\n|$))")
    rebuild(table, lambda sql: line.sub(lambda _: f"CONSTRAINT {name} CHECK ({condition})", sql))


@dataclass(frozen=True)
class Extra:
    """Columns with their types and the SQL value of the rows that are there (empty: they may stay null); rules."""

    columns: Mapping[str, tuple[str, str]]
    constraints: Mapping[str, str]

    def lines(self) -> tuple[list[str], list[str]]:
        """The same as lines of a CREATE statement."""
        columns = [f"{name} {kind}{' NOT NULL' if value else ''}" for name, (kind, value) in self.columns.items()]
        return columns, [f"CONSTRAINT {name} {rule}" for name, rule in self.constraints.items()]


def widen(table: str, extra: Extra) -> None:
    """Add columns and their rules."""
    if op.get_bind().dialect.name == "sqlite":
        fresh = {name: value or "NULL" for name, (_, value) in extra.columns.items()}
        rebuild(table, lambda sql: _with(sql, extra), fresh)
        return
    for name, (kind, value) in extra.columns.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}{f' DEFAULT {value} NOT NULL' if value else ''}")
        if value:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT")
    for name, rule in extra.constraints.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule}")


def narrow(table: str, extra: Extra) -> None:
    """Take the columns and their rules away again; an index over them must be gone."""
    if op.get_bind().dialect.name == "sqlite":
        rebuild(table, lambda sql: _without(sql, extra))
        return
    for name in extra.constraints:
        op.drop_constraint(op.f(name), table)
    for name in extra.columns:
        op.drop_column(table, name)


def _with(sql: str, extra: Extra) -> str:
    columns, rules = extra.lines()
    head, mark, rest = sql.partition(FIRST_RULE)
    body, _, end = rest.rpartition("\n)")
    return "".join(
        (head, *(f"\n\t{line}, " for line in columns), mark, body, *(f", \n\t{line}" for line in rules), "\n)", end)
    )


def _without(sql: str, extra: Extra) -> str:
    columns, rules = extra.lines()
    for line in columns:
        sql = sql.replace(f"\n\t{line}, ", "")
    for line in rules:
        sql = sql.replace(f", \n\t{line}", "")
    return sql
