"""The orders' door: dispatchers and their hotline see every order, a handling unit its own."""

from collections.abc import Callable
from typing import Any

from flask import current_app

from hotline.calls.models import Call
from hotline.config import Config
from hotline.crisis import access
from hotline.errors import Invalid, Refused
from hotline.people.models import Role
from hotline.places import institutions
from hotline.web import gate
from hotline.workorders import desk
from hotline.workorders.codes import Party
from hotline.workorders.models import Order
from hotline.workorders.moves import By

HOTLINE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT})

door = gate.door(
    "orders",
    __name__,
    url_prefix="/orders",
    roles=(Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT, Role.UNIT, Role.STATISTICIAN, Role.ADMIN),
)

View = Callable[..., Any]
desks = gate.allow(Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT, Role.UNIT)
dispatchers = gate.allow(Role.DISPATCHER, Role.SUPERVISOR)
hotline = gate.allow(Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT)
judges = gate.allow(Role.DISPATCHER, Role.SUPERVISOR, Role.STATISTICIAN, Role.UNIT)
administrators = gate.allow(Role.ADMIN)


def unit_of_viewer() -> int | None:
    """None for the hotline; for a unit's person the unit. Raises Refused for a person without one."""
    who = gate.person()
    if Role.UNIT not in who.roles:
        return None
    if who.institution_id is None:
        raise Refused("您的账户没有所属单位，请联系管理员")
    return who.institution_id


def by() -> By:
    """The person signed in, as one who moves orders."""
    who, unit_id = gate.person(), unit_of_viewer()
    return By(Party.HOTLINE if unit_id is None else Party.UNIT, who.id, who.name, unit_id)


def seen(order_id: int) -> Order:
    """The order, if whoever is here may know of it. Raises NotFound."""
    return desk.find(order_id, unit_of_viewer())


def may_know(call: Call) -> bool:
    """A crisis call is nobody's to link who may not read it."""
    return not access.is_crisis(call) or access.may_read(call, gate.crisis_reader())


def named_unit(name: str, field: str = "unit") -> int:
    """The institution of a name or alias as typed. Raises Invalid, offering the likely ones."""
    try:
        return institutions.named(name.strip()).id
    except Invalid as fault:
        raise Invalid(fault.message, fields={field: ["没有这个机构"]}) from fault


def config() -> Config:
    found: Config = current_app.config["HOTLINE"]
    return found
