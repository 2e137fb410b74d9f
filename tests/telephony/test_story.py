"""The story fixture over the real application."""

import pytest

from hotline.calls.models import CallState, Outcome
from hotline.db import session
from hotline.queues import conversation, parting
from hotline.telephony.provider import ProviderUnavailable


def test_a_caller_reaches_a_person(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001234")
    caller.hears("心理危机").presses("2").hears("健康咨询")
    agent.answers(caller)
    agent.says("您好，请讲")
    caller.hears("您好，请讲").talks(60)
    agent.finishes()
    caller.is_cut_off()
    agent.wraps_up()
    town.passes(5)
    assert caller.call.state is CallState.ENDED
    assert caller.call.outcome is Outcome.ANSWERED
    assert caller.call.agent_id == agent.account.id


def test_a_caller_gives_up(town):
    caller = town.dial("13800001235").hears("心理危机").presses("0").waits(20)
    assert caller.waiting
    caller.hangs_up()
    assert caller.call.outcome is Outcome.ABANDONED


def test_a_lost_agent_puts_the_caller_back_and_a_colleague_goes_on(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001236").hears("心理危机").presses("2")
    agent.answers(caller)
    agent.hangs_up()
    colleague = town.agent("zuoxi02").ready()
    caller.hears("重新")
    agent.breaks()
    colleague.answers(caller)
    assert caller.with_agents == 1
    caller.talks(30).hangs_up()
    assert caller.call.outcome is Outcome.ANSWERED


def test_a_dead_browser_is_noticed_and_nobody_is_left_in_silence(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001237").hears("心理危机").presses("0")
    agent.answers(caller)
    agent.vanishes()
    town.until(lambda: caller.waiting, 60, "the caller's return to the line")
    caller.hangs_up()
    assert caller.call.state is CallState.ENDED


def test_two_agents_want_the_same_caller_and_one_has_them(town):
    agents = [town.agent("zuoxi01").ready(), town.agent("zuoxi02").ready()]
    callers = [town.dial(f"1380000124{number}") for number in range(2)]
    for caller in callers:
        caller.hears("心理危机").presses("3")
    for agent in agents:
        town.until(lambda agent=agent: agent.line["offers"], 60, "an offer", 0.5)
        offered = agent.line["offers"][0]
        caller = next(caller for caller in callers if caller.call.ref == offered["call"])
        agent.answers(caller)
    assert [caller.with_agents for caller in callers] == [1, 1]


def test_events_out_of_order_and_twice_make_the_same_call(town):
    town.faults(reorder=0.6, duplicate=0.6, delay=0.4)
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001238").hears("心理危机").presses("2")
    agent.answers(caller)
    caller.talks(20)
    agent.finishes()
    caller.is_cut_off()
    agent.wraps_up()
    town.passes(20)
    assert (caller.call.state, caller.call.outcome) == (CallState.ENDED, Outcome.ANSWERED)
    assert agent.line["state"] == "ready"


def test_no_notice_comes_and_a_dead_browser_is_still_noticed(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001239").hears("心理危机").presses("2")
    agent.answers(caller)
    town.faults(drop=1.0)
    agent.vanishes()
    caller.hears("重新", within=60)
    town.until(lambda: caller.waiting, 20, "the caller's return to the line")


def test_no_notice_comes_and_a_caller_who_hung_up_is_not_offered(town):
    caller = town.dial("13800001240").hears("心理危机").presses("2").waits(5)
    town.faults(drop=1.0)
    town.exchange.hang_up(caller.leg)
    town.until(lambda: caller.call.state is CallState.ENDED, 30, "the end of the call")
    assert caller.call.outcome is Outcome.ABANDONED


def test_a_redirect_that_was_never_asked_is_asked_again(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001241").hears("心理危机").presses("2")
    agent.answers(caller)
    parting.lost(conversation.talking(agent.account.id))
    session.commit()  # and the process died before it could ask the provider
    caller.hears("重新", within=20)
    town.until(lambda: agent.leg.over, 60, "the end of the leg that nobody needs")
    agent.wraps_up()
    agent.answers(caller)
    parting.finish(agent.account.id)
    session.commit()
    caller.hears("满意", within=20)
    assert caller.call.outcome is Outcome.ANSWERED


def test_the_roll_call_leaves_alone_whoever_talks_or_waits(town):
    agents = [town.agent("zuoxi01").ready(), town.agent("zuoxi02").ready()]
    caller, waits = town.dial("13800001242"), town.dial("13800001243")
    caller.hears("心理危机").presses("2")
    agents[0].answers(caller)
    agents[1].breaks()
    waits.hears("心理危机").presses("3")
    heard = len(caller.heard)
    town.passes(120)
    assert caller.with_agents == 1
    assert len(caller.heard) == heard
    assert waits.waiting
    assert not any("重新" in text for text in waits.heard)


@pytest.mark.parametrize("keys", ["2", "5", "0"])
def test_whoever_presses_at_once_hears_that_the_talk_is_recorded_before_it_is(town, keys):
    agent = town.agent("zuoxi01", "consult", "crisis", "general").ready()
    caller = town.dial("13800001251").presses(keys, after=1)
    agent.answers(caller)
    notice = next(place for place, text in enumerate(caller.heard) if "录音" in text)
    agent.says("您好，请讲")
    assert notice < caller.heard.index("您好，请讲")


def test_a_menu_that_failed_keeps_the_notice(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001252").waits(40)
    agent.answers(caller)
    assert any("录音" in text for text in caller.heard)


def test_a_pause_of_the_recording_is_the_conversations_and_ends_with_it(town):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001253").hears("心理危机").presses("2")
    agent.answers(caller)
    assert agent.asks("recording", on=False)["talk"]["unrecorded"]
    assert agent.line["talk"]["unrecorded"]  # also after the page was loaded again
    caller.hangs_up()
    agent.wraps_up()
    second = town.dial("13800001254").hears("心理危机").presses("2")
    agent.answers(second)
    assert not agent.line["talk"]["unrecorded"]


@pytest.mark.parametrize(("verb", "shown"), [("recording", "unrecorded"), ("hold", "held")])
def test_what_the_provider_did_not_do_is_not_shown_as_done(town, monkeypatch, verb, shown):
    agent = town.agent("zuoxi01").ready()
    caller = town.dial("13800001255").hears("心理危机").presses("2")
    agent.answers(caller)
    for method in ("record", "hold"):
        monkeypatch.setattr(town.provider, method, gone_silent)
    refused = agent.client.post(f"/desk/line/{verb}", json={"on": verb == "hold"})
    assert refused.status_code == 503
    assert "未能完成" in refused.get_json()["message"]
    assert not agent.line["talk"][shown]
    monkeypatch.undo()
    assert agent.asks(verb, on=verb == "hold")["talk"][shown]


def gone_silent(*_):
    raise ProviderUnavailable("504")
