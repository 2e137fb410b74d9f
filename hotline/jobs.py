"""Jobs: their names, their queues, and the outbox they wait in.

A job is a row written in the transaction that wants it. The dispatcher (workers/) hands rows to RQ and
tries again with back-off; the job's one transaction writes its receipt and its effect.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import clock, db
from hotline.db import Base, BigId, session


class Queue(StrEnum):
    """RQ queues, most urgent first; a worker serves all of them in this order."""

    URGENT = "urgent"
    DEFAULT = "default"
    STATISTICS = "statistics"
    BULK = "bulk"


class Job(StrEnum):
    """The allow-list: only these names run, each a function `workers.tasks.<name>`."""

    OPEN_SELF_ORDER = "open_self_order"
    RECONCILE_CALLS = "reconcile_calls"
    FETCH_RECORDING = "fetch_recording"
    PURGE_RECORDINGS = "purge_recordings"
    COUNT_DAYS = "count_days"
    COUNT_MONTH = "count_month"
    REMIND_RETURNS = "remind_returns"
    COMPARE_SEALED = "compare_sealed"
    DRAFT_BULLETIN = "draft_bulletin"
    EXPORT_RECORDS = "export_records"
    PURGE_EXPORTS = "purge_exports"
    RECOUNT_DEADLINES = "recount_deadlines"
    MATCH_ORDERS = "match_orders"
    SUPERVISE_ORDERS = "supervise_orders"
    ARCHIVE_ORDERS = "archive_orders"
    PUSH_EVENT = "push_event"
    TIDY = "tidy"


QUEUE_OF: dict[Job, Queue] = {
    Job.OPEN_SELF_ORDER: Queue.URGENT,
    Job.RECONCILE_CALLS: Queue.DEFAULT,
    Job.FETCH_RECORDING: Queue.BULK,
    Job.PURGE_RECORDINGS: Queue.BULK,
    Job.COUNT_DAYS: Queue.STATISTICS,
    Job.COUNT_MONTH: Queue.STATISTICS,
    Job.REMIND_RETURNS: Queue.STATISTICS,
    Job.COMPARE_SEALED: Queue.STATISTICS,
    Job.DRAFT_BULLETIN: Queue.STATISTICS,
    Job.EXPORT_RECORDS: Queue.BULK,
    Job.PURGE_EXPORTS: Queue.BULK,
    Job.RECOUNT_DEADLINES: Queue.BULK,
    Job.MATCH_ORDERS: Queue.BULK,
    Job.SUPERVISE_ORDERS: Queue.DEFAULT,
    Job.ARCHIVE_ORDERS: Queue.BULK,
    Job.PUSH_EVENT: Queue.DEFAULT,
    Job.TIDY: Queue.BULK,
}

SECONDS_OF: dict[Job, int] = {Job.EXPORT_RECORDS: 3600}
"""Time limit per job in seconds where the usual 60 are too few."""

TRIES_OF: dict[Job, int] = {}
"""How often a job is tried before it is given up, where the usual 5 (about three minutes) are not right."""


class Outbox(Base):
    """One wanted job. Done when `done_at` is set; given up when `failed_at` is set (a person may run it again)."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("name", "key"),
        Index(
            "ix_outbox_open",
            "not_before",
            postgresql_where=text("done_at IS NULL AND failed_at IS NULL"),
            sqlite_where=text("done_at IS NULL AND failed_at IS NULL"),
        ),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint("done_at IS NULL OR failed_at IS NULL", name="done_or_failed"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(120))
    arguments: Mapped[dict[str, Any]]
    wanted_at: Mapped[datetime]
    not_before: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    dispatched_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    failed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
    worker: Mapped[str] = mapped_column(String(80), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")


def enqueue(job: Job, *, key: str | None = None, delay: timedelta = timedelta(0), **arguments: Any) -> None:
    """Want `job` with JSON arguments once this transaction commits. The same `key` is wanted only once, ever."""
    from hotline.audit import actor

    at = clock.now()
    row = {
        "name": job.value,
        "key": key,
        "arguments": arguments,
        "wanted_at": at,
        "not_before": at + delay,
        "tries": 0,
        "reason": "",
        "worker": "",
        "request_id": actor().request_id,
    }
    session.execute(db.insert(Outbox).values(row).on_conflict_do_nothing())
