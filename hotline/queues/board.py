"""The live picture for the wallboard: lines, agents, crisis calls, overdue call-backs. No personal data of callers."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from hotline.calls.models import Call, CallState
from hotline.db import session
from hotline.people import service as people
from hotline.people.models import Account
from hotline.queues import presence, waiting
from hotline.queues.models import AgentState, Line, Part, Presence, Skill, Stint, StintState, Waiting, WaitState
from hotline.queues.records import CallBack, CallBackState

AGENTS_SHOWN = 400


def lines() -> list[dict[str, Any]]:
    """Every line with who waits in it and whose page took it over."""
    rows = session.execute(
        select(Waiting.line, func.count(), func.min(Waiting.queued_at))
        .where(Waiting.state == WaitState.WAITING)
        .group_by(Waiting.line)
    )
    parked = {row[0]: (row[1], row[2]) for row in rows}
    names = people.names(line.taken_over_by for line in waiting.lines().values())
    return [
        {
            "code": line.code,
            "name": line.name,
            "crisis": line.crisis,
            "waiting": parked.get(line.code, (0, None))[0],
            "longest_since": _iso(parked.get(line.code, (0, None))[1]),
            "taken_over_by": names.get(line.taken_over_by) if line.taken_over_by else None,
        }
        for line in waiting.lines().values()
    ]


def waiting_in(line: str) -> list[Any]:
    """Who waits in a line (in all of them without one), in the order they are served: `Call`, `line`, `queued_at`."""
    statement = (
        select(Call, Waiting.line, Waiting.queued_at)
        .join(Call, Call.id == Waiting.call_id)
        .join(Line, Line.code == Waiting.line)
        .where(Waiting.state == WaitState.WAITING)
        .order_by(Line.priority, Waiting.ranked_at, Waiting.id)
    )
    return list(session.execute(statement.where(Waiting.line == line) if line else statement))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def agents() -> list[dict[str, Any]]:
    """Every agent who is signed on: state, since when, on which line, hand raised; raised hands first."""
    talks = (
        select(Stint.agent_id, Call.queue, Call.ref)
        .join(Call, Call.id == Stint.call_id)
        .where(Stint.state != StintState.ENDED, Stint.part.in_([Part.AGENT, Part.CONSULTED]))
        .subquery()
    )
    rows = session.execute(
        select(Presence, Account.name, Account.agent_no, talks.c.queue, talks.c.ref)
        .join(Account, Account.id == Presence.agent_id)
        .join(talks, talks.c.agent_id == Presence.agent_id, isouter=True)
        .where(Presence.state != AgentState.OFFLINE)
        .order_by(Presence.hand_raised_at.is_(None), Presence.state, Account.agent_no)
        .limit(AGENTS_SHOWN)
    )
    skills = _skills()
    return [
        {
            "id": row.Presence.agent_id,
            "name": row.name,
            "agent_no": row.agent_no or "",
            "state": row.Presence.state.value,
            "label": presence.label(row.Presence.state, row.Presence.reason),
            "since": row.Presence.since.isoformat(),
            "hand": row.Presence.hand_raised_at is not None,
            "line": row.queue or "",
            "call": row.ref,
            "skills": skills.get(row.Presence.agent_id, []),
        }
        for row in rows
    ]


def _skills() -> dict[int, list[str]]:
    served: dict[int, list[str]] = {}
    for agent_id, line in session.execute(select(Skill.agent_id, Skill.line).order_by(Skill.level, Skill.line)):
        served.setdefault(agent_id, []).append(line)
    return served


def crisis_calls(at: datetime) -> list[dict[str, Any]]:
    """Crisis calls under way, the longest waiting first; one that was lost again waits without an agent."""
    codes = [line.code for line in waiting.lines().values() if line.crisis]
    rows = session.execute(
        select(Call.ref, Call.state, Call.offered_at, Call.connected_at, Account.name, Waiting.queued_at)
        .join(Account, Account.id == Call.agent_id, isouter=True)
        .join(Waiting, (Waiting.call_id == Call.id) & (Waiting.state == WaitState.WAITING), isouter=True)
        .where(
            Call.state.not_in([CallState.CLOSING, CallState.ENDED]),
            Call.queue.in_(codes),
            Call.offered_at > at - timedelta(hours=12),
        )
        .order_by(Waiting.queued_at.is_(None), Waiting.queued_at, Call.offered_at)
    )
    return [
        {
            "call": row.ref,
            "state": row.state.value,
            "since": _iso(row.queued_at or row.connected_at or row.offered_at),
            "agent": row.name if row.state is CallState.TALKING else None,
        }
        for row in rows
    ]


def call_backs(at: datetime) -> dict[str, int]:
    """How many call-backs are open, and overdue."""
    still = CallBack.state.in_([CallBackState.OPEN, CallBackState.TAKEN])
    row = session.execute(select(func.count(), func.count().filter(CallBack.due_at < at)).where(still)).one()
    return {"open": row[0], "overdue": row[1]}


def last_event_at() -> str | None:
    """When anything last happened to a call."""
    return _iso(session.scalar(select(func.max(Call.offered_at))))


def last_hour(at: datetime) -> dict[str, list[int]]:
    """Calls queued per line in each of the last twelve five-minute steps, oldest first."""
    start = at - timedelta(hours=1)
    steps: dict[str, list[int]] = {}
    rows = session.execute(select(Waiting.line, Waiting.queued_at).where(Waiting.queued_at >= start, Waiting.turn == 1))
    for line, queued_at in rows:
        step = min(int((queued_at - start) / timedelta(minutes=5)), 11)
        steps.setdefault(line, [0] * 12)[step] += 1
    return steps
