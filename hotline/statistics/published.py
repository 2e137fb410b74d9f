"""Published months: each import kept as printed for ever, and beside it what a person found it should have said."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import Base, session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.statistics import codec, printed
from hotline.statistics.cells import cells, with_cell
from hotline.statistics.figures import MonthFigures


class PublishedMonth(Base):
    """A bulletin as printed: the file it came from and the figures read out of it. The highest `number` is in force."""

    __tablename__ = "published_month"
    __table_args__ = (UniqueConstraint("month", "number"), UniqueConstraint("month", "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(200))
    source: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    figures: Mapped[dict[str, Any]]
    taken_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class PublishedCorrection(Base):
    """One figure of a published month as checked: what was printed, what it should have been, why, who says so."""

    __tablename__ = "published_correction"
    __table_args__ = (UniqueConstraint("published_id", "subject", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    published_id: Mapped[int] = mapped_column(ForeignKey("published_month.id"))
    subject: Mapped[str] = mapped_column(String(160))
    number: Mapped[int]
    printed: Mapped[int] = mapped_column(db.BigId)
    checked: Mapped[int] = mapped_column(db.BigId)
    reason: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


db.append_only(PublishedMonth.__table__)
db.append_only(PublishedCorrection.__table__)


@dataclass(frozen=True)
class Taken:
    """The result of an import. `is_new` is False when the same file had been taken before."""

    row: PublishedMonth
    figures: MonthFigures
    is_new: bool


def take(body: Mapping[str, Any], *, origin: str, by: int | None = None) -> Taken:
    """Keep a published month. The same content twice is one row; other content of the month gets the next number."""
    figures = _read(body)
    digest = sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    db.lock(f"published:{figures.month}")
    known = session.scalar(select(PublishedMonth).filter_by(month=str(figures.month), sha256=digest))
    if known:
        return Taken(known, codec.from_json(known.figures), is_new=False)
    row = PublishedMonth(
        month=str(figures.month),
        number=_count(figures.month) + 1,
        sha256=digest,
        origin=origin[-200:],
        source=dict(body),
        figures=codec.to_json(figures),
        taken_at=clock.now(),
        taken_by=by,
    )
    session.add(row)
    session.flush()
    audit.record("bulletin.import", f"published:{row.month}", number=row.number, sha256=digest, origin=row.origin)
    return Taken(row, figures, is_new=True)


def _read(body: Mapping[str, Any]) -> MonthFigures:
    try:
        return printed.read(body)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise Invalid(f"文件不是月报的格式：{type(error).__name__} {error}") from error


def _count(month: Month) -> int:
    return session.scalar(select(func.count()).select_from(PublishedMonth).filter_by(month=str(month))) or 0


def latest(month: Month) -> PublishedMonth | None:
    """The import in force for `month`."""
    query = select(PublishedMonth).filter_by(month=str(month)).order_by(PublishedMonth.number.desc()).limit(1)
    return session.scalar(query)


def versions(month: Month) -> list[PublishedMonth]:
    return list(session.scalars(select(PublishedMonth).filter_by(month=str(month)).order_by(PublishedMonth.number)))


def months() -> list[Month]:
    """Months that have been imported, oldest first."""
    return [Month(text) for text in session.scalars(select(PublishedMonth.month).distinct().order_by("month"))]


def last_before(month: Month) -> Month | None:
    """The newest imported month before `month`."""
    found = session.scalar(select(func.max(PublishedMonth.month)).where(PublishedMonth.month < str(month)))
    return Month(found) if found else None


def figures(month: Month) -> MonthFigures | None:
    """The figures of `month` exactly as printed; None when it was not imported."""
    row = latest(month)
    return codec.from_json(row.figures) if row else None


def corrections(month: Month) -> list[PublishedCorrection]:
    """What was found wrong in the import in force; per figure the latest word."""
    row = latest(month)
    return _corrections_of(row) if row else []


def _corrections_of(row: PublishedMonth) -> list[PublishedCorrection]:
    return _corrections_by_import([row.id]).get(row.id, [])


def _corrections_by_import(ids: Collection[int]) -> dict[int, list[PublishedCorrection]]:
    query = select(PublishedCorrection).where(PublishedCorrection.published_id.in_(ids))
    latest_word = {
        (one.published_id, one.subject): one for one in session.scalars(query.order_by(PublishedCorrection.number))
    }
    found: dict[int, list[PublishedCorrection]] = {}
    for (published_id, _), one in latest_word.items():
        found.setdefault(published_id, []).append(one)
    return found


def as_checked(month: Month) -> MonthFigures | None:
    """The figures as printed with every correction applied, worded by the edition where a figure changed."""
    return all_as_checked([month]).get(month)


def all_as_checked(wanted: Collection[Month]) -> dict[Month, MonthFigures]:
    """Those of the wanted months that were imported, as checked."""
    names = [str(month) for month in wanted]
    newest = select(PublishedMonth.month, func.max(PublishedMonth.number)).group_by(PublishedMonth.month)
    query = select(PublishedMonth).where(
        PublishedMonth.month.in_(names), tuple_(PublishedMonth.month, PublishedMonth.number).in_(newest)
    )
    rows = session.scalars(query).all()
    changed = _corrections_by_import([row.id for row in rows])
    return {Month(row.month): _corrected(row, changed.get(row.id, [])) for row in rows}


def _corrected(row: PublishedMonth, changed: Collection[PublishedCorrection]) -> MonthFigures:
    made = codec.from_json(row.figures)
    for one in changed:
        made = with_cell(made, one.subject, one.checked)
    sections = {one.subject.partition(".")[0].replace("orders", "hotline") for one in changed}
    wording = {piece: text for piece, text in made.wording.items() if piece.partition(".")[0] not in sections}
    return replace(made, wording=wording)


def correct(month: Month, subject: str, value: int, *, reason: str, by: int | None) -> PublishedCorrection:
    """Note that a printed figure should have been `value`. What was printed stays."""
    row = latest(month)
    if row is None:
        raise NotFound(f"{month} 没有导入过已发布的月报")
    if value < 0 or not reason.strip():
        raise Invalid("更正要写明理由，数字不能小于零")
    old = cells(codec.from_json(row.figures)).get(subject)
    if old is None:
        raise Invalid(f"没有名为“{subject}”的数字")
    if old == value:
        raise Conflict("与印出的数字相同，无需更正")
    db.lock(f"published:{month}")
    number = session.scalar(
        select(func.count()).select_from(PublishedCorrection).filter_by(published_id=row.id, subject=subject)
    )
    made = PublishedCorrection(
        published_id=row.id,
        subject=subject,
        number=(number or 0) + 1,
        printed=old,
        checked=value,
        reason=reason.strip(),
        at=clock.now(),
        by=by,
    )
    session.add(made)
    session.flush()
    audit.record("bulletin.correct", f"published:{month}", figure=subject, printed=old, checked=value, reason=reason)
    return made
