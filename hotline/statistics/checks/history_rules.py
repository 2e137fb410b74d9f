"""What only earlier months can tell: cumulative figures and jumps."""

from collections.abc import Iterator

from hotline.statistics.cells import cells
from hotline.statistics.checks.rule import Checked, Finding, Severity
from hotline.statistics.definitions import number
from hotline.statistics.figures import BookingTable, DatasetTable, MonthFigures, Note

JUMP = 5
FLOOR = 20
"""Counts below this in both months jump by chance."""


def bookings_accumulate(checked: Checked) -> Iterator[Finding]:
    """B7. Never below an earlier month; next to the month before it grows by exactly this month's total."""
    table = checked.figures.bookings
    if table is None or table.cumulative is None:
        return
    before = checked.previous.bookings if checked.previous else None
    if before and before.cumulative is not None:
        yield from _grows_by_total(table, before)
        return
    for month in checked.earlier:
        if month.bookings and month.bookings.cumulative is not None:
            fall = table.cumulative - month.bookings.cumulative
            if fall < 0:
                message = f"累计 {table.cumulative}，小于 {month.month} 的累计 {month.bookings.cumulative}"
                yield Finding("B7", Severity.ERROR, "bookings.cumulative", message, fall)
            return


def _grows_by_total(table: BookingTable, before: BookingTable) -> Iterator[Finding]:
    now, then = table.cumulative or 0, before.cumulative or 0
    if now != then + table.grand_total:
        rest = now - then - table.grand_total
        message = f"累计 {now} 应等于上月累计 {then} 加本月总计 {table.grand_total}，相差 {rest:+d}"
        yield Finding("B7", Severity.ERROR, "bookings.cumulative", message, rest)


def reported_accumulate(checked: Checked) -> Iterator[Finding]:
    """T4. A reported cumulative figure does not fall."""
    for table in checked.figures.datasets:
        for note in table.notes:
            for month, then in _earlier_notes(checked.earlier, table, note):
                now, before = number(note.value or ""), number(then.value or "")
                if now is not None and before is not None and now < before:
                    message = f"“{table.title}”累计 {note.value}，小于 {month.month} 的 {then.value}"
                    yield Finding("T4", Severity.ERROR, f"{table.id}.note", message, f"{now - before:+}")
                break


def _earlier_notes(
    earlier: tuple[MonthFigures, ...], table: DatasetTable, note: Note
) -> Iterator[tuple[MonthFigures, Note]]:
    """The same cumulative figure in earlier months, newest first."""
    for month in earlier:
        before = month.dataset(table.id)
        for then in before.notes if before else ():
            if then.unit == note.unit and then.value is not None:
                yield month, then


def nothing_jumps(checked: Checked) -> Iterator[Finding]:
    """J1. ×5 or ÷5 against the month before, or a city that stopped reporting."""
    if checked.previous is None:
        return
    now, then = _compared(checked.figures), _compared(checked.previous)
    for name, before in then.items():
        after = now.get(name)
        if after is None:
            if name.startswith("province."):
                yield Finding("J1", Severity.WARNING, name, f"{name[9:]}上月 {before}，本月没有上报", -before)
        elif max(before, after) >= FLOOR and max(before, after) >= JUMP * max(1, min(before, after)):
            message = f"上月 {before}，本月 {after}，变动达五倍，请说明原因"
            yield Finding("J1", Severity.WARNING, name, message, after - before)


def _compared(figures: MonthFigures) -> dict[str, int]:
    """Every cell but an institution's single channels and the cumulative figure."""
    groups = figures.bookings.groups if figures.bookings else ()
    return {
        name: count
        for name, count in cells(figures).items()
        if name != "bookings.cumulative" and not (name.count(".") > 1 and name.rpartition(".")[2] in groups)
    }
