"""REST through the real client of twilio's, against the simulator: calls, pages, dates, errors, limits."""

from dataclasses import replace
from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from hotline.config import Config
from hotline.telephony.notices import LegStatus
from hotline.telephony.provider import LegGone, Mode, ProviderUnavailable, RecordingOp, Unknown, provider_for
from hotline.telephony.simulator.direct import DirectHttpClient
from hotline.telephony.steps import Connect, Join, Park, Pause, Say
from tests.telephony.house import CONFIG, Stage

WAITING = {
    "/phone/voice": [Park("consult", "/phone/wait", "/phone/after")],
    "/phone/wait": [Pause(5)],
    "/phone/else": [Say("换了"), Pause(600)],
}


def client(stage):
    account, (token, *_) = CONFIG.twilio_account_sid, CONFIG.twilio_auth_tokens
    return Client(account, token, http_client=DirectHttpClient(stage.exchange))


def test_a_leg_is_redirected_and_ended():
    with Stage(WAITING) as stage:
        leg = stage.dial(wait=2)
        stage.provider.redirect(leg.sid, "/phone/else")
        stage.pass_time(2)
        assert stage.heard(leg) == ["换了"]
        assert stage.provider.fetch_leg(leg.sid).status is LegStatus.ANSWERED
        stage.provider.hangup(leg.sid)
        stage.pass_time(2)
        assert stage.provider.fetch_leg(leg.sid).status is LegStatus.COMPLETED
        with pytest.raises(LegGone):
            stage.provider.redirect(leg.sid, "/phone/else")
        stage.provider.hangup(leg.sid)


def test_an_unknown_leg_is_gone():
    with Stage({}) as stage, pytest.raises(LegGone):
        stage.provider.fetch_leg("CA" + "f" * 32)


def test_the_list_has_every_leg_of_its_window_over_many_pages():
    with Stage({"/phone/voice": [Pause(1)]}) as stage:
        begin = stage.loop.now()
        legs = []
        for _ in range(7):
            legs.append(stage.dial(wait=10))
        middle = begin + timedelta(seconds=35)
        found = list(stage.provider.list_legs(begin, stage.loop.now()))
        assert {leg.ref for leg in found} == {leg.sid for leg in legs}
        early = {leg.ref for leg in stage.provider.list_legs(begin, middle)}
        late = {leg.ref for leg in stage.provider.list_legs(middle, stage.loop.now())}
        assert early | late == {leg.sid for leg in legs}
        assert not early & late
        calls = client(stage).calls.list(page_size=2)
        assert [call.sid for call in calls] == [leg.sid for leg in reversed(legs)]
        assert calls[0].start_time.tzinfo is not None
        assert calls[0].start_time.microsecond == 0
        assert calls[0].price is None


def test_originate_rings_plays_and_tells_each_step():
    plans = {"/phone/outside": [Say("您好"), Pause(5)]}
    with Stage(plans) as stage:
        ref = stage.provider.originate("02583000120", "/phone/outside?stint=3", "/phone/leg?stint=3", 20, "key-1")
        stage.pass_time(30)
        assert stage.exchange.legs[ref].status == "completed"
        told = sorted(stage.house.asked("/phone/leg"), key=lambda each: int(each["SequenceNumber"]))
        assert [each["CallStatus"] for each in told] == ["initiated", "ringing", "in-progress", "completed"]
        assert "CallDuration" in told[-1]
        assert "CallDuration" not in told[0]


SIP = "sip:{number}@pbx.example"
HEADER = "?X-Original-Caller=%2B8613800001234"


