"""The bulletin as CSV: every table one under the other, BOM first, text that a spreadsheet cannot run."""

from collections.abc import Iterator

from hotline.sheets import csv_chunks
from hotline.statistics.document import Document
from hotline.statistics.table_blocks import Table


def render(document: Document) -> bytes:
    return b"".join(csv_chunks([document.title], _rows(document)))


def _rows(document: Document) -> Iterator[list[str]]:
    yield from ([mark] for mark in document.marks)
    yield from ([sentence.text] for sentence in document.sentences)
    for table in document.tables:
        yield []
        yield from _table(table)


def _table(table: Table) -> Iterator[list[str]]:
    yield from ([text] for text in (table.title, table.subtitle) if text)
    yield list(table.columns)
    yield from ([cell.text for cell in row] for row in table.rows)
    if table.total:
        yield [cell.text for cell in table.total]
    yield from ([text] for text in (table.total_line, *table.notes, *table.paragraphs) if text)
