"""One order: facts, one timeline, what can be done now; every act is one press and one commit."""

from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError, NotFound, Refused
from hotline.people import service as people
from hotline.people.models import Role
from hotline.places import institutions
from hotline.web import gate
from hotline.web.orders import acts, facts, forms, words
from hotline.web.orders.act import Act
from hotline.web.orders.entrance import HOTLINE, by, desks, door, may_know, seen, unit_of_viewer
from hotline.workorders import (
    authors,
    bundles,
    deadlines,
    duplicates,
    files,
    links,
    moves,
    notices,
    revisits,
    secrecy,
    timeline,
)
from hotline.workorders.codes import UNIT_CLOCKS, Move
from hotline.workorders.models import CoUnit, Order

KEEPS_WHAT_WAS_TYPED = (409, 422)
"""Faults after which the person goes on from the page, with everything they had written still there."""


@door.get("/<int:order_id>")
@desks
def show(order_id: int) -> ResponseReturnValue:
    return page(seen(order_id))


def page(order: Order, **more: Any) -> str:
    unit_id, now = unit_of_viewer(), clock.now()
    leads = unit_id is None or order.unit_id == unit_id
    calendar = deadlines.current().calendar
    return gate.page(
        "orders/show.html",
        order=order,
        facts=facts.of(order, unit_id),
        said=_said(order, unit_id),
        due_told=words.due_chip(order, calendar, now, unit_id),
        clocks=[one for one in deadlines.running(order) if unit_id is None or one.clock in UNIT_CLOCKS],
        lines=timeline.of_order(order, unit_id),
        offered=acts.offered(order, gate.person().roles, leads=leads),
        main_acts=acts.MAIN,
        files=[(one, files.name_for(order, one, unit_id)) for one in files.seen_by(order, unit_id)],
        units=institutions.names([order.unit_id, order.accused_id, *_co_units(order)]),
        co_units=_co_units(order),
        parent=_parent(order, unit_id),
        bundled=_bundled(order, unit_id),
        attempts=revisits.attempts(order) if unit_id is None else [],
        waiting=notices.waiting(unit_id, order.id),
        noticed=notices.count(unit_id),
        of_unit=unit_id,
        unsettled=secrecy.unsettled(order),
        now=now,
        **_beside(order, unit_id),
        **words.LABELS,
        **more,
    )


def _said(order: Order, unit_id: int | None) -> dict[str, str]:
    """The order's texts, without what would give a hidden person away, and without another unit's answer."""
    texts = ("title", "content", "result", "reply") if authors.reads_answer(order, unit_id) else ("title", "content")
    return {name: secrecy.text(order, getattr(order, name), unit_id) for name in texts}


def _beside(order: Order, unit_id: int | None) -> dict[str, Any]:
    """What only the hotline sees: bundled orders, linked calls, proposals, possible duplicates."""
    if unit_id is not None:
        nothing: dict[str, Any] = {name: [] for name in ("linked", "proposals", "similar")}
        return {**nothing, "linkers": {}, "doubt": "", "may_link": False, "may_bundle": False}
    may_link = bool(gate.person().roles & {Role.DISPATCHER, Role.SUPERVISOR})
    free = order.state in moves.TRANSITIONS[Move.MERGE].origins
    linked = links.calls_of(order.id)
    return {
        "linked": linked,
        "linkers": people.names(one.made_by_id for one, _, _ in linked),
        "proposals": [one for one in links.proposals(order) if may_know(one.call)],
        "similar": duplicates.of_order(order) if free else [],
        "doubt": duplicates.told([order]).get(order.id, "") if free else "",
        "may_link": may_link,
        "may_bundle": may_link and free,
    }


def _parent(order: Order, unit_id: int | None) -> Order | None:
    parent = session.get(Order, order.parent_id) if order.parent_id else None
    return parent if parent is not None and unit_id in (None, parent.unit_id) else None


def _bundled(order: Order, unit_id: int | None) -> list[tuple[Order, str]]:
    """The orders handled with this one, with their titles as this viewer may read them."""
    found = [one for one in bundles.children(order.id) if unit_id in (None, one.unit_id)]
    return [(one, secrecy.text(one, one.title, unit_id)) for one in found]


def _co_units(order: Order) -> list[int]:
    return list(session.scalars(select(CoUnit.unit_id).where(CoUnit.order_id == order.id)))


@door.post("/<int:order_id>/acts/<name>")
@desks
def act(order_id: int, name: str) -> ResponseReturnValue:
    """Press one of the order's buttons."""
    chosen = acts.ACTS.get(name)
    if chosen is None:
        raise NotFound("没有这个操作")
    order = seen(order_id)
    _check(order, chosen)
    try:
        sent = gate.load(chosen.form())
        chosen.do(moves.locked(order.id, version=None if chosen.adds else sent["version"]), by(), sent)
    except HotlineError as fault:
        if fault.status not in KEEPS_WHAT_WAS_TYPED:
            raise
        session.rollback()
        return page(seen(order_id), fault=fault, failed_act=name, form=request.form), fault.status
    session.commit()
    flash(chosen.done)
    return redirect(url_for("orders.show", order_id=order_id), 303)


def _check(order: Order, chosen: Act) -> None:
    roles, unit_id = gate.person().roles, unit_of_viewer()
    mine = roles & (HOTLINE if unit_id is None else {Role.UNIT})
    if not mine & chosen.roles:
        raise Refused(f"您的角色不能“{chosen.label}”")
    if unit_id is not None and order.unit_id != unit_id and chosen is not acts.ACTS["note"]:
        raise Refused("协办单位只能留言")


@door.post("/<int:order_id>/reveal")
@desks
def reveal(order_id: int) -> ResponseReturnValue:
    """The person in full, for a reason that is kept."""
    sent = gate.load(forms.Reveal())
    gate.check_reveals()
    told = secrecy.reveal(seen(order_id), unit_of_viewer(), sent["reason"])
    session.commit()
    return jsonify(value=told[sent["field"]])


@door.get("/<int:order_id>/print")
@desks
def paper(order_id: int) -> ResponseReturnValue:
    """The order on paper (交办单); a hidden person stays hidden."""
    order, unit_id = seen(order_id), unit_of_viewer()
    names = institutions.names([order.unit_id, order.accused_id, *_co_units(order)])
    return gate.page(
        "orders/paper.html",
        order=order,
        facts=facts.of(order, unit_id),
        said=_said(order, unit_id),
        units=names,
        co_units=_co_units(order),
        lines=timeline.of_order(order, unit_id),
        now=clock.now(),
        **words.LABELS,
    )
