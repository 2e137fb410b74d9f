"""The call row as a pure fold of its events: any order, any repetition, the same row.

Nothing here depends on the order of arrival. Starts and ends are paired by the numbers that events carry
(turn, stint, hold), single facts by the smallest `(at, key)`, and a terminal state, once told, sticks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hotline.calls.events import TERMINAL, Event
from hotline.calls.models import CallState, Outcome
from hotline.calls.models import EventKind as K


@dataclass(frozen=True)
class Folded:
    """What the events of one call amount to. Durations in whole milliseconds, never negative."""

    state: CallState
    outcome: Outcome
    offered_at: datetime
    queued_at: datetime | None
    connected_at: datetime | None
    talk_ended_at: datetime | None
    wrapped_at: datetime | None
    ended_at: datetime | None
    queue: str
    menu_path: str
    agent_id: int | None
    wait_ms: int | None
    talk_ms: int | None
    hold_ms: int | None
    wrap_ms: int | None
    satisfaction: int | None
    event_count: int


@dataclass(frozen=True)
class Span:
    """A stretch of time that may still be open."""

    start: datetime
    end: datetime | None

    def until(self, limit: datetime | None) -> "Span":
        """The same stretch, ended by `limit` at the latest."""
        ends = [at for at in (self.end, limit) if at is not None]
        return Span(self.start, max(min(ends), self.start) if ends else None)

    @property
    def ms(self) -> int:
        return int((self.end - self.start) / timedelta(milliseconds=1)) if self.end else 0


class _Events:
    """The distinct events of a call, sorted so that every choice below is made the same way each time."""

    def __init__(self, events: Iterable[Event]) -> None:
        distinct = {event.key: event for event in sorted(events, key=lambda e: (e.at, e.key), reverse=True)}
        self.all = sorted(distinct.values(), key=lambda e: (e.at, e.key))

    def of(self, *kinds: K) -> list[Event]:
        return [event for event in self.all if event.kind in kinds]

    def has(self, kind: K) -> bool:
        return any(event.kind is kind for event in self.all)

    def first_at(self, *kinds: K) -> datetime | None:
        found = self.of(*kinds)
        return found[0].at if found else None

    def spans(self, start: K, end: K, *names: str) -> dict[Any, Span]:
        """Starts and ends paired by the numbers in `names`; an end without its start opens nothing."""
        ends: dict[Any, datetime] = {}
        for event in self.of(end):
            ends.setdefault(tuple(event.data.get(name) for name in names), event.at)
        found: dict[Any, Span] = {}
        for event in self.of(start):
            number = tuple(event.data.get(name) for name in names)
            end_at = ends.get(number)
            found.setdefault(number, Span(event.at, max(end_at, event.at) if end_at else None))
        return found


def fold(events: Iterable[Event]) -> Folded:
    """Fold the events of one call, of which there is at least one. Raises ValueError without any."""
    told = _Events(events)
    if not told.all:
        raise ValueError("a call has at least one event")
    offered_at = told.first_at(K.OFFERED) or told.all[0].at
    stints = told.spans(K.CONNECTED, K.AGENT_LEFT, "stint")
    connected = told.of(K.CONNECTED)
    queued = told.of(K.QUEUED)
    ended_at = _ended_at(told, offered_at)
    talks = [span.until(ended_at) for span in stints.values()]
    talk_ended_at = max((span.end for span in talks if span.end), default=None)
    if any(span.end is None for span in talks):
        talk_ended_at = None
    holds = _holds(told, stints, ended_at)
    wrapped_at = max((event.at for event in told.of(K.WRAPPED)), default=None)
    surveyed = told.of(K.SURVEYED)
    queued_at = queued[0].at if queued else None
    connected_at = connected[0].at if connected else None
    return Folded(
        state=_state(told, talks, ended_at),
        outcome=_outcome(told, ended_at),
        offered_at=offered_at,
        queued_at=queued_at,
        connected_at=connected_at,
        talk_ended_at=talk_ended_at,
        wrapped_at=wrapped_at,
        ended_at=ended_at,
        queue=_queue(told),
        menu_path=_menu_path(told),
        agent_id=max(connected, key=lambda e: (e.data.get("stint", 0), e.key)).data["agent"] if connected else None,
        wait_ms=_ms(queued_at, connected_at or ended_at),
        talk_ms=max(_union_ms(talks) - sum(span.ms for span in holds), 0) if talks else None,
        hold_ms=sum(span.ms for span in holds) if talks else None,
        wrap_ms=_ms(talk_ended_at, wrapped_at),
        satisfaction=surveyed[-1].data.get("score") if surveyed else None,
        event_count=len(told.all),
    )


def _queue(told: _Events) -> str:
    """The last line the caller waited in; without one, the line that a message or a call-back of the menu is for."""
    queued = told.of(K.QUEUED)
    if queued:
        return str(max(queued, key=lambda e: (e.data.get("turn", 0), e.key)).data.get("queue", ""))
    return next((str(e.data["line"]) for e in told.of(K.VOICEMAIL, K.CALLBACK_ASKED) if e.data.get("line")), "")


def _ended_at(told: _Events, offered_at: datetime) -> datetime | None:
    """The first terminal report of the caller's leg, but never before the call was offered or answered.

    The provider's times have a resolution of one second, ours of microseconds, so that an end can be
    told as earlier than the answer it follows.
    """
    terminal = [e.at for e in told.of(K.LEG_STATUS, K.RECONCILED) if e.data.get("status") in TERMINAL]
    if not terminal:
        return None
    floors = [offered_at, *(event.at for event in told.of(K.QUEUED, K.CONNECTED))]
    return max(min(terminal), *floors)


def _holds(told: _Events, stints: dict[Any, Span], ended_at: datetime | None) -> list[Span]:
    holds = told.spans(K.HELD, K.RESUMED, "stint", "n")
    found = []
    for (stint, _n), span in holds.items():
        talk = stints.get((stint,))
        limit = talk.until(ended_at).end if talk else ended_at
        found.append(span.until(limit))
    return found


def _union_ms(spans: list[Span]) -> int:
    """Milliseconds covered by any of the spans; two agents at once (三方通话) count once."""
    total, reached = 0, None
    for span in sorted((s for s in spans if s.end), key=lambda s: s.start):
        assert span.end is not None  # noqa: S101  filtered above
        start = max(span.start, reached) if reached else span.start
        total += max(Span(start, max(span.end, start)).ms, 0)
        reached = max(span.end, reached) if reached else span.end
    return total


def _state(told: _Events, talks: list[Span], ended_at: datetime | None) -> CallState:
    if ended_at:
        return CallState.ENDED
    if any(span.end is None for span in talks):
        return CallState.TALKING
    resolved = {event.data.get("turn") for event in told.of(K.CONNECTED, K.QUEUE_LEFT)}
    if any(event.data.get("turn") not in resolved for event in told.of(K.QUEUED)):
        return CallState.QUEUED
    if talks:
        return CallState.CLOSING
    return CallState.MENU if told.of(K.MENU_KEY, K.SERVED, K.QUEUED) else CallState.OFFERED


_OUTCOMES: tuple[tuple[K, Outcome], ...] = (
    (K.BLOCKED, Outcome.BLOCKED),
    (K.VOICEMAIL, Outcome.VOICEMAIL),
    (K.CALLBACK_ASKED, Outcome.CALLBACK),
    (K.QUEUED, Outcome.ABANDONED),
    (K.SERVED, Outcome.SELF_SERVICE),
    (K.CLOSED_HOURS, Outcome.CLOSED_HOURS),
)


def _outcome(told: _Events, ended_at: datetime | None) -> Outcome:
    """Answered as soon as a person talks; everything else is known only when the caller has gone."""
    if told.has(K.CONNECTED):
        return Outcome.ANSWERED
    if not ended_at:
        return Outcome.OPEN
    for kind, outcome in _OUTCOMES:
        if told.has(kind):
            return outcome
    if any(event.data.get("blocked") for event in told.of(K.OFFERED)):
        return Outcome.BLOCKED
    failed = any(e.data.get("status") == "failed" for e in told.of(K.LEG_STATUS, K.RECONCILED))
    return Outcome.FAILED if failed else Outcome.MENU_HANGUP


def _menu_path(told: _Events) -> str:
    keys = sorted(told.of(K.MENU_KEY), key=lambda e: (e.data.get("n", 0), e.key))
    return ">".join(str(event.data.get("key", "")) for event in keys)[:60]


def _ms(start: datetime | None, end: datetime | None) -> int | None:
    if start is None or end is None:
        return None
    return max(Span(start, end).ms, 0)
