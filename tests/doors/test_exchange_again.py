"""A number that comes again: the same once more, a supplement, a withdrawn demand raised again, danger to life."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline.db import session
from hotline.people.models import Role
from hotline.workorders import (
    bundles,
    emergencies,
    handling,
    importing,
    moves,
    notices,
    platforms,
    pushing,
    revisits,
    secrecy,
    supplements,
)
from hotline.workorders.codes import Move, NotAccepted, Source, State
from hotline.workorders.models import Handover, Order
from hotline.workorders.platforms import Scope
from hotline.workorders.registering import Demand
from hotline.workorders.revisit_codes import Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make

ORDER = {
    "external_no": "0025112100001",
    "nature": "4",
    "title": "门诊收费问题",
    "content": "反映门诊重复收费。",
    "caller_name": "钱多多",
    "caller_phone": "13800001234",
}
AGAIN = {"event": "e2"}
ONE_DAY = timedelta(days=1)
OPEN = [state for state in State if state not in (State.DRAFT, State.CLOSED, State.ARCHIVED, State.VOID)]


@pytest.fixture
def city(app):
    text, _ = platforms.issue(platforms.add("市12345", Source.CITY), "测试", list(Scope))
    session.commit()
    return {"Authorization": f"Bearer {text}"}


def deliver(client, headers, **changes):
    return client.post("/api/orders", json={**ORDER, **changes}, headers=headers)


def tell(client, headers, kind, text="请看", event="t1"):
    path = f"/api/orders/{ORDER['external_no']}/events"
    return client.post(path, json={"event": event, "type": kind, "text": text}, headers=headers)


def the_order():
    session.expire_all()
    return session.scalars(select(Order).where(Order.external_no == ORDER["external_no"])).one()


def lead_to(order, state):
    """By the shortest way; an order that is bundled, returned or the like too."""
    here, there = make.desk(), make.unit(make.gulou())
    steps = [
        (State.DISPATCHED, lambda: handling.dispatch(order, here, there.unit_id)),
        (State.SIGNED, lambda: handling.sign(order, there)),
        (State.PROCESSING, lambda: handling.begin(order, there)),
        (State.REPLIED, lambda: handling.reply(order, there, "已核实", "已答复")),
        (State.TO_REVISIT, lambda: handling.approve(order, here)),
    ]
    aside = {
        State.MERGED: (State.REGISTERED, lambda: bundles.merge(order.id, make.order(here).id, here, "同一事项")),
        State.RETURNED: (State.SIGNED, lambda: handling.give_back(order, there, "不归我院")),
        State.EXTENSION_REQUESTED: (
            State.PROCESSING,
            lambda: handling.ask_extension(order, there, order.due_at + ONE_DAY, "会诊"),
        ),
        State.SUSPENDED: (State.PROCESSING, lambda: handling.suspend(order, here, order.due_at + ONE_DAY, "承诺")),
        State.REWORK: (State.REPLIED, lambda: handling.rework(order, here, "重办")),
        State.CLOSED: (State.TO_REVISIT, lambda: close(order, here)),
    }
    target, last = aside.get(state, (state, None))
    for reached, step in steps:
        if order.state is not target:
            step()
            assert order.state is reached
    if last:
        last()
    assert order.state is state
    return here, there


def close(order, here):
    revisits.answer(order, here, Verdict(Solved.YES, 5, 5, 5))
    revisits.close(order, here)


def test_a_number_that_was_handed_over_is_taken_in_as_no_order(client, city):
    assert deliver(client, city, emergency="120").json["status"] == "handed_over"
    refused = deliver(client, city, **AGAIN)
    assert (refused.status_code, "已移交120" in refused.json["message"]) == (409, True)
    batch = client.post("/api/orders/batch", json={"orders": [{**ORDER, **AGAIN}]}, headers=city).json["results"]
    assert [one["status"] for one in batch] == ["refused"]
    assert session.scalars(select(Order)).all() == []
    assert deliver(client, city, emergency="110", **AGAIN).json["emergency"] == "110"
    assert deliver(client, city, emergency="110", **AGAIN).json["status"] == "handed_over"
    made = session.scalars(select(Handover).order_by(Handover.id)).all()
    assert [one.service for one in made] == ["120", "110"]
    assert {one.external_no for one in made} == {ORDER["external_no"]}


@pytest.mark.parametrize("state", OPEN)
def test_danger_to_life_ends_an_order_wherever_it_is(client, city, state):
    deliver(client, city)
    lead_to(the_order(), state)
    session.commit()
    answer = deliver(client, city, emergency="120", content="诉求人昏迷。", **AGAIN).json
    order = the_order()
    assert (answer["status"], answer["own_no"], answer["state"]) == ("handed_over", order.own_no, "void")
    assert (order.state, order.due_at, moves.ended_by(order)) == (State.VOID, None, Move.HAND_OVER)
    assert "诉求人昏迷" in moves.reasons(order, Move.HAND_OVER)[0]
    handed = session.scalars(select(Handover)).one()
    assert (handed.order_id, handed.service, "诉求人昏迷" in handed.facts) == (order.id, "120", True)
    assert pushing.history(order)[-1]["type"] == "order.handover"
    assert deliver(client, city, event="e3").status_code == 409
    assert the_order().state is State.VOID


@pytest.mark.parametrize("state", OPEN)
def test_the_desk_hands_over_from_every_open_state(client, sign_in, state):
    order = make.order(external_no=ORDER["external_no"])
    lead_to(order, state)
    desk = sign_in(client, Role.DISPATCHER)
    desk.post(f"/orders/{order.id}/acts/hand_over", data={"service": "120", "facts": "昏迷，已请120前往"})
    assert the_order().state is State.VOID
    assert session.scalars(select(Handover.external_no)).all() == [ORDER["external_no"]]


def test_an_order_that_has_ended_keeps_its_end_and_gets_a_line(client, city):
    deliver(client, city)
    lead_to(the_order(), State.CLOSED)
    session.commit()
    assert deliver(client, city, emergency="120", **AGAIN).json["state"] == "closed"
    assert moves.reasons(the_order(), Move.NOTE)[0].startswith("危及生命，已移交120")


def test_a_withdrawn_number_that_was_handed_over_since_is_not_raised_again(client, city):
    deliver(client, city)
    tell(client, city, "withdraw", "诉求人撤回")
    assert deliver(client, city, emergency="120", **AGAIN).json["state"] == "void"
    refused = deliver(client, city, event="e3")
    assert (refused.status_code, "已移交120" in refused.json["message"]) == (409, True)
    assert the_order().state is State.VOID


def test_nobody_s_name_is_hidden_from_no_one(client, city):
    deliver(client, city, confidential=True)
    _, there = lead_to(the_order(), State.PROCESSING)
    session.commit()
    deliver(client, city, confidential=True, caller_name="市民", **AGAIN)
    order = the_order()
    assert "来电人 市民" in moves.last(order, Move.NOTE).reason
    assert secrecy.text(order, "市民反映", there.unit_id) == "市民反映"


def test_the_same_under_another_event_is_known(client, city):
    deliver(client, city)
    again = deliver(client, city, **AGAIN)
    assert (again.status_code, again.json["status"], again.json["message"]) == (200, "known", "")
    assert moves.last(the_order(), Move.SUPPLEMENT) is None


def test_other_content_is_a_supplement_that_everybody_concerned_learns_of(client, city):
    deliver(client, city)
    lead_to(the_order(), State.PROCESSING)
    session.commit()
    other = {"content": "又收到一笔重复扣费。", "urgency": "1", "caller_phone": "13800005678", "address": "汉口路22号"}
    answer = deliver(client, city, **other, **AGAIN)
    told = "已作为补充记入原工单：主要内容、紧急程度、来电号码、问题发生地"
    assert (answer.status_code, answer.json["status"], answer.json["message"]) == (200, "supplemented", told)
    order = the_order()
    line = moves.last(order, Move.SUPPLEMENT)
    said = "主要内容 又收到一笔重复扣费。；紧急程度 紧急；来电号码 另记；问题发生地 另记"
    assert line.reason == f"再次送达，与登记不同：{said}"
    note = moves.last(order, Move.NOTE)
    assert (note.internal, note.reason) == (True, "补充送达的诉求人信息：来电号码 13800005678；问题发生地 汉口路22号")
    assert (order.content, order.caller_phone) == (ORDER["content"], "13800001234")
    for side in (order.unit_id, None):
        assert [one.line.id for one in notices.waiting(side)] == [line.id]
    assert pushing.history(order)[-1]["reason"] == line.reason
    assert deliver(client, city, **other, event="e3").json["status"] == "known"


def test_secrecy_asked_for_later_holds_at_once(client, city):
    deliver(client, city)
    _, there = lead_to(the_order(), State.PROCESSING)
    session.commit()
    content = "钱小小（13800009999）要求保密。"
    deliver(client, city, confidential=True, caller_phone="13800009999", content=content, **AGAIN)
    order = the_order()
    assert order.confidential
    told = secrecy.text(order, moves.last(order, Move.SUPPLEMENT).reason, there.unit_id)
    assert "13800009999" not in told
    assert secrecy.person(order, there.unit_id).hidden


def test_a_supplement_of_a_closed_order_waits_for_the_hotline(client, city):
    deliver(client, city)
    lead_to(the_order(), State.CLOSED)
    session.commit()
    assert deliver(client, city, content="还没有退款。", **AGAIN).json["status"] == "supplemented"
    assert [one.notice.move for one in notices.waiting(None)] == [Move.SUPPLEMENT]
    order = the_order()
    moves.make(order, Move.ARCHIVE, moves.HOUSE)
    session.commit()
    assert notices.waiting(None) == []
    refused = deliver(client, city, content="又一件事。", event="e3")
    assert (refused.status_code, "已归档" in refused.json["message"]) == (409, True)


def test_an_event_of_a_platform_that_supplements_is_a_notice(client, city):
    deliver(client, city)
    _, there = lead_to(the_order(), State.PROCESSING)
    session.commit()
    assert tell(client, city, "supplement", "补充票据").status_code == 201
    for side in (there.unit_id, None):
        assert [(one.notice.move, one.line.reason) for one in notices.waiting(side)] == [(Move.SUPPLEMENT, "补充票据")]


def test_a_withdrawn_demand_is_raised_again(client, city):
    deliver(client, city)
    here, _ = lead_to(the_order(), State.TO_REVISIT)
    session.commit()
    tell(client, city, "withdraw", "诉求人撤回")
    assert deliver(client, city).json["state"] == "void"
    again = deliver(client, city, content="诉求人再次反映。", **AGAIN)
    assert (again.status_code, again.json["status"], again.json["state"]) == (200, "reinstated", "registered")
    order = the_order()
    assert (order.state, order.unit_id, order.reply, order.due_at is not None) == (State.REGISTERED, None, None, True)
    assert "诉求人再次反映" in moves.last(order, Move.SUPPLEMENT).reason
    handling.dispatch(order, here, make.gulou())


def test_a_refused_demand_is_not_raised_again_by_the_platform(client, city):
    deliver(client, city)
    handling.void(the_order(), make.desk(), NotAccepted.PETITION, "已进入信访")
    session.commit()
    refused = deliver(client, city, **AGAIN)
    assert (refused.status_code, "不予受理" in refused.json["message"]) == (409, True)
    assert the_order().state is State.VOID


def test_a_file_does_not_bring_back_what_was_handed_over(client, city, app):
    deliver(client, city, emergency="120")
    rows = [(1, ["工单编号", "主要内容"]), (2, [ORDER["external_no"], "内容"]), (3, ["2", "内容"])]
    platform = platforms.named("市12345")
    judged = importing.plan(rows, platform)
    assert [(row.status, "已移交120" in row.reason) for row in judged] == [("refused", True), ("new", False)]
    emergencies.hand_over("110", "持刀", make.desk(), source=Source.CITY, external_no="2")
    assert [row.status for row in importing.write(judged, platform)] == ["refused"]


def test_what_a_demand_may_tell_is_compared(app):
    """A field that is told and compared with nothing would be lost."""
    beside = {"accused_as_told", "reply_due", "urged_no"}
    not_told = {"source", "external_no", "call_id", "topic_id", "counts_on", "urged_order_id"}
    assert set(Demand.__dataclass_fields__) == {*supplements.TOLD, *supplements.PERSONAL} | beside | not_told


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://127.0.0.1:99999/x", "http://h:abc/", "http://127.0.0.1:8779/回调"]
)
def test_the_page_refuses_an_address_no_event_can_go_to(client, sign_in, url):
    platform = platforms.add("市12345", Source.CITY, callback_url="https://platform.example/events")
    admin = sign_in(client, Role.ADMIN)
    answer = admin.post(f"/orders/platforms/{platform.id}/callback", data={"callback_url": url})
    assert (answer.status_code, "回调地址无效" in answer.get_data(as_text=True)) == (422, True)
    session.expire_all()
    assert platforms.named("市12345").callback_url == "https://platform.example/events"


def test_the_page_changes_the_signing_secret_and_shows_it_once(client, sign_in):
    platform = platforms.add("市12345", Source.CITY)
    first, admin = platform.secret, sign_in(client, Role.ADMIN)
    shown = admin.post(f"/orders/platforms/{platform.id}/secret").get_data(as_text=True)
    session.expire_all()
    fresh = platforms.named("市12345").secret
    assert (fresh != first, fresh in shown) == (True, True)
    assert fresh not in admin.get("/orders/platforms").get_data(as_text=True)
