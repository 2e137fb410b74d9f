"""The fields of an order: what is told is kept, what follows is computed, what is wrong is put right and on record."""

from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import event, select

from hotline import clock, db
from hotline.calls.list_models import Topic
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.places import service as places
from hotline.workorders import (
    amending,
    assessing,
    bundles,
    categories,
    desk,
    emergencies,
    handling,
    moves,
    particulars,
    pushing,
    registering,
    revisits,
    self_orders,
)
from hotline.workorders.amending import Amendment
from hotline.workorders.codes import Clock, Move, Party, Source, State, Urgency
from hotline.workorders.field_codes import AcceptMode, Appeal, CallerSubject, SourceLevel
from hotline.workorders.models import Order
from hotline.workorders.moves import By
from hotline.workorders.revisit_codes import ReplyFit, RevisitFailure, Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make

PLATFORM = By(Party.PLATFORM, None, "市12345")
MONDAY = clock.at_local(datetime.fromisoformat("2026-03-02").date(), 10)


@pytest.fixture
def monday(app):
    clock.use(lambda: MONDAY)
    yield
    clock.use(None)


def statements(do) -> int:
    """How many statements it takes."""
    seen = []

    def count(*_args):
        seen.append(1)

    event.listen(db.db.engine, "before_cursor_execute", count)
    do()
    event.remove(db.db.engine, "before_cursor_execute", count)
    return len(seen)


def later(**delta):
    moment = MONDAY + timedelta(**delta)
    clock.use(lambda: moment)


def derived(order):
    session.flush()
    return particulars.of(order, clock.now())


def topic(code):
    return session.scalars(select(Topic).where(Topic.code == code, Topic.valid_to.is_(None))).one().id


class TestRegistering:
    @pytest.mark.parametrize(
        ("source", "told", "level"),
        [
            (Source.PROV, None, SourceLevel.PROVINCE),
            (Source.CITY, None, SourceLevel.CITY),
            (Source.CITY, SourceLevel.DISTRICT, SourceLevel.DISTRICT),
            (Source.WEB, None, None),
        ],
    )
    def test_the_level_goes_without_saying_where_it_does(self, app, source, told, level):
        assert make.order(source=source, source_level=told).source_level is level

    def test_the_acceptor_is_ours_by_account_and_a_platforms_by_name(self, app):
        here = make.desk()
        ours = make.order(here, acceptor="旁人")
        theirs = registering.register(make.demand(acceptor="张接线", acceptor_no="8001"), PLATFORM)
        assert derived(ours).acceptor.name == "测试员"
        assert str(derived(theirs).acceptor) == "张接线 8001"

    def test_a_complaint_of_our_own_names_the_agent_that_took_it(self, app):
        call = make.call(institution_id=make.gulou())
        order = self_orders.settle(call.id)
        assert order.acceptor_id == call.agent_id

    @pytest.mark.parametrize(
        ("levels", "code"),
        [
            (("传染病防控", "结核病"), "0105"),
            (("卫生健康", "01", "0105"), "0105"),
            (("传染病防控", "没有这一类"), "01"),
            (("没有这一类",), None),
            ((), None),
        ],
    )
    def test_the_deepest_level_that_is_known_is_our_topic(self, app, levels, code):
        order = make.order(categories=levels)
        assert order.categories == list(levels)
        assert order.topic_id == (topic(code) if code else None)

    def test_a_name_of_several_topics_means_the_one_below_what_was_told(self, app):
        on = clock.today()
        parents = [row for row in categories.choices(on) if len(row[1]) > 1][:2]
        for number, (_, entries) in enumerate(parents):
            parent = session.get_one(Topic, entries[0][0])
            session.add(
                Topic(code=f"X{number}", name="同名小类", category=parent.category, parent_id=parent.id, valid_from=on)
            )
        session.flush()
        assert categories.topic_of(("同名小类",), on) is None
        assert categories.topic_of((parents[1][0], "同名小类"), on) == topic("X1")

    def test_a_topic_or_an_order_that_is_not_there_is_refused(self, app):
        with pytest.raises(Invalid) as fault:
            make.order(topic_id=987654)
        assert "topic_id" in fault.value.fields
        with pytest.raises(Invalid) as fault:
            make.order(urged_order_id=987654)
        assert "urged_order" in fault.value.fields


