"""T: the reported tables of other systems."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import takewhile

from hotline.statistics.checks.rule import Checked, Finding, Severity
from hotline.statistics.definitions import number
from hotline.statistics.edition import Kind
from hotline.statistics.figures import Column, DatasetTable

BY_LABEL = (("天数", Kind.DAYS), ("率", Kind.PERCENT), ("表单上传", Kind.RATIO), ("声明上传表", Kind.RATIO))
"""What a column holds that no definition names."""

RATIO = re.compile(r"(\d+)/(\d+)")


def kind_of(checked: Checked, table: DatasetTable, column: Column) -> Kind | None:
    definition = checked.edition.dataset(table.id)
    known = definition.kind_of(column.key) if definition else None
    return known or next((kind for word, kind in BY_LABEL if word in column.label), None)


def _cells(checked: Checked, wanted: Kind) -> Iterator[tuple[str, str, str]]:
    """(subject, name of the row and column, text) of every cell of one kind."""
    for table in checked.figures.datasets:
        for at, column in enumerate(table.columns):
            if kind_of(checked, table, column) is wanted:
                for row in table.rows:
                    name = row_name(table, row)
                    yield f"{table.id}.{name}.{column.key}", f"{name}“{column.group or ''}{column.label}”", row[at]


def row_name(table: DatasetTable, row: tuple[str, ...]) -> str:
    numbered = table.columns[0].key == "seq" and len(row) > 1
    return row[1] if numbered else row[0]


def totals_add_up(checked: Checked) -> Iterator[Finding]:
    """T1. Totals stand under the last columns."""
    for table in checked.figures.datasets:
        first = len(table.columns) - len(table.totals)
        for at, printed in enumerate(table.totals, first):
            values = [number(row[at]) for row in table.rows]
            stated = number(printed)
            derived = sum((value for value in values if value is not None), Decimal(0))
            if stated is None or stated != derived:
                message = f"“{table.title}”{table.columns[at].label}之和 {derived}，合计印为 {printed}"
                rest = "-" if stated is None else f"{stated - derived:+}"
                yield Finding("T1", Severity.ERROR, f"{table.id}.合计.{table.columns[at].key}", message, rest)


def part_of_whole(checked: Checked) -> Iterator[Finding]:
    """T2. n/N with n ≤ N."""
    for subject, name, text in _cells(checked, Kind.RATIO):
        found = RATIO.fullmatch(text)
        if found and int(found[1]) > int(found[2]):
            rest = int(found[1]) - int(found[2])
            yield Finding("T2", Severity.ERROR, subject, f"{name}印为 {text}，前数不应大于后数", rest)


def days_of_the_month(checked: Checked) -> Iterator[Finding]:
    """T3."""
    days = checked.month.last.day
    for subject, name, text in _cells(checked, Kind.DAYS):
        value = number(text)
        if value is not None and value > days:
            yield Finding("T3", Severity.ERROR, subject, f"{name}为 {text}，本月只有 {days} 天", int(value) - days)


def at_most_all(checked: Checked) -> Iterator[Finding]:
    """T5."""
    for subject, name, text in _cells(checked, Kind.PERCENT):
        value = number(text)
        if value is not None and value > 100:
            yield Finding("T5", Severity.WARNING, subject, f"{name}为 {text}，超过 100%", f"{value - 100:+}")


def rows_are_numbered(checked: Checked) -> Iterator[Finding]:
    """T6. Where rows are numbered: 1..n; every row once by its leading words."""
    for table in checked.figures.datasets:
        numbered = bool(table.columns) and table.columns[0].key == "seq"
        leading = list(
            takewhile(lambda c, table=table: kind_of(checked, table, c) is Kind.TEXT, table.columns)  # type: ignore[misc]
        )
        seen: set[tuple[str, ...]] = set()
        for at, row in enumerate(table.rows, 1):
            name = row[int(numbered) : len(leading)]
            subject = f"{table.id}.{row_name(table, row)}"
            if numbered and row[0] != str(at):
                yield Finding("T6", Severity.ERROR, f"{subject}.seq", f"序号印为 {row[0]}，应为 {at}")
            if name and name in seen:
                yield Finding("T6", Severity.ERROR, subject, f"“{table.title}”中{'、'.join(name)}出现了不止一次")
            seen.add(name)
