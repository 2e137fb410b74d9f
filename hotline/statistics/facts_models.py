"""Daily facts: what the calls and orders of a day add up to, and the runs that counted them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, BigId, enum_by_value


class Fact(Base):
    """One metric of one day for one combination of dimensions; a dimension that does not apply is empty.

    Rows are never edited: the rows of a day are removed and written anew in one transaction (`counting.py`).
    """

    __tablename__ = "fact"
    __table_args__ = (
        UniqueConstraint("day", "city_code", "metric", "line", "category", "outcome", "invalid_type", "source"),
        CheckConstraint("value > 0", name="value_positive"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date]
    city_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    metric: Mapped[str] = mapped_column(String(24))
    line: Mapped[str] = mapped_column(String(20), default="")
    category: Mapped[str] = mapped_column(String(24), default="")
    outcome: Mapped[str] = mapped_column(String(24), default="")
    invalid_type: Mapped[str] = mapped_column(String(24), default="")
    source: Mapped[str] = mapped_column(String(16), default="")
    value: Mapped[int] = mapped_column(BigInteger)


class HourFact(Base):
    """Calls offered in one hour of one day, Shanghai time: the heat map's cell."""

    __tablename__ = "hour_fact"
    __table_args__ = (
        UniqueConstraint("day", "city_code", "hour"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour_of_day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    day: Mapped[date]
    city_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    hour: Mapped[int]
    calls: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)


class CountedDay(Base):
    """A day whose facts stand, and since when. A day without this row is counted live."""

    __tablename__ = "counted_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"


class CountRun(Base):
    """Progress of one counting: days done of `days_total` from `first` on, started by whom, how long.

    A run that was killed stays RUNNING and is no longer touched; any other run does its work again.
    `lines` are the province's cities and their totals when it was done; null: no return.
    """

    __tablename__ = "count_run"
    __table_args__ = (CheckConstraint("days_done <= days_total", name="days_in_range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    first: Mapped[date]
    started_by: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    days_total: Mapped[int]
    days_done: Mapped[int] = mapped_column(default=0)
    state: Mapped[RunState] = mapped_column(enum_by_value(RunState), default=RunState.RUNNING)
    lines: Mapped[list[Any]] = mapped_column(default=list)
