"""Limits and the ladder as administrators keep them: a new version from a later day on; the past is never rewritten.

A rule counts for orders received while it is in force, so what is here already keeps the limit it was given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from hotline import audit, clock, db
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.workorders import deadlines
from hotline.workorders.codes import Clock, Nature, Source, Unit, Urgency
from hotline.workorders.deadline_models import DeadlineRule, EscalationStep
from hotline.workorders.deadlines import Deadlines, Limit

MOST = {Unit.WORKDAY: 250, Unit.WORK_MINUTE: 105_000, Unit.MINUTE: 527_040}
"""A year in each unit: no duty is longer."""


@dataclass(frozen=True)
class Whom:
    """Which orders a limit is for; None means any."""

    source: Source | None = None
    nature: Nature | None = None
    urgency: Urgency | None = None


@dataclass(frozen=True)
class Term:
    """How long a duty may take."""

    clock: Clock
    amount: int
    unit: Unit


@dataclass(frozen=True)
class Due:
    """When one duty of an order that came now would end, and by which rule."""

    clock: Clock
    rule: DeadlineRule
    limit: Limit


def rules() -> Sequence[DeadlineRule]:
    """Every version, the general before the particular, the newest of each first."""
    found = session.scalars(select(DeadlineRule)).all()
    order = list(Clock)
    return sorted(found, key=lambda one: (order.index(one.clock), *_specific(one), -one.valid_from.toordinal()))


def _specific(one: DeadlineRule) -> tuple[str, str, str]:
    return one.urgency or "", one.nature or "", one.source or ""


def steps() -> Sequence[EscalationStep]:
    """Every version of the ladder, the newest of each rung first."""
    return session.scalars(
        select(EscalationStep).order_by(EscalationStep.level, EscalationStep.valid_from.desc())
    ).all()


def outlook(
    nature: Nature, source: Source, urgency: Urgency, term: Term | None = None, of: Whom | None = None
) -> list[Due]:
    """What an order that came now would have to keep; with `term` as if that were in force already."""
    known, now = deadlines.current(), clock.now()
    if term:
        proposed = _rule(term, of or Whom(), clock.today(), "")
        known = Deadlines(known.calendar, [*known.rules, proposed])
    found = []
    for which in Clock:
        rule = known.rule(which, clock.today(), source=source, nature=nature, urgency=urgency)
        if rule:
            found.append(Due(which, rule, known.limit(now, rule.amount, rule.unit)))
    return found


def check(term: Term) -> None:
    """Raise Invalid for a limit of nothing, or longer than a year."""
    most = MOST[term.unit]
    if not 1 <= term.amount <= most:
        raise Invalid(f"数量应在 1 至 {most} 之间", fields={"amount": [f"应在 1 至 {most} 之间"]})


def succeed(term: Term, of: Whom, valid_from: date, basis: str) -> DeadlineRule:
    """Put a limit in force from a day on; the one that stood for the same orders ends there."""
    check(term)
    if not basis.strip():
        raise Invalid("请写明依据", fields={"basis": ["不能为空"]})
    _check_day(valid_from, "valid_from")
    same = session.scalars(
        select(DeadlineRule).where(
            DeadlineRule.clock == term.clock,
            DeadlineRule.source.is_not_distinct_from(of.source),
            DeadlineRule.nature.is_not_distinct_from(of.nature),
            DeadlineRule.urgency.is_not_distinct_from(of.urgency),
            or_(DeadlineRule.valid_to.is_(None), DeadlineRule.valid_to > valid_from),
        )
    ).all()
    _end_before(same, valid_from)
    made = _rule(term, of, valid_from, basis.strip())
    session.add(made)
    session.flush()
    deadlines.forget()
    audit.record("deadline.rule", f"deadline_rule:{made.id}", **_told(made))
    return made


def _rule(term: Term, of: Whom, valid_from: date, basis: str) -> DeadlineRule:
    return DeadlineRule(
        clock=term.clock,
        source=of.source,
        nature=of.nature,
        urgency=of.urgency,
        amount=term.amount,
        unit=term.unit,
        valid_from=valid_from,
        basis=basis,
    )


def _told(one: DeadlineRule) -> dict[str, Any]:
    whom = {name: getattr(one, name) for name in ("source", "nature", "urgency")}
    return {"clock": one.clock, "amount": one.amount, "unit": one.unit, "valid_from": str(one.valid_from), **whom}


def end(rule_id: int, on: date) -> None:
    """A particular limit is no more from a day on; the general one of its duty stays, or orders would have none."""
    _check_day(on, "on")
    rule = session.get(DeadlineRule, rule_id)
    if rule is None:
        raise NotFound("没有这条时限规则")
    if rule.source is None and rule.nature is None and rule.urgency is None:
        raise Conflict("通用时限不能停用，请改为新的数值")
    if rule.valid_to is not None or rule.valid_from >= on:
        raise Conflict("该规则已停用，或在这一天之后才启用")
    rule.valid_to = on
    session.flush()
    deadlines.forget()
    audit.record("deadline.end", f"deadline_rule:{rule.id}", valid_to=str(on))


def succeed_step(level: int, days_late: int, valid_from: date) -> EscalationStep:
    """Another rung of the ladder from a day on; a higher grade never comes before a lower one."""
    _check_day(valid_from, "valid_from")
    later = or_(EscalationStep.valid_to.is_(None), EscalationStep.valid_to > valid_from)
    standing = session.scalars(select(EscalationStep).where(later)).all()
    others = {one.level: one.days_late for one in standing if one.level != level and one.valid_from <= valid_from}
    for other, days in others.items():
        if (days >= days_late) if other < level else (days <= days_late):
            told = "级别越高，逾期天数应越多"
            raise Invalid(told, fields={"days_late": [told]})
    _end_before([one for one in standing if one.level == level], valid_from)
    made = EscalationStep(level=level, days_late=days_late, valid_from=valid_from)
    session.add(made)
    session.flush()
    audit.record(
        "deadline.step", f"escalation_step:{made.id}", level=level, days_late=days_late, valid_from=str(valid_from)
    )
    return made


def _check_day(day: date, field: str) -> None:
    db.lock("deadlines")
    if day <= clock.today():
        told = "应从明天或以后起：已经受理的工单不改时限"
        raise Invalid(told, fields={field: [told]})


def _end_before(standing: Sequence[DeadlineRule] | Sequence[EscalationStep], day: date) -> None:
    """What stands ends on that day. Raises Conflict when a version begins there or later already."""
    for one in standing:
        if one.valid_from >= day or one.valid_to is not None:
            raise Conflict(f"自 {max(one.valid_from, day)} 起已另有安排，请选更晚的日期")
    for one in standing:
        one.valid_to = day
    session.flush()
