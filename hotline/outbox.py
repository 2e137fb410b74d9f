"""The life of an outbox row: taken by a dispatcher, started by a worker, done, tried again or given up.

Every step is one guarded UPDATE, so any number of dispatchers and workers may do the same step at once and
one of them wins. `tries` counts starts, not dispatches: waiting in a long queue costs a job nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update

from hotline import clock, db, errors, heartbeats
from hotline.db import session
from hotline.heartbeats import ProcessKind
from hotline.jobs import QUEUE_OF, SECONDS_OF, TRIES_OF, Job, Outbox, Queue

USUAL_SECONDS = 60
USUAL_TRIES = 5
GRACE = timedelta(seconds=30)
"""Beyond its own limit a started job is left alone for this long before it is taken for lost."""
SETTLING = timedelta(seconds=10)
"""A dispatched row that is neither started nor waiting in Redis after this long was lost by Redis."""
LONGEST_WAIT = timedelta(hours=1)

OPEN: ColumnElement[bool] = and_(Outbox.done_at.is_(None), Outbox.failed_at.is_(None))


@dataclass(frozen=True)
class Ticket:
    """What is handed to Redis: which row, which try, where, and for how many seconds at most."""

    outbox_id: int
    attempt: int
    queue: Queue
    seconds: int

    @property
    def job_id(self) -> str:
        return f"ob-{self.outbox_id}-{self.attempt}"


@dataclass(frozen=True)
class Started:
    """What a worker is to run."""

    job: Job
    arguments: dict[str, Any]
    request_id: str


def limit_of(job: Job) -> int:
    """Seconds a job may run."""
    return SECONDS_OF.get(job, USUAL_SECONDS)


def pause_after(attempt: int) -> timedelta:
    """How long to wait after the given failed try: 10 s, 20 s, 40 s … at most an hour."""
    return min(timedelta(seconds=5 * 2 ** min(attempt, 20)), LONGEST_WAIT)


def claim(limit: int = 200) -> list[Ticket]:
    """Take due rows for handing over; two dispatchers never take the same row."""
    at = clock.now()
    due = select(Outbox.id).where(OPEN, Outbox.dispatched_at.is_(None), Outbox.not_before <= at)
    chosen = db.skip_locked(due.order_by(Outbox.not_before, Outbox.id).limit(limit)).scalar_subquery()
    taken = (
        update(Outbox)
        .where(Outbox.id.in_(chosen), Outbox.dispatched_at.is_(None))
        .values(dispatched_at=at)
        .returning(Outbox.id, Outbox.name, Outbox.tries)
        .execution_options(synchronize_session=False)
    )
    rows = sorted(session.execute(taken))
    return [Ticket(id, tries + 1, QUEUE_OF[Job(name)], limit_of(Job(name))) for id, name, tries in rows]


def anything_due() -> bool:
    """Whether `claim` would find a row; takes no lock."""
    due = select(Outbox.id).where(OPEN, Outbox.dispatched_at.is_(None), Outbox.not_before <= clock.now())
    return session.scalar(due.limit(1)) is not None


def put_back(ids: Collection[int]) -> None:
    """Redis did not take these rows, or lost them: hand them over again."""
    waiting = update(Outbox).where(Outbox.id.in_(ids), OPEN, Outbox.started_at.is_(None))
    session.execute(waiting.values(dispatched_at=None).execution_options(synchronize_session=False))


def lost_by_redis(waiting: Collection[str], limit: int = 5000) -> list[int]:
    """Rows that were handed over, were not started, and are not among the ids `waiting` in Redis."""
    old = clock.now() - SETTLING
    handed = select(Outbox.id, Outbox.tries).where(OPEN, Outbox.started_at.is_(None), Outbox.dispatched_at < old)
    rows = session.execute(handed.order_by(Outbox.id).limit(limit))
    return [id for id, tries in rows if f"ob-{id}-{tries + 1}" not in waiting]


def start(outbox_id: int, attempt: int, worker: str) -> Started | None:
    """Begin try number `attempt`; None if that try has begun before or nothing is left to do."""
    begun = (
        update(Outbox)
        .where(Outbox.id == outbox_id, OPEN, Outbox.tries == attempt - 1)
        .values(tries=attempt, started_at=clock.now(), worker=worker)
        .returning(Outbox.name, Outbox.arguments, Outbox.request_id)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(begun).one_or_none()
    return Started(Job(row.name), row.arguments, row.request_id) if row else None


def receive(outbox_id: int) -> bool:
    """Write the receipt in the transaction of the effect. False: the effect has been had, do nothing."""
    receipt = update(Outbox).where(Outbox.id == outbox_id, OPEN).values(done_at=clock.now(), reason="")
    result: Any = session.execute(receipt.execution_options(synchronize_session=False))
    return bool(result.rowcount)


def fail(outbox_id: int, attempt: int, reason: str) -> None:
    """Try number `attempt` came to nothing: again after a pause, or given up after the last one."""
    name = session.scalar(select(Outbox.name).where(Outbox.id == outbox_id))
    if name is None:
        return
    at = clock.now()
    last = attempt >= TRIES_OF.get(Job(name), USUAL_TRIES)
    values = {
        "dispatched_at": None,
        "started_at": None,
        "worker": "",
        "reason": reason[:500],
        "not_before": at + pause_after(attempt),
        "failed_at": at if last else None,
    }
    tried = update(Outbox).where(Outbox.id == outbox_id, OPEN, Outbox.tries == attempt)
    session.execute(tried.values(values).execution_options(synchronize_session=False))


def fail_lost() -> int:
    """Count as failed every try whose worker is gone or whose time has long run out; returns how many."""
    at = clock.now()
    living = {process.name for process in heartbeats.seen(ProcessKind.WORKER) if process.well}
    running = select(Outbox.id, Outbox.name, Outbox.tries, Outbox.started_at, Outbox.worker)
    lost = 0
    for row in session.execute(running.where(OPEN, Outbox.started_at.is_not(None))).all():
        if row.worker not in living:
            fail(row.id, row.tries, f"工作进程 {row.worker} 已停止")
        elif row.started_at + timedelta(seconds=limit_of(Job(row.name))) + GRACE < at:
            fail(row.id, row.tries, "超过时限仍无结果")
        else:
            continue
        lost += 1
    return lost


def run_again(outbox_id: int) -> Outbox:
    """Give a job that was given up all its tries back. The caller records who wanted it."""
    again = update(Outbox).where(Outbox.id == outbox_id, Outbox.failed_at.is_not(None))
    values = {"failed_at": None, "tries": 0, "not_before": clock.now()}
    result: Any = session.execute(again.values(values).execution_options(synchronize_session=False))
    row = session.get(Outbox, outbox_id, populate_existing=True)
    if row is None:
        raise errors.NotFound("没有这项任务")
    if not result.rowcount:
        raise errors.Conflict("该任务不在失败列表中，可能已有人重新运行")
    return row


def forget_done(before: datetime) -> None:
    """Remove finished rows without a key; a row with a key stays, because its key is wanted only once, ever."""
    session.execute(delete(Outbox).where(Outbox.done_at < before, Outbox.key.is_(None)))
