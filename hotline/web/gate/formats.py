"""How values are written on every page: local time, durations, masked persons."""

from datetime import date, datetime

from flask import Flask

from hotline import clock, privacy

WEEKDAYS = "一二三四五六日"


def moment(at: datetime | None) -> str:
    """`2024-02-07 14:03:15`, wall clock of the business zone."""
    return f"{clock.local(at):%Y-%m-%d %H:%M:%S}" if at else ""


def short_moment(at: datetime | None) -> str:
    """`02-07 14:03`; the year only when it is another one."""
    if not at:
        return ""
    there = clock.local(at)
    return f"{there:%m-%d %H:%M}" if there.year == clock.today().year else f"{there:%Y-%m-%d %H:%M}"


def day(value: date | None) -> str:
    """`2024-02-07 周三`."""
    return f"{value:%Y-%m-%d} 周{WEEKDAYS[value.weekday()]}" if value else ""


def lasting(milliseconds: int | None) -> str:
    """`00:42`, `1:03:07`: a duration in milliseconds."""
    if milliseconds is None:
        return "—"
    seconds = milliseconds // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes:02d}:{seconds % 60:02d}"


def percent(share: float | None, places: int = 1) -> str:
    """`0.123` → `12.3%`."""
    return "—" if share is None else f"{share:.{places}%}"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        moment=moment,
        short_moment=short_moment,
        day=day,
        lasting=lasting,
        percent=percent,
        mask_phone=privacy.mask_phone,
        mask_name=privacy.mask_name,
        mask_identity=privacy.mask_identity,
    )
