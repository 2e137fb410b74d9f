"""The life of an order: exactly the permitted moves, always an owner and a clock, bundles that come apart again."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, HotlineError, Invalid, NotFound, Refused
from hotline.places import home
from hotline.workorders import bundles, deadlines, desk, duplicates, handling, ladder, moves, revisits
from hotline.workorders.codes import Clock, Move, NotAccepted, Party, State, Urgency
from hotline.workorders.deadline_models import OrderClock
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.moves import HOUSE, OF_HOUSE, TRANSITIONS, By
from hotline.workorders.revisit_codes import RevisitFailure, Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make

MONDAY = clock.at_local(datetime(2026, 3, 2).date(), 10)  # noqa: DTZ001


@pytest.fixture(autouse=True)
def _monday():
    clock.use(lambda: MONDAY)
    yield
    clock.use(None)


def later(**delta):
    at = clock.now() + timedelta(**delta)
    clock.use(lambda: at)


def clocks(order):
    return {one.clock for one in deadlines.running(order)}


def test_the_way_of_an_order(app):
    order, here, there = make.at_state(State.TO_REVISIT)
    revisits.answer(order, here, Verdict(Solved.YES, 5, 5, 5))
    revisits.close(order, here)
    moves.make(order, Move.ARCHIVE, HOUSE)
    told = session.scalars(select(OrderMove.move).where(OrderMove.order_id == order.id).order_by(OrderMove.id)).all()
    assert told == [
        Move.REGISTER,
        Move.DISPATCH,
        Move.SIGN,
        Move.START,
        Move.REPLY,
        Move.APPROVE,
        Move.REVISIT_TRY,
        Move.CLOSE,
        Move.ARCHIVE,
    ]
    assert order.due_at is None
    assert not clocks(order)
    assert all(one.met for one in session.scalars(select(OrderClock).where(OrderClock.order_id == order.id)))


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("party", list(Party))
def test_only_permitted_moves(app, state, party):
    by = By(party, unit_id=7)
    order = Order(state=state, unit_id=7)
    allowed = set(moves.permitted(order, by))
    table = {**TRANSITIONS, **(OF_HOUSE if party is Party.SYSTEM else {})}
    for move, transition in table.items():
        if state in transition.origins and party in transition.parties:
            assert move in allowed
        else:
            with pytest.raises((Conflict, Refused)):
                moves.check(order, move, by)
    assert not moves.permitted(order, By(Party.UNIT, unit_id=8))


def test_every_state_with_a_future_can_be_left():
    ends = {Move.WITHDRAW, Move.HAND_OVER}
    left = set().union(*(transition.origins for move, transition in TRANSITIONS.items() if move not in ends))
    assert set(State) - left == {State.ARCHIVED}


@pytest.mark.parametrize(("nature", "due"), [("1", "2026-03-05"), ("4", "2026-03-09")])
def test_the_answer_is_due_by_nature(app, nature, due):
    order = make.order(nature=make.demand().nature.__class__(nature))
    reply = next(one for one in deadlines.running(order) if one.clock is Clock.REPLY)
    assert str(clock.business_day(reply.due_at)) == due
    assert clock.local(reply.due_at).strftime("%H:%M") == "17:30"


def test_an_urgent_order_wants_feedback_within_24_hours(app):
    order = make.order(urgency=Urgency.URGENT)
    feedback = next(one for one in deadlines.running(order) if one.clock is Clock.FEEDBACK)
    assert feedback.due_at - feedback.started_at == timedelta(hours=24)
    handling.contact(order, make.desk(), "已电话联系诉求人")
    assert Clock.FEEDBACK not in clocks(order)
    assert order.contacted_at == clock.now()


def test_a_platform_may_set_the_limit(app):
    due = MONDAY + timedelta(days=1)
    order = make.order(reply_due=due)
    assert next(one.due_at for one in deadlines.running(order) if one.clock is Clock.REPLY) == due


def test_a_return_needs_time_right_and_reason(app):
    order, here, there = make.at_state(State.SIGNED)
    with pytest.raises(Invalid):
        handling.give_back(order, there, " ")
    handling.give_back(order, there, "不属于本单位职责")
    assert order.state is State.RETURNED
    handling.reject_return(order, here, "共同研究后指定办理")
    assert order.state is State.SIGNED
    with pytest.raises(Refused, match="直接指定"):
        handling.give_back(order, there, "再退一次")


def test_a_return_too_late_is_refused(app):
    order, _, there = make.at_state(State.SIGNED)
    later(days=3)
    with pytest.raises(Refused, match="时限已过"):
        handling.give_back(order, there, "晚了")


def test_after_a_return_another_unit_leads(app):
    order, here, there = make.at_state(State.SIGNED)
    handling.give_back(order, there, "不属于本单位职责")
    with pytest.raises(Invalid):
        handling.dispatch(order, here, make.gulou())
    handling.dispatch(order, here, make.tongren(), direct=True)
    assert Clock.RETURN not in clocks(order)
    reply = next(one for one in deadlines.running(order) if one.clock is Clock.REPLY)
    assert reply.unit_id == make.tongren()
    with pytest.raises(NotFound):
        handling.sign(order, there)


def test_extension_once_before_the_limit_and_later(app):
    order, here, there = make.at_state(State.PROCESSING)
    limit = next(one.due_at for one in deadlines.running(order) if one.clock is Clock.REPLY)
    with pytest.raises(Invalid):
        handling.ask_extension(order, there, limit, "需要会诊")
    handling.ask_extension(order, there, limit + timedelta(days=3), "需要会诊")
    assert clocks(order) == {Clock.REPLY, Clock.REVIEW}
    handling.decide_extension(order, here, granted=True)
    assert next(one.due_at for one in deadlines.running(order)) == limit + timedelta(days=3)
    with pytest.raises(Refused):
        handling.ask_extension(order, there, limit + timedelta(days=9), "再延")


def test_extension_refused_leaves_the_limit(app):
    order, here, there = make.at_state(State.PROCESSING)
    limit = order.due_at
    handling.ask_extension(order, there, limit + timedelta(days=3), "需要会诊")
    handling.decide_extension(order, here, granted=False, reason="理由不足")
    assert order.due_at == limit
    later(days=30)
    with pytest.raises(Refused, match="时限已过"):
        handling.ask_extension(order, there, limit + timedelta(days=60), "太晚")


def test_a_promise_takes_the_place_of_the_limit(app):
    order, here, there = make.at_state(State.PROCESSING)
    promise = MONDAY + timedelta(days=60)
    handling.suspend(order, here, promise, "等待鉴定结论")
    assert (order.due_clock, order.due_at) == (Clock.PROMISE, promise)
    handling.resume(order, there)
    assert (order.due_clock, order.due_at) == (Clock.REPLY, promise)
    with pytest.raises(Invalid):
        handling.suspend(order, here, MONDAY + timedelta(days=400), "太久")


def test_promises_together_last_nine_months_at_most(app):
    order, here, there = make.at_state(State.PROCESSING)
    handling.suspend(order, here, MONDAY + timedelta(days=200), "等待鉴定结论")
    clock.use(lambda: MONDAY + timedelta(days=200))
    handling.resume(order, there)
    with pytest.raises(Invalid, match="首次挂起"):
        handling.suspend(order, here, MONDAY + timedelta(days=280), "再等")
    handling.suspend(order, here, MONDAY + timedelta(days=260), "再等")


def test_a_limit_missed_before_the_promise_stays_missed(app):
    order, here, there = make.at_state(State.PROCESSING)
    limit = order.due_at
    clock.use(lambda: limit + timedelta(days=1))
    handling.suspend(order, here, limit + timedelta(days=60), "等待鉴定结论")
    kept = session.scalars(select(OrderClock).where(OrderClock.order_id == order.id, OrderClock.clock == Clock.REPLY))
    assert [(one.met, one.dropped) for one in kept] == [(False, False)]
    handling.resume(order, there)
    assert (order.due_clock, order.due_at) == (Clock.REPLY, limit + timedelta(days=60))


def test_unsatisfied_means_rework_or_a_written_opinion(app):
    order, here, there = make.at_state(State.TO_REVISIT)
    revisits.answer(order, here, Verdict(Solved.NO, 1, 2, 5))
    with pytest.raises(Invalid):
        revisits.close(order, here)
    handling.rework(order, here, "请重新核实并道歉")
    assert order.rounds == 2
    assert clocks(order) == {Clock.REPLY, Clock.REVIEW}
    handling.restart(order, here)
    handling.reply(order, there, "已道歉", "已向您道歉")
    handling.approve(order, here)
    with pytest.raises(Conflict, match="回访未完成"):
        revisits.close(order, here)
    revisits.answer(order, here, Verdict(Solved.YES, 4, 4, 5))
    revisits.close(order, here)
    handling.rework(order, here, "诉求人再次反映")
    assert (order.state, order.closed_at, order.rounds) == (State.REWORK, None, 3)


def test_a_verdict_is_given_once_a_round(app):
    order, here, _ = make.at_state(State.TO_REVISIT)
    revisits.answer(order, here, Verdict(Solved.NO, 1, 1))
    with pytest.raises(Conflict, match="已有评价"):
        revisits.answer(order, here, Verdict(Solved.YES, 5, 5))
    with pytest.raises(Invalid):
        revisits.close(order, here)
    assert order.solved is Solved.NO


@pytest.mark.parametrize("why", [RevisitFailure.NO_ANSWER, RevisitFailure.DEAD_NUMBER])
def test_three_attempts_before_an_unreached_person_rests(app, why):
    order, here, _ = make.at_state(State.TO_REVISIT)
    for _ in range(2):
        revisits.fail(order, here, why)
        with pytest.raises(Conflict):
            revisits.close(order, here)
    revisits.fail(order, here, why)
    revisits.close(order, here)
    assert order.state is State.CLOSED
    assert order.revisits == 3


def test_nobody_is_called_who_asked_for_no_answer(app):
    order, here, _ = make.at_state(State.TO_REVISIT, reply_required=False)
    revisits.close(order, here)


def test_void_tells_why(app):
    order = make.order()
    handling.void(order, make.desk(), NotAccepted.PETITION, "已在信访程序中")
    assert order.due_at is None
    assert not clocks(order)


def _snapshot(order):
    session.flush()
    session.expire(order)
    skipped = {"version", "changed_at"}
    columns = {name: getattr(order, name) for name in order.__table__.columns.keys() if name not in skipped}  # noqa: SIM118
    rows = session.scalars(select(OrderClock).where(OrderClock.order_id == order.id).order_by(OrderClock.id)).all()
    return columns, [(one.clock, one.due_at, one.near_at, one.ended_at, one.met, one.dropped) for one in rows]


def test_merge_then_unmerge_restores_everything(app):
    here = make.desk()
    main, child = make.order(here), make.order(here, urgency=Urgency.URGENT)
    before = _snapshot(child), _snapshot(main)
    bundles.merge(child.id, main.id, here, "同一事项")
    assert child.state is State.MERGED
    assert moves.owner(child) is Party.HOTLINE
    assert clocks(child) == {Clock.REPLY, Clock.FEEDBACK}
    later(hours=2)
    bundles.unmerge(child.id, here)
    assert (_snapshot(child), _snapshot(main)) == before


def test_each_bundled_number_has_its_own_deadline_and_answer(app):
    here, there = make.desk(), make.unit(make.gulou())
    main = make.order(here)
    later(days=2)
    child = make.order(here)
    due = child.due_at
    bundles.merge(child.id, main.id, here, "")
    assert child.due_at > main.due_at
    assert child.due_at >= due
    handling.dispatch(main, here, make.gulou())
    for step in (handling.sign, handling.begin):
        step(main, there)
    handling.reply(main, there, "已整改", "已答复")
    handling.approve(main, here)
    assert (child.reply, child.due_at) == ("已答复", None)
    with pytest.raises(Conflict, match="随主单答复"):
        bundles.unmerge(child.id, here)
    handling.rework(main, here, "不满意")
    assert child.due_clock is Clock.REPLY


def test_bundles_have_one_level(app):
    here = make.desk()
    first, second, third = (make.order(here) for _ in range(3))
    bundles.merge(second.id, first.id, here, "")
    with pytest.raises(Conflict):
        bundles.merge(first.id, third.id, here, "")
    with pytest.raises(Conflict):
        bundles.merge(third.id, second.id, here, "")
    with pytest.raises(Invalid):
        bundles.merge(third.id, third.id, here, "")


def test_the_ladder_climbs_in_working_time_only(app):
    order = make.order()
    assert ladder.climb(MONDAY) == []
    at_night = clock.at_local(datetime(2026, 3, 20).date(), 23)  # noqa: DTZ001
    assert ladder.climb(at_night) == []
    told = ladder.climb(clock.at_local(datetime(2026, 3, 20).date(), 10))  # noqa: DTZ001
    assert {(one.clock, one.level) for one in told} == {(Clock.DISPATCH, 2), (Clock.REPLY, 1)}
    assert ladder.climb(clock.at_local(datetime(2026, 3, 20).date(), 11)) == []  # noqa: DTZ001
    assert order.supervision == 1  # of the unit's duty alone: 督办 of the dispatch is the hotline's own matter
    history = select(OrderMove).where(OrderMove.order_id == order.id)
    internal = {(line.data["clock"], line.internal) for line in session.scalars(history) if "level" in line.data}
    assert internal == {("dispatch", True), ("reply", False)}
    assert {one.unit_id for one in deadlines.running(order) if one.clock is Clock.DISPATCH} == {None}


def test_near_due_is_told_once_and_lateness_the_day_after(app):
    order, _, _ = make.at_state(State.PROCESSING)
    near = clock.at_local(datetime(2026, 3, 9).date(), 16)  # noqa: DTZ001
    assert [one.level for one in ladder.climb(near)] == [None]
    assert ladder.climb(near + timedelta(minutes=5)) == []
    assert [one.level for one in ladder.climb(near + timedelta(days=1))] == [0]
    assert order.urged == 1
    late = list(ladder.overdue(near + timedelta(days=1)))
    assert [(one.order.id, one.minutes) for one in late] == [(order.id, 330)]


def test_loading_a_notice_counts_provisional_limits_again(app):
    from datetime import date

    from hotline.places import calendar_book
    from hotline.places.calendar_book import NoticeDay

    clock.use(lambda: clock.at_local(date(2026, 12, 30), 10))
    order = make.order()
    assert order.due_provisional
    days = [NoticeDay(date(2027, 1, n), False, "元旦") for n in (1, 2, 3, 4, 5)]
    calendar_book.load_year(2027, "n", days)
    assert deadlines.recount() >= 2
    reply = next(one for one in deadlines.running(order) if one.clock is Clock.REPLY)
    assert str(clock.business_day(reply.due_at)) == "2027-01-11"
    assert not order.due_provisional


VERBS = [
    lambda o, h, u, n: handling.dispatch(o, h, [make.gulou(), make.tongren()][n % 2], direct=n % 3 == 0),
    lambda o, h, u, n: handling.sign(o, u),
    lambda o, h, u, n: handling.give_back(o, u, "不属职责"),
    lambda o, h, u, n: handling.reject_return(o, h, "驳回"),
    lambda o, h, u, n: handling.begin(o, u),
    lambda o, h, u, n: handling.ask_extension(o, u, clock.now() + timedelta(days=n), "需要时间"),
    lambda o, h, u, n: handling.decide_extension(o, h, granted=n % 2 == 0, reason="决定"),
    lambda o, h, u, n: handling.suspend(o, h, clock.now() + timedelta(days=n), "承诺"),
    lambda o, h, u, n: handling.resume(o, u),
    lambda o, h, u, n: handling.reply(o, u, "已办理", "已答复"),
    lambda o, h, u, n: handling.approve(o, h),
    lambda o, h, u, n: revisits.fail(o, h, RevisitFailure.NO_ANSWER),
    lambda o, h, u, n: revisits.answer(o, h, Verdict(Solved(str(n % 3)), n % 5 + 1, None, None)),
    lambda o, h, u, n: revisits.close(o, h, "意见" if n % 2 else ""),
    lambda o, h, u, n: handling.rework(o, h, "重办"),
    lambda o, h, u, n: handling.restart(o, h),
    lambda o, h, u, n: handling.designate(o, h, make.gulou()),
    lambda o, h, u, n: handling.contact(o, u, "已联系"),
    lambda o, h, u, n: ladder.climb(clock.now()),
    lambda o, h, u, n: handling.reply_directly(o, h, "直接答复"),
    lambda o, h, u, n: handling.void(o, h, NotAccepted.OTHER, "不予受理"),
    lambda o, h, u, n: bundles.merge(o.id, o.id + 1 - 2 * (n % 2), h, ""),
    lambda o, h, u, n: bundles.unmerge(o.id, h),
    lambda o, h, u, n: bundles.withdraw(o, "撤回", HOUSE),
    lambda o, h, u, n: revisits.close(o, h, "意见"),
]


def _holds(order):
    session.flush()
    session.expire(order)
    open_ = deadlines.running(order)
    duties = [one for one in open_ if one.clock is not Clock.RETURN]
    assert len({one.clock for one in open_}) == len(open_)
    if order.state in (State.CLOSED, State.ARCHIVED, State.VOID):
        assert not open_
        assert order.due_at is None
    elif order.state is State.MERGED:
        assert order.parent_id
        assert duties or order.replied_at
        assert moves.owner(order) in (Party.HOTLINE, Party.UNIT)
    else:
        assert duties
        assert order.due_at == min(one.due_at for one in duties)
        assert moves.owner(order) is Party.HOTLINE or order.unit_id
    assert order.parent_id is None or order.state in moves.BUNDLED


RARE = 6
"""The last verbs end or move an order aside: tried one time in twenty, so that lives are long."""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
def test_no_sequence_of_moves_leaves_an_order_without_owner_or_clock(app, seed):
    random = Random(seed)
    nested = session.begin_nested()
    clock.use(lambda: MONDAY)
    here = make.desk()
    orders = [make.order(here) for _ in range(3)]
    units = {one: make.unit(one) for one in (make.gulou(), make.tongren())}
    for _ in range(40):
        order, n = random.choice(orders), random.randrange(40)
        there = units.get(order.unit_id or make.gulou())
        later(hours=random.randrange(12))
        usual = random.sample(VERBS[:-RARE], len(VERBS) - RARE)
        for verb in random.sample(VERBS[-RARE:], 2) if random.random() < 0.05 else usual:
            try:
                with session.begin_nested():
                    verb(order, here, there, n)
                break
            except HotlineError:
                session.expire_all()
        for one in orders:
            _holds(one)
    nested.rollback()


def test_a_local_number_is_one_of_the_home_city(app, monkeypatch):
    monkeypatch.setattr(home, "_city", "320500")
    order = make.order(caller_phone="65223300", contact_phone="8522-3300转8")
    assert (order.caller_phone, order.contact_phone) == ("0512-65223300", "0512-85223300转8")
    assert [one.id for one in desk.by_number("65223300", None)] == [order.id]
    typed = duplicates.of_draft(phone="6522 3300", name="", institution_id=None, words=order.content, at=clock.now())
    assert [one.order.id for one in typed] == [order.id]
    monkeypatch.setattr(home, "_city", "320100")
    assert desk.by_number("65223300", None) == []
