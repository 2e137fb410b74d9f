"""A month as it stands: its figures from facts, returns and reported tables, or as they were sealed."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import func, select, tuple_

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import NotFound
from hotline.statistics import checks, codec, counted, datasets, editions, house, province, published
from hotline.statistics.checks import Checked, Finding
from hotline.statistics.counted import Range
from hotline.statistics.figures import CityCount, HotlineFigures, MonthFigures, ProvinceFigures, Source
from hotline.statistics.metrics import FIGURES
from hotline.statistics.sealing_models import KIND_LABEL, Kind, Publication, SealedMonth

HISTORY = 12
"""How many months back the checks look."""


def figures(month: Month, as_of: datetime | None = None) -> MonthFigures:
    """What the records say now; with `as_of`, the version that was sealed at that moment.

    Raises NotFound when nothing was sealed then, or no edition covers the month.
    """
    if as_of is None:
        return _figures(month, counted.values)
    version = sealed(month, as_of)
    if version is None:
        raise NotFound(f"{month} 在 {clock.local(as_of):%Y-%m-%d %H:%M} 尚未封存")
    return read(version)


def recounted(month: Month) -> MonthFigures:
    """The figures again, from the records alone: stored facts are not read."""
    return _figures(month, _from_records)


def _from_records(span: Range, city_code: str) -> Mapping[str, int]:
    cells = counted.recounted(span, city_code)
    return {one.id: counted.value_of(one, cells) for one in FIGURES.values() if one.measure in ("calls", "orders")}


def _figures(month: Month, values: Callable[[Range, str], Mapping[str, int]]) -> MonthFigures:
    edition, kept = editions.of(month), datasets.in_force(month)
    once = cache(values)
    found = once(Range.of(month), house.current().home_city)
    hotline = HotlineFigures(
        total=found["total"],
        categories={item.code: found[item.code] for item in edition.hotline.categories},
        orders={item.code: found[item.code] for item in edition.hotline.orders},
    )
    return MonthFigures(
        month=month,
        hotline=hotline,
        province=_province(month, once),
        bookings=datasets.bookings(month, kept),
        channels=datasets.channels(kept),
        datasets=datasets.tables(month, kept),
    )


def _province(month: Month, values: Callable[[Range, str], Mapping[str, int]]) -> ProvinceFigures | None:
    lines = province.lines(month, lambda city_code: values(Range.of(month), city_code)["total"])
    if len(lines) < 2:
        return None
    return ProvinceFigures(
        sum(line.count or 0 for line in lines), tuple(CityCount(line.city, line.count) for line in lines)
    )


def sealed(month: Month, as_of: datetime | None = None) -> SealedMonth | None:
    """The newest sealed version, or the one in force at a moment."""
    wanted = select(SealedMonth).where(SealedMonth.month == str(month))
    if as_of is not None:
        wanted = wanted.where(SealedMonth.sealed_at <= as_of)
    return session.scalars(wanted.order_by(SealedMonth.number.desc()).limit(1)).one_or_none()


def read(version: SealedMonth) -> MonthFigures:
    """The figures of a sealed version."""
    return codec.from_json(version.figures)


def versions(month: Month) -> list[SealedMonth]:
    """Every sealed version, oldest first."""
    wanted = select(SealedMonth).where(SealedMonth.month == str(month)).order_by(SealedMonth.number)
    return list(session.scalars(wanted))


def current(month: Month) -> MonthFigures:
    """What the month says to a reader: the newest sealed version, or the draft."""
    version = sealed(month)
    return read(version) if version else figures(month)


def known(month: Month) -> MonthFigures | None:
    """A past month for comparison: sealed here, or imported as it was published; None when it is neither."""
    return all_known([month]).get(month)


def all_known(wanted: Collection[Month]) -> dict[Month, MonthFigures]:
    """The known ones of several months, in three queries however many they are."""
    names = [str(month) for month in wanted]
    newest = select(SealedMonth.month, func.max(SealedMonth.number)).group_by(SealedMonth.month)
    query = select(SealedMonth).where(
        SealedMonth.month.in_(names), tuple_(SealedMonth.month, SealedMonth.number).in_(newest)
    )
    here = {Month(version.month): read(version) for version in session.scalars(query)}
    return {**published.all_as_checked([month for month in wanted if month not in here]), **here}


def past(month: Month, count: int = HISTORY) -> tuple[MonthFigures, ...]:
    """The known ones of the `count` months before, newest first, and the last one imported before those."""
    span = []
    for _ in range(count):
        month = month.previous
        span.append(month)
    if older := published.last_before(month):
        span.append(older)
    found = all_known(span)
    return tuple(found[one] for one in span if one in found)


def counted_before(month: Month) -> dict[Month, MonthFigures]:
    """The calls of the year before, in the months that are wholly counted, sealed or not: what a chart may draw."""
    span = Range(month.year_ago.first, month.previous.last)
    kept: dict[Month, list[dict[str, int]]] = {}
    for day, categories in counted.daily(span, house.current().home_city).items():
        kept.setdefault(Month.of(day), []).append(categories)
    gaps = {Month.of(day) for day in counted.uncounted(span)}
    sums = {one: sum(map(Counter, days), Counter()) for one, days in kept.items() if one not in gaps}
    return {one: MonthFigures(one, HotlineFigures(found.total(), dict(found), {})) for one, found in sums.items()}


def checked(of: MonthFigures) -> Checked:
    """Figures ready for the checks, with the months before them."""
    earlier = past(of.month)
    previous = next((one for one in earlier if one.month == of.month.previous), None)
    return checks.look_at(of, previous, earlier, _stated(of))


def _stated(of: MonthFigures) -> int | None:
    """The province's total as it was published, beside a month counted here."""
    printed = published.as_checked(of.month) if of.source is Source.COUNTED else None
    return printed.province.total if printed and printed.province else None


def findings(of: MonthFigures) -> list[Finding]:
    """What the checks find in these figures."""
    return checks.run(checked(of))


def publication(version: SealedMonth) -> Publication | None:
    return session.get(Publication, version.id)


def mark(version: SealedMonth | None) -> str:
    """`草稿`, or which version this is, since when, and its hash; a revision or correction says so and why."""
    if version is None:
        return "草稿，未封存"
    day = f"{clock.local(version.sealed_at):%Y-%m-%d}"
    said = f"第{version.number}版，{KIND_LABEL[version.kind]}，{day}，校验码 {version.hash[:16]}"
    return said if version.kind is Kind.FIRST else f"{said}。{version.reason}"
