"""Links between calls and orders: proposals with their reasons, links by machine only when sure, everything undone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.calls import names
from hotline.calls.models import Category, Registration
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.workorders import candidates, chores, duplicates, links, matching, moves, quality, self_orders
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
        {"numbers": frozenset({"n2"}), "name": "钱先生"},
        {"numbers": frozenset(), "name": "匿名"},
        {"numbers": frozenset(), "words": "骨科病房空调损坏一周"},
        {"institutions": frozenset({2}), "words": "骨科病房空调损坏一周"},
    ],
    ids=["another matter", "another number and half a name", "nobody", "a namesake", "another hospital and matter"],
)
def test_less_than_sure_waits_for_a_person(other):
    assert match(facts(), facts(**other)).confidence < AUTOMATIC_FROM


def test_a_whole_name_stands_in_for_the_number():
    found = match(facts(numbers=frozenset(), institutions=frozenset()), facts(name="钱 多多 女士"))
    assert found.confidence >= AUTOMATIC_FROM
    assert "姓名相同" in found.evidence


def test_a_few_words_tell_little():
    bare = {"numbers": frozenset(), "name": "", "institutions": frozenset()}
    assert match(facts(**bare, words="投诉排队"), facts(**bare, words="投诉排队")).confidence < matching.LIKELY


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
    assert told["recall"] >= 0.78
    assert told["recall_with_number"] >= 0.95
    assert told["recall_without_number"] >= 0.38
    assert told["duplicate_precision"] >= 0.92
    assert told["duplicate_recall"] >= 0.9


def test_proposals_come_from_number_contact_and_institution(app):
    order = make.order(accused_id=make.gulou())
    by_number = make.call(phone="138 0000 1234", content="别的话")
    by_contact = make.call(phone="13900000001", content="别的话")
    session.flush()
    session.get(Registration, by_contact.id).contact_hash = order.caller_hash
    by_place = make.call(phone="13900000002", institution_id=make.gulou())
    nothing = make.call(phone="13900000003", institution_id=make.tongren(), name="孙一一", content="骨科病房空调损坏")
    late = make.call(at=clock.now() - timedelta(days=60))
    crisis = make.call(category=Category.CRISIS)
    found = [one.call.id for one in links.proposals(order)]
    assert {by_number.id, by_place.id} <= set(found)
    assert not {nothing.id, late.id, crisis.id} & set(found)
    assert all(one.match.evidence for one in links.proposals(order))


def bare_order(**changes):
    return make.order(**{"caller_phone": None, "contact_phone": None, "accused_id": None, **changes})


def test_an_order_without_number_and_institution_finds_the_call_by_the_name(app):
    order = bare_order(title="排队", content="呼吸科排队无人解释", caller_name="钱多多女士")
    same = make.call(
        phone="13900000002", name="钱 多多", content="骨科排队，与叫号无关", at=clock.now() - timedelta(days=20)
    )
    other = make.call(phone="13900000003", name="孙一一", content="咨询疫苗接种", at=clock.now() - timedelta(days=20))
    found = {one.call.id: one.match.evidence for one in links.proposals(order)}
    assert "姓名相同" in found[same.id]
    assert other.id not in found


def test_an_order_without_anybody_finds_the_call_by_time_and_words_but_never_links_it_by_machine(app):
    order = bare_order(caller_name=None)
    same = make.call(phone="13900000002", name="", content="来电人称鼓楼医院呼吸科门诊排队三小时，请核实")
    early = make.call(phone="13900000003", name="", at=clock.now() - timedelta(days=9))
    crisis = make.call(phone="13900000004", name="", category=Category.CRISIS)
    other = make.call(phone="13900000005", name="", content="咨询疫苗接种点在哪里")
    found = links.proposals(order)
    assert [one.call.id for one in found] == [same.id]
    assert any(reason.startswith("内容相似度") for reason in found[0].match.evidence)
    assert not {early.id, crisis.id, other.id} & {one.call.id for one in found}
    assert chores.match_orders([order.id]) == 0


def test_only_the_newest_calls_of_the_same_nature_are_read(app, monkeypatch):
    monkeypatch.setattr(candidates, "READ", 2)
    order = bare_order(caller_name=None)
    far = make.call(phone="13900000002", name="", at=clock.now() - timedelta(hours=9))
    near = [make.call(phone="13900000003", name="", at=clock.now() - timedelta(hours=n)) for n in (1, 2)]
    elsewhere = make.call(phone="13900000004", name="", at=clock.now() - timedelta(minutes=5))
    session.get(Registration, elsewhere.id).nature = "1"
    session.flush()
    assert {one.call.id for one in links.proposals(order)} == {call.id for call in near}
    assert far.id not in {call.id for call in near}


def test_the_machine_links_a_surely_named_caller_without_a_number(app):
    order = bare_order()
    call = make.call(phone="13900000002")
    make.call(phone="13900000003", name="钱多多", content="咨询体检报告何时能取")
    assert chores.match_orders([order.id]) == 1
    assert [one.id for _, one, _ in links.calls_of(order.id)] == [call.id]


def test_a_name_is_found_by_its_hash_alone_and_follows_every_change(app):
    order, call = make.order(caller_name="钱多多"), make.call(name="钱某某")
    registration = session.get(Registration, call.id)
    assert order.name_hash == names.hashed(" 钱多多 女士")
    assert (registration.name_hash, names.hashed("匿名"), names.hashed(None)) == (None, None, None)
    registration.caller_name = "钱多多"
    assert registration.name_hash == order.name_hash
    assert "钱" not in order.name_hash


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


def test_a_call_that_nobody_proposed_needs_a_reason(app):
    order, here = make.order(), make.desk()
    other = make.call(phone="13900000002", name="孙一一", content="咨询体检报告何时能取，谢谢")
    with pytest.raises(Invalid):
        links.link(order, other.id, here, " ")
    made = links.link(order, other.id, here, "诉求人换了号码")
    assert (made.reason, made.made_by_id) == ("诉求人换了号码", here.id)
    proposed = links.link(order, make.call().id, here)
    assert (proposed.reason, proposed.evidence != []) == (links.TAKEN, True)
    for reason in ("", "  "):
        with pytest.raises(Invalid):
            links.unlink(order, made.id, here, reason)
    assert made.undone_at is None


def test_a_self_received_order_keeps_its_call(app):
    call = make.call()
    order = self_orders.settle(call.id)
    own = links.calls_of(order.id)[0][0]
    with pytest.raises(Conflict, match="自接工单"):
        links.unlink(order, own.id, make.desk(), "误关联")
    assert [one.id for _, one, _ in links.calls_of(order.id)] == [call.id]


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
    make.order(
        accused_id=make.tongren(), caller_phone="13900000009", contact_phone=None, title="病房", content="空调坏了"
    )
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
