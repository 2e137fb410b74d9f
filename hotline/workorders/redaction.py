"""Taking a person out of a text, however the person is written there; the rest stays letter for letter.

Text and person are compared as their bare letters and digits: width, case, accents, spaces and signs between them do
not count. Every search is for a fixed text or a bounded pattern, so the time grows with the length of the text only.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from hotline import privacy

MARK = "〔保密〕"
TITLES = ("女士", "先生", "小姐", "同志", "某")
NOBODY = frozenset({"匿名", "不详", "未知", "市民", "群众", "患者", "家属", "先生", "女士"})
"""What is written in the place of a name and names no one."""

DIGITS = 7
"""So many digits of a number in a row belong to it: a local number without its area code, or the end of any other."""

ENDS_WITH = ("尾号", "尾号为", "尾号是", "末四位", "后四位")
AROUND = 5
"""So many signs of an address in a row, a digit and a letter among them, are a part of it."""

_GAP = r"\W{0,2}"
_NUMBERS = re.compile(rf"(?<!\d)(?:1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}|0\d{{2,3}}{_GAP}\d{{7,8}}|\d{{17}}[\dXx])(?!\d)")
"""Any mobile, landline or identity number: also those that the house does not keep."""

_SENTENCE = re.compile(r"[，。；：！？、,;:!?\n]")
_NUMERALS = str.maketrans("〇零一二三四五六七八九幺", "001234567891")
_DIVISION = re.compile(r"[^\d]{1,9}?(?:省|市|自治区|(?<![小社园校街院])区|县|街道|镇|乡)")
_STREET = re.compile(r"[^\W\d]{1,12}[路街巷道弄村里苑园庄坊城区寓厦](?=\d|$)")


@dataclass(frozen=True)
class Person:
    """What an order keeps of somebody, as it is stored."""

    name: str
    numbers: tuple[str, ...]
    places: tuple[str, ...]

    @classmethod
    def of(cls, name: str | None, numbers: Iterable[str | None], places: Iterable[str | None]) -> Self:
        """Without what is empty."""
        return cls(name or "", tuple(filter(None, numbers)), tuple(filter(None, places)))


class _Bare:
    """The letters and digits of a text, and where each of them stands in it."""

    def __init__(self, text: str) -> None:
        each = [_signs(char) for char in text]
        self.plain = "".join(signs if len(signs) == 1 else char for char, signs in zip(text, each, strict=True))
        self.signs = "".join(each)
        self.at = [at for at, signs in enumerate(each) for _ in signs]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The place in the text of some letters and digits."""
        return self.at[start], self.at[stop - 1] + 1

    def spans(self, wanted: str, signs: str = "") -> Iterator[tuple[int, int]]:
        """Where `wanted` stands in the text, overlapping ones too."""
        signs = signs or self.signs
        start = signs.find(wanted)
        while start >= 0:
            yield self.span(start, start + len(wanted))
            start = signs.find(wanted, start + 1)


@lru_cache(4096)
def _signs(char: str) -> str:
    """The plain form of a character: nothing for what is neither letter nor digit."""
    if char.isascii():
        return char.lower() if char.isalnum() else ""
    if "\u4e00" <= char <= "\u9fff":
        return char
    plain = unicodedata.normalize("NFKD", char).casefold()
    return "".join(str(unicodedata.decimal(one, one)) for one in plain if one.isalnum())


def bare(text: str) -> str:
    return "".join(map(_signs, text))


def redact(text: str, person: Person) -> str:
    """The text with a mark in the place of everything that is the person's."""
    found = _Bare(text)
    spans = [*_named(text, found, person.name), *_numbered(found, person.numbers)]
    for place in person.places:
        spans += _placed(found, place)
    spans += [match.span() for match in _NUMBERS.finditer(found.plain)]
    return _without(text, spans)


def _named(text: str, found: _Bare, name: str) -> Iterator[tuple[int, int]]:
    """The name in full, or the surname with a title. A short one is not read across the end of a sentence."""
    plain = bare(name)
    if plain in NOBODY:
        return
    if len(plain) > 2:
        yield from found.spans(plain)
    surname = bare(privacy.mask_name(name.strip()).rstrip("*"))
    short = [surname + title for title in TITLES] if surname else []
    for wanted in [plain, *short] if len(plain) == 2 else short:
        yield from (span for span in found.spans(wanted) if not _SENTENCE.search(text, *span))


def _numbered(found: _Bare, numbers: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Digits of a number in a row, in whatever figures; the ends alone where they are said to be its ends."""
    figures = found.signs.translate(_NUMERALS)
    for number in numbers:
        digits = "".join(one for one in bare(number) if one.isdigit())
        if len(digits) < DIGITS:
            continue
        runs = {digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1)}
        for at in range(len(figures) - DIGITS + 1):
            if figures[at : at + DIGITS] in runs:
                yield found.span(at, at + DIGITS)
        for before in ENDS_WITH:
            yield from found.spans(before + digits[-4:], figures)
        yield from found.spans(digits[:3] + digits[-4:], figures)


def _placed(found: _Bare, address: str) -> Iterator[tuple[int, int]]:
    """The address, its street, and any part with a house number as far as the two agree."""
    plain = bare(address)
    own = _without_divisions(plain)
    street = _STREET.match(own)
    for whole in (plain if own else "", street[0] if street else ""):
        if len(whole) > 1:
            yield from found.spans(whole)
    starts = {plain[at : at + AROUND]: at for at in reversed(range(len(plain) - AROUND + 1))}
    for here in range(len(found.signs) - AROUND + 1):
        part = found.signs[here : here + AROUND]
        if part in starts and _is_house(part):
            yield found.span(here - _agree(found.signs, here, plain, starts[part]), here + AROUND)


def _is_house(part: str) -> bool:
    return any(one.isdigit() for one in part) and not part.isdigit()


def _agree(one: str, at_one: int, other: str, at_other: int) -> int:
    """How many signs before these places are the same in both."""
    same = 0
    while same < min(at_one, at_other) and one[at_one - same - 1] == other[at_other - same - 1]:
        same += 1
    return same


def _without_divisions(plain: str) -> str:
    """An address from the street on: province, city and district are nobody's own."""
    while head := _DIVISION.match(plain):
        plain = plain[head.end() :]
    return plain


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            kept += [text[end:start], MARK]
        end = max(end, stop)
    return "".join([*kept, text[end:]]) if spans else text
