"""What an agent may say: short dated scripts beside the form, per category."""

from datetime import date

from sqlalchemy import String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from hotline.calls.models import Category
from hotline.db import Base, enum_by_value, session


class Script(Base):
    """One piece of advice to the agent, in force on the days `[valid_from, valid_to)`."""

    __tablename__ = "script"
    __table_args__ = (UniqueConstraint("category", "title", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[Category] = mapped_column(enum_by_value(Category))
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


def scripts(on: date) -> dict[Category, list[Script]]:
    """Every script in force on a day, by category, in order."""
    rows = session.scalars(
        select(Script)
        .where(Script.valid_from <= on, or_(Script.valid_to.is_(None), Script.valid_to > on))
        .order_by(Script.category, Script.position)
    )
    found: dict[Category, list[Script]] = {}
    for row in rows:
        found.setdefault(row.category, []).append(row)
    return found