@pytest.mark.parametrize(
    ("settings", "caller", "called", "shown"),
    [
        ({"provider": "simulator"}, "+8613800001234", "120", "+8613800001234"),
        ({"provider": "simulator"}, "", "120", "12320"),
        ({"provider": "twilio", "outside_trunk": SIP}, "", "sip:120@pbx.example", "12320"),
        (
            {"provider": "twilio", "outside_trunk": SIP},
            "+8613800001234",
            f"sip:120@pbx.example{HEADER}",
            "+8613800001234",
        ),
        (
            {"provider": "twilio", "outside_trunk": SIP, "outside_caller_id": "line"},
            "+8613800001234",
            f"sip:120@pbx.example{HEADER}",
            "12320",
        ),
        (
            {"provider": "twilio", "outside_trunk": "{number}", "outside_caller_id": "line"},
            "+8613800001234",
            "120",
            "12320",
        ),
    ],
)
def test_outside_is_dialled_as_the_deployment_says_and_the_true_number_goes_along(settings, caller, called, shown):
    plans = {"/phone/outside": [Pause(5)], "/phone/voice": [Connect("120", "/phone/after", caller_id=caller)]}
    with Stage(plans) as stage:
        provider = provider_for(replace(CONFIG, **settings))
        provider.connect(stage.provider.http)
        assert provider.caps.dials_outside
        stage.house.provider = provider
        ref = provider.originate("120", "/phone/outside", "/phone/leg", 20, "key-1", caller)
        stage.dial("+8613800005678", wait=10)
        rest, dialled = (leg for leg in stage.exchange.legs.values() if leg.direction.startswith("outbound"))
        assert (rest.sid, rest.called, rest.caller) == (ref, called, shown)
        assert (dialled.called, dialled.caller) == (called, shown if caller else "+8613800005678")


def test_nobody_picks_up():
    with Stage({}) as stage:
        ref = stage.provider.originate("client:agent_1", "/phone/outside", "/phone/leg", 20, "key-1")
        stage.pass_time(30)
        assert stage.provider.fetch_leg(ref).status is LegStatus.NO_ANSWER


def test_a_lost_answer_leaves_an_unknown_leg_that_can_be_found_by_its_key():
    with Stage({"/phone/outside": [Pause(60)]}, lost_create=1.0) as stage:
        placed = stage.provider.originate("02583000120", "/phone/outside", "/phone/leg", 20, "key-9")
        assert placed == Unknown("key-9")
        stage.pass_time(10)
        assert len(stage.house.asked("/phone/outside")) == 1


def test_a_leg_that_hangs_up_a_moment_before_is_gone():
    with Stage(WAITING, race=1.0) as stage:
        leg = stage.dial(wait=2)
        with pytest.raises(LegGone):
            stage.provider.redirect(leg.sid, "/phone/else")
        stage.pass_time(2)
        assert leg.over


def join(role):
    return [Join("c-1", role, "/phone/left", "/phone/room", record="/phone/recorded" if role == "caller" else "")]


def test_supervision_changes_who_hears_whom():
    plans = {
        "/phone/voice": join("caller"),
        "/phone/agent": lambda params: join(params["From"].removeprefix("client:")),
    }
    with Stage(plans) as stage:
        caller = stage.dial(wait=1)
        agent = stage.exchange.connect_browser("agent_1", {})
        chief = stage.exchange.connect_browser("agent_2", {})
        stage.pass_time(1)
        for mode, heard_by_caller, heard_by_agent in (
            (Mode.LISTEN, False, False),
            (Mode.WHISPER, False, True),
            (Mode.BARGE, True, True),
        ):
            stage.provider.supervise("c-1", chief.sid, mode, agent.sid)
            stage.exchange.speak(chief, mode.value)
            assert (mode.value in stage.heard(caller)) is heard_by_caller
            assert (mode.value in stage.heard(agent)) is heard_by_agent
        stage.provider.mute("c-1", agent.sid, True)
        stage.exchange.speak(agent, "静音")
        assert "静音" not in stage.heard(caller)
        stage.provider.remove("c-1", chief.sid)
        stage.pass_time(1)
        assert chief.over
        room = client(stage).conferences.list(friendly_name="c-1")[0]
        assert {each.label for each in room.participants.list()} == {"caller", "agent_1"}


