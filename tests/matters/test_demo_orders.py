"""The demonstration's orders: on its first day every role finds something to do, and nothing of the past lies about."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.demo import orders
from hotline.people.demo import demo_accounts
from hotline.workorders import desk, notices, registering, revisits
from hotline.workorders.codes import AT_UNIT, Nature, Source, State
from hotline.workorders.desk import View, Wanted
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.moves import HOUSE
from hotline.workorders.registering import Demand
from tests.matters import workorders as make

MOMENTS = {
    "a working day": datetime(2026, 11, 18, 10, 30, tzinfo=clock.ZONE),
    "a Sunday night": datetime(2026, 11, 22, 23, 0, tzinfo=clock.ZONE),
    "the first of a month": datetime(2026, 12, 1, 9, 5, tzinfo=clock.ZONE),
    "in a holiday": datetime(2026, 10, 3, 12, 0, tzinfo=clock.ZONE),
}


@pytest.fixture(params=MOMENTS.values(), ids=MOMENTS.keys())
def today(app, request):
    clock.use(lambda: request.param)
    demo_accounts(make.gulou())
    yield request.param
    clock.use(None)


def work(steps):
    for _ in steps:
        session.flush()


def test_every_role_finds_orders_in_each_state(today):
    work(orders.begin())
    counts = desk.counts(today)
    lively = (View.TO_DISPATCH, View.TO_SIGN, View.PROCESSING, View.RETURNED, View.EXTENSION, View.TO_REVIEW)
    assert all(counts[view] for view in (*lively, View.TO_REVISIT, View.REWORK, View.NEAR, View.OVERDUE)), counts
    own = desk.listed(View.RUNNING, Wanted(), today, make.gulou()).orders
    assert {order.state for order in own} >= AT_UNIT
    assert [order for order in own if order.confidential]
    assert [order for order in own if order.unit_id != make.gulou()]
    assert desk.counts(today, make.gulou())[View.OVERDUE]
    assert notices.count(None)
    assert notices.count(make.gulou())
    assert [order for order in session.scalars(select(Order).where(Order.state == State.TO_REVISIT)) if tried(order)]
    assert session.scalar(select(func.count()).where(Order.state == State.MERGED)) == 1
    assert session.scalar(select(func.max(OrderMove.at))) <= today


def tried(order: Order) -> list:
    return revisits.attempts(order)


def test_what_finished_months_left_is_led_to_its_end(today):
    first = Month.of(clock.today()).previous.previous.first
    for number in range(30):
        at = clock.at_local(first, 9, number)
        demand = Demand(Source.CITY, Nature.COMPLAINT, "标题", "内容", f"旧{number}", caller_phone="13800001234")
        registering.register(Demand(**{**vars(demand), "registered_at": at}), HOUSE)
    work(orders.finish())
    states = Counter(session.scalars(select(Order.state)))
    assert states == {State.CLOSED: 30}
    assert session.scalar(select(func.min(Order.closed_at))) > session.scalar(select(func.min(Order.registered_at)))
    assert session.scalar(select(func.max(OrderMove.at))) <= today
