"""Booked visits (预约挂号), the dated rules they follow, and the people whom missed visits keep out for a while."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, BigId, enum_by_value
from hotline.privacy import Encrypted


class Status(StrEnum):
    """Where a booking stands. CLOSED: the hospital cancelled the session (停诊)."""

    BOOKED = "booked"
    COLLECTED = "collected"
    ATTENDED = "attended"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    NO_SHOW = "no_show"


STATUS_LABEL: dict[Status, str] = {
    Status.BOOKED: "已预约",
    Status.COLLECTED: "已取号",
    Status.ATTENDED: "已就诊",
    Status.CANCELLED: "已取消",
    Status.CLOSED: "停诊取消",
    Status.NO_SHOW: "爽约",
}

HOLDING = (Status.BOOKED, Status.COLLECTED, Status.ATTENDED)
"""A patient holds one slot a day in a department: these are the states that hold it."""

_HOLDS = "status IN ('booked', 'collected', 'attended')"


class HalfDay(StrEnum):
    MORNING = "am"
    AFTERNOON = "pm"


HALF_DAY_LABEL: dict[HalfDay, str] = {HalfDay.MORNING: "上午", HalfDay.AFTERNOON: "下午"}


class Booking(Base):
    """One slot for one patient by true name. `booked_on` is the business day it counts for in the month."""

    __tablename__ = "booking"
    __table_args__ = (
        Index(
            "uq_booking_one_slot",
            "document_hash",
            "institution_id",
            "department",
            "visit_day",
            unique=True,
            postgresql_where=text(_HOLDS),
            sqlite_where=text(_HOLDS),
        ),
        Index("ix_booking_count", "booked_on", "institution_id", "channel"),
        Index("ix_booking_call", "call_id"),
        Index("ix_booking_cancelled_call", "cancelled_call_id"),
        Index("ix_booking_visit", "visit_day", "status"),
        Index("ix_booking_patient", "document_hash", "visit_day"),
        CheckConstraint("visit_day >= booked_on", name="visit_after_booking"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    cancelled_call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    department: Mapped[str] = mapped_column(String(40))
    doctor: Mapped[str] = mapped_column(String(40), default="")
    slot_type: Mapped[str] = mapped_column(String(10), default="")
    visit_day: Mapped[date]
    half_day: Mapped[HalfDay] = mapped_column(enum_by_value(HalfDay))
    slot_time: Mapped[str] = mapped_column(String(5), default="")
    channel: Mapped[str] = mapped_column(String(12))
    patient_name: Mapped[str] = mapped_column(Encrypted("booking.patient_name"))
    guardian_name: Mapped[str | None] = mapped_column(Encrypted("booking.guardian_name"))
    document_type: Mapped[str] = mapped_column(String(10))
    document_no: Mapped[str] = mapped_column(Encrypted("booking.document_no"))
    document_hash: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(Encrypted("booking.phone"))
    phone_hash: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[Status] = mapped_column(enum_by_value(Status), default=Status.BOOKED)
    cancel_reason: Mapped[str] = mapped_column(String(10), default="")
    booked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    booked_at: Mapped[datetime]
    booked_on: Mapped[date]
    status_at: Mapped[datetime]

    __mapper_args__ = {"version_id_col": version}


class BookingRule(Base):
    """The rules of the platform (no institution) or of one hospital, in force on `[valid_from, valid_to)`.

    Minutes are wall-clock minutes after midnight. `cutoff_minute`: until when the next day can be booked.
    `release_minute`: from when the last day of the window can be booked.
    """

    __tablename__ = "booking_rule"
    __table_args__ = (
        UniqueConstraint("institution_name", "valid_from"),
        CheckConstraint("window_days >= 1", name="window_days"),
        CheckConstraint("cutoff_minute BETWEEN 0 AND 1440 AND release_minute BETWEEN 0 AND 1440", name="minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_name: Mapped[str] = mapped_column(String(80), default="")
    window_days: Mapped[int] = mapped_column(default=7)
    same_day: Mapped[bool] = mapped_column(default=False)
    cutoff_minute: Mapped[int] = mapped_column(default=720)
    release_minute: Mapped[int] = mapped_column(default=0)
    cancellable: Mapped[bool] = mapped_column(default=True)
    no_show_limit: Mapped[int] = mapped_column(default=3)
    no_show_days: Mapped[int] = mapped_column(default=180)
    penalty_days: Mapped[int] = mapped_column(default=180)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class BookingChannel(Base):
    """A way a visit is booked and the printed table's column for it, in force on `[valid_from, valid_to)`."""

    __tablename__ = "booking_channel"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(40))
    grouping: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Suspension(Base):
    """A patient who may not book until a day, because of missed visits; lifted on appeal by a supervisor."""

    __tablename__ = "booking_suspension"
    __table_args__ = (
        Index("ix_booking_suspension_patient", "document_hash", "until"),
        CheckConstraint("until > since", name="until_after_since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_hash: Mapped[str] = mapped_column(String(64))
    since: Mapped[date]
    until: Mapped[date]
    no_shows: Mapped[int]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    lift_reason: Mapped[str] = mapped_column(String(200), default="")
