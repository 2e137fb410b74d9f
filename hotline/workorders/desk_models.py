"""What the desk keeps beside the orders: notices until somebody has seen them, views of a person's own."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, BigId, enum_by_value
from hotline.workorders.codes import Clock, Move

UNSEEN = text("seen_at IS NULL")


class OrderNotice(Base):
    """将到期, 催办, 督办 or 补充 told to one side: a unit, or the hotline (no unit). Open until somebody there saw it.

    `move_id` is the line of the order's history that it repeats; `clock` the duty, where one runs out.
    """

    __tablename__ = "order_notice"
    __table_args__ = (
        UniqueConstraint("move_id", "unit_id"),
        Index("ix_order_notice_unseen", "unit_id", "id", postgresql_where=UNSEEN, sqlite_where=UNSEEN),
        Index("ix_order_notice_order", "order_id"),
        CheckConstraint("(seen_at IS NULL) = (seen_by_id IS NULL)", name="seen_by_somebody"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    move_id: Mapped[int] = mapped_column(ForeignKey("order_move.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    at: Mapped[datetime]
    move: Mapped[Move] = mapped_column(enum_by_value(Move))
    clock: Mapped[Clock | None] = mapped_column(enum_by_value(Clock))
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class SavedView(Base):
    """A list of orders as one person narrowed it, under a name of their own; never with anybody's number."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("account_id", "name"), CheckConstraint("name <> ''", name="named"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(20))
    filters: Mapped[dict[str, Any]] = mapped_column(default=dict)
