"""Offers are made right after the commit that gave reason for one, by one dispatcher per process at a time.

Whoever has a reason while it runs leaves word and goes on, and the one that runs looks again: a rush of
callers costs a few dispatches, not one each behind the same lock. The ticker looks once a second in any case.
"""

import threading

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from hotline.db import session
from hotline.queues import waiting

ROUNDS = 5
"""So often does one request look again for the others; what is left then is the next one's or the ticker's."""

log = structlog.get_logger()

_running = threading.Lock()
_wanted = threading.Event()


def run() -> None:
    """Dispatch if the transaction that was just committed gave reason to; begins and ends transactions of its own.

    What is committed stays answered: a dispatch that fails is left to the ticker.
    """
    if not session.info.pop(waiting.REASON, False):
        return
    _wanted.set()
    for _ in range(ROUNDS):
        if not _wanted.is_set() or not _running.acquire(blocking=False):
            return
        try:
            _wanted.clear()
            waiting.dispatch()
            session.commit()
        except Exception as problem:
            session.rollback()
            log.error("dispatch.failed", error=type(problem).__name__, exc_info=problem)
            return
        finally:
            _running.release()


@event.listens_for(Session, "after_rollback")
def _forget(current: Session) -> None:
    current.info.pop(waiting.REASON, None)
