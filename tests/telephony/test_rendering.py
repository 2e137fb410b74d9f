"""The plan in TwiML: absolute addresses with their overrides, nothing Twilio does not know."""

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from hotline.telephony.provider import provider_for
from hotline.telephony.simulator.overrides import split
from hotline.telephony.simulator.twiml import parse
from hotline.telephony.steps import (
    Collect,
    Connect,
    Goto,
    Hangup,
    Join,
    Park,
    Pause,
    Prompt,
    Record,
    Reject,
    Say,
    Unpark,
)
from tests.telephony.house import CONFIG

PROVIDER = provider_for(CONFIG)
CONTROL = "#ct=1500&rt=4000&rc=2&rp=ct,rt,5xx"
STATUS = "#rc=3&rp=all"


def rendered(*plan):
    document = PROVIDER.render(plan)
    assert document.content_type == "text/xml; charset=utf-8"
    return fromstring(document.body)


def test_speech_is_chinese_and_escaped():
    (say,) = rendered(Say("<挂机> & “再见”"))
    assert (say.tag, say.text, say.get("language")) == ("Say", "<挂机> & “再见”", "cmn-CN")


def test_a_recorded_prompt_is_played_when_there_is_a_file(tmp_path):
    from dataclasses import replace

    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "welcome.wav").write_bytes(b"RIFF")
    provider = provider_for(replace(CONFIG, data_dir=tmp_path))
    plan = [Prompt("welcome", "欢迎"), Prompt("other", "其他")]
    play, say = fromstring(provider.render(plan).body)
    assert (play.tag, play.text) == ("Play", "https://hotline.example/phone/prompts/welcome.wav")
    assert (say.tag, say.text) == ("Say", "其他")


def test_a_collect_is_a_gather_with_an_absolute_action():
    (gather,) = rendered(Collect((Say("请按键"), Pause(1)), "/phone/menu?node=心", digits=None, on_empty=True))
    assert gather.get("action") == "https://hotline.example/phone/menu?node=%E5%BF%83" + CONTROL
    assert gather.get("actionOnEmptyResult") == "true"
    assert gather.get("numDigits") is None
    assert [child.tag for child in gather] == ["Say", "Pause"]


def test_a_park_is_an_enqueue():
    (park,) = rendered(Park("consult", "/phone/wait", "/phone/exit"))
    assert park.text == "consult"
    assert park.get("waitUrl") == "https://hotline.example/phone/wait" + CONTROL


def test_a_join_is_a_silent_conference_that_tells_who_comes_and_goes():
    (dial,) = rendered(Join("c-1", "caller", "/phone/after", "/phone/room", end_on_exit=True, record="/phone/recorded"))
    (room,) = dial
    assert dial.get("record") == "record-from-answer-dual"
    assert dial.get("recordingStatusCallback") == "https://hotline.example/phone/recorded" + STATUS
    assert room.attrib == {
        "beep": "false",
        "endConferenceOnExit": "true",
        "participantLabel": "caller",
        "startConferenceOnEnter": "true",
        "statusCallback": "https://hotline.example/phone/room" + STATUS,
        "statusCallbackEvent": "join leave",
        "statusCallbackMethod": "POST",
        "waitUrl": "",
    }


def test_a_supervisor_joins_muted_or_as_a_coach():
    (dial,) = rendered(Join("c-1", "listen", "/a", "/b", muted=True))
    assert dial[0].get("muted") == "true"
    (dial,) = rendered(Join("c-1", "whisper", "/a", "/b", coach="CA1", start=False))
    assert dial[0].get("coach") == "CA1"
    assert dial.get("record") is None


@pytest.mark.parametrize(
    ("endpoint", "noun", "text"),
    [("client:agent_7", "Client", "agent_7"), ("sip:a@b.cn", "Sip", "sip:a@b.cn"), ("025120", "Number", "025120")],
)
def test_a_connect_dials_any_endpoint(endpoint, noun, text):
    (dial,) = rendered(Connect(endpoint, "/phone/after", "/phone/leg", caller_id="12320"))
    assert (dial[0].tag, dial[0].text, dial.get("callerId")) == (noun, text, "12320")
    assert dial[0].get("statusCallback") == "https://hotline.example/phone/leg" + STATUS


def test_the_remaining_verbs():
    plan = [Record("/a", "/b", seconds=60), Unpark(), Goto("/c"), Reject("busy"), Hangup()]
    assert [verb.tag for verb in rendered(*plan)] == ["Record", "Leave", "Redirect", "Reject", "Hangup"]


def test_only_paths_of_the_house_are_rendered():
    with pytest.raises(ValueError, match="not a path"):
        PROVIDER.render([Goto("https://elsewhere.example/")])


texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)
paths = st.builds("/phone/{}?x={}".format, st.from_regex(r"[a-z-]{1,12}", fullmatch=True), texts.filter(str.isalnum))
spoken = st.one_of(st.builds(Say, texts), st.builds(Pause, st.integers(1, 60)))
steps = st.one_of(
    spoken,
    st.builds(Collect, st.lists(spoken, max_size=3).map(tuple), paths, on_empty=st.booleans()),
    st.builds(Park, st.sampled_from(["consult", "crisis"]), paths, paths),
    st.builds(Join, st.just("c-1"), st.just("caller"), paths, paths, end_on_exit=st.booleans(), muted=st.booleans()),
    st.builds(Record, paths, paths),
    st.builds(Connect, st.sampled_from(["client:a", "120"]), paths),
    st.builds(Goto, paths),
    st.just(Unpark()),
    st.just(Hangup()),
)


@given(st.lists(steps, max_size=6))
def test_every_plan_is_twiml_that_the_player_accepts(plan):
    document = PROVIDER.render(plan)
    verbs = parse(document.body.encode(), document.content_type)
    assert len(verbs) == len(plan)
    for verb in verbs:
        for name in ("action", "waitUrl"):
            if verb.get(name):
                address, overrides = split(verb.get(name))
                assert address.startswith(CONFIG.public_base_url + "/")
                assert overrides.total <= 15
                assert address.isascii()
