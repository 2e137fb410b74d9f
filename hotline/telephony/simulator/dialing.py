"""<Dial>: to rooms, waiting rooms, numbers, browsers and SIP ends."""

import asyncio
from typing import TYPE_CHECKING

from hotline.telephony.simulator import rooms
from hotline.telephony.simulator.hooks import recording_hook, status_hook
from hotline.telephony.simulator.legs import Dequeued, HungUp, Leg, Request
from hotline.telephony.simulator.recordings import Recording
from hotline.telephony.simulator.twiml import Verb
from hotline.telephony.simulator.waiting import Bridge

if TYPE_CHECKING:
    from hotline.telephony.simulator.player import Player

RING_SECONDS, RING_BUFFER = 30, 5
LONGEST = 14_400
NO_SUCH_QUEUE = 13247


async def dial(player: "Player", verb: Verb) -> Request | None:
    """Connect, talk, and ask the action how to go on; without one the next verb runs."""
    document = player.url
    nouns = verb.inside or [Verb("Number", {}, verb.text)]
    recording = _recording(player, verb)
    try:
        result = await _connect(player, verb, nouns)
    finally:
        if recording:
            player.exchange.stop_recording(recording)
    player.url = document
    if recording:
        result |= {"RecordingUrl": recording.url}
    return player.link(verb, extra=result) if verb.get("action") else None


async def _connect(player: "Player", verb: Verb, nouns: list[Verb]) -> dict[str, str]:
    limit = verb.number("timeLimit", LONGEST)
    if nouns[0].name == "Conference":
        return await rooms.enter(player, nouns[0], limit)
    if nouns[0].name == "Queue":
        return await _take_from_queue(player, verb, nouns[0], limit)
    return await _ring(player, verb, nouns, limit)


def _recording(player: "Player", verb: Verb) -> Recording | None:
    how = verb.get("record", "do-not-record")
    if how in ("do-not-record", "false"):
        return None
    channels = 2 if how.endswith("-dual") else 1
    return player.exchange.start_recording(player.leg, "DialVerb", channels, recording_hook(verb, player.url))


async def _ring(player: "Player", verb: Verb, nouns: list[Verb], limit: float) -> dict[str, str]:
    """All at once; the first to answer is connected, the others are let go."""
    leg, exchange = player.leg, player.exchange
    seconds = verb.number("timeout", RING_SECONDS) + RING_BUFFER
    legs = [_place(player, verb, noun, seconds) for noun in nouns]
    chosen: Leg | None = None
    try:
        await leg.wait(seconds + 1, lambda: any(each.ready for each in legs) or all(each.over for each in legs))
        chosen = next((each for each in legs if each.ready and not each.over), None)
        if chosen is None:
            await asyncio.sleep(0)
            return {"DialCallStatus": _failure(legs), "DialCallSid": legs[0].sid}
        for other in legs:
            if other is not chosen:
                other.interrupt(HungUp("canceled"))
        bridge = Bridge(leg, chosen)
        exchange.notice("bridged", leg)
        try:
            await leg.wait(limit, lambda: bridge.over)
        finally:
            bridge.end()
    finally:
        for each in legs:
            if not each.over:
                each.interrupt(HungUp("completed" if each is chosen else "canceled"))
    await leg.wait(0.1)
    return {
        "DialCallStatus": "completed",
        "DialCallSid": chosen.sid,
        "DialCallDuration": str(chosen.seconds),
        "DialBridged": "true",
    }


def _place(player: "Player", verb: Verb, noun: Verb, seconds: float) -> Leg:
    address = noun.text or next((inner.text for inner in noun.inside), "")
    endpoint = f"client:{address}" if noun.name == "Client" else address
    caller = verb.get("callerId") or player.leg.caller
    leg = player.exchange.child(player.leg, endpoint, caller, status_hook(noun, player.url))
    screen = player.link(noun, "url") if noun.get("url") else None
    player.exchange.spawn(player.exchange.ring(leg, seconds, None, screen))
    return leg


def _failure(legs: list[Leg]) -> str:
    ended = {each.status for each in legs}
    return next((status for status in ("busy", "no-answer", "failed") if status in ended), "no-answer")


async def _take_from_queue(player: "Player", verb: Verb, noun: Verb, limit: float) -> dict[str, str]:
    """The caller at the front, waiting for one to come if need be."""
    leg, exchange = player.leg, player.exchange
    if noun.text not in exchange.queues:
        exchange.courier.meter.error(NO_SUCH_QUEUE, player.url)
        return {"DialCallStatus": "failed", "QueueResult": "queue-not-found"}
    room = exchange.queue(noun.text)
    seconds = verb.number("timeout", RING_SECONDS)
    while not room.members:
        seconds -= 1
        if seconds < 0:
            return {"DialCallStatus": "no-answer", "QueueResult": "queue-empty", "QueueSid": room.sid}
        await leg.wait(1)
    waiter = room.members[0]
    waited = int((exchange.pace.now() - waiter.since).total_seconds())
    if noun.get("url"):
        about = {"QueueSid": room.sid, "QueueTime": str(waited), "DequeingCallSid": leg.sid}
        waiter.screen = player.link(noun, "url", about)
    waiter.bridge = Bridge(leg, waiter.leg)
    room.leave(waiter, exchange.pace.now())
    waiter.leg.interrupt(Dequeued())
    exchange.notice("bridged", leg)
    try:
        await leg.wait(limit, lambda: waiter.bridge is not None and waiter.bridge.over)
    finally:
        waiter.bridge.end()
    result = {"QueueResult": "bridged", "QueueSid": room.sid, "QueueTime": str(waited)}
    return result | {"DialCallStatus": "completed", "DialCallSid": waiter.leg.sid, "DialBridged": "true"}
