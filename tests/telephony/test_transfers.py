"""Transfers and three-way calls as stories: every kind, over both adapters, and whatever can go wrong meanwhile.

However it ends, the caller is with somebody, back with the agent, or at the top of the line; the number they
called from is what the other side is shown, and the call stays one accepted call.
"""

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.calls.models import Call, Outcome, Registration
from hotline.db import session
from hotline.ivr import service as ivr
from hotline.queues import course
from hotline.queues.models import Stint, StintState
from hotline.queues.records import CallBack
from tests.story import Town

CALLER, TRUE_NUMBER = "13800001234", "+8613800001234"
TRUNK = "sip:{number}@pbx.example"


@pytest.fixture(params=["simulator", "twilio"])
def town(request, app, client, sign_in):
    """A town whose house dials outside by the simulated network, or with Twilio over the trunk of its own PBX."""
    sign_in.client = client
    config = app.config["HOTLINE"]
    if request.param == "twilio":
        app.config["HOTLINE"] = replace(config, provider="twilio", outside_trunk=TRUNK)
    with Town(app, sign_in) as made:
        yield made
    app.config["HOTLINE"] = config


@pytest.fixture
def talking(town):
    """An agent and a caller in conversation."""
    agent = town.agent("zuoxi01", "consult").ready()
    caller = town.dial(CALLER).hears("心理危机").presses("2")
    return agent.answers(caller), caller


def colleague_id(agent):
    return agent.account.id


def said(agent, caller):
    """Whether the caller hears this agent now."""
    words = f"您好，我是{agent.account.name}"
    agent.says(words)
    return words in caller.heard


def held(caller):
    return caller.leg.participant is not None and caller.leg.participant.held


def ends_well(town, caller, *parties):
    """Nothing is left behind, the call is one accepted call, and its course says who took part."""
    town.passes(60)
    assert caller.leg.over
    assert session.scalars(select(Stint).where(Stint.state != StintState.ENDED)).all() == []
    assert [leg for leg in town.exchange.legs.values() if not leg.over] == []
    assert session.scalar(select(func.count(Call.id)).where(Call.accepted)) == 1
    assert (caller.call.outcome, caller.call.caller) == (Outcome.ANSWERED, CALLER)
    told = "\n".join(step.words for step in course.of_call(caller.call.id))
    for party in parties:
        assert party in told, told


def shown(outside):
    """What the outside party's exchange is told of the caller."""
    assert outside.leg.caller == TRUE_NUMBER
    if outside.leg.called.startswith("sip:"):
        assert outside.leg.called == f"sip:120@pbx.example?X-Original-Caller=%2B86{CALLER}"
    return True


# 直接转接 --------------------------------------------------------------------------------------------------------


def test_blind_to_a_line(town, talking):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "complaint").ready()
    agent.transfers("blind", "line", "complaint")
    assert agent.line["state"] == "wrap_up"
    caller.hears("正在为您转接")
    colleague.answers(caller)
    assert said(colleague, caller)
    colleague.finishes()
    caller.is_cut_off()
    ends_well(town, caller, "直接转接至“投诉")


def test_blind_to_a_colleague(town, talking):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "consult").ready()
    agent.transfers("blind", "agent", colleague_id(colleague))
    colleague.answers(caller)
    assert said(colleague, caller)
    colleague.finishes()
    ends_well(town, caller, f"直接转接至{colleague.account.name}")
    assert session.get_one(Registration, caller.call.id).agent_id == colleague.account.id


def test_blind_to_an_outside_party(town, talking):
    agent, caller = talking
    emergency = town.outside("120")
    agent.transfers("blind", "contact", "120")
    assert agent.line["state"] == "wrap_up"
    emergency.answers()
    assert shown(emergency)
    emergency.says("这里是120")
    assert "这里是120" in caller.heard
    caller.talks(90)
    emergency.hangs_up()
    caller.is_cut_off()
    ends_well(town, caller, "直接转接至急救120", "急救120 接入通话", "急救120 退出通话")


@pytest.mark.parametrize(("answer", "cause"), [("busy", "占线"), ("nobody", "无人应答")])
def test_an_outside_party_not_reached_gives_the_caller_back_to_the_agent_first(town, talking, answer, cause):
    agent, caller = talking
    other = town.agent("zuoxi02", "consult").ready()
    partner = town.outside("12356")
    agent.transfers("blind", "contact", "12356")
    agent.wraps_up()
    partner.is_rung()
    if answer == "busy":
        partner.declines()
    caller.hears("转回人工服务")
    assert agent.is_offered(caller)
    assert other.line["offers"] == []
    agent.answers(caller)
    assert said(agent, caller)
    agent.finishes()
    ends_well(town, caller, f"心理援助热线12356 未接通：{cause}")


