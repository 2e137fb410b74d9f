"""Reminders: a city that has not filed hears of it some days before the due day, and once it has passed."""

from datetime import timedelta

from sqlalchemy import select

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import session
from hotline.statistics import returns
from hotline.statistics.returns_models import Occasion, ReturnReminder, ReturnState

_OPEN = (ReturnState.NOT_DUE, ReturnState.MISSING, ReturnState.RETURNED)


def remind() -> int:
    """Give the reminders of today for last month's returns; how many are new. Safe to repeat."""
    today = clock.today()
    month = Month.of(today).previous
    due = returns.due(month)
    if today > due:
        return _give(month, Occasion.OVERDUE)
    if today >= due - timedelta(days=returns.rule(month).remind_before):
        return _give(month, Occasion.BEFORE_DUE)
    return 0


def _give(month: Month, occasion: Occasion) -> int:
    given = 0
    for city in returns.overview(month):
        if city.state not in _OPEN:
            continue
        row = {"month": str(month), "city_code": city.city_code, "occasion": occasion, "due": city.due}
        statement = db.insert(ReturnReminder).values(**row, at=clock.now()).on_conflict_do_nothing()
        if session.execute(statement.returning(ReturnReminder.id)).scalar_one_or_none() is not None:
            audit.record("return.remind", f"city:{city.city_code}", month=str(month), occasion=occasion.value)
            given += 1
    return given


def reminders(city_code: str, limit: int = 6) -> list[ReturnReminder]:
    """The newest reminders of a city."""
    wanted = select(ReturnReminder).where(ReturnReminder.city_code == city_code)
    return list(session.scalars(wanted.order_by(ReturnReminder.id.desc()).limit(limit)))
