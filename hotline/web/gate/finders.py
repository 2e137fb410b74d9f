"""Ctrl+K: one box that finds a call, an order, a caller, a page. Each door registers its own finder."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypedDict

from hotline.people.models import Role
from hotline.people.sessions import Person

AT_MOST = 8


class Found(TypedDict):
    """One line of the palette: what it is, where it is, a word beside it. No personal data unmasked."""

    title: str
    url: str
    hint: str


Find = Callable[[str, Person], Iterable[Found]]


@dataclass(frozen=True)
class Finder:
    label: str
    find: Find
    roles: frozenset[Role]


_finders: dict[str, Finder] = {}


def finder(label: str, find: Find, roles: Iterable[Role]) -> None:
    """Let `find(text, person)` answer the palette for `roles`; `label` heads its group."""
    _finders[label] = Finder(label, find, frozenset(roles))


def search(text: str, who: Person) -> list[dict[str, object]]:
    """Every group that has something for this person."""
    groups: list[dict[str, object]] = []
    for each in _finders.values():
        if each.roles.isdisjoint(who.roles):
            continue
        found = list(each.find(text, who))[:AT_MOST]
        if found:
            groups.append({"label": each.label, "items": found})
    return groups
