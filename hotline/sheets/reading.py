"""Reading with suspicion: refused is what a table of figures never needs."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Self

from defusedxml.common import DefusedXmlException

from hotline.errors import Invalid, TooLarge
from hotline.sheets import packages

MAX_BYTES = 5 * 2**20
MAX_ENTRIES = 200
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 2_000_000
EXACT = 10**15
"""From here on an office program does not keep every digit of a number."""

UNSEEN = "“{}”含有不可见的控制字符"
ZEROS = re.compile("0{2,32}")
"""The format of a number that is shown with leading zeros."""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Table:
    """A header and its rows, every cell as trimmed text; rows are as wide as the header."""

    header: list[str]
    rows: list[list[str]]


class Unusable(str):
    """What stands in a cell that nobody should rely on, and why."""

    __slots__ = ("why",)
    why: str

    def __new__(cls, text: str, why: str) -> Self:
        made = super().__new__(cls, text)
        made.why = why
        return made


Rows = list[tuple[int, list[str]]]
"""The rows that hold anything, with their numbers as the office program shows them."""


def read_table(stream: BinaryIO, filename: str) -> Table:
    """The first sheet of an XLSX file, or a CSV file in UTF-8 or GB18030. Raises Invalid or TooLarge."""
    (rows,) = _read(stream, filename, 1).values()
    (_, header), *rest = rows
    for cell in chain(header, *(row for _, row in rest)):
        if isinstance(cell, Unusable):
            raise Invalid(cell.why)
    if any(len(row) > len(header) for _, row in rest):
        raise Invalid("有的行比表头长，请检查表头")
    return Table(header, [row + [""] * (len(header) - len(row)) for _, row in rest])


def read_sheets(stream: BinaryIO, filename: str) -> dict[str, Rows]:
    """Every sheet that holds anything by its title, at least one; a CSV file is a single one. A cell that cannot be
    relied on is `Unusable`, for whoever needs it."""
    return _read(stream, filename, None)


def _read(stream: BinaryIO, filename: str, most: int | None) -> dict[str, Rows]:
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLarge("文件超过 5 MB，请拆分后再传")
    if not data:
        raise Invalid("文件是空的")
    kind = PurePosixPath(filename).suffix.lower()
    if kind == ".xlsx":
        sheets = _xlsx_sheets(data, most)
    elif kind == ".csv":
        sheets = {"": _kept(_csv_rows(data))}
    else:
        raise Invalid("只接受 .xlsx 或 .csv 文件；旧版 .xls 请另存为 .xlsx")
    filled = {title: rows for title, rows in sheets.items() if rows}
    if not filled:
        raise Invalid("文件里没有内容")
    return filled


def _kept(rows: Iterator[list[str]]) -> Rows:
    numbered = enumerate(map(_checked_row, islice(rows, MAX_ROWS + 2)), 1)
    kept = [(number, row) for number, row in numbered if row]
    if len(kept) > MAX_ROWS:
        raise Invalid(f"行数超过 {MAX_ROWS}")
    return kept


def _checked_row(row: list[str]) -> list[str]:
    """The row without the empty cells at its end."""
    while row and not row[-1]:
        row.pop()
    if len(row) > MAX_COLUMNS:
        raise Invalid(f"列数超过 {MAX_COLUMNS}")
    return [Unusable(CONTROL.sub("", cell), UNSEEN.format(cell[:20])) if CONTROL.search(cell) else cell for cell in row]


def _csv_rows(data: bytes) -> Iterator[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Invalid("文字编码无法识别，请存为 UTF-8 或 GB18030")
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise Invalid("CSV 格式有误（引号不配对或单元格过长）") from error


def _xlsx_sheets(data: bytes, most: int | None) -> dict[str, Rows]:
    # Imported here: most processes never open a workbook.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    packages.inspect(data, parts=MAX_ENTRIES)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        return {sheet.title: _kept(_sheet_rows(sheet)) for sheet in book.worksheets[:most]}
    except (InvalidFileException, SyntaxError, DefusedXmlException, zipfile.BadZipFile, KeyError) as error:
        raise Invalid("不是完好的 XLSX 文件") from error
    except (ValueError, TypeError, AttributeError, IndexError, EOFError, zlib.error) as error:
        raise Invalid("XLSX 内容无法读取") from error


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()
    cells = 0
    for row in islice(sheet.iter_rows(), MAX_ROWS + 2):
        cells += len(row)
        if cells > MAX_CELLS:
            raise Invalid("表格太大")
        yield [_cell_text(cell) for cell in row]


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Unusable(str(value), f"单元格 {cell.coordinate} 是公式，请粘贴为数值后再传")
    if isinstance(value, float) and abs(value) >= EXACT:
        lost = f"单元格 {cell.coordinate} 的数字超过 15 位，末几位已丢失，请把该列设为文本后重新导出"
        return Unusable(str(value), lost)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int:
        shown = str(cell.number_format)
        return f"{value:0{len(shown)}d}" if ZEROS.fullmatch(shown) else str(value)
    if isinstance(value, datetime):
        value = value.date() if value.time() == datetime.min.time() else value
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).strip()
