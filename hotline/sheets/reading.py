"""Reading with suspicion: refused is what a table of figures never needs."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, BinaryIO

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

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Table:
    """A header and its rows, every cell as trimmed text; rows are as wide as the header."""

    header: list[str]
    rows: list[list[str]]


def read_table(stream: BinaryIO, filename: str) -> Table:
    """The first sheet of an XLSX file, or a CSV file in UTF-8 or GB18030. Raises Invalid or TooLarge."""
    (_, header), *rest = read_rows(stream, filename)
    if any(len(row) > len(header) for _, row in rest):
        raise Invalid("有的行比表头长，请检查表头")
    return Table(header, [row + [""] * (len(header) - len(row)) for _, row in rest])


def read_rows(stream: BinaryIO, filename: str) -> list[tuple[int, list[str]]]:
    """The rows that hold anything, at least one, with their numbers as the office program shows them."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TooLarge("文件超过 5 MB，请拆分后再传")
    if not data:
        raise Invalid("文件是空的")
    kind = PurePosixPath(filename).suffix.lower()
    if kind == ".xlsx":
        return _kept(_xlsx_rows(data))
    if kind == ".csv":
        return _kept(_csv_rows(data))
    raise Invalid("只接受 .xlsx 或 .csv 文件；旧版 .xls 请另存为 .xlsx")


def _kept(rows: Iterator[list[str]]) -> list[tuple[int, list[str]]]:
    numbered = enumerate(map(_checked_row, islice(rows, MAX_ROWS + 2)), 1)
    kept = [(number, row) for number, row in numbered if row]
    if not kept:
        raise Invalid("文件里没有内容")
    if len(kept) > MAX_ROWS:
        raise Invalid(f"行数超过 {MAX_ROWS}")
    return kept


def _checked_row(row: list[str]) -> list[str]:
    """The row without the empty cells at its end."""
    while row and not row[-1]:
        row.pop()
    if len(row) > MAX_COLUMNS:
        raise Invalid(f"列数超过 {MAX_COLUMNS}")
    if any(CONTROL.search(cell) for cell in row):
        raise Invalid(f"“{row[0][:20]}”一行含有不可见的控制字符")
    return row


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


def _xlsx_rows(data: bytes) -> Iterator[list[str]]:
    # Imported here: most processes never open a workbook.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    packages.inspect(data, parts=MAX_ENTRIES)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        cells = 0
        for row in islice(sheet.iter_rows(), MAX_ROWS + 2):
            cells += len(row)
            if cells > MAX_CELLS:
                raise Invalid("表格太大")
            yield [_cell_text(cell) for cell in row]
    except (InvalidFileException, SyntaxError, DefusedXmlException, zipfile.BadZipFile, KeyError) as error:
        raise Invalid("不是完好的 XLSX 文件") from error
    except (ValueError, TypeError, AttributeError, IndexError, EOFError, zlib.error) as error:
        raise Invalid("XLSX 内容无法读取") from error


def _cell_text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise Invalid(f"单元格 {cell.coordinate} 是公式，请粘贴为数值后再传")
    if isinstance(value, float) and abs(value) >= EXACT:
        raise Invalid(f"单元格 {cell.coordinate} 的数字超过 15 位，末几位已丢失，请把该列设为文本后重新导出")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        value = value.date() if value.time() == datetime.min.time() else value
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value).strip()
