"""Guards: what a door or a view asks of whoever comes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Flask

from hotline.people.models import Role
from hotline.people.sessions import Person

PUBLIC: frozenset[Role] = frozenset()
"""Open to everybody, signed in or not."""

SIGNED_IN: frozenset[Role] = frozenset(Role)
"""Open to everybody who is signed in."""

STATIC_ENDPOINTS = frozenset({"static", "bootstrap.static"})

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """`check` speaks for a door of machines: it raises unless the request proves where it comes from."""

    roles: frozenset[Role]
    check: Callable[[], None] | None = None


_guards: dict[str, Guard] = {}


def door(name: str, import_name: str, *, roles: Iterable[Role], url_prefix: str | None = None) -> Blueprint:
    """A blueprint whose every view needs one of `roles` (`PUBLIC`, `SIGNED_IN`, or some)."""
    _guards[name] = Guard(frozenset(roles))
    return Blueprint(name, import_name, url_prefix=url_prefix)


def machine_door(name: str, import_name: str, *, check: Callable[[], None], url_prefix: str | None = None) -> Blueprint:
    """A blueprint for machines: no person, no CSRF token; `check` proves every request or raises HotlineError."""
    _guards[name] = Guard(PUBLIC, check)
    return Blueprint(name, import_name, url_prefix=url_prefix)


def allow(*roles: Role) -> Callable[[View], View]:
    """Let only these roles of the door's into one view."""

    def narrow(view: View) -> View:
        view.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return narrow


def guard_of(blueprint: str | None) -> Guard | None:
    return _guards.get(blueprint or "")


def audience(app: Flask, endpoint: str) -> frozenset[Role]:
    """Who may use an endpoint: the door's roles, narrowed by the view's. KeyError for an unguarded one."""
    roles = _guards[endpoint.rpartition(".")[0]].roles
    narrower: frozenset[Role] | None = getattr(app.view_functions[endpoint], "allowed_roles", None)
    if narrower is None:
        return roles
    return narrower if roles == PUBLIC else roles & narrower


def admits(app: Flask, endpoint: str, who: Person | None) -> bool:
    wanted = audience(app, endpoint)
    return wanted == PUBLIC or (who is not None and not wanted.isdisjoint(who.roles))


def check_doors(app: Flask) -> None:
    """Raise RuntimeError when a route of the application hangs on no guard."""
    loose = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in STATIC_ENDPOINTS and guard_of(rule.endpoint.rpartition(".")[0]) is None
    ]
    if loose:
        raise RuntimeError(f"routes without a guard: {', '.join(sorted(set(loose)))}")
