"""Deadlines: the clocks of an order, the dated limits they run by, the ladder after them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, BigId, enum_by_value
from hotline.workorders.codes import Clock, Nature, Source, Unit, Urgency

OPEN_CLOCK = text("ended_at IS NULL")


class OrderClock(Base):
    """One run of one clock. `met` is set when it stops; `limit` and `counted` say how it is counted again.

    `dropped`: the duty went away, it counts in no rate. `level` is the rung of the ladder reached (0 催办, 1-3 督办).
    """

    __tablename__ = "order_clock"
    __table_args__ = (
        Index(
            "uq_order_clock_open",
            "order_id",
            "clock",
            unique=True,
            postgresql_where=OPEN_CLOCK,
            sqlite_where=OPEN_CLOCK,
        ),
        Index("ix_order_clock_order", "order_id"),
        Index("ix_order_clock_unit", "unit_id", "clock", "due_at"),
        Index("ix_order_clock_open_due", "due_at", postgresql_where=OPEN_CLOCK, sqlite_where=OPEN_CLOCK),
        CheckConstraint("(ended_at IS NULL) = (met IS NULL)", name="met_when_ended"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    clock: Mapped[Clock] = mapped_column(enum_by_value(Clock))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    started_at: Mapped[datetime]
    limit: Mapped[int | None]
    counted: Mapped[Unit | None] = mapped_column(enum_by_value(Unit))
    due_at: Mapped[datetime]
    near_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)
    ended_at: Mapped[datetime | None]
    met: Mapped[bool | None]
    dropped: Mapped[bool] = mapped_column(default=False)
    warned_at: Mapped[datetime | None]
    level: Mapped[int | None]


class DeadlineRule(Base):
    """A dated limit. Empty source, nature or urgency means any; the most particular rule in force wins."""

    __tablename__ = "deadline_rule"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clock: Mapped[Clock] = mapped_column(enum_by_value(Clock))
    source: Mapped[Source | None] = mapped_column(enum_by_value(Source))
    nature: Mapped[Nature | None] = mapped_column(enum_by_value(Nature))
    urgency: Mapped[Urgency | None] = mapped_column(enum_by_value(Urgency))
    amount: Mapped[int]
    unit: Mapped[Unit] = mapped_column(enum_by_value(Unit))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    basis: Mapped[str] = mapped_column(String(200), default="")


class EscalationStep(Base):
    """A dated rung of the ladder after a duty has run out: so many working days late, this level."""

    __tablename__ = "escalation_step"
    __table_args__ = (UniqueConstraint("level", "valid_from"), CheckConstraint("level BETWEEN 0 AND 3", name="level"))

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
    days_late: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
