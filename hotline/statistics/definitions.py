"""Reported tables made from their dated definition: titles, columns, order, totals and note for given rows."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from hotline.clock import Month
from hotline.errors import Invalid
from hotline.statistics import editions, house
from hotline.statistics.edition import DatasetDefinition, Kind
from hotline.statistics.figures import Column, DatasetTable, Note
from hotline.statistics.wording import fill_text

SUMMED = (Kind.COUNT, Kind.MONEY)


def number(text: str) -> Decimal | None:
    """A printed cell as a number (`98.30%` is 98.30); None for words, `/` and `6/11`."""
    try:
        value = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def words(month: Month) -> dict[str, str]:
    """What every template may say."""
    who = house.current()
    return {
        "y": str(month.year),
        "m": str(month.number),
        "line": who.line,
        "home": who.home,
        "province_line": who.province_line,
    }


def table(
    dataset_id: str,
    month: Month,
    rows: Sequence[Sequence[str]],
    cumulative: str | None = None,
    texts: Sequence[str] = (),
) -> DatasetTable:
    """The reported table `dataset_id` of `month` from its cells (without numbers of rows where the definition has
    a `seq` column), its cumulative figure and, for paragraphs, their texts."""
    definition = editions.of(month).dataset(dataset_id)
    if definition is None:
        raise Invalid(f"{month} 的版式没有报表“{dataset_id}”")
    said = words(month)
    printed = _ordered(definition, rows)
    return DatasetTable(
        id=definition.id,
        title=fill_text(definition.title, **said),
        columns=tuple(Column(c.key, fill_text(c.label, **said), c.group) for c in definition.columns),
        rows=printed,
        total_label=definition.totals,
        totals=_totals(definition, printed) if definition.totals else (),
        notes=_notes(definition, said, cumulative),
        two_blocks=definition.two_blocks,
        paragraphs=tuple(
            fill_text(template, text=text, **said) for template in definition.paragraphs for text in texts
        ),
    )


def _notes(definition: DatasetDefinition, said: dict[str, str], cumulative: str | None) -> tuple[Note, ...]:
    if not definition.note or cumulative is None:
        return ()
    return (Note(fill_text(definition.note, n=cumulative, **said), cumulative, definition.unit),)


def _ordered(definition: DatasetDefinition, rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    keys = [column.key for column in definition.columns]
    numbered = keys[:1] == ["seq"]
    cells = [tuple(row) for row in rows]
    if definition.order:
        at = keys.index(definition.order) - numbered
        cells.sort(key=lambda row: number(row[at]) or Decimal(0), reverse=True)
    return tuple((str(n), *row) if numbered else row for n, row in enumerate(cells, 1))


def summed_columns(definition: DatasetDefinition) -> list[int]:
    return [n for n, column in enumerate(definition.columns) if column.kind in SUMMED]


def _totals(definition: DatasetDefinition, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Sums of the number columns at the end of the table, written like their cells."""
    return tuple(
        str(sum((number(row[n]) or Decimal(0) for row in rows), Decimal(0))) for n in summed_columns(definition)
    )
