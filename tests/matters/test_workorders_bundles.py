"""The end of bundled orders: each ends as an order of its own, and stands again when its main order does."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from hotline import clock
from hotline.db import session
from hotline.errors import Refused
from hotline.workorders import bundles, chores, deadlines, desk, handling, moves, rates, revisits
from hotline.workorders.codes import Clock, Move, Party, Source, State
from hotline.workorders.desk import View, Wanted
from hotline.workorders.moves import HOUSE
from hotline.workorders.rates import Rate
from tests.matters import workorders as make

LATE = Rate.ANSWERED_IN_TIME


def closed_bundle():
    """A main order that was closed, the order of a platform bundled under it, and both sides."""
    main, here, there = make.at_state(State.PROCESSING, reply_required=False)
    child = make.order(here, source=Source.PROV)
    bundles.merge(child.id, main.id, here, "同一事项")
    handling.reply(main, there, "已退费", "费用已退还")
    handling.approve(main, here)
    revisits.close(main, here)
    return main, child, here, there


def test_a_bundled_order_ends_as_an_order_of_its_own(app):
    main, child, _, _ = closed_bundle()
    assert (child.state, child.closed_at, child.reply) == (State.CLOSED, main.closed_at, "费用已退还")
    assert (child.parent_id, child.due_at, deadlines.running(child)) == (main.id, None, [])
    line = moves.last(child, Move.CLOSE)
    assert (line.from_state, line.to_state, line.data) == (State.MERGED, State.CLOSED, {"parent": main.own_no})
    assert desk.counts(clock.now())[View.RUNNING] == 0
    assert desk.listed(View.OVERDUE, Wanted(), clock.now() + timedelta(days=90)).orders == []
    assert rates.per_source(clock.Month.of(child.registered_on))[Source.PROV] == 1


def test_no_person_ends_a_bundled_order_apart_from_its_main_order(app):
    main, here, _ = make.at_state(State.DISPATCHED)
    child = make.order(here)
    bundles.merge(child.id, main.id, here, "")
    assert Move.CLOSE not in moves.permitted(child, here)
    with pytest.raises(Refused):
        moves.make(main, Move.CLOSE, HOUSE)


def test_the_archive_takes_each_order_by_its_own_end(app):
    main, child, _, _ = closed_bundle()
    clock.use(lambda: main.closed_at + timedelta(days=31))
    try:
        assert chores.archive() == 2
        assert chores.archive() == 0
    finally:
        clock.use(None)
    assert (main.state, child.state, child.parent_id) == (State.ARCHIVED, State.ARCHIVED, main.id)


def test_a_main_order_worked_again_takes_its_bundle_along_to_a_second_end(app):
    main, child, here, there = closed_bundle()
    handling.rework(main, here, "又来反映")
    assert (child.state, child.parent_id, child.due_clock) == (State.MERGED, main.id, Clock.REPLY)
    handling.restart(main, here)
    handling.reply(main, there, "再次核实", "已再次答复")
    handling.approve(main, here)
    revisits.close(main, here)
    assert (child.state, child.reply, child.closed_at) == (State.CLOSED, "已再次答复", main.closed_at)


def test_a_closed_order_worked_again_by_itself_leaves_its_bundle(app):
    main, child, here, _ = closed_bundle()
    handling.rework(child, here, "这位诉求人不满意")
    assert (child.state, child.parent_id, main.state) == (State.REWORK, None, State.CLOSED)
    assert moves.owner(child) is Party.HOTLINE
    handling.designate(child, here, make.gulou())
    handling.restart(child, here)
    assert child.state is State.PROCESSING
    assert bundles.children(main.id) == []


def test_a_main_order_withdrawn_after_its_end_leaves_the_others_their_own(app):
    main, child, _, _ = closed_bundle()
    bundles.withdraw(main, "重复送达", HOUSE)
    assert (main.state, child.state, child.parent_id) == (State.VOID, State.CLOSED, None)
    assert (child.reply, child.closed_at is not None) == ("费用已退还", True)


def test_the_database_keeps_bundles_to_bundled_states(app):
    main, child = make.order(), make.order()
    child.parent_id = main.id
    with pytest.raises(IntegrityError):
        session.flush()


def test_the_unit_answers_for_the_deadlines_of_what_is_bundled(app):
    main, early, late, here = make.order(), make.order(), make.order(), make.desk()
    bundles.merge(early.id, main.id, here, "同一事项")
    unit_id = make.gulou()
    handling.dispatch(main, here, unit_id)
    bundles.merge(late.id, main.id, here, "同一事项")
    for child in (early, late):
        charged = {one.unit_id for one in deadlines.running(child) if one.clock is Clock.REPLY}
        assert (child.unit_id, charged) == (unit_id, {unit_id})
        assert desk.find(child.id, unit_id) is child
    after = early.due_at + timedelta(minutes=1)
    assert early in desk.listed(View.OVERDUE, Wanted(), after, unit_id).orders
    month = clock.Month.of(clock.business_day(early.due_at))
    clock.use(lambda: after)
    try:
        assert {early.id, late.id} <= {one.id for one in session.scalars(rates.behind(LATE, month, unit_id))}
        bundles.unmerge(early.id, here)
    finally:
        clock.use(None)
    assert (early.unit_id, {one.unit_id for one in deadlines.running(early)}) == (None, {None})