def test_a_recording_is_paused_and_told_on_its_own_path():
    plans = {"/phone/voice": join("caller"), "/phone/agent": join("agent")}
    with Stage(plans) as stage:
        caller = stage.dial(wait=1)
        stage.exchange.connect_browser("agent_1", {})
        stage.pass_time(20)
        stage.provider.record(caller.sid, RecordingOp.PAUSE)
        stage.pass_time(5)
        stage.provider.record(caller.sid, RecordingOp.RESUME)
        stage.pass_time(20)
        stage.exchange.hang_up(caller)
        stage.pass_time(5)
        (told,) = stage.house.asked("/phone/recorded")
        assert told["RecordingChannels"] == "2"
        assert int(told["RecordingDuration"]) >= 40
        (recording,) = stage.exchange.recordings.values()
        assert [(end - begin).total_seconds() for begin, end in recording.paused] == [5]
        with pytest.raises(LegGone):
            stage.provider.record(caller.sid, RecordingOp.START, "/phone/recorded")


def test_stale_lists_hide_the_newest_and_time_shows_them():
    with Stage(WAITING | {"/phone/voice": join("caller")}, stale_lists=1.0) as stage:
        stage.dial(wait=1)
        with pytest.raises(LegGone):
            stage.provider.hold("c-1", "CA" + "0" * 32, True)
        assert client(stage).conferences.list() == []
        stage.pass_time(10)
        assert len(client(stage).conferences.list()) == 1


def test_waiting_rooms_and_their_members():
    with Stage(WAITING) as stage:
        first, second = stage.dial(wait=3), stage.dial(wait=3)
        (queue,) = client(stage).queues.list()
        assert (queue.friendly_name, queue.current_size) == ("consult", 2)
        members = client(stage).queues(queue.sid).members
        assert [each.call_sid for each in members.list()] == [first.sid, second.sid]
        members("Front").update(url="https://hotline.example/phone/else", method="POST")
        stage.pass_time(2)
        assert stage.heard(first) == ["换了"]
        assert [each.call_sid for each in members.list()] == [second.sid]


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda client: client.calls("CA" + "0" * 32).fetch(), 404, 20404),
        (lambda client: client.calls.create(to="", from_="12320", url="https://x.example"), 400, 21201),
        (lambda client: client.calls.create(to="120", from_="12320"), 400, 21205),
        (lambda client: client.queues.create(friendly_name="consult"), 400, 21247),
    ],
)
def test_errors_have_twilios_shape(ask, status, code):
    with Stage(WAITING) as stage:
        stage.dial(wait=2)
        with pytest.raises(TwilioRestException) as told:
            ask(client(stage))
        assert (told.value.status, told.value.code) == (status, code)


def test_a_wrong_secret_is_refused():
    with Stage({}) as stage:
        wrong = Client(CONFIG.twilio_account_sid, "wrong", http_client=DirectHttpClient(stage.exchange))
        with pytest.raises(TwilioRestException) as told:
            wrong.calls("CA" + "0" * 32).fetch()
        assert (told.value.status, told.value.code) == (401, 20003)


def test_no_answer_within_the_limit_is_unavailable():
    import socket
    import time

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        provider = provider_for(Config(mode="test", simulator_url=url))
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            provider.fetch_leg("CA" + "0" * 32)
        assert provider.originate("120", "/phone/outside", "/phone/leg", 20, "k") == Unknown("k")
        assert time.monotonic() - began < 4


def test_the_browser_gets_what_it_needs():
    assert provider_for(CONFIG).client_token("agent_7") == {
        "kind": "simulator",
        "identity": "agent_7",
        "url": CONFIG.simulator_url,
    }
    key = "SK" + "0" * 32
    twilio = provider_for(replace(CONFIG, provider="twilio", twilio_api_key=key, twilio_api_secret="s" * 32))
    token = twilio.client_token("agent_7")
    assert token["kind"] == "twilio"
    assert token["token"].count(".") == 2
    assert not twilio.caps.dials_outside
