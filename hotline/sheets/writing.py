"""Writing as streams: memory does not grow with the rows, and text stays text."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

from hotline import clock
from hotline.sheets.reading import CONTROL

SHEET_ROWS = 1_048_576
"""Rows of one sheet in Excel; a longer table goes on in the next sheet."""

_FORMULA_START = frozenset("=+-@\t\r\n＝＋－＠")

Cell = str | int | float | Decimal | date | datetime | None


def plain(value: Cell) -> str | int | float:
    """A cell as office software should see it: numbers stay numbers, instants in local time, the rest text."""
    if isinstance(value, str):
        return value if value.isprintable() else CONTROL.sub("", value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M:%S}"
    return str(value)


def _csv_cell(value: Cell) -> str | int | float:
    if type(value) is str and value.isprintable() and value[:1] not in _FORMULA_START:
        return value  # nearly every cell; exports are written by the million
    shown = plain(value)
    return "'" + shown if isinstance(shown, str) and shown[:1] in _FORMULA_START else shown


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]], block: int = 1000) -> Iterator[bytes]:
    """UTF-8 with BOM, CRLF, formula-safe, in pieces of `block` rows."""
    source = chain([header], rows)
    mark = "\ufeff"
    while batch := list(islice(source, block)):
        text = io.StringIO(newline="")
        text.write(mark)
        csv.writer(text).writerows([_csv_cell(cell) for cell in row] for row in batch)
        yield text.getvalue().encode()
        mark = ""


def write_csv(stream: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    for chunk in csv_chunks(header, rows):
        stream.write(chunk)


_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_XML}<styleSheet {_NS}><fonts count="2"><font><sz val="11"/><name val="等线"/></font>'
    '<font><b/><sz val="11"/><name val="等线"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3">'
    '<xf/><xf fontId="1" applyFont="1"/><xf numFmtId="49" quotePrefix="1" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _xlsx_cell(value: Cell) -> str:
    shown = plain(value)
    if isinstance(shown, str):
        if not shown:
            return "<c/>"
        style = ' s="2"' if shown[:1] in _FORMULA_START else ""
        return f'<c t="inlineStr"{style}><is><t xml:space="preserve">{escape(shown)}</t></is></c>'
    return f"<c><v>{shown!r}</v></c>"


def _sheet_head(header: Sequence[str], widths: Sequence[int]) -> str:
    columns = "".join(f'<col min="{n}" max="{n}" width="{w}" customWidth="1"/>' for n, w in enumerate(widths, 1))
    names = "".join(f'<c s="1" t="inlineStr"><is><t>{escape(name)}</t></is></c>' for name in header)
    return (
        f'{_XML}<worksheet {_NS}><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData><row>{names}</row>"
    )


def _write_sheet(out: Any, header: Sequence[str], rows: Iterator[Sequence[Cell]]) -> None:
    widths = [min(max(2 * len(name) + 2, 10), 40) for name in header]
    out.write(_sheet_head(header, widths).encode())
    while batch := list(islice(rows, 1000)):
        out.write("".join(f"<row>{''.join(map(_xlsx_cell, row))}</row>" for row in batch).encode())
    out.write(b"</sheetData></worksheet>")


def write_xlsx(stream: BinaryIO, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """One table, bold frozen header, going on in `title (2)`… when it outgrows a sheet. Every string stays text."""
    source = iter(rows)
    titles: list[str] = []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        waiting = list(islice(source, 1))
        while waiting or not titles:
            titles.append(title if not titles else f"{title} ({len(titles) + 1})")
            with archive.open(f"xl/worksheets/sheet{len(titles)}.xml", "w", force_zip64=True) as out:
                _write_sheet(out, header, chain(waiting, islice(source, SHEET_ROWS - 1 - len(waiting))))
            waiting = list(islice(source, 1))
        for name, text in _package(titles).items():
            archive.writestr(name, text)


def _package(titles: list[str]) -> dict[str, str]:
    numbers = range(1, len(titles) + 1)
    sheets = "".join(f'<sheet name={quoteattr(t)} sheetId="{n}" r:id="r{n}"/>' for n, t in enumerate(titles, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>' for n in numbers
    )
    return {
        "xl/workbook.xml": f'{_XML}<workbook {_NS} xmlns:r="{_REL}"><sheets>{sheets}</sheets></workbook>',
        "xl/styles.xml": _STYLES,
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE_REL}">{links}'
        f'<Relationship Id="styles" Type="{_REL}/styles" Target="styles.xml"/></Relationships>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE_REL}"><Relationship Id="book" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/>{parts}</Types>',
    }
