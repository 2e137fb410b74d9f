"""Areas, institutions with their dated printed names, and the work calendar."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, enum_by_value


class AreaKind(StrEnum):
    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    NEW_AREA = "new_area"


class Area(Base):
    """A province, city or district. `code` is GB/T 2260 where one exists; `position` the official order."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    gb_code: Mapped[str | None] = mapped_column(String(6))
    kind: Mapped[AreaKind] = mapped_column(enum_by_value(AreaKind))
    name: Mapped[str] = mapped_column(String(40))
    short: Mapped[str] = mapped_column(String(20))
    dial_code: Mapped[str] = mapped_column(String(5), default="")
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    position: Mapped[int] = mapped_column(default=0)


class Institution(Base):
    """A hospital, centre or other unit that is booked, complained about or given orders to handle."""

    __tablename__ = "institution"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    district_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    handles_orders: Mapped[bool] = mapped_column(default=True)
    closed_on: Mapped[date | None]


class InstitutionName(Base):
    """A name an institution is printed under or known by. `printed` marks the bulletin's own name of a period."""

    __tablename__ = "institution_name"
    __table_args__ = (
        Index("ix_institution_name_name", "name"),
        UniqueConstraint("institution_id", "name", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    name: Mapped[str] = mapped_column(String(80))
    pinyin: Mapped[str] = mapped_column(String(400))
    initials: Mapped[str] = mapped_column(String(80))
    printed: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    remark: Mapped[str] = mapped_column(String(200), default="")


class CalendarDay(Base):
    """A day that differs from its weekday, by notice of the State Council office (调休, holidays).

    Days around New Year may be named by the next year's notice: `notice_year` says whose row this is.
    """

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    name: Mapped[str] = mapped_column(String(40))
    notice: Mapped[str] = mapped_column(String(200), default="")
    notice_year: Mapped[int] = mapped_column(index=True)


class CalendarYear(Base):
    """A year whose notice has been loaded; any other year is computed provisionally."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True)
    notice: Mapped[str] = mapped_column(String(200), default="")
    loaded_at: Mapped[datetime]


class WorkWindow(Base):
    """One of the day's working windows, wall-clock minutes after midnight; several a day leave a lunch break.

    In force on the days `[valid_from, valid_to)`; the latest `valid_from` wins, so a half day is a period of one day.
    """

    __tablename__ = "work_window"
    __table_args__ = (
        CheckConstraint("start_minute < end_minute AND end_minute <= 1440", name="window_order"),
        UniqueConstraint("valid_from", "start_minute"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
