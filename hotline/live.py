"""Telling open pages that something changed: a word on Redis after the commit, never data.

A page that hears it asks the database; a page that hears nothing because Redis is away polls. Publishing
never fails a transaction, and after a failure Redis is left alone for a while, so that it never delays one.
"""

from sqlalchemy import event
from sqlalchemy.orm import Session

from hotline import broker, clock
from hotline.db import session

CHANNEL = "hotline:live"
BOARD = "board"
LEFT_ALONE_SECONDS = 5.0

_away_until = 0.0


def touch(topic: str = BOARD) -> None:
    """Say, once the transaction under way commits, that `topic` changed."""
    session.info.setdefault("live", set()).add(topic)


def agent_topic(agent_id: int) -> str:
    return f"agent:{agent_id}"


@event.listens_for(Session, "after_commit")
def _publish(current: Session) -> None:
    global _away_until
    topics = current.info.pop("live", None)
    if not topics or clock.monotonic() < _away_until:
        return
    try:
        broker.redis().publish(CHANNEL, " ".join(sorted(topics)))
    except Exception:
        _away_until = clock.monotonic() + LEFT_ALONE_SECONDS


@event.listens_for(Session, "after_rollback")
def _forget(current: Session) -> None:
    current.info.pop("live", None)
