"""排班: when each agent is planned to be signed in, a plan per agent and day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from sqlalchemy import delete, select

from hotline import audit, clock, db
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.people import service as people
from hotline.people.models import Account, Role
from hotline.queues.models import Shift
from hotline.sheets import read_table

LONGEST = timedelta(hours=16)
COLUMNS = ("工号", "日期", "上班", "下班")
TOLD = 10
"""How many wrong rows of a file are told at once."""


@dataclass(frozen=True)
class Span:
    """A planned stretch of one day, on the wall clock; an end at or before the start is on the next day."""

    starts: time
    ends: time

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        last = day + timedelta(days=1) if self.ends <= self.starts else day
        begin = clock.at_local(day, self.starts.hour, self.starts.minute)
        end = clock.at_local(last, self.ends.hour, self.ends.minute)
        if end - begin > LONGEST:
            raise Invalid("一个班次不超过16小时", fields={"ends": ["距上班超过16小时"]})
        return begin, end


def planned(first: date, last: date, agent_id: int | None = None) -> list[Shift]:
    """Shifts that touch the days `first` to `last`, in the order they begin."""
    start, end = clock.day_start(first), clock.day_start(last + timedelta(days=1))
    statement = select(Shift).where(
        Shift.day >= first - timedelta(days=1), Shift.starts_at < end, Shift.ends_at > start
    )
    if agent_id is not None:
        statement = statement.where(Shift.agent_id == agent_id)
    return list(session.scalars(statement.order_by(Shift.starts_at, Shift.agent_id)))


def agents() -> Sequence[Account]:
    """Who can be planned: whoever works at a desk and has an agent number."""
    desks = {each.id: each for role in (Role.AGENT, Role.SUPERVISOR) for each in people.listing(role=role)}
    return sorted((each for each in desks.values() if each.agent_no), key=lambda each: each.agent_no or "")


def add(agent_id: int, day: date, span: Span) -> None:
    """One more shift of an agent's day. Raises Invalid, Conflict, NotFound."""
    if agent_id not in {each.id for each in agents()}:
        raise NotFound("没有这位坐席")
    kept = [(shift.starts_at, shift.ends_at) for shift in _of(agent_id, day)]
    _write(agent_id, day, [*kept, span.bounds(day)])


def remove(shift_id: int) -> Shift:
    """Take one shift out of the plan."""
    db.lock("roster")
    shift = session.get(Shift, shift_id)
    if shift is None:
        raise NotFound("没有这个班次")
    rest = [each for each in _of(shift.agent_id, shift.day) if each.id != shift.id]
    session.expunge(shift)
    _write(shift.agent_id, shift.day, [(each.starts_at, each.ends_at) for each in rest])
    return shift


def _of(agent_id: int, day: date) -> list[Shift]:
    return list(session.scalars(select(Shift).where(Shift.agent_id == agent_id, Shift.day == day)))


def _write(agent_id: int, day: date, wanted: Iterable[tuple[datetime, datetime]]) -> None:
    """Replace the plan of one agent's day; shifts of one agent never overlap, those of the days beside it included."""
    db.lock("roster")
    spans = sorted(wanted)
    near = select(Shift.starts_at, Shift.ends_at).where(
        Shift.agent_id == agent_id, Shift.day.in_([day - timedelta(days=1), day + timedelta(days=1)])
    )
    around = sorted([*spans, *((row.starts_at, row.ends_at) for row in session.execute(near))])
    if any(later[0] < earlier[1] for earlier, later in zip(around, around[1:], strict=False)):
        raise Conflict(f"{day} 的班次与同一坐席的其他班次重叠")
    session.execute(delete(Shift).where(Shift.agent_id == agent_id, Shift.day == day))
    session.add_all(Shift(agent_id=agent_id, day=day, starts_at=start, ends_at=end) for start, end in spans)
    session.flush()
    told = [f"{clock.local(start):%H:%M}-{clock.local(end):%H:%M}" for start, end in spans]
    audit.record("roster.plan", f"account:{agent_id}", day=str(day), shifts=told)


def load(stream: BinaryIO, filename: str) -> int:
    """Plans from a table of 工号, 日期, 上班, 下班: each agent's day named there is replaced, all or nothing.

    How many shifts were read. Raises Invalid with the rows that are wrong.
    """
    table = read_table(stream, filename)
    if missing := [name for name in COLUMNS if name not in table.header]:
        raise Invalid(f"缺少列：{'、'.join(missing)}（应有{'、'.join(COLUMNS)}）", fields={"file": ["表头不对"]})
    places = [table.header.index(name) for name in COLUMNS]
    numbers = {each.agent_no or "": each.id for each in agents()}
    plan: dict[tuple[int, date], list[tuple[datetime, datetime]]] = {}
    wrong: list[str] = []
    for number, row in enumerate(table.rows, 2):
        try:
            agent_id, day, bounds = _row([row[place] for place in places], numbers)
            plan.setdefault((agent_id, day), []).append(bounds)
        except (Invalid, ValueError) as fault:
            wrong.append(f"第{number}行：{fault.message if isinstance(fault, Invalid) else '日期或时间写法不对'}")
    if wrong:
        raise Invalid(f"{len(wrong)} 行不对，一行也没有导入", fields={"file": wrong[:TOLD]})
    for agent_id, day in plan:
        session.execute(delete(Shift).where(Shift.agent_id == agent_id, Shift.day == day))
    for (agent_id, day), spans in sorted(plan.items()):
        _write(agent_id, day, spans)
    return sum(map(len, plan.values()))


def _row(cells: list[str], numbers: dict[str, int]) -> tuple[int, date, tuple[datetime, datetime]]:
    agent_no, day_text, starts, ends = cells
    if agent_no not in numbers:
        raise Invalid(f"没有工号 {agent_no[:12]} 的坐席")
    day = date.fromisoformat(day_text)
    if day.year not in clock.YEARS:
        raise ValueError(day_text)
    return numbers[agent_no], day, Span(time.fromisoformat(starts), time.fromisoformat(ends)).bounds(day)
