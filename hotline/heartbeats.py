"""Signs of life of the processes that nobody sees: workers and clocks, in the database, not in Redis."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from hotline import clock, db
from hotline.db import Base, enum_by_value, session

INTERVAL = timedelta(seconds=5)
"""How often a process shows itself."""

SILENCE = timedelta(seconds=45)
"""A process that was not seen for so long is taken for dead."""


class ProcessKind(StrEnum):
    WORKER = "worker"
    CLOCK = "clock"


class Heartbeat(Base):
    """When one process was last seen. `serves` lists a worker's queues, comma separated."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[ProcessKind] = mapped_column(enum_by_value(ProcessKind))
    serves: Mapped[str] = mapped_column(String(200), default="")
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime] = mapped_column(index=True)
    memory_kb: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class Alive:
    """A process as last seen."""

    name: str
    kind: ProcessKind
    serves: tuple[str, ...]
    started_at: datetime
    age: timedelta
    memory_kb: int

    @property
    def well(self) -> bool:
        return self.age <= SILENCE


def process_name(kind: ProcessKind) -> str:
    """A name no other process has at the same time."""
    return f"{kind.value}@{socket.gethostname()[:50]}:{os.getpid()}"


def memory_kb() -> int:
    """Resident memory of this process; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") // 1024


def beat(name: str, kind: ProcessKind, serves: tuple[str, ...] = ()) -> None:
    """Note that the process is alive now."""
    at = clock.now()
    seen = {"beat_at": at, "serves": ",".join(serves), "memory_kb": memory_kb()}
    row = {"name": name, "kind": kind, "started_at": at, **seen}
    session.execute(db.insert(Heartbeat).values(row).on_conflict_do_update(index_elements=["name"], set_=seen))


def forget(name: str) -> None:
    """A process that ends on purpose takes its sign away."""
    session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def forget_dead(after: timedelta = timedelta(days=1)) -> None:
    """Remove signs of processes that have been gone for long."""
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < clock.now() - after))


def seen(kind: ProcessKind | None = None) -> list[Alive]:
    """Every known process of `kind` (default: all), the freshest first."""
    query = select(Heartbeat).order_by(Heartbeat.beat_at.desc())
    if kind:
        query = query.where(Heartbeat.kind == kind)
    at = clock.now()
    return [
        Alive(
            row.name,
            row.kind,
            tuple(filter(None, row.serves.split(","))),
            row.started_at,
            at - row.beat_at,
            row.memory_kb,
        )
        for row in session.scalars(query)
    ]
