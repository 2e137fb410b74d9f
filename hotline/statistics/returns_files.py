"""The return as a small table: item and number, to be filled in with office software and sent back."""

from dataclasses import dataclass
from typing import BinaryIO

from hotline import sheets
from hotline.calls.models import CATEGORY_LABEL, Category
from hotline.clock import Month
from hotline.errors import Invalid

HEADER = ("项目", "数量")
MONTH, TOTAL, EXPLANATION = "统计月份", "受理咨询电话总量", "说明"
_CODE_OF = {label: category.value for category, label in CATEGORY_LABEL.items()}


@dataclass(frozen=True)
class ReturnFile:
    """What a filled-in template says."""

    month: Month
    total: int
    categories: dict[str, int]
    explanation: str


def template_rows(month: Month) -> list[tuple[str, str]]:
    """The template of a month; categories may stay empty."""
    return [
        (MONTH, str(month)),
        (TOTAL, ""),
        *((CATEGORY_LABEL[category], "") for category in Category),
        (EXPLANATION, ""),
    ]


def read(stream: BinaryIO, filename: str) -> ReturnFile:
    """Read a filled-in template. Raises Invalid naming the item that is wrong."""
    table = sheets.read_table(stream, filename)
    if tuple(table.header[:2]) != HEADER:
        raise Invalid("表头须为“项目”“数量”，请使用下载的模板")
    said: dict[str, str] = {}
    for item, value, *_ in table.rows:
        if item not in (MONTH, TOTAL, EXPLANATION, *_CODE_OF) or item in said:
            raise Invalid(f"项目“{item[:20]}”不在模板中或重复")
        said[item] = value
    try:
        month = Month(said.get(MONTH, ""))
    except ValueError as error:
        raise Invalid("统计月份须写成 2024-02 的形式") from error
    categories = {code: _count(label, said[label]) for label, code in _CODE_OF.items() if said.get(label)}
    return ReturnFile(month, _count(TOTAL, said.get(TOTAL, "")), categories, said.get(EXPLANATION, "")[:500])


def _count(item: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Invalid(f"“{item}”须为不小于 0 的整数，现为“{text[:20]}”")
    return int(text)
