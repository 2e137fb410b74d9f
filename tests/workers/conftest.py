"""A real Redis-compatible server and real processes around a database of their own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text

from hotline import broker, db, jobs
from hotline.db import session
from hotline.jobs import Job, Outbox
from tests.workers import laboratory
from workers import embedded

ROOT = Path(__file__).resolve().parents[2]


def wait_for(condition, seconds=150.0, every=0.1):
    """The first true value of `condition()`, or a failed test."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s")


class Server:
    """An embedded Redis that can be killed and started again with what its append-only file kept."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "redis.sock"
        self.url = f"unix://{self.path}"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            embedded.server_command(self.folder, self.path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        assert embedded.wait_until_it_answers(self.path)
        self.client = broker.connect(self.url)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def lose(self) -> None:
        """Killed, and what it kept on disk is gone too."""
        self.kill()
        for kept in self.folder.iterdir():
            shutil.rmtree(kept) if kept.is_dir() else kept.unlink()


@pytest.fixture
def redis_server():
    with tempfile.TemporaryDirectory(prefix="hotline-redis-", dir="/tmp") as folder:
        server = Server(Path(folder))
        yield server
        server.kill()


class House:
    """Processes of the house on one database and one Redis."""

    def __init__(self, url: str, redis_url: str, folder: Path) -> None:
        self.folder, self.running = folder, []
        self.env = {**os.environ, "HOTLINE_MODE": "test", "DATABASE_URL": url, "REDIS_URL": redis_url}
        self.env["DATA_DIR"] = str(folder)

    def run(self, *command: str, module: str = "tests.workers.laboratory") -> subprocess.Popen:
        log = (self.folder / f"{command[0]}-{len(self.running)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", module, *command], cwd=ROOT, env=self.env, stdout=log, stderr=log, process_group=0
        )
        self.running.append(process)
        return process

    def logs(self) -> str:
        return "\n".join(file.read_text() for file in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def house(committed_app, redis_server, tmp_path):
    """Workers and clocks to start on the database of `committed_app`, whose context is entered here."""
    broker.configure(redis_server.url)
    with committed_app.app_context():
        session.execute(text(laboratory.EFFECT_TABLE))
        session.execute(delete(Outbox))
        session.commit()
        made = House(db.db.engine.url.render_as_string(hide_password=False), redis_server.url, tmp_path)
        yield made
        made.close()


def want(count: int = 1, start: int = 0, job: Job = Job.COUNT_DAYS, **arguments) -> None:
    """Want `count` jobs with consecutive markers, in one transaction."""
    for marker in range(start, start + count):
        jobs.enqueue(job, marker=marker, **arguments)
    session.commit()


def effects() -> list[int]:
    """Markers of the effects that were had, with repetitions."""
    session.rollback()
    with db.reading():
        found = list(session.scalars(text("SELECT marker FROM effect ORDER BY marker")))
        session.rollback()
    return found


def open_rows(*conditions) -> int:
    """Outbox rows that are not done."""
    session.rollback()
    with db.reading():
        query = select(func.count()).select_from(Outbox).where(Outbox.done_at.is_(None), *conditions)
        count = session.scalar(query)
        session.rollback()
    return count
