"""Outputs of the bulletin: every format is a function from the one `Document` to bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from hotline.clock import Month
from hotline.errors import NotFound
from hotline.statistics import house
from hotline.statistics.document import Document
from hotline.statistics.outputs import data, flat, page, plain


@dataclass(frozen=True)
class Format:
    """`suffix` of the file name, media type, label on the page, and the function that writes it."""

    suffix: str
    mime: str
    label: str
    render: Callable[[Document], bytes]
    has_charts: bool = False


def _word(document: Document) -> bytes:
    from hotline.statistics.outputs import word

    return word.render(document)


def _workbook(document: Document) -> bytes:
    from hotline.statistics.outputs import workbook

    return workbook.render(document)


def _paper(document: Document) -> bytes:
    from hotline.statistics.outputs import paper

    return paper.render(document)


# The libraries of office files are loaded by the first file written: most processes never write one.
FORMATS = {
    "text": Format("txt", "text/plain; charset=utf-8", "文本", plain.render),
    "html": Format("html", "text/html; charset=utf-8", "网页", page.render, has_charts=True),
    "docx": Format(
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "Word 文档",
        _word,
        has_charts=True,
    ),
    "xlsx": Format(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Excel 工作簿",
        _workbook,
        has_charts=True,
    ),
    "csv": Format("csv", "text/csv; charset=utf-8", "CSV 表格", flat.render),
    "json": Format("json", "application/json", "JSON 数据", data.render),
    "pdf": Format("pdf", "application/pdf", "PDF", _paper, has_charts=True),
}


def format_of(name: str) -> Format:
    """The format `name`. Raises NotFound."""
    if name not in FORMATS:
        raise NotFound(f"没有“{name}”这种格式")
    return FORMATS[name]


def file_name(month: Month, version: int, suffix: str) -> str:
    """`12320统计_2024年02月_v1.xlsx`."""
    return f"{house.current().number}统计_{month.year}年{month.number:02d}月_v{version}.{suffix}"