class TestRepeats:
    def test_an_order_presses_an_earlier_one_of_its_source(self, app):
        first = make.order(external_no="A1")
        again = make.order(external_no="A2", urged_no="A1")
        by_own = make.order(external_no="A3", urged_no=first.own_no)
        assert (again.is_repeat, again.urged_order_id, by_own.urged_order_id) == (True, first.id, first.id)
        assert desk.urged(again, None) is first
        assert desk.urging(first, None) == [again, by_own]

    @pytest.mark.parametrize("number", ["B1", "SS000000000001"])
    def test_what_is_not_of_the_source_is_kept_for_a_person(self, app, number):
        other = make.order(source=Source.PROV, external_no="B1")
        again = make.order(external_no="B2", urged_no=number if number == "B1" else other.own_no)
        assert (again.is_repeat, again.urged_order_id) == (True, None)
        assert moves.last(again, Move.NOTE).internal
        assert "未找到，待人工核实" in moves.reasons(again, Move.NOTE)[0]

    def test_one_file_may_hold_both(self, app):
        demands = [make.demand(external_no="C2", urged_no="C1"), make.demand(external_no="C1")]
        again, first = registering.register_new(demands, PLATFORM)
        assert again.urged_order_id == first.id

    def test_nothing_presses_itself(self, app):
        with pytest.raises(Invalid):
            make.order(external_no="D1", urged_no="D1")

    def test_a_unit_follows_only_between_orders_it_may_know_of_both(self, app):
        gulou, tongren = make.gulou(), make.tongren()
        first, _, _ = make.at_state(State.SIGNED, external_no="E1")
        again, _, _ = make.at_state(State.SIGNED, external_no="E2", urged_no="E1")
        foreign, _, _ = make.at_state(State.SIGNED, unit_id=tongren, external_no="E3", urged_no="E1")
        hidden, _, _ = make.at_state(State.SIGNED, external_no="E4", urged_no="E1", confidential=True)
        session.flush()
        assert desk.urged(again, gulou) is first
        assert desk.urged(foreign, tongren) is None
        assert desk.urged(hidden, gulou) is None
        assert desk.urging(first, gulou) == [again]
        assert desk.urging(first, None) == [again, foreign, hidden]


class TestAmending:
    def test_what_changed_is_told_and_who_asked_is_not(self, app):
        order, here = make.order(address="旧地址"), make.desk()
        wanted = Amendment(
            channel="WX",
            kind="3",
            source_level=SourceLevel.DISTRICT,
            topic_id=topic("0105"),
            district_code="320106",
            address="汉口路22号",
            contact_phone="025-84401234",
            caller_subject=CallerSubject.COMPANY,
        )
        amending.amend(order, here, wanted, "来电补充")
        line = moves.last(order, Move.AMEND)
        assert (line.actor_id, line.actor_name) == (here.id, here.name)
        assert (
            "渠道 来电→微信；类型 新问题→补充工单；来源等级 市→区；分类 空→传染病防控 ▸ 结核病；区；发生地"
            in line.reason
        )
        assert line.reason.endswith("来电主体。来电补充")
        assert not [secret for secret in ("汉口路", "旧地址", "8440", "企业", "鼓楼") if secret in line.reason]
        assert (order.contact_phone, order.district_code) == ("025-84401234", "320106")
        assert order.contact_hash != order.caller_hash
        assert order in desk.by_number("02584401234", None)

    def test_an_empty_contact_number_keeps_the_present_one(self, app):
        order = make.order()
        number, sign = order.contact_phone, order.contact_hash
        amending.amend(order, make.desk(), same(order, kind="2"), "更正")
        assert (order.contact_phone, order.contact_hash) == (number, sign)

    def test_nothing_changed_is_told(self, app):
        order = make.order()
        with pytest.raises(Invalid):
            amending.amend(order, make.desk(), same(order), "更正")
        with pytest.raises(Invalid):
            amending.amend(order, make.desk(), same(order, kind="2"), " ")

    def test_only_the_hotline_and_only_while_there_is_something_to_handle(self, app):
        order, here, there = make.at_state(State.PROCESSING)
        with pytest.raises(Refused):
            amending.amend(order, there, same(order, kind="2"), "更正")
        handed = make.order(here)
        emergencies.hand_over("120", "已移交", here, order_id=handed.id)
        with pytest.raises(Conflict):
            amending.amend(handed, here, same(handed, kind="2"), "更正")

    @pytest.mark.parametrize("wrong", [{"topic_id": 987654}, {"district_code": "999999"}, {"urged_order_id": 987654}])
    def test_references_are_checked(self, app, wrong):
        order = make.order()
        with pytest.raises(Invalid):
            amending.amend(order, make.desk(), same(order, **wrong), "更正")

    def test_an_order_is_pressed_by_another_only(self, app):
        order, first = make.order(), make.order()
        with pytest.raises(Invalid):
            amending.amend(order, make.desk(), same(order, urged_order_id=order.id), "更正")
        amending.amend(order, make.desk(), same(order, urged_order_id=first.id), "更正")
        assert (order.is_repeat, order.urged_order_id) == (True, first.id)


