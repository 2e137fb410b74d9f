"""How sure we are that two records tell of the same matter: number, name, institution, time and words.

Pure. The weights and the threshold are judged by `quality.py` on a labelled synthetic set.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from rapidfuzz import fuzz

AUTOMATIC_FROM = 0.87
"""From this confidence on a link is made without a person: `quality.calibrated()` says why just so."""

WITHOUT_NUMBER = 0.80
"""Without a shared number nobody is sure enough to link by machine."""

STOCK = re.compile(
    "市民来电|市民|来电人|诉求人|当事人|反映|投诉|称|要求|希望|请|给予|答复|有关部门|相关部门|核实|调查|处理|尽快|解决|医院"
)
"""What every order says; it tells no matter from another."""

NAMELESS = frozenset({"", "匿名", "未知", "不详", "市民", "群众"})
TITLES = re.compile("(先生|女士|小姐|同志|老师|某+)$")
FIGURES = re.compile(r"\d{2,}")


@dataclass(frozen=True)
class Facts:
    """What a call or an order is recognised by. Numbers are keyed hashes."""

    numbers: frozenset[str]
    name: str
    institutions: frozenset[int]
    at: datetime
    words: str

    @cached_property
    def pairs(self) -> str:
        """Neighbouring characters, the words of a language written without spaces."""
        letters = [letter for letter in STOCK.sub(" ", self.words) if letter.isalnum()]
        return " ".join(sorted({first + second for first, second in zip(letters, letters[1:], strict=False)}))


@dataclass(frozen=True)
class Match:
    """Confidence from 0 to 1 and the reasons a person reads."""

    confidence: float
    evidence: tuple[str, ...]


def match(one: Facts, other: Facts) -> Match:
    """Compare two records."""
    judges = (_number, _name, _institution, _time, _words, _figures)
    parts = [judge(one, other) for judge in judges]
    total = sum(weight for weight, _ in parts)
    if parts[0][0] == 0:
        total = min(total, WITHOUT_NUMBER)
    return Match(round(min(max(total, 0.0), 1.0), 3), tuple(reason for _, reason in parts if reason))


Part = tuple[float, str]


def _number(one: Facts, other: Facts) -> Part:
    return (0.45, "号码相同") if one.numbers & other.numbers else (0.0, "")


def _name(one: Facts, other: Facts) -> Part:
    first, second = TITLES.sub("", one.name), TITLES.sub("", other.name)
    if first in NAMELESS or second in NAMELESS:
        return 0.0, ""
    if first == second and len(first) > 1:
        return 0.12, "姓名相同"
    if first[0] == second[0] and min(len(first), len(second)) == 1:
        return 0.05, "同姓"
    return -0.12, "姓名不同"


def _institution(one: Facts, other: Facts) -> Part:
    if not one.institutions or not other.institutions:
        return 0.0, ""
    return (0.13, "机构相同") if one.institutions & other.institutions else (-0.30, "机构不同")


def _time(one: Facts, other: Facts) -> Part:
    hours = abs((one.at - other.at).total_seconds()) / 3600
    if hours <= 24:
        return 0.10, "相隔不到1天"
    days = int(hours // 24)
    return (0.07 if days <= 3 else 0.03 if days <= 15 else 0.0), f"相隔{days}天"


def _words(one: Facts, other: Facts) -> Part:
    if not one.pairs or not other.pairs:
        return 0.0, ""
    likeness = fuzz.token_set_ratio(one.pairs, other.pairs) / 100
    shared = _shared(one.pairs, other.pairs)
    weight = 0.50 * max(0.0, shared - 0.15) / 0.85 + (0.05 if likeness > 0.8 else 0.0)
    return (weight if shared > 0.15 else -0.10), f"内容相似度{shared:.0%}"


def _shared(one: str, other: str) -> float:
    """Share of the shorter text's pairs that the longer one has too."""
    first, second = set(one.split()), set(other.split())
    return len(first & second) / min(len(first), len(second))


def _figures(one: Facts, other: Facts) -> Part:
    """Sums, dates and numbers named by both, or by each its own."""
    first, second = set(FIGURES.findall(one.words)), set(FIGURES.findall(other.words))
    if not first or not second:
        return 0.0, ""
    return (0.08, "数字相同") if first & second else (-0.05, "")
