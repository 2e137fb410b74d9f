"""Links between calls and orders: proposals with their reasons, links by machine only when sure, everything undone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.calls.models import Category
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.workorders import chores, duplicates, links, moves, quality
from hotline.workorders.codes import Move
from hotline.workorders.matching import AUTOMATIC_FROM, Facts, match
from hotline.workorders.models import OrderLink
from tests.matters import workorders as make

WORDS = "钱女士在鼓楼医院呼吸科门诊排队三小时无人解释，要求核实处理"


def facts(**changes) -> Facts:
    values = {
        "numbers": frozenset({"n1"}),
        "name": "钱多多",
        "institutions": frozenset({1}),
        "at": clock.now(),
        "words": WORDS,
    }
    return Facts(**{**values, **changes})


def test_the_same_matter_is_sure_and_says_why():
    found = match(facts(), facts(words="市民反映呼吸科排队等候三小时没有人解释，希望给予答复"))
    assert found.confidence >= AUTOMATIC_FROM
    assert "号码相同" in found.evidence
    assert "姓名相同" in found.evidence


@pytest.mark.parametrize(
    "other",
    [
        {"words": "口腔科停车场收费不开发票，反映收费员态度问题"},
        {"numbers": frozenset({"n2"})},
        {"institutions": frozenset({2}), "words": "骨科病房空调损坏一周"},
    ],
    ids=["another matter", "another number", "another hospital and matter"],
)
def test_less_than_sure_waits_for_a_person(other):
    assert match(facts(), facts(**other)).confidence < AUTOMATIC_FROM


@pytest.mark.parametrize(("one", "other"), [("", "钱多多"), ("匿名", "钱多多"), ("钱先生", "钱多多")])
def test_no_name_is_no_contradiction(one, other):
    assert "姓名不同" not in match(facts(name=one), facts(name=other)).evidence


def test_matching_is_symmetric():
    one, other = facts(), facts(words="别的事情", name="孙一一")
    assert match(one, other) == match(other, one)


def test_the_threshold_is_the_one_that_calibration_gives():
    assert quality.calibrated() == AUTOMATIC_FROM


@pytest.mark.parametrize("seed", [101, 202, 303])
def test_what_is_linked_by_machine_is_right_on_seeds_the_threshold_never_saw(seed):
    told = quality.measure(2000, seed)
    assert not told["calibration"]
    assert told["precision"] >= 0.99
    assert told["recall"] >= 0.7


def test_proposals_come_from_number_contact_and_institution(app):
    order = make.order(accused_id=make.gulou())
    by_number = make.call(phone="138 0000 1234", content="别的话")
    by_contact = make.call(phone="13900000001", content="别的话")
    session.flush()
    from hotline.calls.models import Registration

    session.get(Registration, by_contact.id).contact_hash = order.caller_hash
    by_place = make.call(phone="13900000002", institution_id=make.gulou())
    nothing = make.call(phone="13900000003", institution_id=make.tongren())
    late = make.call(at=clock.now() - timedelta(days=60))
    crisis = make.call(category=Category.CRISIS)
    found = [one.call.id for one in links.proposals(order)]
    assert {by_number.id, by_place.id} <= set(found)
    assert not {nothing.id, late.id, crisis.id} & set(found)
    assert all(one.match.evidence for one in links.proposals(order))


def test_a_linked_call_is_proposed_no_more_until_undone(app):
    order, call, here = make.order(), make.call(), make.desk()
    made = links.link(order, call.id, here, "同一事项")
    assert links.proposals(order) == []
    with pytest.raises(Conflict):
        links.link(order, call.id, here)
    links.unlink(order, made.id, here, "弄错了")
    assert [one.call.id for one in links.proposals(order)] == [call.id]
    again = links.link(order, call.id, here)
    assert again.id != made.id
    kept = session.scalars(select(OrderLink).where(OrderLink.undone_at.is_not(None))).one()
    assert (kept.undone_reason, kept.undone_by_id) == ("弄错了", here.id)
    assert moves.reasons(order, Move.UNLINK) == ["弄错了"]


def test_a_link_needs_a_call_and_its_own_order(app):
    order, other, call, here = make.order(), make.order(), make.call(), make.desk()
    with pytest.raises(NotFound):
        links.link(order, 987_654, here)
    made = links.link(other, call.id, here)
    with pytest.raises(NotFound):
        links.unlink(order, made.id, here, "")


def test_many_to_many(app):
    one, other, here = make.order(), make.order(), make.desk()
    calls = [make.call(), make.call()]
    for order in (one, other):
        for call in calls:
            links.link(order, call.id, here)
    assert len(links.calls_of(one.id)) == 2
    assert {order.id for order in links.orders_of(calls[0].id)} == {one.id, other.id}
    assert links.counts([one.id, other.id]) == {one.id: 2, other.id: 2}


def test_the_machine_links_the_sure_call_and_says_so(app):
    order = make.order(accused_id=make.gulou())
    sure = make.call(institution_id=make.gulou())
    make.call(content="咨询体检报告何时能取，谢谢", name="孙一一")
    assert chores.match_orders([order.id]) == 1
    assert chores.match_orders([order.id]) == 0
    link, call, _ = links.calls_of(order.id)[0]
    assert (call.id, link.automatic, link.made_by_id) == (sure.id, True, None)
    assert link.confidence >= AUTOMATIC_FROM


def test_duplicates_are_suggested_while_typing_and_on_arrival(app):
    old = make.order(accused_id=make.gulou())
    make.order(accused_id=make.tongren(), caller_phone="13900000009", contact_phone=None, content="病房空调坏了")
    typed = duplicates.of_draft(
        phone="138-0000-1234", name="钱多多", institution_id=make.gulou(), words=old.content, at=clock.now()
    )
    assert [one.order.id for one in typed] == [old.id]
    arrived = make.order(accused_id=make.gulou())
    assert [one.order.id for one in duplicates.of_order(arrived)] == [old.id]


def test_the_machine_never_makes_again_what_a_person_has_undone(app):
    order = make.order(accused_id=make.gulou())
    call = make.call(institution_id=make.gulou())
    assert chores.match_orders([order.id]) == 1
    link = links.calls_of(order.id)[0][0]
    links.unlink(order, link.id, make.desk(), "不是一回事")
    assert chores.match_orders([order.id]) == 0
    assert [one.call.id for one in links.proposals(order)] == [call.id]
