"""`python3 run.py bench [name …] [--json FILE]`: the figures of every `bench_<name>.py` here.

Each has `run() -> dict`, called inside an application context on a PostgreSQL database of its own with the reference
data, and an embedded Redis in REDIS_URL.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from app import create_app
from hotline import db
from hotline.db import session
from tests.conftest import build_schema
from tests.conftest import test_config as config_for
from tests.databases import PostgresDatabases
from workers import embedded

FOLDER = Path(__file__).parent
NAMES = sorted(file.stem.removeprefix("bench_") for file in FOLDER.glob("bench_*.py"))


def machine() -> dict[str, Any]:
    """On what the figures were measured."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}


@contextmanager
def redis() -> Iterator[None]:
    """The embedded Redis, for everything measured."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-", dir="/tmp") as folder:
        path = Path(folder) / "redis.sock"
        server = subprocess.Popen(embedded.server_command(Path(folder), path), stdout=subprocess.DEVNULL)
        assert embedded.wait_until_it_answers(path)
        os.environ["REDIS_URL"] = f"unix://{path}"
        try:
            yield
        finally:
            server.terminate()
            server.wait(30)


def measure(name: str, databases: PostgresDatabases) -> dict[str, Any]:
    with databases.fresh() as url:
        app = create_app(config_for(url))
        with app.app_context():
            try:
                return dict(import_module(f"tests.load.bench_{name}").run())
            finally:
                session.remove()
                db.db.engine.dispose()


def main(given: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 run.py bench")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args(given)
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"no bench {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    os.environ["HOTLINE_MODE"] = "test"
    databases, found = PostgresDatabases(build_schema), {"machine": machine()}
    try:
        with redis():
            for name in options.names or NAMES:
                found[name] = measure(name, databases)
                print(json.dumps({name: found[name]}, ensure_ascii=False, indent=2), flush=True)  # noqa: T201
    finally:
        databases.close()
    if options.json:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