def test_a_caller_who_hangs_up_while_it_rings_is_called_back(town, talking):
    agent, caller = talking
    partner = town.outside("12356")
    agent.transfers("blind", "contact", "12356")
    partner.is_rung()
    caller.hangs_up()
    assert not partner.rings
    assert session.get(CallBack, caller.call.id) is not None
    ends_well(town, caller, "未接通")


def test_a_caller_who_hangs_up_in_the_next_line_is_called_back(town, talking):
    agent, caller = talking
    agent.transfers("blind", "line", "complaint")
    caller.waits(20).hangs_up()
    assert session.get(CallBack, caller.call.id) is not None
    ends_well(town, caller, "排队中挂机")


# 咨询转接 --------------------------------------------------------------------------------------------------------


def test_warm_to_a_colleague(town, talking):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "consult").ready()
    agent.transfers("warm", "agent", colleague_id(colleague))
    assert held(caller)
    colleague.joins()
    assert not said(agent, caller)
    assert "您好，我是" + agent.account.name in [line.text for line in colleague.leg.lines]
    agent.leaves()
    assert not held(caller)
    assert said(colleague, caller)
    assert session.get_one(Registration, caller.call.id).agent_id == colleague.account.id
    colleague.finishes()
    caller.is_cut_off()
    ends_well(town, caller, f"{agent.account.name} 离开，由{colleague.account.name}继续接待")


def test_warm_to_a_line(town, talking):
    agent, caller = talking
    agent.transfers("warm", "line", "complaint")
    assert held(caller)
    town.passes(60)
    assert agent.line["talk"]["others"] == [
        {"stint": None, "name": "投诉举报", "part": "line", "state": "connecting"},
    ]
    colleague = town.agent("zuoxi02", "complaint").ready()
    colleague.accepts(caller)
    assert held(caller)
    assert not said(colleague, caller)
    agent.leaves()
    assert said(colleague, caller)
    assert caller.call.queue == "complaint"
    colleague.finishes()
    caller.is_cut_off()
    ends_well(town, caller, "呼叫“投诉举报”", "进入“投诉举报”")


def test_warm_to_an_outside_party(town, talking):
    agent, caller = talking
    emergency = town.outside("120")
    agent.transfers("warm", "contact", "120")
    assert held(caller)
    emergency.answers()
    assert shown(emergency)
    agent.says("有一位来电人需要急救")
    assert "有一位来电人需要急救" in emergency.heard
    assert "有一位来电人需要急救" not in caller.heard
    agent.leaves()
    emergency.says("请讲")
    assert "请讲" in caller.heard
    caller.talks(120)
    emergency.hangs_up()
    caller.is_cut_off()
    ends_well(town, caller, "离开，由急救120继续接待", "急救120 退出通话")


@pytest.mark.parametrize("to", ["contact", "agent"])
def test_nobody_comes_and_the_caller_is_back_with_the_agent(town, talking, to):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "consult").ready()
    town.outside("120")
    agent.transfers("warm", to, "120" if to == "contact" else colleague_id(colleague))
    assert held(caller)
    town.passes(60)
    assert not held(caller)
    assert said(agent, caller)
    view = agent.line
    assert (view["state"], view["talk"]["others"]) == ("talking", [])
    assert view["talk"]["unreached"]["words"].endswith("未接通：无人应答")
    agent.finishes()
    ends_well(town, caller, "未接通：无人应答")


def test_a_busy_outside_party_brings_the_caller_back_at_once(town, talking):
    agent, caller = talking
    emergency = town.outside("120")
    agent.transfers("warm", "contact", "120")
    emergency.declines()
    assert not held(caller)
    assert agent.line["talk"]["unreached"]["words"] == "急救120 未接通：占线"
    agent.finishes()
    ends_well(town, caller, "占线")


@pytest.mark.parametrize("how", ["warm", "three_way"])
def test_an_invitation_is_cancelled_and_the_telephone_stops_ringing(town, talking, how):
    agent, caller = talking
    emergency = town.outside("120")
    stint = agent.transfers(how, "contact", "120")["talk"]["others"][0]["stint"]
    emergency.is_rung()
    agent.asks("put-out", stint=stint)
    town.passes(1)
    assert not emergency.rings
    assert said(agent, caller)
    assert agent.line["talk"]["unreached"] is None
    agent.finishes()
    ends_well(town, caller, "已取消")


