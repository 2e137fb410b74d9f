"""The five rates and the counts per source: each equals the list behind it, and means what its formula says."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.workorders import assessing, bundles, desk, handling, rates, revisits, self_orders
from hotline.workorders.codes import NotAccepted, Source, State, Urgency
from hotline.workorders.desk import View, Wanted
from hotline.workorders.models import Order
from hotline.workorders.rates import Rate, Share
from hotline.workorders.revisit_codes import RevisitFailure, Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make

MARCH = Month("2026-03")
MONDAY = clock.at_local(datetime.fromisoformat("2026-03-02").date(), 10)


@pytest.fixture(autouse=True)
def _monday():
    clock.use(lambda: MONDAY)
    yield
    clock.use(None)


def at(**delta):
    moment = MONDAY + timedelta(**delta)
    clock.use(lambda: moment)


def of_gulou():
    return rates.of_units(MARCH).get(make.gulou(), {})


def test_signing_in_time(app):
    here, there = make.desk(), make.unit(make.gulou())
    orders = [make.order(here) for _ in range(4)]
    for order in orders:
        handling.dispatch(order, here, make.gulou())
    handling.sign(orders[0], there)
    handling.give_back(orders[3], there, "不属职责")
    at(days=3)
    handling.sign(orders[1], there)
    assert of_gulou()[Rate.SIGNED_IN_TIME] == Share(1, 3)
    bad = session.scalars(rates.behind(Rate.SIGNED_IN_TIME, MARCH, make.gulou(), good=False)).all()
    assert {one.id for one in bad} == {orders[1].id, orders[2].id}


def test_answering_in_time_counts_the_granted_limit(app):
    late, _, there = make.at_state(State.PROCESSING)
    extended, here, other = make.at_state(State.PROCESSING)
    handling.ask_extension(extended, other, MONDAY + timedelta(days=14), "需要会诊")
    handling.decide_extension(extended, here, granted=True)
    at(days=10)
    for order, by in ((late, there), (extended, other)):
        handling.reply(order, by, "已办", "已答")
    at(days=20)
    assert of_gulou()[Rate.ANSWERED_IN_TIME] == Share(1, 2)


def test_what_is_not_due_yet_counts_in_no_rate(app):
    make.at_state(State.DISPATCHED)
    assert of_gulou() == {} or of_gulou()[Rate.SIGNED_IN_TIME] == Share(0, 0)


def test_verdicts(app):
    verdicts = [
        (Source.CITY, Verdict(Solved.YES, 5, 5, 5)),
        (Source.CITY, Verdict(Solved.NO, 1, 2, 5)),
        (Source.PROV, Verdict(Solved.UNSAID, None, 3, None)),
        (Source.PROV, Verdict(Solved.YES, 4, None, 4)),
    ]
    for source, verdict in verdicts:
        order, here, _ = make.at_state(State.TO_REVISIT, source=source)
        revisits.fail(order, here, RevisitFailure.NO_ANSWER)
        revisits.answer(order, here, verdict)
    shares = of_gulou()
    assert shares[Rate.SATISFIED] == Share(2, 3)
    assert shares[Rate.SOLVED] == Share(2, 3)
    assert shares[Rate.PROVINCE_SATISFIED] == Share(1, 1)
    assert shares[Rate.SATISFIED].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("rate", list(Rate))
def test_each_rate_equals_its_list(app, rate):
    for grade in (1, 3, 5):
        order, here, _ = make.at_state(State.TO_REVISIT, source=Source.PROV)
        revisits.answer(order, here, Verdict(Solved.YES if grade > 1 else Solved.NO, grade, grade, grade))
    make.at_state(State.DISPATCHED)
    at(days=25)
    share = of_gulou()[rate]
    assert share.whole > 0
    for good, number in ((None, share.whole), (True, share.good), (False, share.whole - share.good)):
        listed = session.scalars(rates.behind(rate, MARCH, make.gulou(), good=good)).all()
        assert len(listed) == number


def by_urgency(order, _here, _there):
    order.urgency = Urgency.MEANINGLESS


def by_judgement(order, here, _there):
    assessing.judge(order, here, nonsense=True, exempt=False, reason="要求违法")


def by_word(order, here, _there):
    assessing.judge(order, here, nonsense=False, exempt=True, reason="灾害期间")


def by_appeal(order, here, there):
    assessing.appeal(order, there, "系统故障")
    assessing.decide(order, here, granted=True, reason="属实")


@pytest.mark.parametrize("left_out", [by_urgency, by_judgement, by_word, by_appeal])
@pytest.mark.parametrize("rate", list(Rate))
def test_what_is_not_assessed_counts_in_no_rate(app, rate, left_out):
    orders = []
    for _ in range(2):
        order, here, there = make.at_state(State.TO_REVISIT, source=Source.PROV)
        revisits.answer(order, here, Verdict(Solved.NO, 1, 1, 1))
        orders.append(order)
    at(days=25)
    whole = of_gulou()[rate].whole
    left_out(orders[0], here, there)
    session.flush()
    assert (whole, of_gulou()[rate].whole) == (2, 1)
    listed = session.scalars(rates.behind(rate, MARCH, make.gulou())).all()
    assert [one.id for one in listed] == [orders[1].id]


def test_an_appeal_that_waits_or_was_refused_changes_no_rate(app):
    order, here, there = make.at_state(State.SIGNED)
    at(days=25)
    before = of_gulou()
    assessing.appeal(order, there, "系统故障")
    session.flush()
    assert of_gulou() == before
    assessing.decide(order, here, granted=False, reason="不属实")
    session.flush()
    assert of_gulou() == before


def test_a_unit_gets_its_own_row_only(app):
    make.at_state(State.SIGNED)
    make.at_state(State.SIGNED, unit_id=make.tongren())
    assert set(rates.of_units(MARCH)) == {make.gulou(), make.tongren()}
    assert set(rates.of_units(MARCH, make.tongren())) == {make.tongren()}


def test_the_month_counts_what_was_received(app):
    here = make.desk()
    kept, child, gone = (make.order(here) for _ in range(3))
    bundles.merge(child.id, kept.id, here, "")
    handling.void(gone, here, NotAccepted.OTHER, "不予受理")
    self_orders.settle(make.call(at=MONDAY - timedelta(hours=1)).id)
    self_orders.settle(make.call(at=clock.at_local(datetime.fromisoformat("2026-02-28").date(), 23, 58)).id)
    counted = rates.per_source(MARCH)
    assert (counted[Source.CITY], counted[Source.SELF], counted[Source.PROV]) == (2, 1, 0)
    assert rates.per_source(Month("2026-02"))[Source.SELF] == 1
    for source in (Source.CITY, Source.SELF):
        page = desk.listed(View.ALL, Wanted(source=source, month=MARCH), clock.now())
        assert len(page.orders) == counted[source]


def test_counts_of_views_equal_their_lists(app):
    for state in (State.REGISTERED, State.DISPATCHED, State.PROCESSING, State.REPLIED, State.TO_REVISIT):
        make.at_state(state)
    for unit_id in (None, make.gulou()):
        for later in (0, 4, 30):
            now = MONDAY + timedelta(days=later)
            counts = desk.counts(now, unit_id)
            for view, number in counts.items():
                assert len(desk.listed(view, Wanted(), now, unit_id).orders) == number, (view, later)


def test_pages_hold_every_order_once(app):
    here = make.desk()
    for _ in range(120):
        make.order(here)
    for view in (View.RUNNING, View.ALL):
        seen, after = [], ""
        while True:
            page = desk.listed(view, Wanted(after=after), clock.now())
            seen += [one.id for one in page.orders]
            after = page.after
            if not after:
                break
        assert len(seen) == len(set(seen)) == session.scalar(select(func.count()).select_from(Order))
