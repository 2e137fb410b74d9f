"""What became of each caller, as the simulator itself saw and heard it."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.legs import Leg

SILENCE_SECONDS = 20.0
LOOK_SECONDS = 0.5


class Ending(StrEnum):
    """Exactly one per caller."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    LEFT_QUEUE = "left_queue"
    SELF_SERVICE = "self_service"
    MENU_HANGUP = "menu_hangup"
    UNANSWERED = "unanswered"
    LOST = "lost"


@dataclass(eq=False)
class Course:
    """One caller's call."""

    leg: Leg
    queued: bool = False
    waiting_at_end: bool = False
    connected: bool = False
    most_agents: int = 0
    broken: bool = False
    heard_after_queue: bool = False
    silent_since: float | None = None
    silent: bool = False

    @property
    def double(self) -> bool:
        return self.most_agents > 1

    def ending(self, messages: set[str]) -> Ending:
        leg = self.leg
        if not leg.over or self.broken:
            return Ending.LOST
        if self.connected:
            return Ending.ANSWERED
        if leg.answered_at is None:
            return Ending.UNANSWERED
        if leg.sid in messages:
            return Ending.VOICEMAIL
        if not self.queued:
            return Ending.MENU_HANGUP if leg.hung_up_first else Ending.SELF_SERVICE
        if leg.hung_up_first:
            return Ending.ABANDONED
        return Ending.LEFT_QUEUE if self.heard_after_queue else Ending.LOST


def partners(leg: Leg) -> list[Leg]:
    """The agents that a caller and they can hear each other: not aside, not held, not vanished."""
    here = leg.participant
    if here is None:
        return []
    return [
        other.leg
        for other in here.room.members.values()
        if other.leg is not leg
        and other.leg.identity
        and other.audible
        and not other.coaching
        and not other.leg.vanished
    ]


class Witness:
    """Attach before the first call."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.courses: dict[str, Course] = {}
        exchange.watchers.append(self._notice)

    def follow(self, leg: Leg) -> Course:
        self.courses[leg.sid] = Course(leg)
        return self.courses[leg.sid]

    def leave(self) -> None:
        self.exchange.watchers.remove(self._notice)

    def _notice(self, what: str, leg: Leg) -> None:
        room = leg.participant.room if leg.participant else None
        for member in list(room.members.values()) if room else []:
            if course := self.courses.get(member.leg.sid):
                count = len(partners(member.leg))
                course.most_agents = max(course.most_agents, count)
                course.connected |= count > 0
        course = self.courses.get(leg.sid)
        if course is None:
            return
        course.broken |= what == "error"
        course.queued |= what == "queued"
        if what == "queued":
            course.heard_after_queue = False
        elif what == "heard":
            course.heard_after_queue |= course.queued and leg.waiter is None

    async def listen(self) -> None:
        """Looks for callers who hear nothing at all."""
        while True:
            now = asyncio.get_running_loop().time()
            for course in self.courses.values():
                self._check_silence(course, now)
            await asyncio.sleep(LOOK_SECONDS)

    def _check_silence(self, course: Course, now: float) -> None:
        leg = course.leg
        audible = now < leg.audible_until or bool(partners(leg)) or (leg.participant and leg.participant.held)
        if leg.over or leg.answered_at is None or audible:
            course.silent_since = None
        elif course.silent_since is None:
            course.silent_since = now
        elif now - course.silent_since > SILENCE_SECONDS:
            course.silent = True

    def endings(self) -> Counter[str]:
        messages = {each.leg.sid for each in self.exchange.recordings.values() if each.source == "RecordVerb"}
        found = Counter(course.ending(messages).value for course in self.courses.values())
        return Counter({ending.value: found[ending.value] for ending in Ending})

    def references(self, ending: Ending) -> Iterable[str]:
        messages = {each.leg.sid for each in self.exchange.recordings.values() if each.source == "RecordVerb"}
        return [sid for sid, course in self.courses.items() if course.ending(messages) is ending]