def same(order: Order, **changes) -> Amendment:
    names = ("channel", "kind", "source_level", "topic_id", "district_code", "address", "caller_subject", "is_repeat")
    return Amendment(**{**{name: getattr(order, name) for name in (*names, "urged_order_id")}, **changes})


class TestAssessing:
    def test_page_and_database_agree_on_every_combination(self, app):
        urgencies, appeals = (Urgency.NORMAL, Urgency.MEANINGLESS), (None, *Appeal)
        for urgency, nonsense, exempt, appeal in product(urgencies, (False, True), (False, True), appeals):
            order = make.order(urgency=urgency, nonsense=nonsense, exempt=exempt)
            order.appeal = appeal
        session.flush()
        counted = set(session.scalars(select(Order.id).where(assessing.counts())))
        orders = session.scalars(select(Order)).all()
        assert counted == {order.id for order in orders if assessing.assessed(order)}
        assert len(counted) == 3

    def test_an_appeal_is_made_with_a_reason_and_decided_by_the_hotline(self, app):
        order, here, there = make.at_state(State.PROCESSING)
        with pytest.raises(Invalid):
            assessing.appeal(order, there, " ")
        assessing.appeal(order, there, "职责不清，等待会商")
        assert order.appeal is Appeal.PENDING
        assert assessing.assessed(order)
        with pytest.raises(Conflict):
            assessing.appeal(order, there, "再申诉")
        with pytest.raises(Refused):
            assessing.decide(order, there, granted=True, reason="自己同意")
        assessing.decide(order, here, granted=True, reason="情况属实")
        assert not assessing.assessed(order)
        line = moves.last(order, Move.GRANT_APPEAL)
        assert (line.actor_id, line.reason, line.party) == (here.id, "情况属实", Party.HOTLINE)
        assert moves.last(order, Move.APPEAL).unit_id == make.gulou()
        with pytest.raises(Conflict):
            assessing.decide(order, here, granted=False, reason="改主意")

    def test_a_refused_appeal_leaves_the_order_assessed(self, app):
        order, here, there = make.at_state(State.REPLIED)
        assessing.appeal(order, there, "诉求人不配合")
        assessing.decide(order, here, granted=False, reason="应当联系")
        assert (order.appeal, assessing.assessed(order)) == (Appeal.REFUSED, True)

    def test_only_the_unit_that_handles_appeals(self, app):
        order, here, _ = make.at_state(State.PROCESSING)
        for other in (make.unit(make.tongren()), here):
            with pytest.raises(NotFound):
                assessing.appeal(order, other, "不服")
        assert order.appeal is None

    def test_what_is_not_assessed_needs_no_appeal(self, app):
        order, here, there = make.at_state(State.PROCESSING)
        assessing.judge(order, here, nonsense=True, exempt=False, reason="无理要求")
        with pytest.raises(Conflict):
            assessing.appeal(order, there, "不服")

    def test_a_judgement_goes_there_and_back(self, app):
        order, here, there = make.at_state(State.SIGNED)
        assessing.judge(order, here, nonsense=True, exempt=False, reason="要求违法")
        assert assessing.reasons(order) == ["不合理诉求"]
        with pytest.raises(Invalid):
            assessing.judge(order, here, nonsense=True, exempt=False, reason="同上")
        assessing.judge(order, here, nonsense=False, exempt=False, reason="复核后认为合理")
        assert assessing.assessed(order)
        with pytest.raises(Refused):
            assessing.judge(order, there, nonsense=True, exempt=False, reason="x")

    def test_a_waiting_appeal_is_decided_in_the_archive_too(self, app):
        order, here, there = make.at_state(State.TO_REVISIT)
        revisits.answer(order, here, Verdict(Solved.YES, 5, 5, 5))
        revisits.close(order, here)
        assessing.appeal(order, there, "超时系系统故障")
        moves.make(order, Move.ARCHIVE, moves.HOUSE)
        assessing.decide(order, here, granted=True, reason="核实为系统故障")
        assert not assessing.assessed(order)
        fresh, _, _ = make.at_state(State.PROCESSING)
        fresh.state, fresh.due_at = State.ARCHIVED, None
        with pytest.raises(Conflict):
            assessing.judge(fresh, here, nonsense=True, exempt=False, reason="晚了")

    def test_waiting_appeals_are_a_view(self, app):
        order, _, there = make.at_state(State.PROCESSING)
        make.at_state(State.PROCESSING)
        assessing.appeal(order, there, "不服")
        session.flush()
        now = clock.now()
        assert desk.listed(desk.View.APPEALED, desk.Wanted(), now).orders == [order]
        assert desk.counts(now)[desk.View.APPEALED] == 1
        assert desk.counts(now, make.tongren())[desk.View.APPEALED] == 0