def test_a_telephone_of_which_the_provider_did_not_tell_is_ended_all_the_same(town, talking):
    """Whether it was placed at all, only its own notices say."""
    agent, caller = talking
    emergency = town.outside("120")
    town.faults(lost_create=1.0)
    stint = agent.transfers("warm", "contact", "120")["talk"]["others"][0]["stint"]
    emergency.is_rung()
    agent.asks("put-out", stint=stint)
    town.passes(2)
    assert not emergency.rings
    assert not held(caller)
    agent.finishes()
    ends_well(town, caller, "已取消")


def test_the_search_in_a_line_is_cancelled(town, talking):
    agent, caller = talking
    agent.transfers("warm", "line", "complaint")
    agent.asks("put-out")
    town.passes(1)
    assert not held(caller)
    colleague = town.agent("zuoxi02", "complaint").ready()
    town.passes(5)
    assert colleague.line["offers"] == []
    assert caller.call.queue == "consult"
    agent.finishes()
    ends_well(town, caller, "不再呼叫线路")


def test_a_colleague_of_the_line_whose_telephone_fails_leaves_the_search_open(town, talking):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "complaint").ready()
    agent.transfers("warm", "line", "complaint")
    colleague.asks("answer", offer=colleague.is_offered(caller)["id"])
    assert colleague.asks("give-back")["label"] == "小休·电话未连通"
    assert held(caller)
    colleague.ready().accepts(caller)
    agent.leaves()
    assert said(colleague, caller)
    colleague.finishes()
    ends_well(town, caller)


# What happens when somebody goes meanwhile -------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["line", "contact", "agent"])
def test_an_agent_who_vanishes_meanwhile_leaves_nobody_on_hold(town, talking, to):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "complaint").ready()
    emergency = town.outside("120")
    if to == "line":
        colleague.breaks()
    agent.transfers("warm", to, {"line": "complaint", "contact": "120", "agent": colleague_id(colleague)}[to])
    agent.vanishes()
    caller.hears("重新接通")
    town.until(lambda: caller.waiting, 10, "the line")
    assert not emergency.rings
    assert colleague.line["invited"] is None
    third = town.agent("banzhang01", "consult").ready()
    third.answers(caller)
    assert said(third, caller)
    third.finishes()
    ends_well(town, caller, f"{agent.account.name} 通话中断")


def test_an_agent_who_vanishes_while_all_talk_leaves_the_caller_with_the_others(town, talking):
    agent, caller = talking
    emergency = town.outside("120")
    agent.transfers("warm", "contact", "120")
    emergency.answers()
    agent.vanishes()
    town.passes(20)
    emergency.says("我们马上出车")
    assert "我们马上出车" in caller.heard
    emergency.hangs_up()
    caller.hears("重新接通")
    caller.hangs_up()
    assert session.get(CallBack, caller.call.id) is not None
    ends_well(town, caller, "退出通话")


def test_a_colleague_who_has_the_caller_and_vanishes(town, talking):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "complaint").ready()
    agent.transfers("warm", "line", "complaint")
    colleague.accepts(caller)
    agent.leaves()
    colleague.vanishes()
    caller.hears("重新接通")
    town.until(lambda: caller.waiting, 10, "the line")
    assert caller.call.queue == "complaint"
    caller.hangs_up()
    ends_well(town, caller, f"{colleague.account.name} 通话中断")


def test_a_caller_who_hangs_up_meanwhile_frees_everybody(town, talking):
    agent, caller = talking
    emergency, colleague = town.outside("120"), town.agent("zuoxi02", "consult").ready()
    agent.transfers("warm", "contact", "120")
    emergency.is_rung()
    agent.transfers("three_way", "agent", colleague_id(colleague))
    caller.hangs_up()
    assert not emergency.rings
    assert colleague.line["state"] == "ready"
    assert agent.line["state"] == "wrap_up"
    ends_well(town, caller)


# 三方通话 --------------------------------------------------------------------------------------------------------


def test_three_talk_together(town, talking):
    agent, caller = talking
    emergency = town.outside("120")
    agent.transfers("three_way", "contact", "120")
    assert not held(caller)
    emergency.answers()
    emergency.says("请问地址")
    assert "请问地址" in caller.heard
    assert said(agent, caller)
    agent.finishes()
    caller.is_cut_off()
    assert not emergency.rings
    ends_well(town, caller, "三方通话：呼叫急救120", "急救120 接入通话")


