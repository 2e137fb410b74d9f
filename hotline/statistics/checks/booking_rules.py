"""B: the booking table adds up, is in order and numbered through."""

from collections.abc import Iterator

from hotline.statistics.checks.rule import Checked, Finding, Severity


def rows_add_up(checked: Checked) -> Iterator[Finding]:
    """B1."""
    table = checked.figures.bookings
    for row in table.rows if table else ():
        if row.total != sum(row.counts):
            message = f"{row.institution}各渠道之和 {sum(row.counts)}，合计印为 {row.total}"
            subject = f"bookings.{row.institution}.total"
            yield Finding("B1", Severity.ERROR, subject, message, row.total - sum(row.counts))


def columns_add_up(checked: Checked) -> Iterator[Finding]:
    """B2."""
    table = checked.figures.bookings
    if table is None:
        return
    labels = checked.edition.bookings.columns[2:]
    for number, (group, printed) in enumerate(zip(table.groups, table.totals, strict=True)):
        derived = sum(row.counts[number] for row in table.rows)
        if printed != derived:
            message = f"“{labels[number] if number < len(labels) else group}”一列之和 {derived}，合计印为 {printed}"
            yield Finding("B2", Severity.ERROR, f"bookings.{group}", message, printed - derived)


def grand_total_adds_up(checked: Checked) -> Iterator[Finding]:
    """B3. The corner is the sum of the column totals and of the row totals."""
    table = checked.figures.bookings
    if table is None:
        return
    for of, derived in (("各列合计", sum(table.totals)), ("各行合计", sum(row.total for row in table.rows))):
        if table.grand_total != derived:
            message = f"总计印为 {table.grand_total}，{of}之和为 {derived}"
            yield Finding("B3", Severity.ERROR, "bookings.total", message, table.grand_total - derived)


def rows_descend(checked: Checked) -> Iterator[Finding]:
    """B4. By total, then by the first channel column."""
    table = checked.figures.bookings
    rows = table.rows if table else ()
    for before, after in zip(rows, rows[1:], strict=False):
        if (before.total, before.counts[0]) < (after.total, after.counts[0]):
            message = f"{after.institution}（{after.total}）应排在{before.institution}（{before.total}）之前"
            subject = f"bookings.{after.institution}.total"
            yield Finding("B4", Severity.WARNING, subject, message, before.total - after.total)


def rows_are_numbered(checked: Checked) -> Iterator[Finding]:
    """B5. 1..n without gaps, every institution once."""
    table = checked.figures.bookings
    seen: set[str] = set()
    for number, row in enumerate(table.rows if table else (), 1):
        if row.seq is not None and row.seq != number:
            message = f"{row.institution}序号印为 {row.seq}，应为 {number}"
            yield Finding("B5", Severity.ERROR, f"bookings.{row.institution}.seq", message, row.seq - number)
        if row.institution in seen:
            yield Finding("B5", Severity.ERROR, f"bookings.{row.institution}", f"{row.institution}出现了不止一次")
        seen.add(row.institution)


def no_zero_row(checked: Checked) -> Iterator[Finding]:
    """B6."""
    table = checked.figures.bookings
    for row in table.rows if table else ():
        if row.total == 0:
            message = f"{row.institution}合计为 0，不应列入"
            yield Finding("B6", Severity.WARNING, f"bookings.{row.institution}.total", message)
