"""Only genuine webhooks pass: the published vectors, the raw address, every token, and no moved boundary."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from hotline.config import Config
from hotline.errors import HotlineError, Malformed, Refused, TooLarge, WrongType
from hotline.telephony.provider import provider_for
from hotline.telephony.requests import WebhookRequest

CONFIG = Config(
    mode="test", public_base_url="https://hotline.example", twilio_auth_tokens=("first-token", "second-token")
)
PROVIDER = provider_for(CONFIG)
FORM = "application/x-www-form-urlencoded"
CALL = {
    "AccountSid": CONFIG.twilio_account_sid,
    "ApiVersion": "2010-04-01",
    "CallSid": "CA" + "0123456789abcdef" * 2,
    "CallStatus": "in-progress",
    "Called": "+862512320",
    "CalledCity": "南京",
    "CalledCountry": "CN",
    "Caller": "+8613800001234",
    "Confidence": "0.9",
    "Digits": "12",
    "Direction": "inbound",
    "From": "+8613800001234",
    "FromCity": "",
    "FromCountry": "CN",
    "FromState": "",
    "FromZip": "210000",
    "SpeechResult": "我想自杀",
    "To": "+862512320",
    "ToCity": "",
    "ToCountry": "CN",
    "ToState": "",
    "ToZip": "",
    "stint": "17",
}
ROOM = {
    "AccountSid": CONFIG.twilio_account_sid,
    "CallSid": "CA" + "0123456789abcdef" * 2,
    "Coaching": "false",
    "ConferenceSid": "CF" + "0123456789abcdef" * 2,
    "EndConferenceOnExit": "true",
    "FriendlyName": "c-0a1b2c",
    "Hold": "false",
    "Muted": "false",
    "ParticipantLabel": "caller",
    "SequenceNumber": "12",
    "StartConferenceOnEnter": "true",
    "StatusCallbackEvent": "participant-join",
    "Timestamp": "Mon, 05 Feb 2024 01:00:00 +0000",
}
RECORDING = {
    "AccountSid": CONFIG.twilio_account_sid,
    "CallSid": "CA" + "0123456789abcdef" * 2,
    "RecordingChannels": "2",
    "RecordingDuration": "61",
    "RecordingSid": "RE" + "0123456789abcdef" * 2,
    "RecordingSource": "DialVerb",
    "RecordingStartTime": "Mon, 05 Feb 2024 01:00:00 +0000",
    "RecordingStatus": "completed",
    "RecordingTrack": "both",
    "RecordingUrl": "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1",
}


def signed(params, *, target="/phone/voice", token="first-token", pairs=None, base=CONFIG.public_base_url, **changes):
    pairs = list(params.items()) if pairs is None else pairs
    signature = RequestValidator(token).compute_signature(base + target, dict(params))
    request = WebhookRequest("POST", target, {"x-twilio-signature": signature}, FORM, 500, pairs)
    return replace(request, **changes)


def accepted(request, provider=PROVIDER):
    try:
        provider.verify(request)
    except HotlineError:
        return False
    return True


@pytest.mark.parametrize("params", [CALL, ROOM, RECORDING])
def test_a_genuine_webhook_passes_with_all_its_parameters(params):
    assert PROVIDER.verify(signed(params)) == params


@pytest.mark.parametrize(
    ("url", "params", "signature"),
    [
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            {
                "CallSid": "CA1234567890ABCDE",
                "Digits": "1234",
                "From": "+14158675309",
                "To": "+18005551212",
                "Caller": "+14158675309",
            },
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", {"SpeechResult": "我想自杀"}, "qCzcqQtAVCecRmHYTrL3MahVioo="),
    ],
)
def test_the_published_vectors_reach_the_checks_behind_the_signature(url, params, signature):
    """They carry no AccountSid, so what refuses them must come after the signature."""
    provider = provider_for(replace(CONFIG, public_base_url="https://mycompany.com", twilio_auth_tokens=("12345",)))
    target = url.removeprefix("https://mycompany.com")
    request = WebhookRequest("POST", target, {"X-Twilio-Signature": signature}, FORM, 9, list(params.items()))
    with pytest.raises(Refused, match="账户不符"):
        provider.verify(request)
    with pytest.raises(Refused, match="签名不符"):
        provider.verify(replace(request, form=[*request.form, ("More", "1")]))


@pytest.mark.parametrize("target", ["/phone/key?node=%E5%BF%83&x=1", "/phone/%7Ea/b?c=%7E", "/phone/a%20b"])
def test_the_address_is_signed_as_it_was_sent(target):
    assert accepted(signed(CALL, target=target))


def test_either_token_signs_during_a_rotation_and_no_other():
    assert accepted(signed(CALL, token="second-token"))
    assert not accepted(signed(CALL, token="third-token"))
    assert not accepted(signed(CALL), provider_for(replace(CONFIG, twilio_auth_tokens=())))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"headers": {}}, Refused),
        ({"headers": {"X-Twilio-Signature": ""}}, Refused),
        ({"headers": {"X-Twilio-Signature": "心"}}, Refused),
        ({"raw_target": "/phone/other"}, Refused),
        ({"raw_target": "http://hotline.example/phone/voice"}, Refused),
        ({"method": "GET"}, Malformed),
        ({"content_type": "application/json"}, WrongType),
        ({"content_type": "multipart/form-data; boundary=x"}, WrongType),
        ({"content_type": ""}, WrongType),
        ({"content_length": 64 * 1024 + 1}, TooLarge),
        ({"content_length": None}, Malformed),
        ({"form": [(f"P{n}", "") for n in range(101)]}, Malformed),
        ({"form": [*CALL.items(), ("Digits", "12")]}, Malformed),
        ({"form": [*CALL.items(), ("Note", "a\0b")]}, Malformed),
    ],
)
def test_a_wrong_request_is_refused(change, error):
    with pytest.raises(error):
        PROVIDER.verify(signed(CALL, **change))


@pytest.mark.parametrize("params", [CALL, ROOM, RECORDING])
def test_required_parameters_must_be_there(params):
    for name in ("AccountSid", "CallSid", "CallStatus", "From", "To", "ConferenceSid", "RecordingSid"):
        if name in params:
            assert not accepted(signed({key: value for key, value in params.items() if key != name})), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AccountSid", "AC" + "1" * 32),
        ("CallSid", "CA123"),
        ("CallSid", "CA" + "Z" * 32),
        ("CallStatus", "finished"),
        ("Direction", "sideways"),
        ("Digits", "12;DROP"),
        ("bad name", "x"),
        ("1st", "x"),
    ],
)
def test_ill_formed_parameters_are_refused(name, value):
    assert not accepted(signed(CALL | {name: value}))


@pytest.mark.parametrize("caller", ["anonymous", "Restricted", "", "025-83612320", "client:a_1", "sip:a@b.cn", "匿名"])
def test_any_caller_passes(caller):
    assert accepted(signed(CALL | {"From": caller, "Caller": caller}))


@pytest.mark.parametrize("new", [{"NewFact": "yes"}, {"BrandedCallId": "x", "Zone": "2"}, {"ToNew": "A"}])
def test_parameters_added_by_the_provider_are_tolerated(new):
    assert PROVIDER.verify(signed(CALL | new)) == CALL | new


def run_together(params):
    return "".join(name + params[name] for name in sorted(params))


def cut(text, cuts):
    """The pairs made by cutting the signed text at these places, alternately after a name and after a value."""
    edges = [0, *cuts, len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    if len(pieces) % 2:
        pieces.append("")
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def edges_of(params):
    place, edges = 0, []
    for name in sorted(params):
        edges += [place + len(name), place + len(name) + len(params[name])]
        place = edges[-1]
    return edges[:-1]


def same_signature(pairs, params):
    names = [name for name, _ in pairs]
    return names == sorted(set(names)) and run_together(dict(pairs)) == run_together(params)


def shifts(params):
    """Every reading made by moving one boundary, joining up to four neighbours, or splitting one pair in two."""
    text, edges = run_together(params), edges_of(params)
    for index in range(len(edges)):
        low = edges[index - 1] if index else 0
        high = edges[index + 1] if index + 1 < len(edges) else len(text)
        for place in range(low, high + 1):
            yield edges[:index] + [place] + edges[index + 1 :]
    for index in range(len(edges)):
        for width in (2, 4, 6):
            yield edges[:index] + edges[index + width :]
    for start in range(1, len(text)):
        for end in range(start, min(start + 24, len(text))):
            yield sorted([*edges, start, end])


@pytest.mark.parametrize("params", [CALL, ROOM, RECORDING])
def test_no_moved_joined_or_split_boundary_is_accepted(params):
    text, tried, passed = run_together(params), 0, []
    for cuts in shifts(params):
        pairs = cut(text, cuts)
        if not same_signature(pairs, params) or dict(pairs) == params:
            continue
        tried += 1
        if accepted(signed(params, pairs=pairs)):
            passed.append([pair for pair in pairs if pair not in params.items()])
    assert passed == []
    assert tried > 200


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from([CALL, ROOM, RECORDING]), st.data())
def test_no_random_reading_of_a_signed_text_is_accepted(params, data):
    """Any number of boundaries moved at once, most of them kept so that the rest stays plausible."""
    text, edges = run_together(params), edges_of(params)
    dropped = data.draw(st.sets(st.sampled_from(edges), max_size=6))
    added = data.draw(st.sets(st.integers(1, len(text) - 1), max_size=4))
    cuts = sorted((set(edges) - dropped) | added)
    pairs = cut(text, cuts)
    if same_signature(pairs, params) and dict(pairs) != params:
        assert not accepted(signed(params, pairs=pairs)), pairs


def test_the_check_is_quick_enough_for_the_hot_path():
    from timeit import timeit

    request = signed(CALL)
    assert timeit(lambda: PROVIDER.verify(request), number=50) / 50 < 0.01
