"""The database: one declarative base, portable types, and the only dialect switches of the product.

Models inherit from `Base`. Services use `session` and never commit; a view, a job or a command commits once.
SQLite runs in WAL mode; a transaction takes the write lock at its start (`BEGIN IMMEDIATE`) unless
it was declared a reader, because a reader that turns writer cannot wait for the lock.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import wraps
from typing import Any

import click
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CursorResult,
    Date,
    DateTime,
    Dialect,
    Enum,
    Executable,
    Float,
    Integer,
    MetaData,
    Table,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, OperationalError, ProgrammingError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import Pool
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from hotline import clock

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC; naive values are refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(postgresql.JSONB, "postgresql")


def enum_by_value(enum: type[StrEnum], length: int = 24, *, column: str = "") -> Enum:
    """A StrEnum stored by its value in a VARCHAR with a CHECK; `column` where a table holds two of them."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=length,
        values_callable=lambda members: [member.value for member in members],
        name=column or enum.__name__.lower(),
    )


class Base(DeclarativeBase):
    """What every model inherits from."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: UTCDateTime,
            date: Date,
            dict[str, Any]: Json,
            list[Any]: Json,
            list[str]: Json,
        },
    )


db = SQLAlchemy(metadata=Base.registry.metadata)
session = db.session

_reading: ContextVar[bool] = ContextVar("reading", default=False)


def declare_reader(reading: bool) -> None:
    """Say whether the transactions that this context starts only read (SQLite: `BEGIN` without the lock)."""
    _reading.set(reading)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions started inside only read."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


CONNECTIONS = 16


def engine_options(url: str) -> dict[str, Any]:
    """Engine settings per dialect: enough connections for the places of the turnstile, the streams' reviews and the
    large bodies that pass by its side."""
    shared = {"pool_size": CONNECTIONS, "max_overflow": 0, "hide_parameters": True}
    if url.startswith("sqlite"):
        return {**shared, "connect_args": {"timeout": 15, "check_same_thread": False}}
    return {**shared, "connect_args": {"options": "-c timezone=UTC"}}


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=15000", "foreign_keys=on"):
            connection.execute(f"PRAGMA {pragma}")


IDLE_SECONDS = 5.0
"""A pooled connection that lay idle for longer is asked whether it still lives; a busy one has just shown it."""


@event.listens_for(Pool, "checkin")
def _on_checkin(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = clock.monotonic()


@event.listens_for(Pool, "checkout")
def _on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
    idle = clock.monotonic() - record.info.get("idle_since", clock.monotonic())
    if idle < IDLE_SECONDS or not type(connection).__module__.startswith("psycopg"):
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except connection.Error as gone:
        raise DisconnectionError from gone


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def insert(table: Any) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` on both databases."""
    dialect = session.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def changed(statement: Executable) -> int:
    """Run an UPDATE or DELETE; how many rows it changed. The guard of a single-statement compare-and-set."""
    result = session.execute(statement)
    assert isinstance(result, CursorResult)  # noqa: S101  DML always gives one
    return result.rowcount


def lock(name: str) -> None:
    """Hold a named lock until the transaction ends. SQLite's single writer already is that lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


class seconds_between(FunctionElement[float]):  # noqa: N801  reads as a function in SQL
    """Seconds from the first instant to the second."""

    name = "seconds_between"
    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"ROUND((julianday({end}) - julianday({start})) * 86400.0, 3)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"EXTRACT(EPOCH FROM ({end} - {start}))"


class milliseconds(FunctionElement[int]):  # noqa: N801  reads as a function in SQL
    """Whole milliseconds of a stored instant since 1970, cut off, so that stretches that touch add up exactly."""

    name = "milliseconds"
    type = BigInteger()
    inherit_cache = True


@compiles(milliseconds, "sqlite")
def _milliseconds_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    at = compiler.process(element.clauses, **options)
    return f"(CAST(strftime('%s', substr({at}, 1, 19)) AS INTEGER) * 1000 + CAST(substr({at}, 21, 3) AS INTEGER))"


@compiles(milliseconds, "postgresql")
def _milliseconds_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(FLOOR(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **options)}) * 1000) AS BIGINT)"


def skip_locked(statement: Any) -> Any:
    """`FOR UPDATE SKIP LOCKED` where the database has it."""
    return statement.with_for_update(skip_locked=True)


APPEND_ONLY = "append only: rows are never changed or removed"


def append_only_ddl(table: str, dialect: str, verbs: Sequence[str] = ("UPDATE", "DELETE")) -> list[str]:
    """The statements that make the database itself refuse `verbs` on `table`."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is {APPEND_ONLY}'); END"
            for verb in verbs
        ]
    return [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is {APPEND_ONLY}'; END $$",
        f"CREATE TRIGGER {table}_refuse BEFORE {' OR '.join(verbs)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
    ]


def rules(table: Any, statements: dict[str, list[str]]) -> None:
    """Triggers, per dialect, that go wherever `table` is created; migrations find them in `table.info`."""
    assert isinstance(table, Table)  # noqa: S101  a model's __table__ is typed FromClause
    for dialect, texts in statements.items():
        table.info.setdefault("rules", {}).setdefault(dialect, []).extend(texts)
        for statement in texts:
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


def append_only(table: Any, verbs: Sequence[str] = ("UPDATE", "DELETE")) -> None:
    """Make `table` append-only wherever it is created."""
    rules(table, {dialect: append_only_ddl(table.name, dialect, verbs) for dialect in ("sqlite", "postgresql")})


def needs_database(command: Callable[..., None]) -> Callable[..., None]:
    """A command that tells in one line that its database is away or was not made yet."""

    @wraps(command)
    def told(*args: Any, **more: Any) -> None:
        try:
            command(*args, **more)
        except (OperationalError, ProgrammingError) as fault:
            raise click.ClickException("数据库不可用，或尚未建立：请先执行 python -m workers.prepare") from fault

    return told
