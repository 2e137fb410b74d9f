"""Reported tables of a month as they stand: kept in versions, totals and cumulative figures derived from them."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid
from hotline.statistics import definitions, editions, layouts
from hotline.statistics.datasets_models import DatasetVersion
from hotline.statistics.edition import Kind, Section
from hotline.statistics.figures import BookingTable, ChannelTable, DatasetTable, Group
from hotline.statistics.layouts import BOOKINGS, CHANNELS, Layout
from hotline.statistics.phone_bookings import counted as booked_by_phone


def latest(month: Month, dataset_id: str) -> DatasetVersion | None:
    """The version in force, also when it says that the table is left out."""
    wanted = select(DatasetVersion).where(DatasetVersion.month == str(month), DatasetVersion.dataset_id == dataset_id)
    return session.scalars(wanted.order_by(DatasetVersion.number.desc()).limit(1)).one_or_none()


def to_fill(month: Month, layout: Layout) -> list[list[str]]:
    """Rows to fill a table in with: the version in force, or the names that the newest earlier month had."""
    if now := latest(month, layout.id):
        return now.rows
    wanted = select(DatasetVersion).where(
        DatasetVersion.dataset_id == layout.id, DatasetVersion.month < str(month), DatasetVersion.present
    )
    newest = wanted.order_by(DatasetVersion.month.desc(), DatasetVersion.number.desc()).limit(1)
    earlier = session.scalars(newest).one_or_none()
    if earlier is None:
        return []
    keys = [column.key for column in layouts.of(Month(earlier.month), layout.id).columns]
    named = [dict(zip(keys, row, strict=True)) for row in earlier.rows]
    return [[row.get(c.key, "") if c.kind is Kind.TEXT else "" for c in layout.columns] for row in named]


Kept = Mapping[str, DatasetVersion]


def in_force(month: Month) -> Kept:
    """The newest version of every table of the month that is not left out, by the table's id."""
    wanted = select(DatasetVersion).where(DatasetVersion.month == str(month)).order_by(DatasetVersion.number)
    newest = {version.dataset_id: version for version in session.scalars(wanted)}
    return {dataset_id: version for dataset_id, version in newest.items() if version.present}


def versions(month: Month) -> list[DatasetVersion]:
    """Every version of every table of the month, newest first."""
    wanted = select(DatasetVersion).where(DatasetVersion.month == str(month))
    return list(session.scalars(wanted.order_by(DatasetVersion.id.desc())))


def keep(
    month: Month,
    dataset_id: str,
    rows: Sequence[Sequence[str]],
    *,
    cumulative: str | None = None,
    texts: Sequence[str] = (),
    source_name: str = "",
    source_file: bytes | None = None,
    present: bool = True,
    reason: str = "",
) -> DatasetVersion:
    """Keep a table whose cells were checked (`datasets_import`). The same table again is no new version."""
    db.lock(f"dataset:{month}:{dataset_id}")
    before = latest(month, dataset_id)
    body = ([list(row) for row in rows], list(texts), cumulative, present)
    if before and (before.rows, before.texts, before.cumulative, before.present) == body:
        return before
    who = audit.actor()
    made = DatasetVersion(
        month=str(month),
        dataset_id=dataset_id,
        number=before.number + 1 if before else 1,
        present=present,
        rows=body[0],
        texts=body[1],
        cumulative=cumulative,
        source_name=source_name[-200:],
        source_file=source_file,
        kept_at=clock.now(),
        kept_by_id=who.id,
        kept_by=who.name,
        reason=reason,
    )
    session.add(made)
    session.flush()
    audit.record("dataset.keep", f"dataset:{made.id}", month=str(month), dataset=dataset_id, rows=len(rows))
    return made


def switch(month: Month, dataset_id: str, present: bool, reason: str) -> DatasetVersion:
    """Leave a table out of the month, or take it in again. Raises Invalid without a reason or without a table."""
    layouts.of(month, dataset_id)
    before = latest(month, dataset_id)
    if before is None:
        raise Invalid("这张表本月还没有数据")
    if not reason.strip():
        raise Invalid("请说明理由", fields={"reason": ["请说明理由"]})
    return keep(
        month,
        dataset_id,
        before.rows,
        cumulative=before.cumulative,
        texts=before.texts,
        source_name=before.source_name,
        present=present,
        reason=reason.strip(),
    )


def bookings(month: Month, kept: Kept) -> BookingTable | None:
    """Bookings per institution and channel group. 电话预约 is counted from booking records where the table that
    was handed in does not say it; never from calls."""
    edition = editions.of(month)
    groups = edition.bookings.groups
    version = kept.get(BOOKINGS)
    if Section.BOOKINGS not in edition.sections:
        return None
    rows = {row[0]: [_number(cell) for cell in row[1:]] for row in version.rows} if version else {}
    if Group.PHONE in groups:
        at = groups.index(Group.PHONE)
        if not any(counts[at] for counts in rows.values()):
            for name, count in booked_by_phone(month).items():
                rows.setdefault(name, [0] * len(groups))[at] = count
    if not rows:
        return None
    named = ((name, tuple(counts)) for name, counts in rows.items())
    return BookingTable.counted(groups, named, cumulative(month, BOOKINGS))


def channels(kept: Kept) -> ChannelTable | None:
    version = kept.get(CHANNELS)
    return ChannelTable.counted((row[0], _number(row[1])) for row in version.rows) if version else None


def tables(month: Month, kept: Kept) -> tuple[DatasetTable, ...]:
    """The other reported tables that are switched on this month, in the edition's order."""
    found = []
    for layout in layouts.all_of(month):
        version = kept.get(layout.id)
        if version and layout.id not in (BOOKINGS, CHANNELS):
            stated = version.cumulative if layout.unit else cumulative(month, layout.id)
            counter = None if stated is None or not layout.counter else str(stated)
            found.append(definitions.table(layout.id, month, version.rows, counter, version.texts))
    return tuple(found)


def _number(cell: str) -> int:
    return int(cell or 0)


def cumulative(month: Month, dataset_id: str) -> int | None:
    """The counter at the end of the month: the last balance that was stated, plus every month's total since.

    The statement may be the month's own; None when no balance was ever stated.
    """
    newest: dict[str, DatasetVersion] = {}
    wanted = select(DatasetVersion).where(
        DatasetVersion.dataset_id == dataset_id, DatasetVersion.month <= str(month), DatasetVersion.present
    )
    for version in session.scalars(wanted.order_by(DatasetVersion.month, DatasetVersion.number)):
        newest[version.month] = version
    since = 0
    for version in reversed(newest.values()):
        if version.cumulative is not None:
            return int(version.cumulative) + since
        since += total(version)
    return None


def total(version: DatasetVersion) -> int:
    """Sum of the counted cells of a table."""
    kept = layouts.of(Month(version.month), version.dataset_id)
    counted = [n for n, column in enumerate(kept.columns) if column.kind in definitions.SUMMED]
    return sum(_whole(row[n] for n in counted) for row in version.rows)


def _whole(cells: Iterable[str]) -> int:
    return sum(int(definitions.number(cell) or 0) for cell in cells)
