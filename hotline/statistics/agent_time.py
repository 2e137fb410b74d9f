"""What agents spend their time on: from the stretches of their states, split where an hour or a day ends.

A stretch that still goes on counts up to now. Signed-in time belongs to a person, not to a line, for an agent
serves several at once; what a line costs is in the durations of its calls (`indicators.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, func, literal, select, union_all

from hotline import clock, db
from hotline.db import UTCDateTime, session
from hotline.queues import roster
from hotline.queues.models import AgentInterval, AgentState, Offer, OfferOutcome, Presence, Shift, Waiting
from hotline.statistics.indicators import By, Share

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BUSY = (AgentState.TALKING, AgentState.HOLD, AgentState.WRAP_UP)

Spent = Counter[str]
"""Milliseconds by state and, for breaks, by `break:<reason>`; `signed_in` is the sum of the states. Beside them
`planned` and `kept` milliseconds of the roster, and `offers` and `missed` as counts."""


@dataclass(frozen=True)
class Ratio:
    """An indicator of agents' work, in percent."""

    id: str
    name: str
    formula: str
    of: Callable[[Spent], Share]


RATIOS: dict[str, Ratio] = {
    ratio.id: ratio
    for ratio in (
        Ratio(
            "occupancy",
            "利用率",
            "（通话 + 保持 + 话后整理）÷（签入 − 小休）",
            lambda s: Share(sum(s[state] for state in BUSY), s["signed_in"] - s[AgentState.BREAK]),
        ),
        Ratio(
            "adherence",
            "遵时率",
            "排班时段内的签入时长 ÷ 已到的排班时长",
            lambda s: Share(s["kept"], s["planned"]),
        ),
        Ratio("unanswered", "未应答率", "振铃超时 ÷ 已有结果的振铃", lambda s: Share(s["missed"], s["offers"])),
    )
}


