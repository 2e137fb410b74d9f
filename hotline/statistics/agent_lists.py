"""What stands behind the numbers of agents' time: the stretches, the offers, the shifts."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, case, select

from hotline import clock
from hotline.db import session
from hotline.queues import roster
from hotline.queues.models import AgentState, Offer, OfferOutcome, Shift, Waiting
from hotline.statistics.agent_time import Range, hour_number, of_offers, shifts, signed_in


def offers(span: Range, line: str, missed: bool, page: int, size: int) -> list[Any]:
    """The offers of a range, newest first: `Offer`, `line`, `call_id`."""
    statement = select(Offer, Waiting.line, Waiting.call_id).join(Waiting, Waiting.id == Offer.waiting_id)
    statement = statement.where(of_offers(span))
    if line:
        statement = statement.where(Waiting.line == line)
    if missed:
        statement = statement.where(Offer.outcome == OfferOutcome.MISSED)
    return list(session.execute(statement.order_by(Offer.id.desc()).offset(page * size).limit(size + 1)))


class Stretch(NamedTuple):
    """A stretch of an agent's time, whole, and how much of it lies within what was asked for."""

    agent_id: int
    state: AgentState
    reason: str
    started_at: datetime
    ended_at: datetime
    ms: int


def stretches(span: Range, states: list[AgentState], reason: str, page: int, size: int) -> list[Stretch]:
    """The stretches behind a number, newest first: together as long as it says."""
    found = signed_in(span, clock.now())
    statement = select(found).where(found.c.state.in_(states))
    if reason:
        statement = statement.where(found.c.reason == reason)
    if span.hour is not None:
        statement = statement.where(_reaches(span.hour, found, span))
    newest = statement.order_by(found.c.started_at.desc(), found.c.agent_id, found.c.ended_at.desc())
    rows = session.execute(newest.offset(page * size).limit(size + 1))
    return [
        Stretch(r.agent_id, r.state, r.reason, r.started_at, r.ended_at, span.lasts(r.started_at, r.ended_at))
        for r in rows
    ]


def _reaches(hour: int, found: Subquery, span: Range) -> ColumnElement[bool]:
    """Stretches that last into this hour of some day of the range."""
    outer = span.hours
    begun, over = hour_number(found.c.started_at, span), hour_number(found.c.ended_at, span, before=True)
    begun = case((begun < outer.start, outer.start), else_=begun)
    over = case((over >= outer.stop, outer.stop - 1), else_=over)
    return (hour - begun % 24 + 24) % 24 <= over - begun


class Kept(NamedTuple):
    """A shift and how much of it, within what was asked for, is due by now and was kept."""

    shift: Shift
    planned: int
    kept: int


def kept(span: Range) -> list[Kept]:
    """Every shift of the range, those to come with nothing due yet."""
    now = clock.now()
    away = {shift.id: gaps for shift, gaps in shifts(span, now)}
    found = []
    for shift in roster.planned(span.first, span.last, span.agent_id):
        due = span.lasts(shift.starts_at, min(shift.ends_at, now))
        missing = sum(span.lasts(start, end) for start, end in away.get(shift.id, ()))
        if span.hour is None or span.lasts(shift.starts_at, shift.ends_at):
            found.append(Kept(shift, due, due - missing))
    return found