class TestDerived:
    def test_whose_hands_an_order_is_in(self, monday):
        here = make.desk()
        fresh, direct = make.order(here), make.order(here)
        handling.reply_directly(direct, here, "已解释")
        sent, _, _ = make.at_state(State.DISPATCHED)
        child = make.order(here)
        bundles.merge(child.id, sent.id, here, "同一诉求")
        modes = [derived(order).accept_mode for order in (fresh, direct, sent, child)]
        assert modes == [None, AcceptMode.DIRECT, AcceptMode.DISPATCHED, AcceptMode.DISPATCHED]

    def test_in_time_or_not_yet_known(self, monday):
        order, here, there = make.at_state(State.DISPATCHED)
        assert (derived(order).signed_in_time, derived(order).late) == (None, ())
        later(days=3)
        assert (derived(order).signed_in_time, derived(order).late) == (False, (Clock.SIGN,))
        handling.sign(order, there)
        assert (derived(order).signed_in_time, derived(order).late_words) == (False, "签收")
        assert derived(order).replied_in_time is None
        quick, _, _ = make.at_state(State.SIGNED)
        assert derived(quick).signed_in_time is True
        assert derived(quick).reply_due > derived(quick).return_due

    def test_feedback_in_time(self, monday):
        order, _, there = make.at_state(State.SIGNED, urgency=Urgency.URGENT)
        assert derived(order).feedback_in_time is None
        handling.contact(order, there, "已联系")
        assert derived(order).feedback_in_time is True
        assert derived(make.order()).feedback_in_time is None

    def test_who_dispatched_with_what_words(self, monday):
        order, here = make.order(), make.desk()
        handling.dispatch(order, here, make.gulou(), reason="请核实")
        told = derived(order)
        assert (told.dispatcher.name, told.dispatch_note) == ("派单员", "请核实")

    def test_in_which_round_it_was_solved(self, monday):
        order, here, there = make.at_state(State.TO_REVISIT)
        revisits.fail(order, here, RevisitFailure.NO_ANSWER)
        assert (derived(order).revisit_failure, derived(order).solved_round) == (RevisitFailure.NO_ANSWER, None)
        revisits.answer(order, here, Verdict(Solved.NO, 2, 2, 4, ReplyFit.BESIDE))
        assert (order.reply_fit, derived(order).solved_round) == (ReplyFit.BESIDE, None)
        handling.rework(order, here, "重办")
        handling.restart(order, here)
        handling.reply(order, there, "已办", "已答")
        handling.approve(order, here)
        revisits.answer(order, here, Verdict(Solved.YES, 5, 5, 5, ReplyFit.FITS))
        assert (order.reply_fit, derived(order).solved_round) == (ReplyFit.FITS, 2)
        assert derived(order).revisited_at == clock.now()
        line = moves.last(order, Move.REVISIT_TRY)
        assert pushing.line_of(line)["reply_fit"] == "1"

    def test_many_are_read_in_as_many_statements_as_one(self, monday):
        orders = [make.at_state(State.PROCESSING)[0] for _ in range(4)]
        session.flush()
        one = statements(lambda: particulars.of_orders(orders[:1], MONDAY))
        assert one == statements(lambda: particulars.of_orders(orders, MONDAY)) > 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("320106", "320106"),
        ("鼓楼区", "320106"),
        ("江苏省南京市鼓楼区湖南路", "320106"),
        ("江北新区", "3201JB"),
        ("苏州市", "320500"),
    ],
)
def test_areas_are_known_as_offices_write_them(app, text, code):
    assert places.area_named(text).code == code
    assert places.area_named("火星") is None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(levels=some.lists(some.sampled_from(["01", "传染病防控", "结核病", "其他", "无", "99"]), max_size=5))
def test_a_topic_that_is_found_was_told(app, levels):
    found = categories.topic_of(levels, clock.today())
    if found is not None:
        one = session.get_one(Topic, found)
        assert {one.code, one.name} & set(levels)
