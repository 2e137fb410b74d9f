"""Every figure of a month under its name (`hotline.total`, `orders.wo_self`, `province.苏州`,
`bookings.南京鼓楼医院.online`, `channels.total`): what findings, comparisons and corrections point at."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hotline.clock import Month
from hotline.errors import Invalid
from hotline.statistics import definitions, editions
from hotline.statistics import figures as f
from hotline.statistics.edition import DatasetDefinition
from hotline.statistics.wording import fill_text


def cells(figures: f.MonthFigures) -> dict[str, int]:
    """Name → figure, in printing order. Reported tables are not in it: their cells are text."""
    return dict(_all(figures))


def _all(figures: f.MonthFigures) -> Iterator[tuple[str, int]]:
    yield "hotline.total", figures.hotline.total
    yield from ((f"hotline.{code}", count) for code, count in figures.hotline.categories.items())
    yield from ((f"orders.{code}", count) for code, count in figures.hotline.orders.items())
    if figures.province:
        yield "province.total", figures.province.total
        yield from ((f"province.{c.city}", c.count) for c in figures.province.cities if c.count is not None)
    if figures.bookings:
        yield from _booking_cells(figures.bookings)
    if figures.channels:
        yield from ((f"channels.{row.name}", row.count) for row in figures.channels.rows)
        yield "channels.total", figures.channels.total


def _booking_cells(table: f.BookingTable) -> Iterator[tuple[str, int]]:
    for row in table.rows:
        yield from ((f"bookings.{row.institution}.{g}", n) for g, n in zip(table.groups, row.counts, strict=True))
        yield f"bookings.{row.institution}.total", row.total
    yield from ((f"bookings.{group}", total) for group, total in zip(table.groups, table.totals, strict=True))
    yield "bookings.total", table.grand_total
    if table.cumulative is not None:
        yield "bookings.cumulative", table.cumulative


SECTION = {"hotline": "热线", "orders": "工单", "province": "全省", "bookings": "预约表", "channels": "途径表"}


def place_of(name: str, month: Month) -> str:
    """Where a figure stands, in the words of the month's bulletin: `预约表 南京鼓楼医院 小计`."""
    edition = editions.of(month)
    section, _, rest = name.partition(".")
    if table := edition.dataset(section):
        return _dataset_place(rest, table, definitions.words(month))
    words = {item.code: item.label for item in (*edition.hotline.categories, *edition.hotline.orders)}
    words |= dict(zip((*edition.bookings.groups, "total"), edition.bookings.columns[2:], strict=True))
    words |= {"cumulative": "累计", "seq": "序号"}
    if section != "bookings":
        words["total"] = "总量" if section in ("hotline", "province") else "合计"
    *row, column = rest.rsplit(".", 1)
    return " ".join((SECTION.get(section, "报表"), *row, words.get(column, column)))


def _dataset_place(rest: str, table: DatasetDefinition, said: Mapping[str, str]) -> str:
    """A cell of a reported table: by key as findings name it, or by the numbers of row and column."""
    row, _, column = rest.rpartition(".")
    labels = {one.key: one.label for one in table.columns} | {"seq": "序号", "note": "累计"}
    if column.isdecimal():
        among = definitions.summed_columns(table) if row == "total" else range(len(table.columns))
        labels |= {str(number): table.columns[at].label for number, at in enumerate(among, 1)}
        row = "合计" if row == "total" else f"第{row}行"
    return " ".join(
        part for part in (fill_text(table.title, **said), row, fill_text(labels.get(column, column), **said)) if part
    )


def with_cell(figures: f.MonthFigures, name: str, value: int) -> f.MonthFigures:
    """The same month with one figure different. Raises Invalid when there is no such figure."""
    if name not in cells(figures):
        raise Invalid(f"没有名为“{name}”的数字")
    section, _, rest = name.partition(".")
    if section in ("hotline", "orders"):
        return replace(figures, hotline=_hotline(figures.hotline, section, rest, value))
    if section == "province" and figures.province:
        return replace(figures, province=_province(figures.province, rest, value))
    if section == "channels" and figures.channels:
        return replace(figures, channels=_channels(figures.channels, rest, value))
    return replace(figures, bookings=figures.bookings and _bookings(figures.bookings, rest, value))


def _hotline(hotline: f.HotlineFigures, section: str, code: str, value: int) -> f.HotlineFigures:
    if section == "orders":
        return replace(hotline, orders={**hotline.orders, code: value})
    if code == "total":
        return replace(hotline, total=value)
    return replace(hotline, categories={**hotline.categories, code: value})


def _province(province: f.ProvinceFigures, name: str, value: int) -> f.ProvinceFigures:
    if name == "total":
        return replace(province, total=value)
    return replace(province, cities=tuple(replace(c, count=value) if c.city == name else c for c in province.cities))


def _channels(table: f.ChannelTable, name: str, value: int) -> f.ChannelTable:
    if name == "total":
        return replace(table, total=value)
    return replace(table, rows=tuple(replace(row, count=value) if row.name == name else row for row in table.rows))


def _at(counts: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*counts[:place], value, *counts[place + 1 :])


def _bookings(table: f.BookingTable, name: str, value: int) -> f.BookingTable:
    if name == "cumulative":
        return replace(table, cumulative=value)
    if name == "total":
        return replace(table, grand_total=value)
    if name in table.groups:
        return replace(table, totals=_at(table.totals, table.groups.index(name), value))
    institution, _, column = name.rpartition(".")

    def changed(row: f.BookingRow) -> f.BookingRow:
        if row.institution != institution:
            return row
        if column == "total":
            return replace(row, total=value)
        return replace(row, counts=_at(row.counts, table.groups.index(column), value))

    return replace(table, rows=tuple(changed(row) for row in table.rows))
