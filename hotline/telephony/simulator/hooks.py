"""Callback attributes of verbs and nouns."""

from urllib.parse import urljoin

from hotline.telephony.simulator.legs import StatusHook
from hotline.telephony.simulator.twiml import Verb


def _hook(verb: Verb, prefix: str, usual: str, base: str) -> StatusHook | None:
    url = verb.get(prefix)
    if not url:
        return None
    events = verb.get(f"{prefix}Event", usual).split()
    return StatusHook(urljoin(base, url), verb.get(f"{prefix}Method", "POST"), frozenset(events))


def status_hook(noun: Verb, base: str, usual: str = "completed") -> StatusHook | None:
    return _hook(noun, "statusCallback", usual, base)


def recording_hook(verb: Verb, base: str = "") -> StatusHook | None:
    """Its addresses must be absolute."""
    return _hook(verb, "recordingStatusCallback", "completed", base)
