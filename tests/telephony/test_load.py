"""The crowd behaves, and the witness says truly what became of everybody."""

from collections import Counter

from hotline.telephony.simulator import load
from hotline.telephony.simulator.profile import Profile
from hotline.telephony.simulator.witness import Ending, Witness
from hotline.telephony.steps import Collect, Hangup, Join, Park, Pause, Record, Say
from tests.telephony.house import Stage

MENU = {
    "/phone/voice": [Collect((Say("心理危机请按5"),), "/phone/key", on_empty=True)],
    "/phone/key": lambda params: {
        "1": [Say("这是自助信息"), Hangup()],
        "2": [Say("请留言"), Record("/phone/kept", "/phone/recorded"), Hangup()],
    }.get(params["Digits"], [Park("general", "/phone/wait", "/phone/after")]),
    "/phone/wait": [Say("请稍候"), Pause(5)],
    "/phone/kept": [Say("谢谢"), Hangup()],
}


def run(plans, **changes):
    with Stage(plans) as stage:
        profile = Profile(**({"calls": 60, "concurrency": 20, "base_url": "http://nowhere.example"} | changes))
        return stage.loop.run(load.run(stage.exchange, profile))


def test_every_caller_has_exactly_one_ending():
    summary = run(MENU)
    assert summary["calls"] == 60
    assert sum(summary["outcomes"].values()) == 60
    assert summary["outcomes"]["abandoned"] > 0
    assert summary["outcomes"]["self_service"] > 0
    assert (summary["lost"], summary["silent"], summary["double_connected"], summary["errors"]) == (0, 0, 0, 0)
    assert summary["webhooks"] > 120


def test_the_same_seed_gives_the_same_crowd():
    def told(seed):
        summary = run(MENU, calls=20, seed=seed, faults="drop,duplicate")
        return summary["outcomes"], summary["webhooks"], sorted(each["started"] for each in summary["legs"].values())

    assert told(4) == told(4)
    assert told(4) != told(5)


def test_a_house_that_breaks_loses_its_callers():
    broken = MENU | {"/phone/key": lambda _p: ("500 Oops", [("Content-Type", "text/html")], "x")}
    summary = run(broken | {"/phone/fallback": broken["/phone/key"]}, calls=10)
    assert summary["lost"] > 0
    assert summary["errors"] > 0


def test_a_house_that_cuts_off_the_waiting_loses_them():
    cut = {"/phone/voice": [Park("general", "/phone/wait", "/phone/after")], "/phone/wait": [Say("请稍候"), Hangup()]}
    assert run(cut, calls=10)["lost"] > 5


def test_a_house_that_says_nothing_is_silent():
    dumb = {"/phone/voice": [Park("general", "/phone/wait", "/phone/after")], "/phone/wait": [Pause(10)]}
    assert run(dumb, calls=10)["silent"] > 5


def room(label):
    return [Join("c-1", "agent", "/phone/left", "/phone/room", label=label)]


def test_two_agents_with_one_caller_are_seen_and_a_listener_is_not_one():
    plans = {
        "/phone/voice": room("caller"),
        "/phone/agent": lambda params: [
            Join("c-1", "x", "/phone/left", "/phone/room", label=params["From"], muted="ting" in params["From"])
        ],
        "/phone/left": [Hangup()],
    }
    with Stage(plans) as stage:
        witness = Witness(stage.exchange)
        leg = stage.exchange.dial("13800001234")
        fate = witness.follow(leg)
        stage.pass_time(1)
        assert not fate.connected
        for identity, most in (("a1", 1), ("ting", 1), ("a2", 2)):
            stage.exchange.connect_browser(identity, {})
            stage.pass_time(1)
            assert fate.most_agents == most
        assert fate.double
        stage.exchange.hang_up(leg)
        stage.pass_time(2)
        assert witness.endings() == Counter({ending.value: 0 for ending in Ending} | {"answered": 1})
