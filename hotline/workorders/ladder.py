"""催办 and 督办: what presses, what is late, and the rungs a late duty climbs.

Nobody is bothered outside working time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict
from hotline.workorders import deadlines, moves, notices
from hotline.workorders.codes import ENDED, SUPERVISION_LABEL, UNIT_CLOCKS, Clock, Move, State
from hotline.workorders.deadline_models import EscalationStep, OrderClock
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE, By
from hotline.workorders.reasons import needed

URGE = 0


@dataclass(frozen=True)
class Late:
    """A duty that has run out: whose, since when, how long in working time."""

    order: Order
    clock: OrderClock
    minutes: int


@dataclass(frozen=True)
class Told:
    """One notice of the ladder: near due (None), urged (0), supervised (1-3)."""

    order_id: int
    clock: Clock
    level: int | None


def overdue(at: datetime) -> Iterator[Late]:
    """Every duty that had run out at an instant, the latest first; also one that was met or went away since."""
    calendar = deadlines.current().calendar
    rows = session.execute(
        select(Order, OrderClock)
        .join(Order, Order.id == OrderClock.order_id)
        .where(OrderClock.started_at <= at, OrderClock.due_at < at, OrderClock.clock != Clock.RETURN)
        .where(or_(OrderClock.ended_at.is_(None), OrderClock.ended_at > at))
        .order_by(OrderClock.due_at, OrderClock.id)
    )
    for order, late in rows:
        yield Late(order, late, calendar.working_minutes_between(late.due_at, at))


def climb(at: datetime) -> list[Told]:
    """Tell what presses and what is late, once per rung; outside working time nothing happens."""
    calendar = deadlines.current().calendar
    if not calendar.open_at(at):
        return []
    steps = _steps(at)
    pressing = select(OrderClock).where(
        OrderClock.ended_at.is_(None), OrderClock.near_at <= at, OrderClock.clock != Clock.RETURN
    )
    told = []
    for one in session.scalars(pressing.order_by(OrderClock.due_at, OrderClock.id).with_for_update()).all():
        if at <= one.due_at:
            told += _warn(one, at)
        else:
            days = calendar.workdays_between(clock.business_day(one.due_at), clock.business_day(at))
            told += _raise(one, at, max((level for level, late in steps if days >= late), default=None))
    return told


def _steps(at: datetime) -> list[tuple[int, int]]:
    day = clock.business_day(at)
    rows = session.scalars(select(EscalationStep).where(EscalationStep.valid_from <= day))
    return [(step.level, step.days_late) for step in rows if step.valid_to is None or day < step.valid_to]


def _warn(one: OrderClock, at: datetime) -> list[Told]:
    if one.warned_at is not None:
        return []
    one.warned_at = at
    order = session.get_one(Order, one.order_id)
    units = one.clock in UNIT_CLOCKS
    data = {"clock": one.clock.value}
    notices.tell(order, moves.note(order, Move.NEAR_DUE, HOUSE, at=at, internal=not units, data=data))
    return [Told(order.id, one.clock, None)]


def _raise(one: OrderClock, at: datetime, level: int | None) -> list[Told]:
    """One rung further. What the hotline itself is late with is told to it alone, and marks no unit's order."""
    if level is None or (one.level is not None and one.level >= level):
        return []
    one.level = level
    order = session.get_one(Order, one.order_id)
    units = one.clock in UNIT_CLOCKS
    if level == URGE:
        move, reason = Move.URGE, "逾期催办"
        order.urged += units
    else:
        move, reason = Move.SUPERVISE, SUPERVISION_LABEL[level]
        order.supervision = max(order.supervision, level * units)
    data = {"clock": one.clock.value, "level": level}
    notices.tell(order, moves.note(order, move, HOUSE, at=at, reason=reason, internal=not units, data=data))
    return [Told(order.id, one.clock, level)]


def urge(order: Order, by: By, reason: str) -> None:
    """催办 by a person or by the platform."""
    _must_run(order)
    order.urged += 1
    order.changed_at = clock.now()
    notices.tell(order, moves.note(order, Move.URGE, by, reason=needed(reason)))


def supervise(order: Order, by: By, level: int, reason: str) -> None:
    """督办 at a level; it is never lowered."""
    _must_run(order)
    order.supervision = max(order.supervision, level)
    order.changed_at = clock.now()
    notices.tell(order, moves.note(order, Move.SUPERVISE, by, reason=needed(reason), data={"level": level}))


def _must_run(order: Order) -> None:
    if order.state in (State.DRAFT, *ENDED):
        raise Conflict("工单不在办理中")
