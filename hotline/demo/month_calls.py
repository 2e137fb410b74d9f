"""Invented calls of a month: whole histories that fold and settle to the categories asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from hotline import clock
from hotline.calls.events import Event
from hotline.calls.intake import History
from hotline.calls.models import Category, InvalidType
from hotline.calls.models import EventKind as K

PROVIDER = "demo"
LINE_OF = {
    Category.CONSULTATION: "consult",
    Category.COMPLAINT: "complaint",
    Category.PHONE_BOOKING: "booking",
    Category.CRISIS: "crisis",
}
BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 12, 40, 52, 50, 38, 18, 26, 44, 46, 40, 28, 14, 10, 9, 7, 5, 3)
BY_WEEKDAY = (12, 11, 10, 10, 10, 6, 5)
UNHEARD = (("abandoned", 40), ("menu", 15), ("voicemail", 4), ("invalid", 8))
"""Calls beside the accepted ones, per thousand of them: a month without any would not be believed."""


@dataclass(frozen=True)
class Invented:
    """One call to be: how it ends, and the category its agent will have chosen."""

    ending: str
    category: Category | None = None
    invalid: InvalidType | None = None


def wanted(categories: dict[Category, int]) -> list[Invented]:
    """The accepted calls asked for, and the others that belong to a month."""
    calls = [
        Invented("served" if category is Category.IVR else "answered", category)
        for category, count in categories.items()
        for _ in range(count)
    ]
    kinds = list(InvalidType)
    for ending, share in UNHEARD:
        for n in range(len(calls) * share // 1000):
            invalid = kinds[n % len(kinds)] if ending == "invalid" else None
            calls.append(Invented("answered" if invalid else ending, None, invalid))
    return calls


class Month:
    """Draws instants of a month: busy mornings, quiet nights, fewer calls at the weekend."""

    def __init__(self, days: Sequence[date], random: Random) -> None:
        self.days, self.random = days, random
        self.weights = [BY_WEEKDAY[day.weekday()] for day in days]

    def instants(self, count: int) -> list[datetime]:
        days = self.random.choices(self.days, self.weights, k=count)
        hours = self.random.choices(range(24), BY_HOUR, k=count)
        return [
            clock.at_local(day, hour) + timedelta(seconds=self.random.uniform(0, 3599.9))
            for day, hour in zip(days, hours, strict=True)
        ]


def histories(
    calls: Sequence[Invented], instants: Sequence[datetime], agents: Sequence[int], random: Random, batch: str
) -> Iterator[tuple[Invented, int, History]]:
    """Each call with the agent who took it (0: nobody) and its history, in order of time."""
    for number, (at, call) in enumerate(zip(sorted(instants), calls, strict=True)):
        agent = random.choice(agents) if call.ending == "answered" else 0
        ref = f"{batch}-{number:06d}"
        yield (
            call,
            agent,
            History(
                provider=PROVIDER,
                provider_ref=ref,
                events=tuple(_events(ref, call, at, agent, random)),
                caller=f"1380000{random.randrange(10_000):04d}",
                called="12320",
                category=call.category if call.ending == "answered" else None,
                invalid_type=call.invalid,
            ),
        )


def _events(ref: str, call: Invented, at: datetime, agent: int, random: Random) -> Iterator[Event]:
    def event(kind: K, after: float, **data: object) -> Event:
        return Event(f"{ref}:{kind}", kind, at + timedelta(seconds=after), data)

    yield event(K.OFFERED, 0)
    menu = random.uniform(4, 14)
    end = menu
    if call.ending == "served":
        yield event(K.SERVED, menu, node="vaccines")
        end = menu + random.uniform(20, 120)
    elif call.ending != "menu":
        line = LINE_OF.get(call.category, "general") if call.category else "general"
        yield event(K.QUEUED, menu, queue=line, turn=1)
        end = menu + min(random.expovariate(1 / 9), 240)
    if call.ending == "answered":
        stint = {"agent": agent, "stint": 1, "turn": 1}
        yield event(K.CONNECTED, end, **stint)
        end += random.uniform(20, 420)
        yield event(K.AGENT_LEFT, end, **stint, finished=True)
        yield event(K.WRAPPED, end + random.uniform(5, 60), agent=agent)
    elif call.ending == "voicemail":
        yield event(K.VOICEMAIL, end)
    yield event(K.LEG_STATUS, end, status="completed", seconds=int(end))
