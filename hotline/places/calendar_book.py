"""The work calendar as it stands in the database: reading, loading a year's notice, changing the hours."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from hotline import audit, clock, db
from hotline.db import session
from hotline.errors import Invalid
from hotline.jobs import Job, enqueue
from hotline.places.calendar import Hours, Window, WorkCalendar
from hotline.places.models import CalendarDay, CalendarYear, WorkWindow

DATA = Path(__file__).with_name("data") / "calendar.json"

Stamp = tuple[str, ...]


@dataclass(frozen=True)
class NoticeDay:
    """One day named by a year's notice."""

    day: date
    is_workday: bool
    name: str


_known: dict[str, tuple[Stamp, WorkCalendar]] = {}


def current() -> WorkCalendar:
    """The calendar now in force; rebuilt when a year was loaded or hours were changed, by whichever process."""
    years = session.execute(select(CalendarYear.year, CalendarYear.loaded_at)).all()
    rows = session.execute(
        select(WorkWindow.valid_from, WorkWindow.valid_to, WorkWindow.start_minute, WorkWindow.end_minute).order_by(
            WorkWindow.valid_from, WorkWindow.start_minute
        )
    ).all()
    stamp = tuple(sorted(str(row) for row in (*years, *rows)))
    where = str(session.get_bind().engine.url)
    known = _known.get(where)
    if known is None or known[0] != stamp:
        days = session.execute(select(CalendarDay.day, CalendarDay.is_workday)).all()
        calendar = WorkCalendar(
            {row.day: row.is_workday for row in days},
            frozenset(row.year for row in years),
            tuple(_hours(rows)),
        )
        known = _known[where] = (stamp, calendar)
    return known[1]


def _hours(rows: Iterable[Any]) -> Iterable[Hours]:
    for (start, end), group in groupby(rows, key=lambda row: (row.valid_from, row.valid_to)):
        yield Hours(start, end, tuple((row.start_minute, row.end_minute) for row in group))


def load_year(year: int, notice: str, days: Iterable[NoticeDay]) -> None:
    """Take in a year's notice, replacing what it said before, and have provisional deadlines counted again."""
    rows = sorted(days, key=lambda row: row.day)
    _check(year, rows)
    session.execute(delete(CalendarDay).where(CalendarDay.notice_year == year))
    for row in rows:
        values = {"is_workday": row.is_workday, "name": row.name, "notice": notice, "notice_year": year}
        upsert = db.insert(CalendarDay).values(day=row.day, **values)
        session.execute(upsert.on_conflict_do_update(index_elements=["day"], set_=values))
    loaded = {"notice": notice, "loaded_at": clock.now()}
    upsert = db.insert(CalendarYear).values(year=year, **loaded)
    session.execute(upsert.on_conflict_do_update(index_elements=["year"], set_=loaded))
    audit.record("calendar.year", f"year:{year}", days=len(rows))
    enqueue(Job.RECOUNT_DEADLINES)


def _check(year: int, rows: list[NoticeDay]) -> None:
    if not rows:
        raise Invalid("放假安排是空的")
    if len({row.day for row in rows}) != len(rows):
        raise Invalid("同一天出现了两次")
    first, last = date(year - 1, 12, 25), date(year, 12, 31)
    strangers = [str(row.day) for row in rows if not first <= row.day <= last]
    if strangers:
        raise Invalid(f"不属于{year}年的放假安排：{'、'.join(strangers[:5])}")


def set_hours(valid_from: date, windows: list[Window], *, valid_to: date | None = None) -> None:
    """Put working windows in force from a day on, or for the days up to `valid_to` (a half day: one day)."""
    ordered = sorted(windows)
    overlapping = any(later[0] < earlier[1] for earlier, later in zip(ordered, ordered[1:], strict=False))
    if not ordered or overlapping or any(not 0 <= opens < closes <= 1440 for opens, closes in ordered):
        raise Invalid("工作时间段有误：每段须先开始后结束，各段不得重叠")
    session.execute(delete(WorkWindow).where(WorkWindow.valid_from == valid_from))
    session.add_all(
        WorkWindow(valid_from=valid_from, valid_to=valid_to, start_minute=opens, end_minute=closes)
        for opens, closes in ordered
    )
    session.flush()
    audit.record("calendar.hours", f"day:{valid_from}", windows=[list(window) for window in ordered])
    enqueue(Job.RECOUNT_DEADLINES)


@lru_cache(maxsize=1)
def reference() -> WorkCalendar:
    """The calendar the product is delivered with, without a database."""
    data = json.loads(DATA.read_text("utf-8"))
    notices = {date.fromisoformat(day): worked for year in data["years"] for day, worked, _ in year["days"]}
    windows = tuple((_minute(row["start"]), _minute(row["end"])) for row in data["windows"])
    start = date.fromisoformat(data["windows"][0]["valid_from"])
    return WorkCalendar(notices, frozenset(year["year"] for year in data["years"]), (Hours(start, None, windows),))


def load() -> None:
    """Load the years and hours the product is delivered with; what is already there stays."""
    data = json.loads(DATA.read_text("utf-8"))
    present = set(session.scalars(select(CalendarYear.year)))
    for year in data["years"]:
        if year["year"] not in present:
            days = (NoticeDay(date.fromisoformat(day), worked, name) for day, worked, name in year["days"])
            load_year(year["year"], year["notice"], days)
    if session.scalar(select(WorkWindow.id).limit(1)) is None:
        start = date.fromisoformat(data["windows"][0]["valid_from"])
        set_hours(start, [(_minute(row["start"]), _minute(row["end"])) for row in data["windows"]])


def _minute(text: str) -> int:
    moment = timedelta(hours=int(text[:2]), minutes=int(text[3:5]))
    return moment // timedelta(minutes=1)
