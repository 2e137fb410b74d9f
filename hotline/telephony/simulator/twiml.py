"""TwiML read and checked: only verbs, nouns and attributes that Twilio knows, in its exact spelling."""

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAY = frozenset({"voice", "language", "loop"})
_CALLBACK = frozenset({"statusCallback", "statusCallbackMethod", "statusCallbackEvent"})
_RECORDING = frozenset({"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"})
_ATTRIBUTES: dict[str, frozenset[str]] = {
    "Response": frozenset(),
    "Say": _SAY,
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": _names(
        "action method timeout numDigits finishOnKey actionOnEmptyResult input language hints speechTimeout "
        "speechModel bargeIn profanityFilter enhanced partialResultCallback partialResultCallbackMethod"
    ),
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset(),
    "Reject": frozenset({"reason"}),
    "Leave": frozenset(),
    "Record": _names("action method timeout maxLength finishOnKey playBeep trim transcribe") | _RECORDING,
    "Enqueue": frozenset({"action", "method", "waitUrl", "waitUrlMethod", "maxQueueSize", "workflowSid"}),
    "Dial": _names(
        "action method timeout hangupOnStar timeLimit callerId record trim answerOnBridge ringTone sequential"
    )
    | _RECORDING,
    "Number": frozenset({"sendDigits", "url", "method"}) | _CALLBACK,
    "Client": frozenset({"url", "method"}) | _CALLBACK,
    "Identity": frozenset(),
    "Sip": frozenset({"username", "password", "url", "method"}) | _CALLBACK,
    "Queue": frozenset({"url", "method", "reservationSid", "postWorkActivitySid"}),
    "Conference": _names(
        "muted beep startConferenceOnEnter endConferenceOnExit participantLabel jitterBufferSize waitUrl waitMethod "
        "maxParticipants record region coach trim eventCallbackUrl"
    )
    | _CALLBACK
    | _RECORDING,
    "Start": frozenset({"action", "method"}),
    "Recording": _RECORDING | {"trim", "channels", "track"},
}
_SPOKEN = frozenset({"Say", "Play", "Pause"})
_INSIDE: dict[str, frozenset[str]] = {
    "Response": _names("Say Play Pause Gather Redirect Hangup Reject Leave Record Enqueue Dial Start"),
    "Gather": _SPOKEN,
    "Dial": frozenset({"Number", "Client", "Sip", "Queue", "Conference"}),
    "Client": frozenset({"Identity"}),
    "Start": frozenset({"Recording"}),
}
_NUMBERS = _names("length timeout numDigits maxLength timeLimit loop maxParticipants maxQueueSize")
_FLAGS = _names(
    "muted startConferenceOnEnter endConferenceOnExit actionOnEmptyResult playBeep answerOnBridge hangupOnStar"
)
_METHODS = frozenset({"method", "waitMethod", "waitUrlMethod", "statusCallbackMethod", "recordingStatusCallbackMethod"})


class BadTwiml(Exception):
    """12100: not XML. 12200: not TwiML."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code} {why}")
        self.code = code


@dataclass(frozen=True)
class Verb:
    name: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["Verb"] = field(default_factory=list)

    def get(self, name: str, usual: str = "") -> str:
        return self.attributes.get(name, usual)

    def number(self, name: str, usual: int) -> int:
        return int(self.attributes.get(name, usual))

    def flag(self, name: str, usual: bool = False) -> bool:
        return self.attributes.get(name, str(usual).lower()) == "true"


def parse(body: bytes, content_type: str) -> list[Verb]:
    """The verbs of a document. Plain text is read aloud, sound is played, as Twilio does. Raises BadTwiml."""
    kind = content_type.split(";")[0].strip().lower()
    if kind == "text/plain":
        return [Verb("Say", {}, body.decode(errors="replace"))]
    if kind.startswith("audio/"):
        return [Verb("Play", {}, "audio")]
    if kind not in ("text/xml", "application/xml", "text/html"):
        raise BadTwiml(12300, kind)
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadTwiml(12100, str(error)) from error
    if root.tag != "Response":
        raise BadTwiml(12100, f"root is {root.tag}")
    return _read(root).inside


def _read(element: Element) -> Verb:
    name = element.tag
    for attribute, value in element.attrib.items():
        _check_attribute(name, attribute, value)
    allowed = _INSIDE.get(name, frozenset())
    inside = []
    for child in element:
        if child.tag not in allowed:
            raise BadTwiml(12200, f"<{child.tag}> in <{name}>")
        inside.append(_read(child))
    return Verb(name, dict(element.attrib), (element.text or "").strip(), inside)


def _check_attribute(verb: str, name: str, value: str) -> None:
    if name not in _ATTRIBUTES[verb]:
        raise BadTwiml(12200, f"{name} on <{verb}>")
    if name in _NUMBERS and not value.isdigit() and not (name == "timeout" and value == "auto"):
        raise BadTwiml(12200, f"{name}={value!r} on <{verb}>")
    if name in _FLAGS and value not in ("true", "false"):
        raise BadTwiml(12200, f"{name}={value!r} on <{verb}>")
    if name in _METHODS and value not in ("GET", "POST"):
        raise BadTwiml(12200, f"{name}={value!r} on <{verb}>")
