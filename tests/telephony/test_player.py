"""The player does what Twilio does, verb by verb."""

import pytest

from hotline.telephony.steps import Collect, Goto, Hangup, Join, Park, Pause, Prompt, Record, Reject, Say, Unpark
from tests.telephony.house import Stage


def test_a_document_is_played_to_its_end_and_the_number_callback_follows():
    with Stage({"/phone/voice": [Say("您好"), Pause(2), Say("再见")]}) as stage:
        leg = stage.dial(wait=30)
        assert stage.heard(leg) == ["您好", "再见"]
        assert leg.status == "completed"
        (voice,) = stage.house.asked("/phone/voice")
        assert voice["CallStatus"] == "ringing"
        (ended,) = stage.house.asked("/phone/status")
        assert ended["CallStatus"] == "completed"
        assert ended["CallDuration"] == str(leg.seconds)
        assert ended["SequenceNumber"] == "0"
        assert ended["CallbackSource"] == "call-progress-events"


def test_a_key_interrupts_the_prompt_and_goes_to_the_action():
    menu = [Collect((Say("心理危机请按一" * 20),), "/phone/key?node=根"), Say("没有按键")]
    with Stage({"/phone/voice": menu, "/phone/key": [Say("已选择")]}) as stage:
        leg = stage.dial(wait=3)
        stage.exchange.press(leg, "1")
        stage.pass_time(5)
        assert stage.heard(leg)[-1] == "已选择"
        (key,) = stage.house.asked("/phone/key")
        assert key["Digits"] == "1"
        assert key["CallStatus"] == "in-progress"


def test_no_key_falls_through_unless_the_action_wants_it():
    with Stage({"/phone/voice": [Collect((), "/phone/key", seconds=5), Say("没有按键")]}) as stage:
        leg = stage.dial(wait=20)
        assert stage.heard(leg) == ["没有按键"]
        assert stage.house.asked("/phone/key") == []
    with Stage({"/phone/voice": [Collect((), "/phone/key", on_empty=True)], "/phone/key": [Say("空")]}) as stage:
        leg = stage.dial(wait=20)
        assert stage.heard(leg) == ["空"]
        assert stage.house.asked("/phone/key")[0]["Digits"] == ""


def test_several_digits_end_with_the_finish_key():
    with Stage({"/phone/voice": [Collect((), "/phone/key", digits=None, seconds=5)]}) as stage:
        leg = stage.dial()
        stage.exchange.press(leg, "320106#9")
        stage.pass_time(5)
        (key,) = stage.house.asked("/phone/key")
        assert (key["Digits"], key["FinishedOnKey"]) == ("320106", "#")


def test_reject_never_answers():
    with Stage({"/phone/voice": [Reject("busy")]}) as stage:
        leg = stage.dial(wait=5)
        assert leg.status == "busy"
        assert leg.answered_at is None


def test_hanging_up_before_the_answer_is_no_answer():
    with Stage({"/phone/voice": [Say("您好")]}) as stage:
        leg = stage.exchange.dial("13800001234")
        stage.loop.pass_time(0)
        stage.exchange.hang_up(leg)
        stage.pass_time(5)
        assert leg.status == "no-answer"
        assert [told["CallStatus"] for told in stage.house.asked("/phone/status")] == ["no-answer"]


def test_the_waiting_room_asks_again_and_again_and_the_action_once():
    plans = {
        "/phone/voice": [Park("k1", "/phone/wait", "/phone/after")],
        "/phone/wait": [Say("请稍候，您前面还有一位")],
        "/phone/after": [Say("不会听到")],
    }
    with Stage(plans) as stage:
        leg = stage.dial(wait=60)
        waits = stage.house.asked("/phone/wait")
        assert len(waits) > 5
        assert waits[-1]["QueuePosition"] == "1"
        assert int(waits[-1]["QueueTime"]) > int(waits[0]["QueueTime"])
        stage.exchange.hang_up(leg)
        stage.pass_time(5)
        (after,) = stage.house.asked("/phone/after")
        assert after["QueueResult"] == "hangup"
        assert after["CallStatus"] == "completed"
        assert "不会听到" not in stage.heard(leg)


