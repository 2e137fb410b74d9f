"""The fake Twilio's switchboard: legs come and go, and everything that happens is told to the house."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from random import Random
from typing import Any

from hotline.config import Config
from hotline.telephony.simulator import webhooks
from hotline.telephony.simulator.courier import Courier
from hotline.telephony.simulator.faults import Fate, Faults
from hotline.telephony.simulator.legs import HungUp, Leg, Redirected, Request, Sids, StatusHook
from hotline.telephony.simulator.pace import Pace
from hotline.telephony.simulator.player import Player
from hotline.telephony.simulator.recordings import Recording
from hotline.telephony.simulator.rooms import Room
from hotline.telephony.simulator.transport import Transport
from hotline.telephony.simulator.waiting import WaitingRoom
from hotline.telephony.twilio.paths import Addresses

Phone = Callable[[Leg], None]
"""What happens at an address when it rings; it may pick up, decline, or let it ring."""
PICK_UP_SECONDS = 4.0
VANISHED_SECONDS = 10.0


class Exchange:
    """One account with one number, `config.line_number`, and one TwiML App for browsers."""

    def __init__(
        self,
        config: Config,
        transport: Transport,
        *,
        seed: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
    ) -> None:
        self.config = config
        self.account = config.twilio_account_sid
        self.at = Addresses(config.public_base_url)
        self.random = Random(seed)
        self.sids = Sids(self.random)
        self.pace = Pace(speed)
        self.fate = Fate(faults or Faults(), self.random)
        self.courier = Courier(transport, config.twilio_auth_tokens[0], self.sids, self.pace, self.fate, self.spawn)
        self.legs: dict[str, Leg] = {}
        self.rooms: dict[str, Room] = {}
        self.queues: dict[str, WaitingRoom] = {}
        self.recordings: dict[str, Recording] = {}
        self.phones: dict[str, Phone] = {}
        self.watchers: list[Callable[[str, Leg], None]] = []
        self.failures: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_event_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            self.failures.append(failure)

    async def close(self) -> None:
        """Cut everything."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def notice(self, what: str, leg: Leg) -> None:
        for watcher in self.watchers:
            watcher(what, leg)

    # What people do

    def dial(self, caller: str) -> Leg:
        """Somebody calls the number."""
        leg = self._leg(caller, self.config.line_number, "inbound")
        leg.fallback = self.at.control("/phone/fallback")
        leg.hook = StatusHook(self.at.status("/phone/status"))
        leg.status = "ringing"
        self.spawn(self._live(leg, Request(self.at.control("/phone/voice"))))
        return leg

    def connect_browser(self, identity: str, params: dict[str, str]) -> Leg:
        """A softphone connects: the TwiML App's voice URL is asked, with what the page passed."""
        leg = self._leg(f"client:{identity}", "", "inbound")
        leg.custom = params
        leg.fallback = self.at.control("/phone/fallback")
        leg.status = "ringing"
        self.spawn(self._live(leg, Request(self.at.control("/phone/agent"))))
        return leg

    def press(self, leg: Leg, keys: str) -> None:
        for key in keys:
            leg.keys.append(key)
            leg.hear("key", key)
        leg.poke()

    def speak(self, leg: Leg, text: str, seconds: float = 2.0) -> None:
        """Into the menu or a recording, and to whoever is in the same room."""
        if not leg.microphone:
            return
        leg.hear("speech", text)
        leg.speech.append((text, seconds))
        leg.poke()
        if leg.participant:
            leg.participant.room.spread(leg, text)
        if leg.peer:
            leg.peer.hear("talk", text)

    def hang_up(self, leg: Leg) -> None:
        if not leg.over:
            leg.hung_up_first = True
            leg.interrupt(HungUp())

    def vanish(self, leg: Leg) -> None:
        """The browser is gone without a word; the provider notices only after a while."""
        leg.vanished = True

        async def notice_it() -> None:
            await self.pace.sleep(VANISHED_SECONDS)
            self.hang_up(leg)

        self.spawn(notice_it())

    def pick_up(self, leg: Leg) -> None:
        leg.picked_up = True
        leg.poke()

    def decline(self, leg: Leg) -> None:
        leg.interrupt(HungUp("busy"))

    # What the house asks over REST

    def originate(self, caller: str, called: str, then: Request, hook: StatusHook | None, seconds: float) -> Leg:
        leg = self._leg(caller, called, "outbound-api")
        leg.hook = hook
        self.spawn(self.ring(leg, seconds, then))
        return leg

    def redirect(self, leg: Leg, request: Request) -> None:
        leg.interrupt(Redirected(request))

    # What players use

    def child(self, parent: Leg, endpoint: str, caller: str, hook: StatusHook | None) -> Leg:
        leg = self._leg(caller, endpoint, "outbound-dial")
        leg.parent, leg.hook = parent, hook
        return leg

    async def ring(self, leg: Leg, seconds: float, then: Request | None, screen: Request | None = None) -> None:
        """A leg to an outside end: rings, is answered, plays `then` or waits beside its parent."""
        status = "failed"
        try:
            for step in ("initiated", "ringing"):
                self.advance(leg, step)
                await leg.wait(0.2)
            self._phone(leg.called)(leg)
            if not await leg.wait(seconds, lambda: leg.picked_up):
                raise HungUp("no-answer")
            self.advance(leg, "in-progress")
            if screen:
                await Player(self, leg).once(screen)
            leg.ready = True
            if leg.parent:
                leg.parent.poke()
            await (Player(self, leg).run(then) if then else leg.wait(None))
            status = "completed"
        except HungUp as end:
            status = end.status
        finally:
            self.finish(leg, status)

    def advance(self, leg: Leg, status: str) -> None:
        """The leg has come further; whoever asked is told."""
        if leg.status == status or leg.over:
            return
        leg.status = status
        if status == "in-progress":
            leg.answered_at = self.pace.now()
        event = {"in-progress": "answered"}.get(status, "completed" if leg.over else status)
        if leg.hook and event in leg.hook.events:
            at = self.pace.now()
            params = webhooks.about_leg(leg, self.account, self.config.twilio_app_sid) | webhooks.progress(leg, at)
            leg.sequence += 1
            self.courier.tell(leg.hook.url, leg.hook.method, params, leg)

    def finish(self, leg: Leg, status: str) -> None:
        if leg.answered_at is None and status == "completed":
            status = "no-answer" if leg.direction == "inbound" else "canceled"
        leg.ended_at = self.pace.now()
        for recording in self.recordings.values():
            if recording.leg is leg and recording.running:
                self.stop_recording(recording)
        self.advance(leg, status)
        leg.hear("note", "通话结束")
        self.notice("ended", leg)
        for other in (leg.parent, leg.peer):
            if other:
                other.poke()

    def room(self, name: str) -> Room:
        """The live room of that name, or a new one: a name in use merges its callers."""
        for room in self.rooms.values():
            if room.name == name and not room.ended_at:
                return room
        room = Room(self, self.sids.make("CF"), name, self.pace.now())
        self.rooms[room.sid] = room
        return room

    def queue(self, name: str) -> WaitingRoom:
        if name not in self.queues:
            self.queues[name] = WaitingRoom(self.sids.make("QU"), name, self.pace.now())
        return self.queues[name]

    def start_recording(
        self, leg: Leg, source: str, channels: int, hook: StatusHook | None, room_sid: str = ""
    ) -> Recording:
        sid = self.sids.make("RE")
        url = f"https://api.twilio.com/{webhooks.API}/Accounts/{self.account}/Recordings/{sid}"
        recording = Recording(sid, leg, source, channels, self.pace.now(), url, hook, room_sid)
        self.recordings[sid] = recording
        return recording

    def stop_recording(self, recording: Recording) -> None:
        """The file is ready a moment later, then its callback is sent."""
        recording.finish(self.pace.now())
        hook = recording.hook
        if hook and recording.status in hook.events:
            self.courier.tell(hook.url, hook.method, webhooks.about_recording(recording, self.account), recording.leg)

    def live(self) -> Iterator[Leg]:
        return (leg for leg in self.legs.values() if not leg.over)

    def _leg(self, caller: str, called: str, direction: str) -> Leg:
        leg = Leg(self.sids.make("CA"), caller, called, direction, self.pace, self.pace.now())
        self.legs[leg.sid] = leg
        return leg

    async def _live(self, leg: Leg, request: Request) -> None:
        status = "failed"
        try:
            await Player(self, leg).run(request)
            status = "completed"
        except HungUp as end:
            status = end.status
        finally:
            self.finish(leg, status)

    def _phone(self, called: str) -> Phone:
        """Behind an address, by the number in it where no phone has the address itself."""
        number = re.sub(r"^sips?:|@.*$", "", called).removeprefix("+86")
        return self.phones.get(called) or self.phones.get(number, self._usual_phone)

    def _usual_phone(self, leg: Leg) -> None:
        """Numbers pick up after a few rings; a browser nobody sits at only rings."""
        if leg.called.startswith("client:"):
            return

        async def answer() -> None:
            await self.pace.sleep(PICK_UP_SECONDS)
            self.pick_up(leg)

        self.spawn(answer())
