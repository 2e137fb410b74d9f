"""The work calendar: a year at a glance, its notice, the working hours."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.places import calendar_book, notices
from hotline.places.calendar import Window
from hotline.places.calendar_book import NoticeDay
from hotline.places.models import CalendarDay, CalendarYear, WorkWindow
from hotline.sheets.reading import read_table
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door

_WINDOW = re.compile(r"(\d{1,2}):(\d{2})[-–~至](\d{1,2}):(\d{2})")


class YearQuery(Schema):
    year = fields.Integer(load_default=None, validate=validate.Range(2000, 2100))


class NoticeForm(Schema):
    year = fields.Integer(required=True, validate=validate.Range(2000, 2100))
    notice = fields.String(required=True, validate=validate.Length(1, 200))
    days = fields.String(load_default="", validate=validate.Length(max=10_000))
    file = gate.Upload(load_default=None)


class HoursForm(Schema):
    windows = fields.String(required=True, validate=validate.Length(1, 100))
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None)


@dataclass(frozen=True)
class DayCell:
    """One square of the year: whether it is worked, and why when that differs from its weekday."""

    day: date
    worked: bool
    told: str


@door.get("/calendar")
@administrators
def calendar() -> ResponseReturnValue:
    return _show(gate.query(YearQuery())["year"] or clock.today().year)


def _show(year: int, fault: HotlineError | None = None) -> ResponseReturnValue:
    context = {
        "year": year,
        "months": _months(year),
        "told": session.get(CalendarYear, year),
        "windows": session.scalars(select(WorkWindow).order_by(WorkWindow.valid_from, WorkWindow.start_minute)).all(),
        "today": clock.today(),
    }
    if fault:
        return gate.refill(fault, "admin/calendar.html", **context)
    return gate.page("admin/calendar.html", **context)


def _months(year: int) -> list[tuple[int, list[DayCell | None]]]:
    """Twelve months, each with blanks before its first day so that weeks begin on Monday."""
    book = calendar_book.current()
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = session.scalars(select(CalendarDay).where(CalendarDay.day.between(first, last)))
    told = {row.day: row.name for row in rows}
    months: list[tuple[int, list[DayCell | None]]] = []
    for number in range(1, 13):
        days = clock.Month(f"{year:04d}-{number:02d}").days
        cells = [DayCell(day, book.is_workday(day), told.get(day, "")) for day in days]
        months.append((number, [*[None] * days[0].weekday(), *cells]))
    return months


@door.post("/calendar/notice")
@administrators
def load_notice() -> ResponseReturnValue:
    year = clock.today().year
    try:
        form = gate.load(NoticeForm())
        year = form["year"]
        calendar_book.load_year(year, form["notice"], _days(form))
    except HotlineError as fault:
        session.rollback()
        return _show(year, fault)
    session.commit()
    gate.done(f"{year} 年放假安排已载入，受影响的办理时限正在重新计算。")
    return redirect(url_for("admin.calendar", year=year), 303)


def _days(form: dict[str, Any]) -> list[NoticeDay]:
    """What was typed, or the uploaded table, whose first line may be a heading."""
    upload = form["file"]
    if upload is None:
        return notices.read_text(form["days"])
    table = read_table(upload.stream, upload.filename)
    heading = [] if "日期" in table.header else [table.header]
    return notices.read([*heading, *table.rows])


@door.post("/calendar/hours")
@administrators
def set_hours() -> ResponseReturnValue:
    try:
        form = gate.load(HoursForm())
        calendar_book.set_hours(form["valid_from"], _windows(form["windows"]), valid_to=form["valid_to"])
    except HotlineError as fault:
        session.rollback()
        return _show(clock.today().year, fault)
    session.commit()
    gate.done("工作时间已更新。")
    return redirect(url_for("admin.calendar"), 303)


def _windows(text: str) -> list[Window]:
    """`09:00-12:00 14:00-18:00` → minutes after midnight."""
    parts = text.replace("，", " ").replace(",", " ").split()
    found = [_WINDOW.fullmatch(part) for part in parts]
    if not parts or not all(found):
        raise Invalid("工作时间应写作 09:00-12:00 14:00-18:00。", fields={"windows": ["格式不对"]})
    numbers = [tuple(int(each) for each in match.groups()) for match in found if match]
    return [
        (opens * 60 + open_minute, closes * 60 + close_minute) for opens, open_minute, closes, close_minute in numbers
    ]
