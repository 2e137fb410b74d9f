"""自接工单: exactly one per complaint call, whatever is repeated, corrected or done at the same time."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hotline import clock
from hotline.calls.models import Category, Registration
from hotline.db import session
from hotline.errors import NotFound
from hotline.workorders import bundles, emergencies, handling, links, moves, revisits, secrecy, self_orders
from hotline.workorders.codes import Clock, Move, NotAccepted, Party, Source, State
from hotline.workorders.exchange_models import Attachment
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE
from hotline.workorders.revisit_codes import Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make


def orders_of(call):
    return session.scalars(select(Order).where(Order.call_id == call.id)).all()


def turn(call, category):
    call.category = category
    session.get(Registration, call.id).category = category
    session.flush()


def test_a_complaint_opens_one_order(app):
    call = make.call(institution_id=make.gulou(), confidential=True)
    order = self_orders.settle(call.id)
    assert self_orders.settle(call.id) is order
    assert [one.id for one in orders_of(call)] == [order.id]
    assert (order.source, order.state, order.registered_on) == (Source.SELF, State.REGISTERED, call.business_day)
    assert order.own_no.startswith("ZJ")
    assert order.confidential
    assert order.caller_hash == call.caller_hash
    assert [one.call_id for one, _, _ in links.calls_of(order.id)] == [call.id]


@pytest.mark.parametrize("category", [one for one in Category if one is not Category.COMPLAINT])
def test_nothing_else_opens_an_order(app, category):
    call = make.call(category=category)
    assert self_orders.settle(call.id) is None
    assert orders_of(call) == []


def test_an_unfinished_form_opens_no_order(app):
    assert self_orders.settle(make.call(complete=False).id) is None


def test_there_and_back_is_the_same_order(app):
    call = make.call()
    first = self_orders.settle(call.id)
    for _ in range(3):
        turn(call, Category.CONSULTATION)
        assert self_orders.settle(call.id).state is State.VOID
        turn(call, Category.COMPLAINT)
        again = self_orders.settle(call.id)
        assert (again.id, again.state) == (first.id, State.REGISTERED)
        assert again.due_at is not None
    assert moves.reasons(first, Move.WITHDRAW) == [self_orders.WITHDRAWN] * 3
    assert len(orders_of(call)) == 1


@pytest.mark.parametrize("way", ["refused", "handed over"])
def test_what_the_hotline_ended_is_not_brought_back_by_repetition(app, way):
    call = make.call()
    order, here = self_orders.settle(call.id), make.desk()
    if way == "refused":
        handling.void(order, here, NotAccepted.OTHER, "不属于本热线受理范围")
    else:
        emergencies.hand_over("120", "昏迷，已请120前往", here, order_id=order.id)
    for category in (Category.COMPLAINT, Category.CONSULTATION, Category.COMPLAINT):
        turn(call, category)
        assert self_orders.settle(call.id).state is State.VOID
    assert moves.last(order, Move.REINSTATE) is None


def test_a_demand_raised_again_begins_anew(app):
    call = make.call()
    order, here = self_orders.settle(call.id), make.desk()
    there = make.unit(make.gulou())
    handling.dispatch(order, here, there.unit_id)
    handling.sign(order, there)
    handling.begin(order, there)
    handling.reply(order, there, "已核实", "已答复")
    handling.approve(order, here)
    revisits.answer(order, here, Verdict(Solved.YES, 5, 5))
    revisits.close(order, here)
    for category in (Category.CONSULTATION, Category.COMPLAINT):
        turn(call, category)
        self_orders.settle(call.id)
    assert (order.state, order.unit_id, order.reply, order.solved) == (State.REGISTERED, None, None, None)
    assert (order.replied_at, order.closed_at, revisits.may_close(order)) == (None, None, False)
    assert moves.last(order, Move.REPLY).reason == "已答复"


@pytest.mark.parametrize("way", ["refused", "handed over"])
def test_a_main_order_that_ends_void_frees_its_bundle(app, way):
    main, child, here = make.order(), make.order(), make.desk()
    bundles.merge(child.id, main.id, here, "同一事项")
    if way == "refused":
        handling.void(main, here, NotAccepted.OTHER, "不属于本热线受理范围")
    else:
        emergencies.hand_over("110", "持刀，已报110", here, order_id=main.id)
    assert (child.state, child.parent_id, child.due_clock) == (State.REGISTERED, None, Clock.DISPATCH)


def test_withdrawn_in_the_middle_of_handling_frees_its_bundle(app):
    call = make.call()
    order, here = self_orders.settle(call.id), make.desk()
    child = make.order(here)
    bundles.merge(child.id, order.id, here, "同一事项")
    turn(call, Category.CONSULTATION)
    self_orders.settle(call.id)
    assert (order.state, order.due_at) == (State.VOID, None)
    assert (child.state, child.parent_id) == (State.REGISTERED, None)


def test_an_archived_order_stays_and_says_so_once(app):
    call = make.call()
    order = self_orders.settle(call.id)
    order.state, order.due_at = State.CLOSED, None
    moves.make(order, Move.ARCHIVE, HOUSE)
    turn(call, Category.CONSULTATION)
    self_orders.settle(call.id)
    self_orders.settle(call.id)
    assert order.state is State.ARCHIVED
    assert moves.reasons(order, Move.NOTE) == [self_orders.WITHDRAWN]


def test_an_unknown_call_is_told(app):
    with pytest.raises(NotFound):
        self_orders.settle(987_654)


@pytest.mark.parametrize(
    "wrong",
    [{"call_id": None}, {"source": Source.CITY}, {"external_no": "1"}],
    ids=["without a call", "of another source", "with a foreign number"],
)
def test_the_database_holds_the_rule(app, wrong):
    order = self_orders.settle(make.call().id)
    with session.begin_nested() as nested:
        for name, value in wrong.items():
            setattr(order, name, value)
        with pytest.raises(IntegrityError):
            session.flush()
        nested.rollback()


def test_the_database_refuses_a_second_order_of_a_call(app):
    order = self_orders.settle(make.call().id)
    with pytest.raises(IntegrityError), session.begin_nested():
        make.order(source=Source.SELF, external_no=None, call_id=order.call_id)


def test_fifty_at_once_open_one(committed_app):
    with committed_app.app_context():
        call_id = make.call().id
        session.commit()
    barrier, faults = Barrier(50), []

    def job():
        with committed_app.app_context():
            barrier.wait()
            try:
                self_orders.settle(call_id)
                session.commit()
            except Exception as fault:
                faults.append(fault)
            finally:
                session.remove()

    threads = [Thread(target=job) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with committed_app.app_context():
        assert session.scalar(select(func.count()).select_from(Order)) == 1
        session.remove()


def test_a_correction_to_confidential_is_followed_and_never_taken_back(app):
    call = make.call()
    order, here = self_orders.settle(call.id), make.desk()
    handling.dispatch(order, here, make.gulou())
    shown = Attachment(
        order_id=order.id,
        ref="a" * 32,
        name="截图.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        party=Party.HOTLINE,
        added_at=clock.now(),
        for_unit=True,
    )
    session.add(shown)
    form = session.get(Registration, call.id)
    form.confidential = True
    session.flush()
    for _ in range(2):
        self_orders.settle(call.id)
    session.refresh(shown)
    assert (order.confidential, shown.for_unit) == (True, False)
    assert len(moves.reasons(order, Move.NOTE)) == 1
    form.confidential = False
    session.flush()
    assert self_orders.settle(call.id).confidential


def test_a_correction_of_the_institution_hides_the_person_from_it(app):
    call = make.call(institution_id=make.tongren())
    order = self_orders.settle(call.id)
    assert not secrecy.hides(order, make.gulou())
    session.get(Registration, call.id).institution_id = make.gulou()
    session.flush()
    for _ in range(2):
        self_orders.settle(call.id)
    assert order.accused_id == make.gulou()
    assert secrecy.hides(order, make.gulou())
    assert moves.reasons(order, Move.NOTE) == ["来电已更正涉及机构：南京鼓楼医院"]
