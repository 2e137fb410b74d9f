"""<Enqueue>: the waiting room, its endless wait document, and its one action."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hotline.telephony.simulator.courier import WebhookFault
from hotline.telephony.simulator.legs import Dequeued, HungUp, Leg, Redirected, Request
from hotline.telephony.simulator.twiml import BadTwiml, Verb

if TYPE_CHECKING:
    from hotline.telephony.simulator.player import Player

MOST_WAITING = 1000
SHORTEST_ROUND = 1.0
ALLOWED = frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"})


@dataclass(eq=False)
class Waiter:
    """`bridge` is set by the leg that takes this one out."""

    leg: Leg
    since: datetime
    room: "WaitingRoom"
    bridge: "Bridge | None" = None
    screen: Request | None = None


@dataclass(eq=False)
class Bridge:
    """Two legs talking directly."""

    first: Leg
    second: Leg
    ended: bool = False

    def __post_init__(self) -> None:
        self.first.peer, self.second.peer = self.second, self.first

    @property
    def over(self) -> bool:
        return self.ended or self.first.over or self.second.over

    def end(self) -> None:
        self.ended = True
        for leg in (self.first, self.second):
            leg.peer = None
            leg.poke()


@dataclass(eq=False)
class WaitingRoom:
    sid: str
    name: str
    created_at: datetime
    most: int = MOST_WAITING
    members: list[Waiter] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def told(self, waiter: Waiter, now: datetime) -> dict[str, str]:
        average = sum(self.waits) / len(self.waits) if self.waits else 0
        return {
            "QueuePosition": str(self.members.index(waiter) + 1 if waiter in self.members else 0),
            "QueueSid": self.sid,
            "QueueTime": str(int((now - waiter.since).total_seconds())),
            "AvgQueueTime": str(int(average)),
            "CurrentQueueSize": str(len(self.members)),
            "MaxQueueSize": str(self.most),
        }

    def leave(self, waiter: Waiter, now: datetime) -> None:
        if waiter in self.members:
            self.members.remove(waiter)
            self.waits.append((now - waiter.since).total_seconds())


async def enqueue(player: "Player", verb: Verb) -> Request | None:
    """Wait until something ends it; the action is asked once, with how it ended."""
    leg, exchange = player.leg, player.exchange
    room = exchange.queue(verb.text)
    waiter = Waiter(leg, exchange.pace.now(), room)
    document = player.url
    result = "queue-full"
    if len(room.members) < room.most:
        room.members.append(waiter)
        leg.waiter = waiter
        exchange.notice("queued", leg)
        try:
            result = await _wait(player, verb, waiter)
        except (HungUp, Redirected) as end:
            result = "hangup" if isinstance(end, HungUp) else "redirected"
            player.url = document
            player.tell_action(verb, _result(waiter, result, exchange.pace.now()))
            raise
        finally:
            room.leave(waiter, exchange.pace.now())
            leg.waiter = None
            exchange.notice("unqueued", leg)
    player.url = document
    return player.link(verb, extra=_result(waiter, result, exchange.pace.now())) if verb.get("action") else None


def _result(waiter: Waiter, result: str, now: datetime) -> dict[str, str]:
    waited = int((now - waiter.since).total_seconds())
    return {"QueueResult": result, "QueueSid": waiter.room.sid, "QueueTime": str(waited)}


async def _wait(player: "Player", verb: Verb, waiter: Waiter) -> str:
    from hotline.telephony.simulator.player import Left

    try:
        if not verb.get("waitUrl"):
            player.leg.hear("music", "等待音乐")
            await player.leg.wait(None)
        await _hear_wait_document(player, verb, waiter)
    except Left:
        return "leave"
    except (WebhookFault, BadTwiml) as fault:
        player.exchange.courier.meter.error(fault.code, player.url)
        return "error"
    except Dequeued:
        return await _talk(player, waiter)
    return "error"


async def _hear_wait_document(player: "Player", verb: Verb, waiter: Waiter) -> None:
    """Again and again, at most once a second; <Redirect> and <Gather> lead to further wait documents."""
    first = player.link(verb, "waitUrl")
    following: Request | None = first
    while True:
        request = following or first
        told = waiter.room.told(waiter, player.exchange.pace.now())
        started = asyncio.get_running_loop().time()
        verbs = await player.fetch(Request(request.url, request.method, told | request.params))
        if wrong := [found.name for found in verbs if found.name not in ALLOWED]:
            raise BadTwiml(12200, f"<{wrong[0]}> in a wait document")
        following = await player.play(verbs)
        spent = asyncio.get_running_loop().time() - started
        await player.leg.wait(max(0.0, SHORTEST_ROUND - spent * player.exchange.pace.speed))


async def _talk(player: "Player", waiter: Waiter) -> str:
    """Taken out by <Dial><Queue>: hear its document, then talk until either end leaves."""
    bridge = waiter.bridge
    if bridge is None:
        return "system-error"
    waiter.room.leave(waiter, player.exchange.pace.now())
    if waiter.screen:
        await player.once(waiter.screen)
    try:
        await player.leg.wait(None, lambda: bridge.over)
    finally:
        bridge.end()
    return "bridged"
