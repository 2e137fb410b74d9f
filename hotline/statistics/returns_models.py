"""What the other cities report: who is asked, what was filed, what the province said to it. Figures never change."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base, enum_by_value


class ReturnState(StrEnum):
    """Where a city's month stands; COUNTED for a city whose calls are in this house."""

    COUNTED = "counted"
    NOT_DUE = "not_due"
    MISSING = "missing"
    FILED = "filed"
    RETURNED = "returned"
    CORRECTED = "corrected"
    ACCEPTED = "accepted"


RETURN_LABEL: dict[ReturnState, str] = {
    ReturnState.COUNTED: "本系统统计",
    ReturnState.NOT_DUE: "未到期",
    ReturnState.MISSING: "未报送",
    ReturnState.FILED: "已报送",
    ReturnState.RETURNED: "已退回",
    ReturnState.CORRECTED: "已更正",
    ReturnState.ACCEPTED: "已采用",
}


class Form(StrEnum):
    """The way a return came."""

    FORM = "form"
    API = "api"
    FILE = "file"


class ReportingCity(Base):
    """A city of the province total, by month; `counted` when it runs on this system and is not asked."""

    __tablename__ = "reporting_city"
    __table_args__ = (
        UniqueConstraint("city_code", "valid_from"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    city_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    valid_from: Mapped[str] = mapped_column(String(7))
    valid_to: Mapped[str | None] = mapped_column(String(7))
    counted: Mapped[bool] = mapped_column(default=False)


class ReturnRule(Base):
    """By which day of the next month returns are due, and how many days before it cities are reminded."""

    __tablename__ = "return_rule"
    __table_args__ = (CheckConstraint("due_day BETWEEN 1 AND 28 AND remind_before BETWEEN 0 AND 20", name="due_days"),)

    valid_from: Mapped[str] = mapped_column(String(7), primary_key=True)
    due_day: Mapped[int]
    remind_before: Mapped[int]


class CityReturn(Base):
    """One filing of one city's month; a correction is the next number, the earlier ones stay as they were."""

    __tablename__ = "city_return"
    __table_args__ = (
        UniqueConstraint("month", "city_code", "number"),
        CheckConstraint("total >= 0", name="total_not_negative"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    city_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    number: Mapped[int]
    total: Mapped[int] = mapped_column(BigInteger)
    categories: Mapped[dict[str, Any]]
    explanation: Mapped[str] = mapped_column(String(500), default="")
    form: Mapped[Form] = mapped_column(enum_by_value(Form))
    source_name: Mapped[str] = mapped_column(String(200), default="")
    source_file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    filed_at: Mapped[datetime]
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    filed_by: Mapped[str] = mapped_column(String(80))


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    RETURNED = "returned"


class ReturnVerdict(Base):
    """What the province said to a filing. The last word counts; the figures stay the city's own."""

    __tablename__ = "return_verdict"
    __table_args__ = (CheckConstraint("verdict <> 'returned' OR reason <> ''", name="returned_with_reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("city_return.id"), index=True)
    verdict: Mapped[Verdict] = mapped_column(enum_by_value(Verdict))
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))


class Occasion(StrEnum):
    """Why a city is reminded."""

    BEFORE_DUE = "before_due"
    OVERDUE = "overdue"


class ReturnReminder(Base):
    """A reminder given to a city, once per month and occasion; shown on its page."""

    __tablename__ = "return_reminder"
    __table_args__ = (UniqueConstraint("month", "city_code", "occasion"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    city_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    occasion: Mapped[Occasion] = mapped_column(enum_by_value(Occasion))
    due: Mapped[date]
    at: Mapped[datetime]


db.append_only(CityReturn.__table__)
db.append_only(ReturnVerdict.__table__)
db.append_only(ReturnReminder.__table__)
