"""Whether the provider's clock and ours agree: its notices carry its time to the second, we note when they came."""

from datetime import timedelta

from sqlalchemy import func, select

from hotline import clock
from hotline.calls.models import CallEvent, EventKind
from hotline.db import session

SKEWED = timedelta(seconds=60)
RECENT = timedelta(hours=1)
LOOKED_AT = 2000
"""How many of the newest events are looked at."""


def ahead(provider: str) -> timedelta | None:
    """How far the provider's clock is ahead of ours (negative: behind); None when it has told nothing of late.

    A notice is never early, only late: the quickest of the last hour tells the most. An event to the microsecond
    was stamped by us, because the provider gave no time.
    """
    newest = select(func.max(CallEvent.id)).scalar_subquery()
    statement = select(CallEvent.occurred_at, CallEvent.received_at).where(
        CallEvent.id > newest - LOOKED_AT,
        CallEvent.provider == provider,
        CallEvent.kind == EventKind.LEG_STATUS,
        CallEvent.received_at > clock.now() - RECENT,
    )
    stamped = [row for row in session.execute(statement) if row.occurred_at.microsecond == 0]
    return max((row.occurred_at - row.received_at for row in stamped), default=None)


def agrees(difference: timedelta | None) -> bool:
    return difference is None or abs(difference) <= SKEWED
