"""Values of reported tables as they were handed in: drafts waiting for a person, versions that never change."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base


class DatasetDraft(Base):
    """A table that was read and waits for its names to be confirmed. Removed once it is kept or thrown away."""

    __tablename__ = "dataset_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    dataset_id: Mapped[str] = mapped_column(String(40))
    rows: Mapped[list[Any]]
    texts: Mapped[list[Any]]
    cumulative: Mapped[str | None] = mapped_column(String(40))
    source_name: Mapped[str] = mapped_column(String(200), default="")
    source_file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class DatasetVersion(Base):
    """One reported table of one month; a correction is the next number. `present` False leaves the table out.

    Cells are text in the order of the layout's columns, names already the printed ones of the month.
    """

    __tablename__ = "dataset_version"
    __table_args__ = (UniqueConstraint("month", "dataset_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    dataset_id: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    present: Mapped[bool] = mapped_column(default=True)
    rows: Mapped[list[Any]]
    texts: Mapped[list[Any]]
    cumulative: Mapped[str | None] = mapped_column(String(40))
    source_name: Mapped[str] = mapped_column(String(200), default="")
    source_file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    kept_at: Mapped[datetime]
    kept_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    kept_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text, default="")


db.append_only(DatasetVersion.__table__)
