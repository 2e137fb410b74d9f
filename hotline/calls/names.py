"""A person's name as people write it, brought to one form, and the keyed hash by which a whole name is found again."""

import re
import unicodedata

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, validates

from hotline import privacy

NAMELESS = frozenset({"", "匿名", "未知", "不详", "市民", "群众", "无", "不愿透露"})
_TITLES = re.compile("(先生|女士|小姐|同志|老师|某+)$")


def normalise(raw: str | None) -> str:
    """Without blanks and title; empty when it names nobody. `钱 多多女士` is 钱多多, `钱女士` only 钱."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw or ""))
    text = "" if text in NAMELESS else _TITLES.sub("", text)
    return "" if text in NAMELESS else text


def is_whole(name: str) -> bool:
    """Whether a normalised name is more than a surname."""
    return len(name) > 1


def hashed(raw: str | None) -> str | None:
    """What a whole name is found by where it is stored encrypted; None for a surname or nobody."""
    name = normalise(raw)
    return privacy.keyed_hash(f"name:{name}") if is_whole(name) else None


class FoundByName:
    """A table that keeps a person's name encrypted as `caller_name`; the hash follows it, whoever writes it."""

    name_hash: Mapped[str | None] = mapped_column(String(64))

    @validates("caller_name")
    def _follow(self, _column: str, name: str | None) -> str | None:
        self.name_hash = hashed(name)
        return name
