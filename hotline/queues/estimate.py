"""What a waiting caller is told: how many are before, and how long it may take."""

from datetime import timedelta
from math import ceil
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from hotline import clock
from hotline.calls.models import Call, Outcome
from hotline.db import session
from hotline.queues import presence
from hotline.queues.models import AgentState, Line, Presence, Skill, Waiting, WaitState

RECENT, SAMPLE = timedelta(hours=2), 20
"""Whose handling says how long one takes now: the latest calls, not older than that."""

LONG_MINUTES = 30
"""Beyond this no number is named."""


class Place(NamedTuple):
    """Where a caller stands: how many are before, and the minutes to expect.

    `minutes` is None when there is nothing to go by; `long`: nobody is at work for the line, or it takes very long.
    """

    before: int
    minutes: int | None = None
    long: bool = False


def place(waiting: Waiting) -> Place:
    """The caller's position in the line, and the wait: whoever is before and the one who is served now, each as long
    as calls of this line have taken lately (talk and wrap-up), shared among the agents at work for it."""
    earlier = or_(
        Waiting.ranked_at < waiting.ranked_at, and_(Waiting.ranked_at == waiting.ranked_at, Waiting.id < waiting.id)
    )
    mine = Waiting.line == waiting.line, Waiting.state == WaitState.WAITING
    before = session.scalar(select(func.count()).where(*mine, earlier)) or 0
    agents = _at_work(waiting.line)
    if not agents:
        return Place(before, long=True)
    handling = _handling_ms(waiting.line)
    if handling is None:
        return Place(before)
    minutes = max(1, ceil((before + 1) * handling / agents / 60_000))
    return Place(before, long=True) if minutes > LONG_MINUTES else Place(before, minutes)


def _at_work(line: str) -> int:
    """Agents signed on and not away who serve a line, or have taken it over."""
    serves = select(Skill.agent_id).where(Skill.line == line)
    taken = select(Line.taken_over_by).where(Line.code == line, Line.taken_over_by.is_not(None))
    return (
        session.scalar(
            select(func.count()).where(
                Presence.state.not_in([AgentState.OFFLINE, AgentState.BREAK]),
                Presence.heard_at >= clock.now() - presence.SILENT_AFTER,
                Presence.agent_id.in_(serves.union(taken)),
            )
        )
        or 0
    )


def _handling_ms(line: str) -> float | None:
    """What the latest calls of this line within the last hours have taken their agents on the average."""
    mine = Call.queue == line, Call.outcome == Outcome.ANSWERED, Call.talk_ended_at.is_not(None)
    taken = func.coalesce(Call.talk_ms, 0) + func.coalesce(Call.hold_ms, 0) + func.coalesce(Call.wrap_ms, 0)
    latest = select(taken).where(Call.offered_at >= clock.now() - RECENT, *mine).order_by(Call.offered_at.desc())
    sample = session.scalars(latest.limit(SAMPLE)).all()
    return sum(sample) / len(sample) if sample else None
