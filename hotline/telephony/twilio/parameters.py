"""The documented webhook parameters of Twilio Voice and the form of their values.

The signature covers names and values run together, so where one ends must follow from this table.
A pattern of None is free text. The names in small letters are our own, sent by the softphone page.
"""

import re

CALL_SID = r"CA[0-9a-f]{32}"
STATUSES = "queued|initiated|ringing|in-progress|completed|busy|failed|no-answer|canceled"
_PHONE = (
    r"\+?\d[\d ,;x*#().-]{0,40}|client:\w{1,121}|sips?:[^\s<>]{1,200}|[^A-Za-z\0]{0,64}"
    r"|(?i:anonymous|unknown|restricted|unavailable|private|blocked|withheld|payphone)"
)
_PLACE = None
_SHORT = r"[A-Z]{0,3}"
_ZIP = r"[0-9A-Z -]{0,10}"
_NUMBER = r"-?\d{1,10}|"
_FLAG = "true|false"
_URL = r"https?://[!-~]*|"
_STAMP = r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:\+0000|GMT)"
_WORD = r"[a-z][a-z_-]*|"
_SID = r"[A-Z]{2}[0-9a-f]{32}|"
_KEYS = r"[0-9*#]*|hangup"

_PATTERNS: dict[str, str | None] = {
    "AccountSid": r"AC[0-9a-zA-Z]{32}",
    "AnsweredBy": _WORD,
    "ApiVersion": r"\d{4}-\d\d-\d\d",
    "ApplicationSid": _SID,
    "AvgQueueTime": _NUMBER,
    "CallDuration": _NUMBER,
    "CallSid": CALL_SID,
    "CallSidEndingConference": _SID,
    "CallSidToCoach": _SID,
    "CallStatus": STATUSES,
    "CallToken": None,
    "CallbackSource": _WORD,
    "Called": _PHONE,
    "CalledCity": _PLACE,
    "CalledCountry": _SHORT,
    "CalledState": _PLACE,
    "CalledVia": _PHONE,
    "CalledZip": _ZIP,
    "Caller": _PHONE,
    "CallerCity": _PLACE,
    "CallerCountry": _SHORT,
    "CallerName": None,
    "CallerState": _PLACE,
    "CallerZip": _ZIP,
    "Coaching": _FLAG,
    "ConferenceSid": r"CF[0-9a-f]{32}",
    "Confidence": r"[01]?(?:\.\d+)?",
    "CurrentQueueSize": _NUMBER,
    "DequeingCallSid": _SID,
    "DialBridged": _FLAG,
    "DialCallDuration": _NUMBER,
    "DialCallSid": _SID,
    "DialCallStatus": STATUSES + "|answered",
    "DialSipCallId": None,
    "DialSipResponseCode": _NUMBER,
    "Digits": _KEYS,
    "Direction": "inbound|outbound-api|outbound-dial|trunking-.*",
    "Duration": _NUMBER,
    "EndConferenceOnExit": _FLAG,
    "ErrorCode": _NUMBER,
    "ErrorUrl": _URL,
    "FinishedOnKey": r"[0-9*#]?|timeout",
    "ForwardedFrom": _PHONE,
    "FriendlyName": r"[\w.:-]{1,128}",
    "From": _PHONE,
    "FromCity": _PLACE,
    "FromCountry": _SHORT,
    "FromState": _PLACE,
    "FromZip": _ZIP,
    "Hold": _FLAG,
    "Language": r"[A-Za-z-]*",
    "MaxQueueSize": _NUMBER,
    "Muted": _FLAG,
    "ParentCallSid": _SID,
    "ParticipantCallStatus": STATUSES,
    "ParticipantLabel": r"[\w.:-]*",
    "QueuePosition": _NUMBER,
    "QueueResult": _WORD,
    "QueueSid": _SID,
    "QueueTime": _NUMBER,
    "Reason": None,
    "ReasonConferenceEnded": _WORD,
    "ReasonParticipantLeft": _WORD,
    "RecordingChannels": _NUMBER,
    "RecordingDuration": _NUMBER,
    "RecordingSid": _SID,
    "RecordingSource": r"[A-Za-z]*",
    "RecordingStartTime": _STAMP + "|",
    "RecordingStatus": "in-progress|completed|absent|paused|stopped|failed",
    "RecordingTrack": _WORD,
    "RecordingUrl": _URL,
    "SequenceNumber": _NUMBER,
    "SipResponseCode": _NUMBER,
    "SpeechResult": None,
    "StableSpeechResult": None,
    "StartConferenceOnEnter": _FLAG,
    "StatusCallbackEvent": _WORD,
    "StirPassportToken": None,
    "StirStatus": r"[A-Za-z-]*",
    "StirVerstat": r"[A-Za-z-]*",
    "Timestamp": _STAMP,
    "To": _PHONE,
    "ToCity": _PLACE,
    "ToCountry": _SHORT,
    "ToState": _PLACE,
    "ToZip": _ZIP,
    "UnstableSpeechResult": None,
    "call_back": r"\d{1,18}",
    "stint": r"\d{1,18}",
}
FORMS = {name: re.compile(pattern) if pattern is not None else None for name, pattern in _PATTERNS.items()}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")
INSIDE = re.compile("(?=(" + "|".join(sorted(FORMS, key=len, reverse=True)) + "))")

_CALL = ("AccountSid", "CallSid", "CallStatus", "From", "To")
_ROOM = ("AccountSid", "ConferenceSid", "FriendlyName", "SequenceNumber", "StatusCallbackEvent", "Timestamp")
_RECORDING = ("AccountSid", "CallSid", "RecordingSid", "RecordingStatus")


def well_formed(name: str, value: str) -> bool:
    """Whether `value` can be the value of the documented parameter `name`."""
    form = FORMS[name]
    return form is None or form.fullmatch(value) is not None


def required(params: dict[str, str]) -> tuple[str, ...]:
    """What must be present, by the kind of webhook."""
    if "ConferenceSid" in params and "RecordingStatus" not in params:
        inside = params.get("StatusCallbackEvent", "").startswith("participant-")
        return (*_ROOM, "CallSid") if inside else _ROOM
    if "RecordingStatus" in params and "CallStatus" not in params:
        return _RECORDING
    return _CALL
