"""The bulletin as an XLSX workbook: one sheet per table, frozen header, widths, native charts, text stays text."""

import re
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from hotline.sheets.reading import CONTROL
from hotline.statistics.cells import cells
from hotline.statistics.document import Document
from hotline.statistics.outputs.sheet_charts import chart_sheet
from hotline.statistics.table_blocks import Cell, HeaderCell, Table

PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")
HEAVY, LIGHT = Side(style="medium"), Side(style="thin")
BODY, HEAD = Font(name="仿宋_GB2312", size=11), Font(name="黑体", size=11)
TITLE = Font(name="黑体", size=14)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)


def render(document: Document) -> bytes:
    book = Workbook()
    first: Any = book.active
    _overview(first, document)
    for table in document.tables:
        _sheet(book.create_sheet(_name(book, table.title)), table)
    if document.charts:
        chart_sheet(book.create_sheet("图表"), document.charts)
    book.properties.title, book.properties.creator = document.title, ""
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _name(book: Workbook, title: str) -> str:
    """A sheet name: at most 31 characters, none of []:*?/\\, each once."""
    stem: str = re.sub(r"^\d+年\d+月度?", "", re.sub(r"[\[\]:*?/\\']", "", title))[:28] or "表"
    name, number = stem, 2
    while name in book.sheetnames:
        name, number = f"{stem}{number}", number + 1
    return name


def put(cell: Any, text: str, *, is_number: bool = False) -> None:
    """Write a printed cell: a number where it is one, otherwise text that is never a formula."""
    if is_number and PLAIN_NUMBER.fullmatch(text):
        decimals = len(text.partition(".")[2])
        cell.value = Decimal(text) if decimals else int(text)
        cell.number_format = f"0.{'0' * decimals}" if decimals else "0"
        return
    cell.value = CONTROL.sub("", text)
    if cell.data_type != "n":
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _overview(sheet: Worksheet, document: Document) -> None:
    sheet.title = "数据统计"
    lines = [document.title, *document.marks, *(sentence.text for sentence in document.sentences)]
    for number, text in enumerate(lines, 1):
        cell = sheet.cell(number, 1)
        put(cell, text)
        cell.font, cell.alignment = (TITLE if number == 1 else BODY), Alignment(wrap_text=True, vertical="top")
    rows = [(name, n) for name, n in cells(document.figures).items() if name.startswith(("hotline.", "orders."))]
    sheet.cell(len(lines) + 2, 1, "指标").font = HEAD
    sheet.cell(len(lines) + 2, 2, "数量").font = HEAD
    for number, (name, count) in enumerate(rows, len(lines) + 3):
        put(sheet.cell(number, 1), document.labels.get(name, name))
        sheet.cell(number, 2, count)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 90, 14
    sheet.freeze_panes = "A2"


def _sheet(sheet: Worksheet, table: Table) -> None:
    """Title, header, rows, total, notes; everything down to the header stays in view."""
    width = max(len(table.columns), 1)
    at = _captions(sheet, table, width)
    top = at
    for line in table.header:
        _header(sheet, at, line)
        at += 1
    if table.rows:
        sheet.freeze_panes = f"A{at}"
    for row in (*table.rows, *((table.total,) if table.total else ())):
        _row(sheet, at, row)
        at += 1
    _rules(sheet, table, top, at - 1, width)
    for text in (table.total_line, *table.notes, *table.paragraphs):
        if text:
            put(sheet.cell(at, 1), text)
            sheet.cell(at, 1).font = BODY
            at += 1
    _widths(sheet, table)
    sheet.print_title_rows = f"{top}:{top + len(table.header) - 1}"
    sheet.page_setup.orientation = "landscape" if width > 8 else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _captions(sheet: Worksheet, table: Table, width: int) -> int:
    lines = [text for text in (table.title, table.subtitle) if text]
    for number, text in enumerate(lines, 1):
        put(sheet.cell(number, 1), text)
        sheet.cell(number, 1).font, sheet.cell(number, 1).alignment = (TITLE if number == 1 else BODY), CENTRE
        if width > 1:
            sheet.merge_cells(start_row=number, end_row=number, start_column=1, end_column=width)
    return len(lines) + 1


def _header(sheet: Worksheet, at: int, line: tuple[HeaderCell, ...]) -> None:
    for head in line:
        cell = sheet.cell(at, head.at + 1)
        put(cell, head.text)
        cell.font, cell.alignment = HEAD, CENTRE
        if head.columns > 1 or head.rows > 1:
            last_row, last_column = at + head.rows - 1, head.at + head.columns
            sheet.merge_cells(start_row=at, end_row=last_row, start_column=head.at + 1, end_column=last_column)


def _row(sheet: Worksheet, at: int, row: tuple[Cell, ...]) -> None:
    for column, cell in enumerate(row, 1):
        put(sheet.cell(at, column), cell.text, is_number=cell.is_number)
        sheet.cell(at, column).font = BODY
        sheet.cell(at, column).alignment = Alignment(horizontal="right" if cell.is_number else "center")


def _rules(sheet: Worksheet, table: Table, top: int, last: int, width: int) -> None:
    """The three lines of the table (and a fourth over its total)."""
    under = top + len(table.header) - 1
    for column in range(1, width + 1):
        for at, border in (
            (top, Border(top=HEAVY)),
            (under, Border(top=HEAVY if under == top else None, bottom=LIGHT)),
            (last, Border(top=LIGHT if table.total else None, bottom=HEAVY)),
        ):
            sheet.cell(at, column).border = border


def _widths(sheet: Worksheet, table: Table) -> None:
    for column, label in enumerate(table.columns):
        longest = max([_wide(row[column].text) for row in table.rows] + [min(_wide(label), 14)], default=8)
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(max(longest + 3, 8), 44)


def _wide(text: str) -> int:
    """Widths of a Chinese text: a full-width character takes two."""
    return sum(2 if ord(letter) > 255 else 1 for letter in text)
