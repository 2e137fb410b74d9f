"""Tables of the bulletin as blocks: header, rows, total, notes; two blocks side by side where so printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from hotline.statistics import definitions
from hotline.statistics.edition import Edition, Kind
from hotline.statistics.figures import BookingTable, ChannelTable, Column, DatasetTable, MonthFigures
from hotline.statistics.wording import fill_text


@dataclass(frozen=True)
class Cell:
    """A printed cell. `figure` names what it counts; `is_number` aligns it right and lets Excel calculate."""

    text: str
    figure: str = ""
    is_number: bool = False


@dataclass(frozen=True)
class HeaderCell:
    """`at` is the column it starts at; it spans `columns` and `rows`."""

    text: str
    at: int
    columns: int = 1
    rows: int = 1


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """`columns` are the plain labels, `header` the printed rows of them. `total` is a full row, `total_line` a
    line under the table; a table has one or the other or neither."""

    id: str
    title: str
    columns: tuple[str, ...]
    header: tuple[tuple[HeaderCell, ...], ...]
    rows: tuple[Row, ...]
    subtitle: str = ""
    total: Row = ()
    total_line: str = ""
    notes: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    two_blocks: bool = False

    def folded(self) -> "Table":
        """As it is printed: rows side by side, the left block holding the first ceil(n/2)."""
        if not self.two_blocks:
            return self
        half = (len(self.rows) + 1) // 2
        blank = (Cell(""),) * len(self.columns)
        right = self.rows[half:] + (blank,) * (2 * half - len(self.rows))
        rows = tuple(left + other for left, other in zip(self.rows[:half], right, strict=True))
        width = len(self.columns)
        header = tuple(line + tuple(replace(h, at=h.at + width) for h in line) for line in self.header)
        return replace(self, columns=self.columns * 2, header=header, rows=rows, two_blocks=False)


def _number(value: int, figure: str = "") -> Cell:
    return Cell(str(value), figure, is_number=True)


def _plain_header(labels: Sequence[str]) -> tuple[tuple[HeaderCell, ...], ...]:
    return (tuple(HeaderCell(label, at) for at, label in enumerate(labels)),)


def _labels(wording: Mapping[str, str], piece: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    kept = wording.get(piece)
    return tuple(kept.split("\t")) if kept else usual


def bookings_table(table: BookingTable, figures: MonthFigures, edition: Edition) -> Table:
    """Institutions × channel groups with row, column and grand totals."""
    wording, kept, said = edition.bookings, figures.wording, definitions.words(figures.month)
    labels = _labels(kept, "bookings.columns", wording.columns)
    rows = tuple(
        (
            _number(row.seq or number),
            Cell(row.institution),
            *(_number(n, f"bookings.{row.institution}.{g}") for n, g in zip(row.counts, table.groups, strict=True)),
            _number(row.total, f"bookings.{row.institution}.total"),
        )
        for number, row in enumerate(table.rows, 1)
    )
    sums = zip((*table.totals, table.grand_total), (*table.groups, "total"), strict=True)
    total = (Cell(kept.get("bookings.total", wording.total)), Cell(""), *(_number(n, f"bookings.{g}") for n, g in sums))
    note = "" if table.cumulative is None else fill_text(wording.note, n=str(table.cumulative), **said)
    note = kept.get("bookings.note", note)
    return Table(
        id="bookings",
        title=kept.get("bookings.title") or fill_text(wording.title, **said),
        columns=labels,
        header=_plain_header(labels),
        rows=rows,
        total=total,
        notes=(note,) if note else (),
    )


def channels_table(table: ChannelTable, figures: MonthFigures, edition: Edition) -> Table:
    """Online channels in two blocks, their total on a line of its own."""
    wording, kept, said = edition.channels, figures.wording, definitions.words(figures.month)
    labels = _labels(kept, "channels.columns", wording.columns)
    rows = tuple(
        (_number(row.seq or number), Cell(row.name), _number(row.count, f"channels.{row.name}"))
        for number, row in enumerate(table.rows, 1)
    )
    return Table(
        id="channels",
        title=kept.get("channels.title") or fill_text(wording.title, **said),
        columns=labels,
        header=_plain_header(labels),
        rows=rows,
        subtitle=kept.get("channels.subtitle") or fill_text(wording.subtitle, **said),
        total_line=kept.get("channels.total") or f"{wording.total}{table.total}",
        two_blocks=True,
    )


def dataset_table(table: DatasetTable, edition: Edition) -> Table:
    """A reported table exactly as its cells read."""
    definition = edition.dataset(table.id)
    kinds = [definition.kind_of(column.key) if definition else None for column in table.columns]
    line = table.two_blocks or table.total_label.endswith("：")
    return Table(
        id=table.id,
        title=table.title,
        columns=tuple(f"{c.group} {c.label}" if c.group else c.label for c in table.columns),
        header=_grouped_header(table.columns),
        rows=tuple(tuple(_cell(text, kind) for text, kind in zip(row, kinds, strict=False)) for row in table.rows),
        total=() if line or not table.totals else _total_row(table),
        total_line=f"{table.total_label}{''.join(table.totals)}" if line and table.totals else "",
        notes=tuple(note.text for note in table.notes),
        paragraphs=table.paragraphs,
        two_blocks=table.two_blocks,
    )


def _cell(text: str, kind: Kind | None) -> Cell:
    return Cell(text, is_number=kind is not Kind.TEXT and definitions.number(text) is not None)


def _total_row(table: DatasetTable) -> Row:
    """The label, then blanks, then the totals under the last columns."""
    blanks = (Cell(""),) * (len(table.columns) - len(table.totals) - 1)
    return (Cell(table.total_label), *blanks, *(Cell(text, is_number=True) for text in table.totals))


def _grouped_header(columns: Sequence[Column]) -> tuple[tuple[HeaderCell, ...], ...]:
    if not any(column.group for column in columns):
        return _plain_header([column.label for column in columns])
    upper: list[HeaderCell] = []
    for group, members in groupby(enumerate(columns), key=lambda one: one[1].group):
        span = list(members)
        if group:
            upper.append(HeaderCell(group, span[0][0], columns=len(span)))
        else:
            upper += [HeaderCell(column.label, at, rows=2) for at, column in span]
    return tuple(upper), tuple(HeaderCell(c.label, at) for at, c in enumerate(columns) if c.group)
