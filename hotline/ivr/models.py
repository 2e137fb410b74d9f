"""The voice menu as dated data."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base


class Menu(Base):
    """One published menu tree, in force from `valid_from` until the next one that stands; append-only."""

    __tablename__ = "menu"

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(index=True)
    tree: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(String(200), default="")


db.append_only(Menu.__table__)


class MenuWithdrawal(Base):
    """A published menu that was taken back before it came into force; append-only."""

    __tablename__ = "menu_withdrawal"

    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))


db.append_only(MenuWithdrawal.__table__)


class EventLine(Base):
    """A temporary line on one key of the entry menu (9号键 疫情专线), with its own queue and announcement."""

    __tablename__ = "event_line"
    __table_args__ = (CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(1))
    name: Mapped[str] = mapped_column(String(40))
    line: Mapped[str] = mapped_column(ForeignKey("line.code"))
    announcement: Mapped[str] = mapped_column(String(300))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    switched_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
