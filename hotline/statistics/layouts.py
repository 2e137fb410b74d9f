"""What a reported table of a month looks like when it is handed in: columns for form, template and import.

Bookings and channels are reported tables like the others; numbers of rows and totals are derived, never handed in.
"""

from dataclasses import dataclass

from hotline.clock import Month
from hotline.errors import NotFound
from hotline.statistics import definitions, editions
from hotline.statistics.edition import ColumnDefinition, Edition, Kind, Section
from hotline.statistics.wording import fill_text

BOOKINGS, CHANNELS = "bookings", "channels"
_NAMES = frozenset({"institution", "unit", "hospital"})


@dataclass(frozen=True)
class Layout:
    """`headings` name the columns uniquely; `counter` says whether a cumulative figure belongs to the table.
    With a `unit` (亿条) the counter is stated every month, because the month's figures do not add up to it."""

    id: str
    title: str
    columns: tuple[ColumnDefinition, ...]
    headings: tuple[str, ...]
    counter: bool = False
    unit: str | None = None
    in_words: bool = False

    @property
    def name_column(self) -> int | None:
        """The column that names institutions; None where rows are districts or anything else."""
        return next((n for n, column in enumerate(self.columns) if column.key in _NAMES), None)


def of(month: Month, dataset_id: str) -> Layout:
    """The layout of one table. Raises NotFound when the month's edition does not have it."""
    found = next((layout for layout in all_of(month) if layout.id == dataset_id), None)
    if found is None:
        raise NotFound(f"{month} 的版式没有这张报表")
    return found


def all_of(month: Month) -> list[Layout]:
    """Every table of the month, in printing order."""
    edition = editions.of(month)
    said = definitions.words(month)
    made = []
    if Section.BOOKINGS in edition.sections:
        made.append(_bookings(edition, fill_text(edition.bookings.title, **said)))
    if Section.CHANNELS in edition.sections:
        title = fill_text(edition.channels.title, **said)
        pair = (_text("name", edition.channels.columns[1]), _count("count", edition.channels.columns[2]))
        made.append(Layout(CHANNELS, title, pair, _headings(pair)))
    for one in edition.datasets if Section.DATASETS in edition.sections else ():
        columns = tuple(column for column in one.columns if column.key != "seq")
        title = fill_text(one.title, **said)
        made.append(Layout(one.id, title, columns, _headings(columns), bool(one.note), one.unit, bool(one.paragraphs)))
    return made


def _bookings(edition: Edition, title: str) -> Layout:
    labels = edition.bookings.columns
    groups = zip(edition.bookings.groups, labels[2:], strict=False)
    columns = (_text("institution", labels[1]), *(_count(group, label) for group, label in groups))
    return Layout(BOOKINGS, title, columns, _headings(columns), counter=True)


def _text(key: str, label: str) -> ColumnDefinition:
    return ColumnDefinition(key, label, Kind.TEXT)


def _count(key: str, label: str) -> ColumnDefinition:
    return ColumnDefinition(key, label, Kind.COUNT)


def _headings(columns: tuple[ColumnDefinition, ...]) -> tuple[str, ...]:
    """Labels, with the group heading before those that occur more than once."""
    labels = [column.label for column in columns]
    return tuple(
        f"{column.group}／{column.label}" if column.group and labels.count(column.label) > 1 else column.label
        for column in columns
    )
