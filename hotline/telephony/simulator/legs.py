"""What the simulator knows: legs, and what their ends hear."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from hotline.telephony.simulator.pace import Pace

if TYPE_CHECKING:
    from hotline.telephony.simulator.rooms import Participant
    from hotline.telephony.simulator.waiting import Waiter

OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


class Sids:
    """Twilio's 34-character ids, the same for the same seed."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def make(self, prefix: str) -> str:
        return f"{prefix}{self.random.getrandbits(128):032x}"


class Interruption(Exception):
    """Something else happened to a leg while it was busy."""


class HungUp(Interruption):
    """The leg is over. `status` is how."""

    def __init__(self, status: str = "completed") -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Request:
    """The next document to ask for."""

    url: str
    method: str = "POST"
    params: dict[str, str] = field(default_factory=dict)


class Redirected(Interruption):
    """REST gave the leg another document."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.url)
        self.request = request


class Dequeued(Interruption):
    """Another leg took this one out of the waiting room."""


@dataclass(frozen=True)
class Line:
    """Something heard or done at one end. `kind`: say, play, music, key, speech, talk, note."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True)
class StatusHook:
    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass(eq=False)
class Leg:
    """One connection between Twilio and a phone, a browser or a SIP end."""

    sid: str
    caller: str
    called: str
    direction: str
    pace: Pace
    created_at: datetime
    parent: "Leg | None" = None
    fallback: str = ""
    hook: StatusHook | None = None
    custom: dict[str, str] = field(default_factory=dict)
    status: str = "queued"
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    lines: list[Line] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    speech: list[tuple[str, float]] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    sequence: int = 0
    interruption: Interruption | None = None
    participant: "Participant | None" = None
    waiter: "Waiter | None" = None
    peer: "Leg | None" = None
    vanished: bool = False
    picked_up: bool = False
    microphone: bool = True
    hung_up_first: bool = False
    audible_until: float = 0.0
    ready: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def identity(self) -> str:
        """Of a browser leg; empty otherwise."""
        address = self.caller if self.direction == "inbound" else self.called
        return address.removeprefix("client:") if address.startswith("client:") else ""

    @property
    def seconds(self) -> int:
        if not (self.answered_at and self.ended_at):
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())

    def hear(self, kind: str, text: str) -> None:
        self.lines.append(Line(self.pace.now(), kind, text))

    def poke(self) -> None:
        """Something this leg may be waiting for has changed."""
        self.wake.set()

    def interrupt(self, interruption: Interruption) -> None:
        """The first hang-up sticks; otherwise the latest word counts."""
        if not isinstance(self.interruption, HungUp):
            self.interruption = interruption
        self.poke()

    def check(self) -> None:
        """Raise what has happened meanwhile."""
        if self.interruption:
            happened, self.interruption = self.interruption, None
            raise happened

    async def wait(self, seconds: float | None, ready: Callable[[], bool] = lambda: False) -> bool:
        """Until `ready` (True) or for `seconds` (False); raises what happens to the leg meanwhile."""
        loop = asyncio.get_running_loop()
        deadline = None if seconds is None else loop.time() + self.pace.real(seconds)
        while True:
            self.check()
            if ready():
                return True
            if deadline is not None and loop.time() >= deadline:
                return False
            self.wake.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self.wake.wait()
            except TimeoutError:
                continue