def test_leaving_the_waiting_room_plays_the_action():
    plans = {
        "/phone/voice": [Park("k1", "/phone/wait", "/phone/after"), Say("不会听到")],
        "/phone/wait": lambda params: [Unpark()] if int(params["QueueTime"]) > 10 else [Pause(3)],
        "/phone/after": [Say("现在留言")],
    }
    with Stage(plans) as stage:
        leg = stage.dial(wait=40)
        assert stage.heard(leg) == ["现在留言"]
        assert stage.house.asked("/phone/after")[0]["QueueResult"] == "leave"


def test_keys_work_while_waiting():
    plans = {
        "/phone/voice": [Park("k1", "/phone/wait", "/phone/after")],
        "/phone/wait": [Collect((Say("按二预约回拨"),), "/phone/wait-key")],
        "/phone/wait-key": [Unpark()],
        "/phone/after": [Say("我们会回拨"), Hangup()],
    }
    with Stage(plans) as stage:
        leg = stage.dial(wait=2)
        stage.exchange.press(leg, "2")
        stage.pass_time(10)
        assert stage.heard(leg)[-1] == "我们会回拨"
        assert leg.status == "completed"


def room(role, **changes):
    return [Join("c-1", role, f"/phone/left?{role}", "/phone/room", **changes), Say("之后")]


def test_a_caller_is_redirected_into_the_agents_room_and_they_talk():
    plans = {
        "/phone/voice": [Park("k1", "/phone/wait", "/phone/after")],
        "/phone/wait": [Pause(5)],
        "/phone/agent": room("agent"),
        "/phone/join": room("caller", end_on_exit=True),
        "/phone/left": [Hangup()],
    }
    with Stage(plans) as stage:
        caller = stage.dial(wait=5)
        agent = stage.exchange.connect_browser("zuoxi01", {"stint": "7"})
        stage.pass_time(1)
        (asked,) = stage.house.asked("/phone/agent")
        assert (asked["From"], asked["stint"]) == ("client:zuoxi01", "7")
        assert asked["ApplicationSid"].startswith("AP")
        stage.provider.redirect(caller.sid, "/phone/join")
        stage.pass_time(3)
        stage.exchange.speak(agent, "您好，请讲")
        assert stage.heard(caller)[-1] == "您好，请讲"
        assert stage.house.asked("/phone/after")[0]["QueueResult"] == "redirected"
        stage.provider.hold("c-1", caller.sid, True)
        stage.exchange.speak(agent, "听不到")
        assert stage.heard(caller)[-1] == "保持音乐"
        stage.provider.hold("c-1", caller.sid, False)
        stage.exchange.hang_up(caller)
        stage.pass_time(3)
        assert agent.status == "completed"
        told = [(each["StatusCallbackEvent"], each["SequenceNumber"]) for each in stage.house.asked("/phone/room")]
        assert [event for event, _ in sorted(told, key=lambda each: int(each[1]))] == [
            "participant-join",
            "participant-join",
            "participant-leave",
            "participant-leave",
        ]


def test_an_agent_whose_leg_ends_leaves_the_caller_in_the_room():
    plans = {"/phone/voice": room("caller", end_on_exit=True), "/phone/agent": room("agent")}
    with Stage(plans) as stage:
        caller = stage.dial(wait=1)
        agent = stage.exchange.connect_browser("zuoxi01", {})
        stage.pass_time(2)
        stage.exchange.vanish(agent)
        stage.pass_time(5)
        assert not agent.over
        stage.pass_time(10)
        assert agent.over
        assert not caller.over
        assert list(caller.participant.room.members) == [caller.sid]


def test_the_same_label_twice_is_refused():
    plans = {"/phone/voice": room("caller"), "/phone/left": [Say("没有加入")]}
    with Stage(plans) as stage:
        first = stage.dial(wait=1)
        second = stage.dial(wait=5)
        assert first.participant
        assert stage.heard(second) == ["没有加入"]
        assert "16025 /phone/voice" in stage.exchange.courier.meter.errors


def test_a_coach_is_heard_by_the_agent_alone():
    plans = {
        "/phone/voice": room("caller"),
        "/phone/agent": lambda params: room(
            params["From"], coach=params.get("Whom"), label=params["From"].removeprefix("client:")
        ),
    }
    with Stage(plans) as stage:
        caller = stage.dial(wait=1)
        agent = stage.exchange.connect_browser("zuoxi01", {})
        stage.pass_time(1)
        chief = stage.exchange.connect_browser("banzhang", {"Whom": agent.sid})
        stage.pass_time(1)
        stage.exchange.speak(chief, "请先安抚")
        assert stage.heard(agent)[-1] == "请先安抚"
        assert stage.heard(caller) == []


