"""Work orders: the dispatchers' desk and the handling units' own view of it."""

from collections.abc import Iterable

from flask import url_for

from hotline.people.models import Role
from hotline.people.sessions import Person
from hotline.web import gate
from hotline.web.gate.finders import Found
from hotline.web.orders import exports, imports, inbox, matters, notices, outside, rates, register, show, views
from hotline.web.orders.entrance import door, unit_of_viewer
from hotline.workorders import desk
from hotline.workorders.codes import STATE_LABEL

gate.nav("工单", "orders.inbox", 30, home_of=(Role.DISPATCHER, Role.UNIT))
gate.nav("工单考核", "orders.assessment", 31)
gate.nav("平台接口", "orders.platform_list", 86)


def _find(text: str, _who: Person) -> Iterable[Found]:
    for order in desk.by_number(text, unit_of_viewer()):
        url = url_for("orders.show", order_id=order.id)
        yield {"title": f"工单 {order.own_no}", "url": url, "hint": STATE_LABEL[order.state]}


gate.finder("工单", _find, (Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT, Role.UNIT))

__all__ = [
    "door",
    "exports",
    "imports",
    "inbox",
    "matters",
    "notices",
    "outside",
    "rates",
    "register",
    "show",
    "views",
]