def test_the_colleague_who_was_asked_does_not_decide_about_the_caller(town, talking):
    agent, caller = talking
    colleague = town.agent("zuoxi02", "consult").ready()
    agent.transfers("three_way", "agent", colleague_id(colleague))
    colleague.joins()
    for verb, body in (
        ("hold", {"on": True}),
        ("transfer", {"how": "blind", "to": "line", "target": "complaint"}),
        ("put-out", {"stint": agent.line["talk"]["stint"]}),
    ):
        refused = colleague.client.post(f"/desk/line/{verb}", json=body)
        assert (refused.status_code, refused.json["message"]) == (409, "来电人由邀请您的同事接待，请由其操作")
    refused = agent.client.post("/desk/line/transfer", json={"how": "blind", "to": "line", "target": "complaint"})
    assert (refused.status_code, "还有其他人" in refused.json["message"]) == (409, True)
    colleague.leaves()
    assert said(agent, caller)
    assert agent.client.post("/desk/line/leave", json={}).status_code == 409
    agent.finishes()
    ends_well(town, caller)


# 语音导航 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("comes", [True, False])
def test_a_transfer_of_the_menu_that_reaches_nobody_leads_to_a_person(town, comes):
    document = json.loads(ivr.DEFAULT.read_text("utf-8"))
    document["nodes"]["partner"] = {"kind": "transfer", "say": ["正在转接心理援助热线。"], "endpoint": "12356"}
    document["nodes"]["welcome"]["keys"]["7"] = "partner"
    ivr.publish(document, by=None, at=clock.now())
    ivr.forget()
    session.commit()
    partner = town.outside("12356")
    caller = town.dial(CALLER).hears("心理危机").presses("7")
    partner.is_rung()
    assert partner.leg.caller == TRUE_NUMBER
    if comes:
        partner.answers().hangs_up()
        caller.hears("再见")
    else:
        partner.declines()
        caller.hears("转回人工服务")
        agent = town.agent("zuoxi01").ready().answers(caller)
        assert said(agent, caller)
        agent.finishes()
    caller.is_cut_off()


# 回拨 ------------------------------------------------------------------------------------------------------------


def call_back(agent, caller, verb, status=200):
    answer = agent.client.post(f"/desk/call-backs/{caller.call.ref}/{verb}", json={})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_caller_is_reached_back_from_the_number_of_the_line(town):
    caller = town.dial(CALLER).hears("心理危机").presses("2").waits(20).hangs_up()
    agent, other = town.agent("zuoxi01"), town.agent("zuoxi02")
    home = town.outside(CALLER)
    wanted = call_back(agent, caller, "dial")
    assert agent.line["label"] == "小休·回拨外呼"
    call_back(other, caller, "dial", status=409)
    town.exchange.connect_browser(f"agent_{other.account.id}", wanted)
    town.passes(5)
    assert home.leg is None
    agent.leg = town.exchange.connect_browser(f"agent_{agent.account.id}", wanted)
    home.answers()
    assert home.leg.caller == "12320"
    agent.says("您好，刚才您来过电话")
    assert "您好，刚才您来过电话" in home.heard
    home.hangs_up()
    town.passes(5)
    assert agent.leg.over
    assert session.scalar(select(func.count(Call.id))) == 1
    assert not caller.call.accepted


def test_who_talks_or_has_not_taken_a_call_back_rings_nobody(town, talking):
    agent, caller = talking
    late = town.dial("13800001299").hears("心理危机").presses("2").waits(20).hangs_up()
    home = town.outside("13800001299")
    assert "通话中" in call_back(agent, late, "dial", status=409)["message"]
    leg = town.exchange.connect_browser(f"agent_{agent.account.id}", {"call_back": str(late.call.id)})
    town.passes(10)
    assert (leg.over, home.leg) == (True, None)
    assert said(agent, caller)


def test_without_a_way_outside_the_desk_says_so_and_gives_the_number(app, client, sign_in):
    sign_in.client = client
    config = app.config["HOTLINE"]
    app.config["HOTLINE"] = replace(config, provider="twilio")
    with Town(app, sign_in) as town:
        agent = town.agent("zuoxi01", "consult").ready()
        agent.answers(town.dial(CALLER).hears("心理危机").presses("2"))
        targets = agent.client.get("/desk/line/targets").json
        assert targets["dials_outside"] is False
        assert {"code": "120", "name": "急救120", "number": "120"} in targets["contacts"]
        for how in ("blind", "warm", "three_way"):
            refused = agent.client.post("/desk/line/transfer", json={"how": how, "to": "contact", "target": "120"})
            assert (refused.status_code, "直拨电话拨打急救120：120" in refused.json["message"]) == (409, True)
        assert agent.line["talk"]["others"] == []
        late = town.dial("13800001299").hears("心理危机").presses("2").waits(20).hangs_up()
        assert call_back(agent, late, "dial", status=409)["message"] == "本线路不能外呼，请用直拨电话回拨"
        page = agent.client.get("/desk/call-backs").text
        assert "请用直拨电话回拨" in page
        assert "data-dial" not in page
    app.config["HOTLINE"] = config
