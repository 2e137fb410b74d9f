"""Clocks: how long each duty may take, when it starts to press, when it stops; counted again when a notice comes."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.places import calendar_book
from hotline.places.calendar import WorkCalendar
from hotline.workorders.codes import UNIT_CLOCKS, Clock, Nature, Source, Unit, Urgency
from hotline.workorders.deadline_models import DeadlineRule, EscalationStep, OrderClock
from hotline.workorders.models import Order

DATA = Path(__file__).with_name("data") / "deadlines.json"
NEAR_MINUTES = 240
NEAR_SHARE = 5
"""Near due: at most four hours or a fifth of the limit left, whichever is longer, but never before half time."""


@dataclass(frozen=True)
class Limit:
    """When a duty ends, from when on it presses, and the days counted where it is counted in days."""

    due_at: datetime
    near_at: datetime
    provisional: bool = False
    counted: tuple[date, ...] = ()


@dataclass(frozen=True)
class Deadlines:
    """The calendar and the dated rules, read once and used for one transaction."""

    calendar: WorkCalendar
    rules: Sequence[DeadlineRule]

    def rule(
        self, which: Clock, on: date, *, source: Source | None, nature: Nature, urgency: Urgency
    ) -> DeadlineRule | None:
        """The most particular rule in force on a day; an urgency outranks a nature, a nature a source."""
        fitting = [
            rule
            for rule in self.rules
            if rule.clock is which
            and rule.valid_from <= on
            and (rule.valid_to is None or on < rule.valid_to)
            and rule.source in (None, source)
            and rule.nature in (None, nature)
            and rule.urgency in (None, urgency)
        ]
        return max(fitting, key=_particular, default=None)

    def limit(self, start: datetime, amount: int, unit: Unit) -> Limit:
        """`amount` counted from `start`. Working days end with the business of the last one."""
        if unit is Unit.MINUTE:
            due = start + timedelta(minutes=amount)
            return Limit(due, due - timedelta(minutes=_pressing(amount)))
        if unit is Unit.WORK_MINUTE:
            due = self.calendar.add_working_minutes(start, amount)
            provisional = not self.calendar.is_settled(clock.business_day(due))
            return Limit(due, self._near(start, due), provisional)
        last = self.calendar.add_workdays(clock.business_day(start), amount)
        due = self.calendar.closing(last.day)
        return Limit(due, self._near(start, due), last.provisional, last.counted)

    def until(self, start: datetime, due: datetime) -> Limit:
        """A limit that somebody set to an instant."""
        return Limit(due, self._near(start, due) if due > start else due)

    def _near(self, start: datetime, due: datetime) -> datetime:
        whole = self.calendar.working_minutes_between(start, due)
        return self.calendar.add_working_minutes(due, -_pressing(whole))


def _pressing(whole: int) -> int:
    return min(max(NEAR_MINUTES, whole // NEAR_SHARE), whole // 2)


def _particular(rule: DeadlineRule) -> tuple[bool, bool, bool, date]:
    return rule.urgency is not None, rule.nature is not None, rule.source is not None, rule.valid_from


def current() -> Deadlines:
    """Calendar and rules, read once per transaction."""
    known: Deadlines | None = session.info.get("deadlines")
    transaction = session().get_transaction()
    if known is None or session.info.get("deadlines_of") is not transaction:
        rules = session.scalars(select(DeadlineRule)).all()
        known = session.info["deadlines"] = Deadlines(calendar_book.current(), rules)
        session.info["deadlines_of"] = session().get_transaction()
    return known


def forget() -> None:
    """Read calendar and rules again at the next use."""
    session.info.pop("deadlines", None)


def load() -> None:
    """Load the rules and the ladder the product is delivered with, when there are none."""
    if session.scalar(select(DeadlineRule.id).limit(1)) is not None:
        return
    data = json.loads(DATA.read_text("utf-8"))
    start = date.fromisoformat(data["valid_from"])
    for row in data["rules"]:
        session.add(
            DeadlineRule(
                clock=Clock(row["clock"]),
                source=Source(row["source"]) if "source" in row else None,
                nature=Nature(row["nature"]) if "nature" in row else None,
                urgency=Urgency(row["urgency"]) if "urgency" in row else None,
                amount=row["amount"],
                unit=Unit(row["unit"]),
                valid_from=start,
                basis=row["basis"],
            )
        )
    session.add_all(EscalationStep(**row, valid_from=start) for row in data["ladder"])
    session.flush()
    forget()


def rule_for(order: Order, which: Clock) -> DeadlineRule | None:
    return current().rule(which, order.registered_on, source=order.source, nature=order.nature, urgency=order.urgency)


def start(order: Order, which: Clock, at: datetime, *, due: datetime | None = None) -> OrderClock | None:
    """Let a clock run from `at`, by its rule or to an instant `due`; without either there is no such duty."""
    rule = None if due else rule_for(order, which)
    if due is None and rule is None:
        return None
    deadlines = current()
    limit = deadlines.until(at, due) if due else deadlines.limit(at, rule.amount, rule.unit)  # type: ignore[union-attr]
    running = OrderClock(
        order_id=order.id,
        clock=which,
        unit_id=order.unit_id if which in UNIT_CLOCKS else None,
        started_at=at,
        limit=rule.amount if rule else None,
        counted=rule.unit if rule else None,
        due_at=limit.due_at,
        near_at=limit.near_at,
        provisional=limit.provisional,
    )
    session.add(running)
    return running


def running(order: Order) -> list[OrderClock]:
    """The clocks that run, the most pressing first."""
    session.flush()
    found = session.scalars(select(OrderClock).where(OrderClock.order_id == order.id, OrderClock.ended_at.is_(None)))
    return sorted(found, key=lambda one: (one.due_at, one.id))


def stop(clocks: Iterable[OrderClock], at: datetime, which: Collection[Clock], *, dropped: bool = False) -> None:
    """Stop those of `which` that run. `dropped`: the duty went away or was replaced, and counts in no rate."""
    for one in clocks:
        if one.clock in which and one.ended_at is None:
            one.ended_at, one.met, one.dropped = at, at <= one.due_at, dropped


def reopened(order: Order, which: Clock) -> OrderClock | None:
    """The clock of this kind that was dropped last, running on as if it had never stopped."""
    last = session.scalars(
        select(OrderClock)
        .where(OrderClock.order_id == order.id, OrderClock.clock == which, OrderClock.dropped)
        .order_by(OrderClock.id.desc())
    ).first()
    if last:
        last.ended_at, last.met, last.dropped = None, None, False
    return last


def assign(order: Order) -> None:
    """Charge the duties that run across states to the unit that now has the order."""
    for one in running(order):
        if one.clock in (Clock.REPLY, Clock.FEEDBACK):
            one.unit_id = order.unit_id


def show(order: Order, clocks: Iterable[OrderClock]) -> None:
    """Repeat the most pressing duty on the order's own row. The right to return is no duty."""
    duties = [one for one in clocks if one.ended_at is None and one.clock is not Clock.RETURN]
    first = min(duties, key=lambda one: one.due_at, default=None)
    order.due_at = first.due_at if first else None
    order.due_clock = first.clock if first else None
    order.near_at = first.near_at if first else None
    order.due_provisional = any(one.provisional for one in duties)


def recount() -> int:
    """Count every running provisional limit again; returns how many changed. Called when a notice was loaded."""
    forget()
    deadlines, changed = current(), 0
    provisional = select(OrderClock).where(OrderClock.ended_at.is_(None), OrderClock.limit.is_not(None))
    for one in session.scalars(provisional.where(OrderClock.due_at > clock.now())).all():
        if one.limit is None or one.counted is None:
            continue
        limit = deadlines.limit(one.started_at, one.limit, one.counted)
        if (limit.due_at, limit.near_at, limit.provisional) != (one.due_at, one.near_at, one.provisional):
            one.due_at, one.near_at, one.provisional = limit.due_at, limit.near_at, limit.provisional
            order = session.get_one(Order, one.order_id)
            show(order, running(order))
            changed += 1
    session.flush()
    return changed