@dataclass(frozen=True)
class Range:
    """The business days `first` to `last`, of everybody or of one agent, of all hours or of one hour of the day."""

    first: date
    last: date
    agent_id: int | None = None
    hour: int | None = None

    @property
    def start(self) -> datetime:
        return clock.day_start(self.first)

    @property
    def end(self) -> datetime:
        return clock.day_start(self.last + timedelta(days=1))

    @property
    def ahead_ms(self) -> int:
        """How far the zone's wall clock is ahead of UTC; whole hours."""
        return int((clock.local(self.start).utcoffset() or timedelta(0)) / timedelta(milliseconds=1))

    @property
    def hours(self) -> range:
        """The hours of the range, numbered as by `hour_number`."""
        return range((_ms(self.start) + self.ahead_ms) // HOUR_MS, (_ms(self.end) + self.ahead_ms) // HOUR_MS)

    def lasts(self, start: datetime, end: datetime) -> int:
        """Milliseconds of a stretch that lie within."""
        pieces = _pieces(max(start, self.start), min(end, self.end), By.HOUR if self.hour is not None else By.AGENT)
        return sum(ms for key, ms in pieces if self.hour in (None, key))


def _ms(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def _pieces(start: datetime, end: datetime, by: By) -> Iterator[tuple[Any, int]]:
    """A stretch cut where an hour (`By.HOUR`) or a day (`By.DAY`) ends: which one, and its milliseconds."""
    while start < end:
        there = clock.local(start)
        if by is By.HOUR:
            key: Any = there.hour
            until = min(end, start.replace(minute=0, second=0, microsecond=0) + HOUR)
        else:
            key = there.date()
            until = min(end, clock.day_start(key + timedelta(days=1))) if by is By.DAY else end
        yield key, _ms(until) - _ms(start)
        start = until


def signed_in(span: Range, now: datetime) -> Subquery:
    """Every signed-in stretch that touches the range, finished or not."""
    finished = select(
        AgentInterval.agent_id,
        AgentInterval.state,
        AgentInterval.reason,
        AgentInterval.started_at,
        AgentInterval.ended_at,
    ).where(
        AgentInterval.state != AgentState.OFFLINE,
        AgentInterval.started_at < span.end,
        AgentInterval.ended_at > span.start,
    )
    over = literal(now, UTCDateTime)
    going_on = select(Presence.agent_id, Presence.state, Presence.reason, Presence.since, over).where(
        Presence.state != AgentState.OFFLINE, Presence.since < min(span.end, now), over > span.start
    )
    if span.agent_id is not None:
        finished = finished.where(AgentInterval.agent_id == span.agent_id)
        going_on = going_on.where(Presence.agent_id == span.agent_id)
    return union_all(finished, going_on).subquery()


def hour_number(at: Any, span: Range, *, before: bool = False) -> ColumnElement[Any]:
    """The hour of a column's instant (of the moment before it), counted from 1970 on the wall clock of the zone."""
    return (db.milliseconds(at) + span.ahead_ms - int(before)) // HOUR_MS


def _key(at: Any, by: By, agent: Any, span: Range) -> Any:
    if by is By.AGENT:
        return agent
    return hour_number(at, span) % 24 if by is By.HOUR else (db.milliseconds(at) + span.ahead_ms) // DAY_MS


def _named(key: Any, by: By) -> Any:
    """What a group is called outside: a day instead of its number."""
    return EPOCH.date() + timedelta(days=int(key)) if by is By.DAY else key


def spent(by: By, span: Range) -> Mapping[Any, Spent]:
    """What the agents did in the range, by account id, hour of the local day, or day."""
    now = clock.now()
    found: dict[Any, Spent] = {}
    for key, state, reason, ms in _timed(by, span, now):
        if ms:
            _note(found.setdefault(key, Counter()), state, reason, ms)
    for shift, away in shifts(span, now):
        for key, ms in _grouped(shift.agent_id, shift.starts_at, min(shift.ends_at, now), by, span):
            found.setdefault(key, Counter()).update(planned=ms, kept=ms)
        for start, end in away:
            for key, ms in _grouped(shift.agent_id, start, end, by, span):
                found[key]["kept"] -= ms
    for key, offers, missed in offered(by, span):
        found.setdefault(key, Counter()).update(offers=offers, missed=missed)
    return dict(sorted(found.items()))


def _note(into: Spent, state: str, reason: str, ms: int) -> None:
    into[state] += ms
    into["signed_in"] += ms
    if state == AgentState.BREAK:
        into[f"break:{reason}"] += ms


def _timed(by: By, span: Range, now: datetime) -> Iterator[tuple[Any, str, str, int]]:
    """Stretches inside one hour, day or range are added up by the database; the few others are cut here."""
    found = signed_in(span, now)
    begin, end = found.c.started_at, found.c.ended_at
    inside = and_(begin >= span.start, end <= span.end)
    if by is not By.AGENT:
        size = HOUR_MS if by is By.HOUR else DAY_MS
        cell = [(db.milliseconds(at) + span.ahead_ms) // size for at in (begin, end)]
        inside = and_(inside, cell[0] == cell[1])
    group = _key(begin, by, found.c.agent_id, span).label("key")
    lasting = (db.milliseconds(end) - db.milliseconds(begin)).label("ms")
    whole = select(group, found.c.state, found.c.reason, lasting).where(inside).subquery()
    columns = whole.c.key, whole.c.state, whole.c.reason
    for key, state, reason, ms in session.execute(select(*columns, func.sum(whole.c.ms)).group_by(*columns)):
        yield _named(key, by), state, reason, int(ms)
    for row in session.execute(select(found).where(~inside)):
        for key, ms in _grouped(row.agent_id, row.started_at, row.ended_at, by, span):
            yield key, row.state, row.reason, ms


def _grouped(agent_id: int, start: datetime, end: datetime, by: By, span: Range) -> Iterator[tuple[Any, int]]:
    for key, ms in _pieces(max(start, span.start), min(end, span.end), by):
        yield (agent_id if by is By.AGENT else key), ms


def shifts(span: Range, now: datetime) -> list[tuple[Shift, list[tuple[datetime, datetime]]]]:
    """Shifts begun by now, each with the stretches inside it in which the agent was not signed in."""
    begun = [shift for shift in roster.planned(span.first, span.last, span.agent_id) if shift.starts_at < now]
    away = _away({shift.agent_id for shift in begun}, now)
    return [(shift, list(_cut(away[shift.agent_id], shift.starts_at, min(shift.ends_at, now)))) for shift in begun]


def _cut(spans: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for begin, until in spans:
        if begin < end and until > start:
            yield max(begin, start), min(until, end)


def _away(agents: set[int], now: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    """When each of these agents was not signed in: before anything was heard of them, and while offline."""
    known = AgentInterval.agent_id.in_(agents)
    first = select(AgentInterval.agent_id, func.min(AgentInterval.started_at)).where(known)
    heard = {row[0]: row[1] for row in session.execute(first.group_by(AgentInterval.agent_id))}
    present = session.execute(select(Presence).where(Presence.agent_id.in_(agents))).scalars()
    now_is = {row.agent_id: row for row in present}
    away: dict[int, list[tuple[datetime, datetime]]] = {}
    for agent_id in agents:
        here = now_is.get(agent_id)
        away[agent_id] = [(EPOCH, heard.get(agent_id) or (here.since if here else now))]
        if here and here.state is AgentState.OFFLINE:
            away[agent_id].append((here.since, now))
    offline = select(AgentInterval).where(known, AgentInterval.state == AgentState.OFFLINE)
    for row in session.scalars(offline):
        away[row.agent_id].append((row.started_at, row.ended_at))
    return away


def of_offers(span: Range) -> ColumnElement[bool]:
    found = and_(Offer.outcome != OfferOutcome.OPEN, Offer.offered_at >= span.start, Offer.offered_at < span.end)
    if span.agent_id is not None:
        found = and_(found, Offer.agent_id == span.agent_id)
    if span.hour is not None:
        found = and_(found, hour_number(Offer.offered_at, span) % 24 == span.hour)
    return found


def offered(by: By, span: Range) -> Iterator[tuple[Any, int, int]]:
    """Offers that came to an end and those that rang out, by line code, account id, hour or day of the offer."""
    group = Waiting.line if by is By.LINE else _key(Offer.offered_at, by, Offer.agent_id, span)
    each = select(group.label("key"), Offer.outcome).join(Waiting, Waiting.id == Offer.waiting_id)
    found = each.where(of_offers(span)).subquery()
    missed = func.count().filter(found.c.outcome == OfferOutcome.MISSED)
    for key, ended, rang_out in session.execute(select(found.c.key, func.count(), missed).group_by(found.c.key)):
        yield _named(key, by), ended, rang_out
