"""Telephone numbers as they arrive and as people write them, brought to one form per number.

`normalise` never raises: what it cannot read is kept as its digits (`OTHER`), what says nothing is `ANONYMOUS`.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from hotline import privacy
from hotline.db import session
from hotline.places.models import Area, AreaKind


class NumberKind(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    SHORT = "short"
    INTERNATIONAL = "international"
    EXTENSION = "extension"
    LOCAL = "local"
    ENDPOINT = "endpoint"
    OTHER = "other"
    ANONYMOUS = "anonymous"


KIND_LABEL: dict[NumberKind, str] = {
    NumberKind.MOBILE: "手机",
    NumberKind.LANDLINE: "固定电话",
    NumberKind.SHORT: "服务号码",
    NumberKind.INTERNATIONAL: "境外号码",
    NumberKind.EXTENSION: "分机",
    NumberKind.LOCAL: "本地号码",
    NumberKind.ENDPOINT: "网络终端",
    NumberKind.OTHER: "其他号码",
    NumberKind.ANONYMOUS: "未显示",
}


@dataclass(frozen=True)
class Number:
    """`search_key` is one text per number (E.164 where there is one; empty when anonymous), `display` what people read.

    `area_code` is the Chinese dial code with its 0. The extension is shown but is not part of it.
    """

    search_key: str
    kind: NumberKind
    display: str
    area_code: str = ""
    extension: str = ""

    @property
    def hash(self) -> str | None:
        """What the number is found by where it is stored encrypted; None when there is no number."""
        return privacy.keyed_hash(self.search_key) if self.search_key else None


_MOBILE = re.compile(r"1[3-9]\d{9}")
_SERVICE = re.compile(r"[48]00\d{7}")
_SHORT = re.compile(r"1\d{2,5}|9[56]\d{3,6}")
_AREA = r"(10|2\d|[3-9]\d\d)"
_LANDLINE = re.compile(_AREA + r"([2-8]\d{6,7})")
_AREA_SHORT = re.compile(_AREA + r"(1\d{2,5}|9[56]\d{3})")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_INTERNAL = re.compile(r"[2-8]\d{2,5}")
_CARRIER_PREFIX = re.compile(r"(?:17951|17911|17909|12593|10193)(?=\d{11})")
_EXTENSION = re.compile(r"\s*(?:转|轉|分机|内线|extension|ext|x|#|,)[\s.:]*(\d{1,6})\D*$", re.IGNORECASE)
_DASHED_EXTENSION = re.compile(r"(?<!\d)(\d{7,8})-(\d{1,6})$")
_ADDRESS = re.compile(r"(sips?|client|tel):([^;>?]*)", re.IGNORECASE)
_NAMELESS = re.compile(
    r"anonymous|unknown|restricted|unavailable|private|withheld|blocked|匿名|未显示|未知|隐藏", re.IGNORECASE
)
# What a keypad spells when the network has no number: ANONYMOUS, RESTRICT, BLOCKED, UNKNOWN, UNAVAILABLE.
_SPELLED = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
_ANONYMOUS = Number("", NumberKind.ANONYMOUS, "")


def normalise(raw: str | None, home_dial: str = "") -> Number:
    """Read a number in any usual spelling. With `home_dial` (`025`) a bare local number gets that dial code."""
    text = _plain(raw or "")
    address = _ADDRESS.search(text)
    if address:
        return _endpoint(address, home_dial)
    text, extension = _without_extension(text)
    first, slash, _rest = re.sub(r"[;、]", "/", text).partition("/")
    if slash:
        number = _read(first, extension, home_dial)
        if number.kind not in (NumberKind.OTHER, NumberKind.ANONYMOUS, NumberKind.EXTENSION):
            return number
    return _read(text, extension, home_dial)


def dialled(raw: str | None) -> str:
    """The one form in which a number is dialled and shown to the other side; empty where none can be."""
    number = normalise(raw)
    return number.search_key if re.fullmatch(r"\+?\d+", number.search_key) else ""


def city_code(number: Number) -> str | None:
    """The city whose dial code the number carries; mobiles and numbers from elsewhere have none here."""
    if not number.area_code:
        return None
    wanted = select(Area.code).where(Area.dial_code == number.area_code, Area.kind == AreaKind.CITY)
    return session.scalar(wanted)


def _plain(raw: str) -> str:
    """ASCII digits, ASCII punctuation, one kind of dash."""
    folded = unicodedata.normalize("NFKC", raw)
    folded = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)
    return re.sub(r"[‐-―−ー]", "-", folded).strip()


def _without_extension(text: str) -> tuple[str, str]:
    marked = _EXTENSION.search(text)
    if marked:
        rest = text[: marked.start()]
        return (rest, marked[1]) if re.search(r"\d", rest) else (marked[1], "")
    dashed = _DASHED_EXTENSION.search(text)
    return (text[: dashed.start(2) - 1], dashed[2]) if dashed else (text, "")


def _endpoint(address: re.Match[str], home_dial: str) -> Number:
    """A SIP or softphone address: the number in it where there is one."""
    scheme, rest = address[1].lower(), address[2].strip()
    user = rest.partition("@")[0]
    number = normalise(user, home_dial) if re.fullmatch(r"[+\d().\s-]*", user) else _ANONYMOUS
    if number.kind is not NumberKind.ANONYMOUS or scheme == "tel":
        return number
    if not user or _NAMELESS.search(rest):
        return _ANONYMOUS
    text = f"{scheme}:{rest}"[:64]
    return Number(text, NumberKind.ENDPOINT, text)


def _read(text: str, extension: str, home_dial: str) -> Number:
    digits = re.sub(r"\D", "", text)
    if not digits.strip("0") or digits in _SPELLED:
        return _ANONYMOUS
    abroad = text.lstrip(" (").startswith("+") and not digits.startswith("0")
    if digits.startswith("00"):
        digits, abroad = digits.lstrip("0"), True
    key, kind, display, area = _classify(_CARRIER_PREFIX.sub("", digits, count=1), abroad, home_dial)
    return Number(key, kind, f"{display}转{extension}" if extension else display, area, extension)


def _classify(digits: str, abroad: bool, home_dial: str) -> tuple[str, NumberKind, str, str]:
    if digits.startswith("86"):
        inland = _national(digits[2:].lstrip("0"), trunk=True) or (abroad and _short(digits[2:]))
        if inland:
            return inland
    if abroad and 7 <= len(digits) <= 15 and not digits.startswith("86"):
        return f"+{digits}", NumberKind.INTERNATIONAL, f"+{digits}", ""
    trunk = digits.startswith("0")
    return (
        _national(digits[1:] if trunk else digits, trunk=trunk)
        or (None if trunk else _short(digits))
        or _inside(digits, home_dial)
        or (digits[:64], NumberKind.OTHER, digits[:64], "")
    )


def _national(digits: str, trunk: bool) -> tuple[str, NumberKind, str, str] | None:
    """A number of mainland China without country code; `trunk`: an area code may lead."""
    if _MOBILE.fullmatch(digits):
        return f"+86{digits}", NumberKind.MOBILE, digits, ""
    if _SERVICE.fullmatch(digits):
        return f"+86{digits}", NumberKind.SHORT, digits, ""
    if not trunk:
        return None
    for pattern, kind in ((_LANDLINE, NumberKind.LANDLINE), (_AREA_SHORT, NumberKind.SHORT)):
        found = pattern.fullmatch(digits)
        if found:
            return f"+86{digits}", kind, f"0{found[1]}-{found[2]}", f"0{found[1]}"
    return None


def _short(digits: str) -> tuple[str, NumberKind, str, str] | None:
    return (digits, NumberKind.SHORT, digits, "") if _SHORT.fullmatch(digits) else None


def _inside(digits: str, home_dial: str) -> tuple[str, NumberKind, str, str] | None:
    """A number that is complete only at home: a local subscriber or an extension of the house."""
    if _LOCAL.fullmatch(digits):
        at_home = _national(home_dial.removeprefix("0") + digits, trunk=True) if home_dial else None
        return at_home or (digits, NumberKind.LOCAL, digits, "")
    return (digits, NumberKind.EXTENSION, digits, "") if _INTERNAL.fullmatch(digits) else None
