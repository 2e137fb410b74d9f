"""<Record>: the caller leaves a message."""

from typing import TYPE_CHECKING

from hotline.telephony.simulator.hooks import recording_hook
from hotline.telephony.simulator.legs import HungUp, Request
from hotline.telephony.simulator.recordings import Recording
from hotline.telephony.simulator.twiml import Verb

if TYPE_CHECKING:
    from hotline.telephony.simulator.player import Player


async def record(player: "Player", verb: Verb) -> Request | None:
    """A message with nothing in it is none: the next verb runs."""
    leg = player.leg
    leg.keys.clear()
    leg.speech.clear()
    leg.hear("note", "嘀")
    recording = player.exchange.start_recording(leg, "RecordVerb", 1, recording_hook(verb))
    try:
        spoken, key = await _listen(player, verb)
    except HungUp:
        if leg.speech or leg.lines[-1].kind == "speech":
            player.exchange.stop_recording(recording)
            player.tell_action(verb, _told(recording, "hangup"))
        else:
            del player.exchange.recordings[recording.sid]
        raise
    if not spoken:
        del player.exchange.recordings[recording.sid]
        return None
    player.exchange.stop_recording(recording)
    return player.link(verb, extra=_told(recording, key))


async def _listen(player: "Player", verb: Verb) -> tuple[float, str]:
    """Seconds spoken, and the key that ended it."""
    leg, most = player.leg, verb.number("maxLength", 3600)
    finishing = verb.get("finishOnKey", "1234567890*#")
    spoken = 0.0
    while spoken < most:
        if not await leg.wait(verb.number("timeout", 5), lambda: bool(leg.keys or leg.speech)):
            break
        if leg.keys:
            key = leg.keys.pop(0)
            if key in finishing:
                return spoken, key
            continue
        seconds = min(leg.speech.pop(0)[1], most - spoken)
        await leg.wait(seconds, lambda: bool(leg.keys))
        spoken += seconds
    return spoken, ""


def _told(recording: Recording, digits: str) -> dict[str, str]:
    return {
        "RecordingUrl": recording.url,
        "RecordingSid": recording.sid,
        "RecordingDuration": str(recording.seconds),
    } | ({"Digits": digits} if digits else {})