def test_a_message_is_recorded_and_can_be_fetched():
    plans = {
        "/phone/voice": [Say("请留言"), Record("/phone/recorded", "/phone/recording"), Say("没有录到")],
        "/phone/recorded": [Say("已录音")],
    }
    with Stage(plans) as stage:
        leg = stage.dial(wait=2)
        stage.exchange.speak(leg, "我想投诉", 8)
        stage.pass_time(30)
        assert stage.heard(leg) == ["请留言", "已录音"]
        (done,) = stage.house.asked("/phone/recording")
        assert done["RecordingStatus"] == "completed"
        sound = stage.provider.fetch_recording(done["RecordingSid"])
        assert sound[:4] == b"RIFF"
        stage.provider.delete_recording(done["RecordingSid"])
        with pytest.raises(Exception, match=done["RecordingSid"]):
            stage.provider.fetch_recording(done["RecordingSid"])


def test_a_silent_message_is_none():
    with Stage({"/phone/voice": [Record("/phone/recorded", "/phone/recording"), Say("没有录到")]}) as stage:
        leg = stage.dial(wait=30)
        assert stage.heard(leg) == ["没有录到"]
        assert stage.house.asked("/phone/recording") == []


def test_relative_addresses_start_from_the_document_and_cookies_are_kept():
    cookies = []

    def second(params):
        return "<Response><Say>二</Say></Response>"

    first = (
        "200 OK",
        [("Content-Type", "text/xml"), ("Set-Cookie", "a=1; Path=/")],
        "<Response><Redirect>menu/two?x=1</Redirect></Response>",
    )
    with Stage({"/phone/voice": lambda _params: first, "/phone/menu/two": second}) as stage:
        leg = stage.dial(wait=5)
        cookies.append(leg.cookies)
        assert stage.heard(leg) == ["二"]
        assert leg.cookies == {"a": "1"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (("500 Oops", [("Content-Type", "text/html")], "x"), "11217"),
        (("200 OK", [("Content-Type", "text/html")], "<p>fehler</p>"), "12100"),
        (("200 OK", [("Content-Type", "text/xml")], "<Response><Bogus/></Response>"), "12200"),
        (("200 OK", [("Content-Type", "text/xml")], '<Response><Say Voice="x">a</Say></Response>'), "12200"),
        (("200 OK", [("Content-Type", "text/xml")], "<Response>" + " " * 70_000 + "</Response>"), "11750"),
        (("200 OK", [], "<Response/>"), "12300"),
        (("200 OK", [("Content-Type", "application/json")], "{}"), "12300"),
        (("302 Found", [("Location", "/phone/voice")], ""), "11215"),
    ],
)
def test_a_broken_document_leads_to_the_fallback(answer, code):
    plans = {"/phone/voice": lambda _params: answer, "/phone/fallback": [Say("线路故障，请稍后再拨")]}
    with Stage(plans) as stage:
        leg = stage.dial(wait=20)
        if code != "11215":
            assert stage.heard(leg) == ["线路故障，请稍后再拨"]
            assert stage.house.asked("/phone/fallback")[0]["ErrorCode"] == code
        assert stage.exchange.courier.meter.errors[0].startswith(code)


def test_a_broken_fallback_is_twilios_own_error():
    broken = ("500 Oops", [("Content-Type", "text/html")], "x")
    with Stage({"/phone/voice": lambda _p: broken, "/phone/fallback": lambda _p: broken}) as stage:
        leg = stage.dial(wait=20)
        assert stage.heard(leg) == ["An application error has occurred. Goodbye."]
        assert leg.status == "failed"


def test_plain_text_is_read_aloud_then_the_call_ends():
    with Stage({"/phone/voice": lambda _p: ("200 OK", [("Content-Type", "text/plain")], "念出来")}) as stage:
        leg = stage.dial(wait=20)
        assert stage.heard(leg) == ["念出来"]
        assert leg.over


def test_goto_and_recorded_prompts():
    with Stage({"/phone/voice": [Goto("/phone/two")], "/phone/two": [Prompt("welcome", "欢迎")]}) as stage:
        assert stage.heard(stage.dial(wait=5)) == ["欢迎"]
