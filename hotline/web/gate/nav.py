"""The navigation: each door names its own entries; a person sees those whose view would let them in."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import request, url_for

from hotline.people.models import Role
from hotline.web.gate import visitor


@dataclass(frozen=True)
class Entry:
    position: int
    label: str
    endpoint: str
    home_of: frozenset[Role]


_entries: dict[str, Entry] = {}


def nav(label: str, endpoint: str, position: int, home_of: Iterable[Role] = ()) -> None:
    """Put a page into the navigation. Positions: desk 10, wallboard 20, orders 30, month 40, admin 80.

    Roles in `home_of` begin their day on it; everybody else on the first page they may see.
    """
    _entries[endpoint] = Entry(position, label, endpoint, frozenset(home_of))


def visible() -> list[dict[str, object]]:
    """The entries of whoever is here; `here` marks the page under way, or the one it lies under."""
    urls = {entry: url_for(entry.endpoint) for entry in _open_to_visitor()}
    over = max((url for url in urls.values() if _under(request.path, url)), key=len, default="")
    marks = {over: "true", request.path: "page"}
    return [{"label": entry.label, "url": url, "here": marks.get(url, "")} for entry, url in urls.items()]


def _under(path: str, url: str) -> bool:
    return path == url or path.startswith(url.rstrip("/") + "/")


def home() -> str | None:
    """Where the person's day begins: None when no page is open to them."""
    entries, roles = _open_to_visitor(), visitor.person().roles
    own = [entry for entry in entries if not roles.isdisjoint(entry.home_of)]
    first = next(iter([*own, *entries]), None)
    return url_for(first.endpoint) if first else None


def _open_to_visitor() -> list[Entry]:
    if visitor.visitor() is None:
        return []
    return sorted((entry for entry in _entries.values() if visitor.may(entry.endpoint)), key=_place)


def _place(entry: Entry) -> tuple[int, str]:
    return entry.position, entry.endpoint
