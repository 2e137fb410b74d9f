"""Months beside each other: two months cell by cell, a year month by month, over changed sets of categories."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select

from hotline import clock
from hotline.calls.models import CATEGORY_LABEL, Category
from hotline.clock import Month
from hotline.db import session
from hotline.statistics import months, published
from hotline.statistics.cells import cells
from hotline.statistics.chart_scale import percent
from hotline.statistics.figures import MonthFigures
from hotline.statistics.sealing_models import MONTH_LABEL, MonthState, Publication, SealedMonth

DATA = Path(__file__).parent / "data" / "mapping.json"
ORDERS = {"orders.wo_municipal": "市12345工单", "orders.wo_provincial": "省12345工单", "orders.wo_self": "自接工单"}
SHELF = 18
"""Months shown on the shelf even when nothing is known of them yet."""


@dataclass(frozen=True)
class Line:
    """A line of comparison: categories that are set against each other across editions, and why."""

    name: str
    codes: tuple[str, ...]
    note: str

    @property
    def words(self) -> str:
        """Its categories by name."""
        return " + ".join(CATEGORY_LABEL[Category(code)] for code in self.codes)

    def of(self, figures: MonthFigures) -> int | None:
        """What the month has under this line; None when none of its categories existed."""
        found = [figures.hotline.categories[code] for code in self.codes if code in figures.hotline.categories]
        return sum(found) if found else None


@cache
def lines() -> tuple[Line, ...]:
    """The mapping between the editions' categories, dated facts kept as data."""
    return tuple(Line(**{**body, "codes": tuple(body["codes"])}) for body in json.loads(DATA.read_text("utf-8")))


@dataclass(frozen=True)
class Change:
    """One figure in two months; None where a month does not have it."""

    name: str
    before: int | None
    after: int | None

    @property
    def difference(self) -> int | None:
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def percent(self) -> str:
        if self.difference is None or not self.before:
            return "—"
        return percent(self.difference, self.before, signed=True)


def compare(before: MonthFigures, after: MonthFigures) -> list[Change]:
    """Total, mapped categories, rest, orders, province and cities of two months."""
    made = [Change("受理总量", before.hotline.total, after.hotline.total)]
    made += [Change(line.name, line.of(before), line.of(after)) for line in lines()]
    made.append(Change("未列明", before.hotline.residual, after.hotline.residual))
    old, new = cells(before), cells(after)
    cities = {name: name.partition(".")[2] for name in [*new, *old] if name.startswith("province.")}
    names = {**ORDERS, **cities, "province.total": "全省总量"}
    names |= {"bookings.total": "预约总量", "bookings.cumulative": "预约累计"}
    return made + [Change(label, old.get(name), new.get(name)) for name, label in names.items()]


def beside(month: Month) -> Month:
    """The month it is compared with unless somebody says otherwise: a year ago, or else the newest known before it."""
    known = [one.month for one in months.past(month)]
    return known[0] if known and month.year_ago not in known else month.year_ago


def year(number: int) -> dict[Month, MonthFigures | None]:
    """The twelve months of a year, sealed or published; None for a month without figures."""
    span = [Month(f"{number:04d}-{month:02d}") for month in range(1, 13)]
    known = months.all_known(span)
    return {month: known.get(month) for month in span}


@dataclass(frozen=True)
class Shelved:
    """A month on the shelf with its state in words."""

    month: Month
    state: str
    word: str


def shelf() -> list[Shelved]:
    """Every month that is sealed or imported, and the last ones up to the present, newest first."""
    sealed = {Month(text) for text in session.scalars(select(SealedMonth.month).distinct())}
    out = select(SealedMonth.month).join(Publication, Publication.sealed_id == SealedMonth.id).distinct()
    told = {Month(text) for text in session.scalars(out)}
    imported = set(published.months())
    recent = [Month.of(clock.today())]
    while len(recent) < SHELF:
        recent.append(recent[-1].previous)
    return [_shelved(month, sealed, told, imported) for month in sorted({*recent, *sealed, *imported}, reverse=True)]


def _shelved(month: Month, sealed: set[Month], told: set[Month], imported: set[Month]) -> Shelved:
    if month in sealed:
        state = MonthState.PUBLISHED if month in told else MonthState.SEALED
        return Shelved(month, state.value, MONTH_LABEL[state])
    if month in imported:
        return Shelved(month, "imported", "已导入")
    if month == Month.of(clock.today()):
        return Shelved(month, "running", "进行中")
    return Shelved(month, MonthState.DRAFT.value, "未封存")


def totals(found: Mapping[Month, MonthFigures | None]) -> dict[str, int | None]:
    """A year's sums per line, of the months that have figures."""
    known = [one for one in found.values() if one]
    sums: dict[str, int | None] = {"受理总量": sum(one.hotline.total for one in known) if known else None}
    for line in lines():
        values = [value for one in known if (value := line.of(one)) is not None]
        sums[line.name] = sum(values) if values else None
    return sums
