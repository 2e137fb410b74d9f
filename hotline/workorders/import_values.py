"""What the cells of one row mean: codes by their names, dates, yes and no, areas and institutions by name."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from hotline.errors import Invalid
from hotline.places import institutions
from hotline.places import service as places
from hotline.workorders import import_columns, registering, repeats
from hotline.workorders.codes import NATURE_LABEL, SOURCE_LABEL, URGENCY_LABEL, Nature, Source, Urgency
from hotline.workorders.field_codes import (
    CALLER_SUBJECT_LABEL,
    CHANNEL_LABEL,
    KIND_LABEL,
    MOST_CATEGORIES,
    SOURCE_LEVEL_LABEL,
)
from hotline.workorders.import_columns import FIELDS, REQUIRED
from hotline.workorders.registering import Demand

Code = TypeVar("Code", bound=str)
Values = Mapping[str, str]

KEPT_TEXT = re.compile('="([^"]*)"')
POWER = re.compile(r"\d(\.\d+)?[Ee]\+?\d+")
NUMBERS = ("external_no", "urged_no", "caller_phone", "contact_phone", "acceptor_no", "district")
"""What an office program may take for a quantity, and round."""

LEVELS = (*(f"category_{level}" for level in range(1, MOST_CATEGORIES + 1)), "category_leaf")
LONGEST = {
    "external_no": 64,
    "title": 200,
    "content": 10_000,
    "caller_name": 40,
    "caller_phone": 40,
    "contact_phone": 40,
    "address": 200,
    "accused": 80,
    "acceptor": 40,
    "acceptor_no": 20,
    "urged_no": 64,
    **dict.fromkeys(LEVELS, 40),
}
TRUTHS = {"是": True, "1": True, "true": True, "保密": True, "否": False, "0": False, "false": False, "": None}


def _named(labels: Mapping[Code, str], ending: str = "") -> dict[str, Code]:
    """Code by its name (also with an ending that offices add), or by itself."""
    names = {name + more: code for code, name in labels.items() for more in {"", ending}}
    return names | {(code.value if isinstance(code, StrEnum) else code): code for code in labels}


CODES: dict[str, Mapping[str, Any]] = {
    "source": _named(SOURCE_LABEL),
    "nature": _named(NATURE_LABEL),
    "urgency": _named(URGENCY_LABEL),
    "channel": _named(CHANNEL_LABEL) | {"电话": "TEL", "网上": "WEB", "微信平台": "WX"},
    "kind": _named(KIND_LABEL),
    "source_level": _named(SOURCE_LEVEL_LABEL, "级"),
    "caller_subject": _named(CALLER_SUBJECT_LABEL),
}


def plain(cell: str) -> str:
    """The cell without blanks around it; `="0012"`, by which exports keep leading zeros, is 0012."""
    text = cell.strip()
    kept = KEPT_TEXT.fullmatch(text)
    return kept[1].strip() if kept else text


class Reader:
    """Makes demands of the rows of one file; a name is looked up once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._accused = lru_cache(maxsize=1000)(_institution)
        self._district = lru_cache(maxsize=1000)(_area)

    def demand(self, values: Values) -> Demand:
        """What a row wants. Raises Invalid with the words for its report."""
        _check(values)
        accused = values.get("accused", "")
        accused_id = self._accused(accused) if accused else None
        made = Demand(
            external_no=values["external_no"],
            title=values.get("title") or values["content"][:40],
            content=values["content"],
            accused_id=accused_id,
            accused_as_told="" if accused_id else accused,
            district_code=self._district(values.get("district", "")),
            categories=_categories(values),
            urged_no=values.get("urged_no", ""),
            exempt=not _truth("assessed", values, otherwise=True),
            registered_at=_moment("registered_at", values),
            reply_due=_moment("reply_due", values),
            **self._told(values),
        )
        if made.source is Source.SELF:
            raise Invalid("自接工单不能导入")
        registering.check_times(made)
        return made

    def _told(self, values: Values) -> dict[str, Any]:
        """Codes, words and flags as the cells tell them."""
        usual = {**USUAL, "source": self.source}
        codes = {name: _coded(name, values, known, usual.get(name)) for name, known in CODES.items()}
        flags = {name: _truth(name, values, otherwise=otherwise) for name, otherwise in FLAGS.items()}
        return {**codes, **flags, **{name: values.get(name) or None for name in WORDS}}


WORDS = ("caller_name", "caller_phone", "contact_phone", "address", "acceptor", "acceptor_no")
FLAGS = {"confidential": False, "reply_required": True, "is_repeat": False, "nonsense": False}
"""Yes or no, and what an empty cell means."""
USUAL = {"nature": Nature.OTHER, "urgency": Urgency.NORMAL, "channel": "TEL", "kind": "1"}
"""What an empty code means, the source being the platform's."""


def _institution(name: str) -> int | None:
    found = institutions.by_name(name)
    return found.id if found else None


def _area(text: str) -> str | None:
    if not text:
        return None
    found = places.area_named(text)
    if found is None:
        raise Invalid(f"“{FIELDS['district'][0]}”无法识别：{text[:20]}")
    return found.code


def _check(values: Values) -> None:
    for name in REQUIRED:
        if not values.get(name):
            raise Invalid(f"“{FIELDS[name][0]}”为空")
    for name, text in values.items():
        _check_text(name, text)
    for name in NUMBERS:
        if POWER.fullmatch(values.get(name, "")):
            raise Invalid(f"“{FIELDS[name][0]}”成了科学计数法，请把该列设为文本后重新导出")
    _check_number("external_no", values)
    if values.get("urged_no"):
        _check_number("urged_no", values)
        if values["urged_no"] == values["external_no"]:
            raise Invalid(repeats.ITSELF)


def _check_text(name: str, text: str) -> None:
    if text.startswith("="):
        raise Invalid(f"“{FIELDS[name][0]}”是公式，请粘贴为数值")
    if len(text) > LONGEST.get(name, len(text)):
        raise Invalid(f"“{FIELDS[name][0]}”超过 {LONGEST[name]} 字")


def _check_number(name: str, values: Values) -> None:
    if not re.fullmatch(registering.EXTERNAL_NO, values[name]):
        raise Invalid(f"“{FIELDS[name][0]}”含有不能使用的字符")


def _categories(values: Values) -> tuple[str, ...]:
    """The levels that are told, the highest first; a leaf that repeats the last one says nothing new."""
    told = [values[name] for name in LEVELS if values.get(name)]
    return tuple(dict.fromkeys(told))[:MOST_CATEGORIES]


def _coded(name: str, values: Values, codes: Mapping[str, Any], usual: Any) -> Any:
    text = values.get(name, "")
    if text and text not in codes:
        raise Invalid(f"“{FIELDS[name][0]}”无法识别：{text[:20]}")
    return codes[text] if text else usual


def _truth(name: str, values: Values, *, otherwise: bool) -> bool:
    text = values.get(name, "").lower()
    if text not in TRUTHS:
        raise Invalid(f"“{FIELDS[name][0]}”应填是或否")
    told = TRUTHS[text]
    return otherwise if told is None else told


def _moment(name: str, values: Values) -> datetime | None:
    text = values.get(name, "")
    try:
        return import_columns.moment(text) if text else None
    except ValueError as fault:
        raise Invalid(f"“{FIELDS[name][0]}”不是日期时间：{text[:20]}") from fault
