"""Runs migrations inside an application context: one transaction, on SQLite too, rules (triggers) included."""

from importlib import import_module

from alembic import context

from hotline.config import ROOT
from hotline.db import Base, db
from hotline.migrations import rules  # noqa: F401  teaches autogenerate about triggers

HOTLINE = ROOT / "hotline"


def see_every_model() -> None:
    """Import every matter, so that no table is forgotten; pages have none."""
    for file in sorted(HOTLINE.rglob("*.py")):
        parts = file.relative_to(HOTLINE.parent).with_suffix("").parts
        if parts[1] not in ("web", "migrations"):
            import_module(".".join(parts).removesuffix(".__init__"))


def render_item(kind, item, autogen_context):
    """Write our own column types as what they are in the database."""
    if kind == "type" and type(item).__name__ == "JSON":
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if kind == "type" and type(item).__module__ in ("hotline.db", "hotline.privacy"):
        if type(item).__name__ == "Encrypted":
            return "sa.LargeBinary()"
        autogen_context.imports.add("from hotline.db import UTCDateTime")
        return "UTCDateTime()"
    return False


def compare_type(_context, _inspected, _column, inspected_type, model_type):
    """Only the length of a text is compared: the rest differs by dialect and is held by CHECKs."""
    ours, theirs = getattr(model_type, "length", None), getattr(inspected_type, "length", None)
    return bool(ours and theirs and ours != theirs)


def drop_empty(_context, _revision, directives):
    """Nothing to do makes no file."""
    if directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run() -> None:
    see_every_model()
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.dbapi_connection
        if sqlite:
            raw.execute("PRAGMA foreign_keys=off")  # a rebuilt table is dropped for a moment
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=compare_type,
            process_revision_directives=drop_empty,
            transactional_ddl=True,
        )
        with connection.begin(), context.begin_transaction():
            context.run_migrations()
        if sqlite:
            broken = raw.execute("PRAGMA foreign_key_check").fetchall()
            raw.execute("PRAGMA foreign_keys=on")
            if broken:
                raise RuntimeError(f"the migration left rows without their parent: {broken[:5]}")


run()
