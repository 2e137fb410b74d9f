"""The inbox: saved views, filters, pages by key; many orders dispatched with one reason."""

from collections.abc import Sequence
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.people.models import Role
from hotline.places import institutions
from hotline.web import gate
from hotline.web.orders import forms, words
from hotline.web.orders.entrance import by, desks, dispatchers, door, judges, named_unit, unit_of_viewer
from hotline.workorders import deadlines, desk, duplicates, handling, links, moves, notices, saved_views, secrecy
from hotline.workorders.codes import Nature, Source, State
from hotline.workorders.desk import UNIT_VIEWS, VIEW_LABEL, View, Wanted
from hotline.workorders.models import Order


@door.get("/")
@desks
def inbox() -> ResponseReturnValue:
    """The desk's list; a handling unit has its own, narrower one."""
    return _page()


def _page(**more: Any) -> str:
    query, unit_id, now = gate.query(forms.Inbox()), unit_of_viewer(), clock.now()
    view = View(query["view"]) if query["view"] else _first_view(unit_id)
    page = desk.listed(view, wanted_of(query, unit_id), now, unit_id)
    calendar = deadlines.current().calendar
    return gate.page(
        "orders/inbox.html",
        view=view,
        views=[(one, VIEW_LABEL[one]) for one in (UNIT_VIEWS if unit_id else View)],
        counts=desk.counts(now, unit_id),
        orders=page.orders,
        titles={one.id: secrecy.text(one, one.title, unit_id) for one in page.orders},
        people={one.id: secrecy.person(one, unit_id) for one in page.orders},
        chips={one.id: words.due_chip(one, calendar, now, unit_id) for one in page.orders},
        units=institutions.names(one.unit_id for one in page.orders),
        linked=links.counts(one.id for one in page.orders),
        doubts=_doubts(page.orders) if unit_id is None else {},
        query=query,
        older=_next(page.after),
        of_unit=unit_id,
        noticed=notices.count(unit_id),
        mine=saved_views.of_person(gate.person().id),
        narrowed=saved_views.filters_of({**query, "view": view.value}),
        may_dispatch=view is View.TO_DISPATCH and unit_id is None and _dispatches(),
        **words.LABELS,
        **more,
    )


def _doubts(orders: Sequence[Order]) -> dict[int, str]:
    """Which of the orders still wait for somebody to say whether they are duplicates."""
    return duplicates.told(one for one in orders if one.state is State.REGISTERED)


def _first_view(unit_id: int | None) -> View:
    if unit_id is not None:
        return View.RUNNING
    return View.TO_DISPATCH if _dispatches() else View.TO_REVISIT


def _dispatches() -> bool:
    return bool(gate.person().roles & {Role.DISPATCHER, Role.SUPERVISOR})


def wanted_of(query: dict[str, Any], unit_id: int | None) -> Wanted:
    """The filters as typed; an unknown unit matches nothing."""
    unit = institutions.by_name(query["unit"]) if query["unit"] and unit_id is None else None
    missing = bool(query["unit"]) and unit is None and unit_id is None
    return Wanted(
        source=Source(query["source"]) if query["source"] else None,
        nature=Nature(query["nature"]) if query["nature"] else None,
        unit_id=-1 if missing else unit.id if unit else None,
        number=query["number"].strip(),
        month=Month(query["month"]) if query["month"] else None,
        after=query["after"],
    )


def _next(after: str) -> str | None:
    if not after:
        return None
    query: dict[str, Any] = {**request.args.to_dict(), "after": after}
    return url_for("orders.inbox", **query)


@door.post("/bulk/dispatch")
@dispatchers
def dispatch_many() -> ResponseReturnValue:
    """Dispatch what was picked; each order is judged for itself, and what failed is named.

    A unit that does not exist fails them all: the list comes back as it was picked.
    """
    try:
        sent = gate.load(forms.Bulk())
        unit_id = named_unit(sent["unit"])
    except Invalid as fault:
        return _page(fault=fault, picked=request.form.getlist("order_ids"), form=request.form), fault.status
    picked = list(dict.fromkeys(sent["order_ids"]))
    failed = [told for order_id in picked if (told := _dispatched(order_id, unit_id, sent["reason"]))]
    session.commit()
    flash(f"已派单 {len(picked) - len(failed)} 张" + (f"，{len(failed)} 张未派：{'；'.join(failed)}" if failed else ""))
    return redirect(url_for("orders.inbox", view=View.TO_DISPATCH.value), 303)


def _dispatched(order_id: int, unit_id: int, reason: str) -> str:
    """Dispatch one order; what stood against it, by its number, or nothing."""
    number = f"第 {order_id} 号"
    try:
        with session.begin_nested():
            order = moves.locked(order_id)
            number = order.own_no
            handling.dispatch(order, by(), unit_id, reason=reason)
    except HotlineError as fault:
        return f"{number}：{fault.message}"
    return ""


@door.get("/units")
@judges
def units_like() -> ResponseReturnValue:
    """Type-ahead for institutions that take orders."""
    found = institutions.search(gate.query(forms.Typed())["q"], limit=12)
    return jsonify(items=[{"id": one.id, "name": one.name} for one in found if one.handles_orders])
