"""The other cities' returns and the reported tables of a demonstration month, handed in like real ones."""

from collections.abc import Iterator

from hotline.clock import Month
from hotline.demo.made import Made
from hotline.errors import NotFound
from hotline.places import service as places
from hotline.statistics import datasets_import, editions, house, layouts, returns
from hotline.statistics.figures import BookingTable, ChannelTable, DatasetTable, MonthFigures

INVENTED = "演示数据"


def make(made: Made, figures: MonthFigures) -> Iterator[Made]:
    """File the returns, then hand in every table that the month's edition has."""
    for city in figures.province.cities if figures.province else ():
        if city.city == house.current().home or city.count is None:
            continue
        area = places.city_named(city.city)
        if area is None:
            raise NotFound(f"没有名为“{city.city}”的城市")
        returns.file(area.code, made.month, city.count, explanation=INVENTED)
        made.returns += 1
    yield made
    if figures.bookings:
        made.tables += _bookings(made.month, figures.bookings)
    if figures.channels:
        made.tables += _channels(made.month, figures.channels)
    for table in figures.datasets:
        if _fits(made.month, table):
            made.tables += _table(made.month, table)
        else:
            made.left_out.append(table.id)
    yield made


def _fits(month: Month, table: DatasetTable) -> bool:
    """Whether the edition defines this very table."""
    definition = editions.of(month).dataset(table.id)
    return definition is not None and [c.key for c in definition.columns] == [c.key for c in table.columns]


def _bookings(month: Month, table: BookingTable) -> int:
    rows = [[row.institution, *map(str, row.counts)] for row in table.rows]
    return _hand_in(month, layouts.BOOKINGS, rows, cumulative=table.cumulative)


def _channels(month: Month, table: ChannelTable) -> int:
    return _hand_in(month, layouts.CHANNELS, [[row.name, str(row.count)] for row in table.rows])


def _table(month: Month, table: DatasetTable) -> int:
    numbered = table.columns[:1] and table.columns[0].key == "seq"
    rows = [list(row[1:] if numbered else row) for row in table.rows]
    stated = next((note.value for note in table.notes if note.value), None)
    return _hand_in(month, table.id, rows, texts=table.paragraphs, cumulative=stated)


def _hand_in(
    month: Month, dataset_id: str, rows: list[list[str]], *, texts: tuple[str, ...] = (), cumulative: object = None
) -> int:
    draft = datasets_import.draft(
        month,
        dataset_id,
        rows,
        texts=texts,
        cumulative="" if cumulative is None else str(cumulative),
        source_name=INVENTED,
    )
    as_printed = [choice.name for choice in datasets_import.names(draft)]
    datasets_import.confirm(draft, dict.fromkeys(as_printed, datasets_import.AS_IT_IS))
    return 1
