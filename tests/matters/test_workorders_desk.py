"""What the desk keeps for itself: notices until they are seen, views of a person's own."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.workorders import handling, ladder, notices, saved_views, timeline
from hotline.workorders.codes import Clock, Move, NotAccepted, State
from hotline.workorders.desk_models import OrderNotice
from tests.matters import workorders as make

MONDAY = clock.at_local(date(2026, 3, 2), 10)


@pytest.fixture(autouse=True)
def _monday():
    clock.use(lambda: MONDAY)
    yield
    clock.use(None)


def told(unit_id=None):
    return [(one.order.id, one.notice.move) for one in notices.waiting(unit_id)]


def test_near_due_is_laid_before_the_unit_and_lateness_before_both(app):
    order, _, there = make.at_state(State.PROCESSING)
    near = clock.at_local(date(2026, 3, 9), 16)
    ladder.climb(near.replace(hour=15))
    assert (told(there.unit_id), told()) == ([], [])  # 23:00 at home
    ladder.climb(near)
    assert (told(there.unit_id), told()) == ([(order.id, Move.NEAR_DUE)], [])
    ladder.climb(near + timedelta(days=1))
    assert told(there.unit_id) == [(order.id, Move.URGE), (order.id, Move.NEAR_DUE)]
    assert told() == [(order.id, Move.URGE)]
    assert {one.notice.clock for one in notices.waiting(None)} == {Clock.REPLY}


def test_what_the_hotline_is_late_with_is_its_own(app):
    order = make.order()
    ladder.climb(clock.at_local(date(2026, 3, 20), 10))
    assert set(told()) == {(order.id, Move.SUPERVISE)}
    assert session.scalar(select(func.count()).select_from(OrderNotice).where(OrderNotice.unit_id.is_not(None))) == 0


def test_one_click_of_a_side_is_enough_and_stays_in_the_history(app):
    order, here, there = make.at_state(State.PROCESSING)
    ladder.urge(order, here, "请尽快")
    ladder.supervise(order, here, 1, "一般督办")
    waiting = [one.notice.id for one in notices.waiting(there.unit_id)]
    assert (len(waiting), notices.count(there.unit_id), notices.count(None)) == (2, 2, 0)
    assert notices.acknowledge(waiting, make.unit(make.tongren())) == 0
    assert notices.acknowledge(waiting, here) == 0
    assert notices.acknowledge(waiting, there) == 2
    assert notices.acknowledge(waiting, there) == 0
    assert notices.count(there.unit_id) == 0
    assert {one.notice.seen_by_id for one in notices.seen_lately(there.unit_id)} == {there.id}
    lines = [line.title for line in timeline.of_order(order, None)]
    assert lines[-2:] == ["知悉：催办", "知悉：督办"]


def test_a_unit_that_no_longer_leads_reads_no_notice(app):
    order, here, there = make.at_state(State.DISPATCHED)
    ladder.urge(order, here, "请尽快")
    handling.give_back(order, there, "不属职责")
    handling.dispatch(order, here, make.tongren())
    session.flush()
    assert told(there.unit_id) == []
    assert told(make.tongren()) == []


def test_a_notice_of_an_order_that_has_ended_is_over(app):
    order = make.order()
    ladder.climb(clock.at_local(date(2026, 3, 20), 10))
    handling.void(order, make.desk(), NotAccepted.OTHER, "不予受理")
    session.flush()
    assert (told(), notices.count(None)) == ([], 0)


QUERY = {"view": "running", "source": "CITY", "nature": None, "unit": "", "month": None, "number": "13800001234"}


def test_a_view_keeps_the_filters_but_no_number(app):
    me, other = make.account(), make.account()
    made = saved_views.save(me.id, " 市级在办 ", QUERY)
    assert (made.name, made.filters) == ("市级在办", {"view": "running", "source": "CITY"})
    assert [one.name for one in saved_views.of_person(me.id)] == ["市级在办"]
    assert saved_views.of_person(other.id) == []
    with pytest.raises(Conflict):
        saved_views.save(me.id, "市级在办", QUERY)
    assert saved_views.save(other.id, "市级在办", QUERY).id != made.id
    assert saved_views.rename(me.id, made.id, "在办").name == "在办"
    for foreign in (lambda: saved_views.rename(other.id, made.id, "x"), lambda: saved_views.delete(other.id, made.id)):
        with pytest.raises(NotFound):
            foreign()
    saved_views.delete(me.id, made.id)
    assert saved_views.of_person(me.id) == []


@pytest.mark.parametrize(("name", "query"), [("", QUERY), ("  ", QUERY), ("号码", {"number": "1380000"})])
def test_a_view_needs_a_name_and_a_filter(app, name, query):
    with pytest.raises(Invalid):
        saved_views.save(make.account().id, name, query)


def test_views_are_not_without_end(app):
    me = make.account()
    for n in range(saved_views.MOST):
        saved_views.save(me.id, f"视图{n}", QUERY)
    with pytest.raises(Invalid):
        saved_views.save(me.id, "再一个", QUERY)
