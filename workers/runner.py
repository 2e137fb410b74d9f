"""The only function RQ runs: one outbox row, one transaction for the receipt and the effect."""

import os

import structlog
from rq.timeouts import JobTimeoutException

from hotline import audit, db, logs, outbox
from hotline.db import session
from hotline.errors import HotlineError
from workers import tasks

log = structlog.get_logger(__name__)


def run(outbox_id: int, attempt: int) -> None:
    """Run try number `attempt` of the row, if it has not been run. Expects an application context."""
    db.db.engine.dispose(close=False)  # connections of the parent process are not ours
    started = outbox.start(outbox_id, attempt, os.environ.get("RQ_WORKER_ID", ""))
    session.commit()
    if started is None:
        return
    house = audit.Actor(name="system", request_id=started.request_id)
    with audit.acting(house), logs.bound_contextvars(job=started.job.value, job_id=outbox_id, attempt=attempt):
        try:
            _effect(outbox_id, started)
        except Exception as error:
            session.rollback()
            log.warning("job failed", exc_info=error)
            outbox.fail(outbox_id, attempt, reason_of(error, started))
            session.commit()
        else:
            log.info("job done")
    session.remove()
    db.db.engine.dispose()


def _effect(outbox_id: int, started: outbox.Started) -> None:
    if outbox.receive(outbox_id):
        getattr(tasks, started.job.value)(**started.arguments)
        session.commit()


def reason_of(error: Exception, started: outbox.Started) -> str:
    """Why a try came to nothing, for the administrators' page."""
    if isinstance(error, HotlineError):
        return logs.scrub(error.message)
    if isinstance(error, JobTimeoutException):
        return f"超过 {outbox.limit_of(started.job)} 秒的时限"
    return logs.scrub_error(error)
