"""What the background work looks like, for the administrators' page, readiness and metrics.

Everything comes from the database, and from Redis only the length of four lists: looking never disturbs a job,
and the answer is right when Redis is gone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import case, func, select

from hotline import broker, clock, heartbeats
from hotline.db import session
from hotline.heartbeats import ProcessKind
from hotline.jobs import QUEUE_OF, Job, Outbox, Queue

QUEUE_LABEL: dict[Queue, str] = {
    Queue.URGENT: "紧急",
    Queue.DEFAULT: "一般",
    Queue.STATISTICS: "统计",
    Queue.BULK: "批量",
}


@dataclass(frozen=True)
class QueueState:
    """How much of one queue is open, given up and waiting in Redis (None: Redis is away), and since when."""

    queue: Queue
    open: int
    failed: int
    in_redis: int | None
    age: timedelta
    served: bool

    @property
    def label(self) -> str:
        return QUEUE_LABEL[self.queue]


def in_redis() -> dict[Queue, int] | None:
    """Jobs lying in each RQ queue, None when Redis does not answer."""
    try:
        with broker.redis().pipeline(transaction=False) as pipe:
            for queue in Queue:
                pipe.llen(f"rq:queue:{queue.value}")
            return dict(zip(Queue, pipe.execute(), strict=True))
    except RedisError:
        return None


def served() -> set[Queue]:
    """Queues that some living worker works."""
    living = (process for process in heartbeats.seen(ProcessKind.WORKER) if process.well)
    return {Queue(name) for process in living for name in process.serves}


def clock_runs() -> bool:
    return any(process.well for process in heartbeats.seen(ProcessKind.CLOCK))


def queues() -> list[QueueState]:
    """Every queue, most urgent first."""
    oldest = func.min(case((Outbox.failed_at.is_(None), Outbox.wanted_at)))
    counted = select(Outbox.name, func.count(), func.count(Outbox.failed_at), oldest)
    rows = session.execute(counted.where(Outbox.done_at.is_(None)).group_by(Outbox.name)).all()
    waiting, working, at = in_redis(), served(), clock.now()
    return [
        _state(queue, [row for row in rows if QUEUE_OF[Job(row[0])] is queue], waiting, working, at) for queue in Queue
    ]


def _state(
    queue: Queue, rows: list[Any], waiting: dict[Queue, int] | None, working: set[Queue], at: datetime
) -> QueueState:
    total, failed = sum(row[1] for row in rows), sum(row[2] for row in rows)
    oldest = min((row[3] for row in rows if row[3]), default=at)
    return QueueState(queue, total - failed, failed, waiting[queue] if waiting else None, at - oldest, queue in working)


def given_up(limit: int = 100) -> list[Outbox]:
    """Jobs nobody tries any more, each with its reason, the latest first. `outbox.run_again(id)` revives one."""
    query = select(Outbox).where(Outbox.failed_at.is_not(None), Outbox.done_at.is_(None))
    return list(session.scalars(query.order_by(Outbox.failed_at.desc()).limit(limit)))


def trying_again(limit: int = 100) -> list[Outbox]:
    """Jobs that failed at least once and wait for their next try."""
    query = select(Outbox).where(Outbox.done_at.is_(None), Outbox.failed_at.is_(None), Outbox.reason != "")
    return list(session.scalars(query.order_by(Outbox.not_before).limit(limit)))
