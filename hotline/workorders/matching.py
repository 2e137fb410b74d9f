"""How sure we are that two records tell of the same matter: number, name, institution, time and words.

Pure. The weights and the threshold are judged by `quality.py` on a labelled synthetic set.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar
from zlib import crc32

from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from hotline.calls import names

AUTOMATIC_FROM = 0.84
"""From this confidence on a link is made without a person: `quality.calibrated()` says why just so."""

LIKELY = 0.60
"""From this confidence on an order that arrives is marked as a likely duplicate; `quality.measure` says how often that
is right."""

WITHOUT_PERSON = 0.80
"""Without a shared number or whole name nobody is sure enough to link by machine: two may tell of one matter."""

STOCK = re.compile(
    "市民来电|市民|来电人|诉求人|当事人|反映|投诉|称|要求|希望|请|给予|答复|有关部门|相关部门|核实|调查|处理|尽快|解决|医院"
)
"""What every order says; it tells no matter from another."""

FIGURES = re.compile(r"\d{2,}(?![\d日月年])")


ENOUGH = 10
"""Pairs of characters from which on a text tells as much as any."""

IN_COMMON = 4
"""Texts with fewer pairs in common are not worth a closer look."""

FIRST_SIGN, SIGNS = 0x10000, 0xF0000

Key = TypeVar("Key", bound=Hashable)


def pairs_of(words: str) -> str:
    """The neighbouring characters of a text, the words of a language written without spaces: one sign for each
    distinct pair, in a fixed order, so that what two texts have in common is their longest common subsequence."""
    letters = [letter for letter in STOCK.sub(" ", words) if letter.isalnum()]
    pairs = {first + second for first, second in zip(letters, letters[1:], strict=False)}
    return "".join(sorted({chr(FIRST_SIGN + crc32(pair.encode()) % SIGNS) for pair in pairs}))


def closest(pairs: str, others: Mapping[Key, str], limit: int) -> list[Key]:
    """Which of the others tell the most alike, by their pairs; the surest first."""
    if not pairs:
        return []
    found = process.extract(pairs, others, scorer=LCSseq.similarity, limit=None, score_cutoff=IN_COMMON)
    ranked = sorted(found, key=lambda one: _told_by(one[1], min(len(pairs), len(one[0]))), reverse=True)
    return [key for _, _, key in ranked[:limit]]


def _told_by(common: float, shorter: int) -> float:
    """How much the pairs in common tell: their share of the shorter text, less where that has only a few words."""
    return common / max(shorter, ENOUGH)


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
        return pairs_of(self.words)

    @cached_property
    def person(self) -> str:
        return names.normalise(self.name)

    @cached_property
    def figures(self) -> frozenset[str]:
        return frozenset(FIGURES.findall(self.words))


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
    if not (one.numbers & other.numbers or _same_name(one, other)):
        total = min(total, WITHOUT_PERSON)
    return Match(round(min(max(total, 0.0), 1.0), 3), tuple(reason for _, reason in parts if reason))


Part = tuple[float, str]


def _number(one: Facts, other: Facts) -> Part:
    if one.numbers & other.numbers:
        return 0.45, "号码相同"
    return (-0.05, "号码不同") if one.numbers and other.numbers else (0.0, "")


def _same_name(one: Facts, other: Facts) -> bool:
    return names.is_whole(one.person) and one.person == other.person


def _name(one: Facts, other: Facts) -> Part:
    """A whole name that is the same stands in for the number where no number is shared."""
    first, second = one.person, other.person
    numbered = bool(one.numbers & other.numbers)
    if not first or not second:
        return 0.0, ""
    if _same_name(one, other):
        return (0.12 if numbered else 0.42), "姓名相同"
    if first[0] == second[0] and min(len(first), len(second)) == 1:
        return 0.05, "同姓"
    return (-0.12 if numbered else -0.25), "姓名不同"


def _institution(one: Facts, other: Facts) -> Part:
    if not one.institutions or not other.institutions:
        return 0.0, ""
    return (0.10, "机构相同") if one.institutions & other.institutions else (-0.30, "机构不同")


def _time(one: Facts, other: Facts) -> Part:
    hours = abs((one.at - other.at).total_seconds()) / 3600
    if hours <= 24:
        return 0.12, "相隔不到1天"
    days = int(hours // 24)
    return (0.08 if days <= 3 else 0.0 if days <= 15 else -0.05), f"相隔{days}天"


def _words(one: Facts, other: Facts) -> Part:
    """The share of the shorter text's pairs that the longer one has too; a text of a few words tells little."""
    shorter = min(len(one.pairs), len(other.pairs))
    if not shorter:
        return 0.0, ""
    common = LCSseq.similarity(one.pairs, other.pairs)
    told = _told_by(common, shorter)
    weight = 0.50 * min(1.0, (told - 0.10) / 0.6) if told > 0.15 else -0.10
    return weight, f"内容相似度{common / shorter:.0%}"


def _figures(one: Facts, other: Facts) -> Part:
    """Sums, dates and numbers named by both, or by each its own."""
    if not one.figures or not other.figures:
        return 0.0, ""
    return (0.12, "数字相同") if one.figures & other.figures else (-0.12, "数字不同")
