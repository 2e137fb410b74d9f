"""Limits as administrators keep them: a new version from a later day on, the past as it was."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.workorders import deadlines, ladder, limits
from hotline.workorders.codes import Clock, Nature, Source, Unit, Urgency
from hotline.workorders.deadline_models import DeadlineRule
from hotline.workorders.limits import Term, Whom
from tests.matters import workorders as make

MONDAY = clock.at_local(date(2026, 3, 2), 10)
TUESDAY = date(2026, 3, 3)
SHORT = Term(Clock.REPLY, 2, Unit.WORKDAY)


@pytest.fixture(autouse=True)
def _monday():
    clock.use(lambda: MONDAY)
    yield
    clock.use(None)


def answer_due(order):
    return next(one.due_at for one in deadlines.running(order) if one.clock is Clock.REPLY)


def reply_due(order):
    return clock.business_day(answer_due(order))


def test_a_new_version_counts_for_what_is_received_from_its_day_on(app):
    before = make.order()
    made = limits.succeed(SHORT, Whom(), TUESDAY, "宁政办〔2026〕1号")
    same_day = make.order()
    clock.use(lambda: MONDAY + timedelta(days=1))
    after = make.order()
    assert reply_due(before) == reply_due(same_day) == date(2026, 3, 9)
    assert reply_due(after) == date(2026, 3, 5)
    old = session.scalars(
        select(DeadlineRule).where(DeadlineRule.clock == Clock.REPLY, DeadlineRule.nature.is_(None))
    ).first()
    assert (old.valid_to, made.valid_from, made.valid_to) == (TUESDAY, TUESDAY, None)
    session.commit()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "deadline.rule")).one()
    assert (entry.detail["amount"], entry.detail["clock"]) == (2, "reply")


@pytest.mark.parametrize(
    ("term", "day", "basis", "field"),
    [
        (SHORT, date(2026, 3, 2), "依据", "valid_from"),
        (SHORT, date(2020, 1, 1), "依据", "valid_from"),
        (Term(Clock.REPLY, 0, Unit.WORKDAY), TUESDAY, "依据", "amount"),
        (Term(Clock.REPLY, 251, Unit.WORKDAY), TUESDAY, "依据", "amount"),
        (SHORT, TUESDAY, "  ", "basis"),
    ],
    ids=["today", "the past", "nothing", "longer than a year", "no basis"],
)
def test_what_is_refused_is_named(app, term, day, basis, field):
    with pytest.raises(Invalid) as fault:
        limits.succeed(term, Whom(), day, basis)
    assert field in fault.value.fields


def test_a_second_version_never_begins_before_the_first_planned_one(app):
    limits.succeed(SHORT, Whom(), date(2026, 4, 1), "依据")
    for day in (TUESDAY, date(2026, 4, 1)):
        with pytest.raises(Conflict, match="已另有安排"):
            limits.succeed(Term(Clock.REPLY, 3, Unit.WORKDAY), Whom(), day, "依据")
    assert limits.succeed(Term(Clock.REPLY, 3, Unit.WORKDAY), Whom(), date(2026, 5, 1), "依据").valid_to is None


def test_a_particular_limit_begins_and_ends_beside_the_general_one(app):
    made = limits.succeed(SHORT, Whom(Source.PROV, Nature.COMPLAINT), TUESDAY, "依据")
    clock.use(lambda: MONDAY + timedelta(days=1))
    assert reply_due(make.order(source=Source.PROV)) == date(2026, 3, 5)
    assert reply_due(make.order()) == date(2026, 3, 10)
    limits.end(made.id, date(2026, 3, 4))
    clock.use(lambda: MONDAY + timedelta(days=2))
    assert reply_due(make.order(source=Source.PROV)) == date(2026, 3, 11)


def test_the_general_limit_of_a_duty_is_never_ended(app):
    general = next(one for one in limits.rules() if one.clock is Clock.DISPATCH and one.urgency is None)
    with pytest.raises(Conflict, match="通用时限"):
        limits.end(general.id, TUESDAY)
    with pytest.raises(NotFound):
        limits.end(987_654, TUESDAY)
    particular = next(one for one in limits.rules() if one.urgency is Urgency.URGENT)
    with pytest.raises(Invalid):
        limits.end(particular.id, date(2026, 3, 2))
    limits.end(particular.id, TUESDAY)
    with pytest.raises(Conflict, match="已停用"):
        limits.end(particular.id, date(2026, 3, 9))


def test_the_outlook_tells_what_a_new_order_would_have_to_keep_and_writes_nothing(app):
    now = {one.clock: one for one in limits.outlook(Nature.COMPLAINT, Source.CITY, Urgency.NORMAL)}
    order = make.order()
    assert now[Clock.REPLY].limit.due_at == answer_due(order)
    assert Clock.FEEDBACK not in now
    proposed = limits.outlook(Nature.COMPLAINT, Source.CITY, Urgency.NORMAL, SHORT, Whom())
    told = {one.clock: clock.business_day(one.limit.due_at) for one in proposed}
    assert told[Clock.REPLY] == date(2026, 3, 4)
    assert len(limits.rules()) == len(session.scalars(select(DeadlineRule)).all()) == 13


def test_a_rung_of_the_ladder_changes_from_its_day_on(app):
    make.order()
    limits.succeed_step(0, 2, date(2026, 3, 4))
    tuesday = clock.at_local(date(2026, 3, 4), 10)
    assert [one.level for one in ladder.climb(tuesday) if one.clock is Clock.DISPATCH] == []
    assert [one.level for one in ladder.climb(tuesday + timedelta(days=1)) if one.clock is Clock.DISPATCH] == [0]


@pytest.mark.parametrize(("level", "days"), [(0, 5), (1, 1), (3, 10)])
def test_a_higher_grade_never_comes_before_a_lower_one(app, level, days):
    with pytest.raises(Invalid) as fault:
        limits.succeed_step(level, days, TUESDAY)
    assert "days_late" in fault.value.fields
