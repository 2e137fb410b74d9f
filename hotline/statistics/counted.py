"""Reading figures: the sum of the facts of counted days, and the days not counted yet straight from the records."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from hotline import clock, cursors
from hotline.calls.models import Call
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid
from hotline.statistics import counting, orders_counted
from hotline.statistics.facts_models import CountedDay, Fact, HourFact
from hotline.statistics.metrics import FIGURES, Cell, Figure, Matter, figure
from hotline.workorders.models import Order

MAX_DAYS = 731
"""A range is at most two years, so that no request reads the whole archive."""

_DIMENSIONS = (Fact.metric, Fact.line, Fact.category, Fact.outcome, Fact.invalid_type, Fact.source)


@dataclass(frozen=True)
class Range:
    """Business days `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, month: Month) -> "Range":
        return cls(month.first, month.last)

    def __post_init__(self) -> None:
        if not self.first <= self.last <= self.first + timedelta(days=MAX_DAYS):
            raise Invalid("日期范围须为一天至两年")


def cells(span: Range, city_code: str) -> list[Cell]:
    """Every cell of the range: facts of the counted days and, live, of the others."""
    return _merged([*_stored(span, city_code), *_live(uncounted(span), city_code)])


def recounted(span: Range, city_code: str) -> list[Cell]:
    """The published ones of the cells, from the records alone."""
    return _merged(cell for city, cell in counting.published_cells(span.first, span.last) if city == city_code)


def _stored(span: Range, city_code: str) -> list[Cell]:
    statement = (
        select(Fact.metric, func.sum(Fact.value), *_DIMENSIONS[1:])
        .where(Fact.day.between(span.first, span.last), Fact.city_code == city_code)
        .group_by(*_DIMENSIONS)
    )
    return [Cell(metric, int(value), *dimensions) for metric, value, *dimensions in session.execute(statement)]


def uncounted(span: Range) -> list[date]:
    """Days of the range up to today without stored facts; today is always among them."""
    stored = set(session.scalars(select(CountedDay.day).where(CountedDay.day.between(span.first, span.last))))
    last = min(span.last, clock.today())
    days = (span.first + timedelta(days=n) for n in range((last - span.first).days + 1))
    return [day for day in days if day not in stored]


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days as stretches without a gap."""
    stretches: list[tuple[date, date]] = []
    for day in days:
        if stretches and stretches[-1][1] + timedelta(days=1) == day:
            stretches[-1] = (stretches[-1][0], day)
        else:
            stretches.append((day, day))
    return stretches


def _live(days: Sequence[date], city_code: str) -> list[Cell]:
    return [cell for first, last in _runs(days) for city, cell in counting.cells(first, last) if city == city_code]


def months(city_code: str) -> list[Month]:
    """The months that have an accepted call of the city, counted yet or not, oldest first."""
    earliest = session.scalar(select(func.min(Call.business_day)))
    found, month = [], Month.of(earliest or clock.today())
    while month.first <= clock.today():
        here = select(Call.id).where(
            Call.business_day.between(month.first, month.last),
            Call.city_code == city_code,
            Call.category.is_not(None),
        )
        if session.scalar(here.limit(1)) is not None:
            found.append(month)
        month = month.next
    return found


def _merged(found: Iterable[Cell]) -> list[Cell]:
    sums: Counter[Cell] = Counter()
    for cell in found:
        sums[cell._replace(value=0)] += cell.value
    return sorted(cell._replace(value=value) for cell, value in sums.items())


def value_of(one: Figure, found: Iterable[Cell]) -> int:
    return sum(cell.value for cell in found if one.matches(cell))


def value(figure_id: str, span: Range, city_code: str) -> int:
    """One figure of a range. Raises NotFound for an unknown figure."""
    return value_of(figure(figure_id), cells(span, city_code))


def values(span: Range, city_code: str) -> dict[str, int]:
    """Every figure of a range, by id."""
    found = cells(span, city_code)
    return {one.id: value_of(one, found) for one in FIGURES.values()}


@dataclass(frozen=True)
class Records:
    """One page of the records a figure counts. `after` asks for the next page; None: this is the last."""

    figure: Figure
    rows: Sequence[Any]
    after: str | None


def records(figure_id: str, span: Range, city_code: str, after: str = "", limit: int = 200) -> Records:
    """The calls or orders behind a figure, in order, keyset-paged. Walking all pages gives exactly its value."""
    one = figure(figure_id)
    size = min(limit, 200)
    found = (
        _orders(one, span, city_code, after, size)
        if one.matter is Matter.ORDERS
        else _calls(one, span, city_code, after, size)
    )
    more = len(found) > size
    rows = found[:size]
    return Records(one, rows, _mark(rows[-1]) if more else None)


def _mark(row: Call | Order) -> str:
    return cursors.pack(row.registered_at if isinstance(row, Order) else row.offered_at, row.id)


def _calls(one: Figure, span: Range, city_code: str, after: str, size: int) -> Sequence[Call]:
    start, end = clock.day_start(span.first), clock.day_start(span.last + timedelta(days=1))
    statement = select(Call).where(
        Call.business_day.between(span.first, span.last),
        Call.offered_at >= start,
        Call.offered_at < end,
        Call.city_code == city_code,
        one.of_calls(),
    )
    if after:
        at, call_id = cursors.unpack(after)
        statement = statement.where((Call.offered_at > at) | ((Call.offered_at == at) & (Call.id > call_id)))
    return session.scalars(statement.order_by(Call.offered_at, Call.id).limit(size + 1)).all()


def _orders(one: Figure, span: Range, city_code: str, after: str, size: int) -> Sequence[Order]:
    last = cursors.unpack(after)[1] if after else 0
    return orders_counted.records(span.first, span.last, one.dimensions["source"], city_code, last, size + 1)


def daily(span: Range, city_code: str, metric: str = "calls") -> dict[date, dict[str, int]]:
    """Accepted calls of each stored day by category: what trends are drawn from."""
    statement = (
        select(Fact.day, Fact.category, func.sum(Fact.value))
        .where(Fact.day.between(span.first, span.last), Fact.city_code == city_code)
        .where(Fact.metric == metric, Fact.category != "")
        .group_by(Fact.day, Fact.category)
    )
    found: dict[date, dict[str, int]] = {}
    for day, category, number in session.execute(statement):
        found.setdefault(day, {})[category] = int(number)
    return found


def heat(span: Range, city_code: str) -> list[list[int]]:
    """Calls by weekday (Monday first) and hour, of the counted days and, live, of the others."""
    table = [[0] * 24 for _ in range(7)]
    stored = select(HourFact.day, HourFact.hour, HourFact.calls).where(
        HourFact.day.between(span.first, span.last), HourFact.city_code == city_code
    )
    found: list[tuple[date, int, int]] = [(row.day, row.hour, row.calls) for row in session.execute(stored)]
    for first, last in _runs(uncounted(span)):
        found += [(day, hour, calls) for day, city, hour, calls, _ in counting.hours(first, last) if city == city_code]
    for day, hour, calls in found:
        table[day.weekday()][hour] += calls
    return table
