"""A month's figures as values, independent of the database: what is rendered, checked and sealed.

`hotline.statistics.months.figures(month)` makes them from daily facts, city returns, bookings and datasets
(source COUNTED: rows in any order, zero rows and cities without a return still inside; `arrange` tidies them).
`hotline.statistics.published.figures(month)` reads them back from an imported bulletin (source PRINTED: order,
sums and numbering exactly as printed, so they may disagree with each other). Nothing here repairs a figure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hotline.clock import Month


class Source(StrEnum):
    """COUNTED from records of this house, or PRINTED in a bulletin that was imported."""

    COUNTED = "counted"
    PRINTED = "printed"


class Group(StrEnum):
    """Channel groups: the columns of the booking table. An edition prints four of them (`Edition.groups`):
    PHONE is its second column until 2022, QUICK from 2023."""

    ONLINE = "online"
    PHONE = "phone"
    QUICK = "quick"
    CLINIC = "clinic"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True)
class HotlineFigures:
    """Accepted calls by category code (`calls.models.Category` values) and orders by source
    (`wo_municipal`, `wo_provincial`, `wo_self`). `total` is as printed; counted it is the sum."""

    total: int
    categories: Mapping[str, int]
    orders: Mapping[str, int]

    @property
    def category_sum(self) -> int:
        return sum(self.categories.values())

    @property
    def residual(self) -> int:
        """未列明: what the total holds beyond the listed categories."""
        return self.total - self.category_sum


@dataclass(frozen=True)
class CityCount:
    """One city of the province sentence by its short name (`Area.short`); None: no return."""

    city: str
    count: int | None


@dataclass(frozen=True)
class ProvinceFigures:
    """The province's calls by city. `total` as printed; counted it is the sum of the returns."""

    total: int
    cities: tuple[CityCount, ...]

    @property
    def city_sum(self) -> int:
        return sum(city.count or 0 for city in self.cities)


@dataclass(frozen=True)
class BookingRow:
    """One institution by its printed name; `counts` follow `BookingTable.groups`. `total` as printed."""

    institution: str
    counts: tuple[int, ...]
    total: int
    seq: int | None = None


@dataclass(frozen=True)
class BookingTable:
    """Bookings per institution × channel group. `totals` follow `groups`; all sums as printed."""

    groups: tuple[str, ...]
    rows: tuple[BookingRow, ...]
    totals: tuple[int, ...]
    grand_total: int
    cumulative: int | None = None

    @classmethod
    def counted(
        cls, groups: tuple[str, ...], rows: Iterable[tuple[str, tuple[int, ...]]], cumulative: int | None = None
    ) -> "BookingTable":
        """A table whose sums are derived from `rows` of (printed name, counts)."""
        made = tuple(BookingRow(name, counts, sum(counts)) for name, counts in rows)
        totals = tuple(sum(row.counts[n] for row in made) for n in range(len(groups)))
        return cls(groups, made, totals, sum(totals), cumulative)

    def column(self, group: str) -> int | None:
        """The printed total of one channel group; None where the edition has no such column."""
        return self.totals[self.groups.index(group)] if group in self.groups else None


@dataclass(frozen=True)
class ChannelRow:
    """One booking channel by its printed name."""

    name: str
    count: int
    seq: int | None = None


@dataclass(frozen=True)
class ChannelTable:
    """Online bookings per channel. `total` as printed."""

    rows: tuple[ChannelRow, ...]
    total: int

    @classmethod
    def counted(cls, rows: Iterable[tuple[str, int]]) -> "ChannelTable":
        made = tuple(ChannelRow(name, count) for name, count in rows)
        return cls(made, sum(row.count for row in made))

    @property
    def row_sum(self) -> int:
        return sum(row.count for row in self.rows)

    def count_of(self, name: str) -> int | None:
        return next((row.count for row in self.rows if row.name == name), None)


@dataclass(frozen=True)
class Column:
    """A column of a reported table; neighbours with the same `group` share a printed group heading."""

    key: str
    label: str
    group: str | None = None


@dataclass(frozen=True)
class Note:
    """A printed note. `value` and `unit` are its cumulative figure, as printed, where it has one."""

    text: str
    value: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class DatasetTable:
    """A reported table, self-contained: every cell is the text that is printed.

    `totals` are the cells right of `total_label`, aligned with the last columns. `two_blocks` prints the rows
    side by side (left block = first ceil(n/2)). `paragraphs` are sentences (telemedicine has no table at all).
    Made from a dated definition by `hotline.statistics.definitions.table(...)`.
    """

    id: str
    title: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total_label: str = "合计"
    totals: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    two_blocks: bool = False
    paragraphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A place of an imported bulletin whose printed text and stated value differ (rule S1)."""

    subject: str
    text: str
    value: str


@dataclass(frozen=True)
class MonthFigures:
    """Everything one bulletin prints. A part that the month does not have is None or empty.

    `wording` holds printed texts that differ from what the edition would print from the same figures
    (piece name → text, see `document.py`); it and `conflicts` are empty for a counted month.
    """

    month: Month
    hotline: HotlineFigures
    province: ProvinceFigures | None = None
    bookings: BookingTable | None = None
    channels: ChannelTable | None = None
    datasets: tuple[DatasetTable, ...] = ()
    source: Source = Source.COUNTED
    wording: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()

    def dataset(self, dataset_id: str) -> DatasetTable | None:
        return next((table for table in self.datasets if table.id == dataset_id), None)
