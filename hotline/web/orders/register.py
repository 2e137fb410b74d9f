"""A new order by hand, with possible duplicates shown while it is written; the registration put right later."""

from typing import Any

from flask import flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.places import institutions
from hotline.places import service as places
from hotline.places.models import Area
from hotline.web import gate
from hotline.web.orders import forms, order_forms, words
from hotline.web.orders.entrance import by, config, dispatchers, door, named_unit, seen
from hotline.workorders import amending, bundles, categories, duplicates, moves, registering
from hotline.workorders.amending import Amendment
from hotline.workorders.codes import STATE_LABEL, Nature, Source, Urgency
from hotline.workorders.field_codes import CallerSubject, SourceLevel
from hotline.workorders.models import Order
from hotline.workorders.registering import Demand


def _lists(order: Order | None = None) -> dict[str, Any]:
    """What the fields of an order are chosen from; what it has already stays a choice."""
    districts = {area.code: area.name for area in places.districts(config().home_city)}
    if order and order.district_code:
        districts |= {order.district_code: session.get_one(Area, order.district_code).name}
    return {
        "sources": forms.MANUAL_SOURCES,
        "topics": categories.choices(clock.today(), order.topic_id if order else None),
        "districts": list(districts.items()),
        **words.LABELS,
    }


@door.get("/new")
@dispatchers
def new() -> ResponseReturnValue:
    return gate.page("orders/new.html", **_lists())


@door.post("/new")
@dispatchers
def create() -> ResponseReturnValue:
    try:
        order = registering.register(_demand(gate.load(order_forms.New())), by())
    except HotlineError as fault:
        session.rollback()
        return gate.refill(fault, "orders/new.html", **_lists())
    session.commit()
    flash(f"已登记 {order.own_no}")
    return redirect(url_for("orders.show", order_id=order.id), 303)


def _demand(sent: dict[str, Any]) -> Demand:
    return Demand(
        source=Source(sent["source"]),
        nature=Nature(sent["nature"]),
        urgency=Urgency(sent["urgency"]),
        external_no=sent["external_no"].strip() or None,
        title=sent["title"],
        content=sent["content"],
        caller_name=sent["caller_name"] or None,
        caller_phone=sent["caller_phone"] or None,
        accused_id=named_unit(sent["accused"], "accused") if sent["accused"] else None,
        confidential=sent["confidential"],
        reply_required=sent["reply_required"],
        reply_due=sent["reply_due"],
        **_described(sent),
    )


def _described(sent: dict[str, Any]) -> dict[str, Any]:
    """What a new order and a correction have in common."""
    return {
        "channel": sent["channel"],
        "kind": sent["kind"],
        "source_level": SourceLevel(sent["source_level"]) if sent["source_level"] else None,
        "topic_id": sent["topic_id"],
        "district_code": sent["district_code"] or None,
        "address": sent["address"] or None,
        "contact_phone": sent["contact_phone"] or None,
        "caller_subject": CallerSubject(sent["caller_subject"]) if sent["caller_subject"] else None,
        "is_repeat": sent["is_repeat"],
        "urged_order_id": _urged(sent["urged_order"]),
    }


def _urged(number: str) -> int | None:
    """The order of a number as typed, local or external. Raises Invalid."""
    if not number.strip():
        return None
    try:
        return bundles.named(number).id
    except Invalid as fault:
        raise Invalid(fault.message, fields={"urged_order": [fault.message]}) from fault


@door.get("/<int:order_id>/amend")
@dispatchers
def amendment(order_id: int) -> ResponseReturnValue:
    """The registration of an order, to be put right."""
    order = seen(order_id)
    return gate.page("orders/amend.html", order=order, form=_standing(order), **_lists(order))


def _standing(order: Order) -> dict[str, Any]:
    """How the order stands; its contact number is never written into a form."""
    urged = session.get(Order, order.urged_order_id) if order.urged_order_id else None
    same = ("channel", "kind", "topic_id", "district_code", "address", "is_repeat", "version")
    coded = {name: (getattr(order, name) or "") for name in ("source_level", "caller_subject")}
    return {name: getattr(order, name) for name in same} | coded | {"urged_order": urged.own_no if urged else ""}


@door.post("/<int:order_id>/amend")
@dispatchers
def amend(order_id: int) -> ResponseReturnValue:
    order = seen(order_id)
    try:
        sent = gate.load(order_forms.Amend())
        held = moves.locked(order.id, version=sent["version"])
        amending.amend(held, by(), Amendment(**_described(sent)), sent["reason"])
    except Invalid as fault:
        session.rollback()
        order = seen(order_id)
        return gate.refill(fault, "orders/amend.html", order=order, **_lists(order))
    session.commit()
    flash("登记已更正")
    return redirect(url_for("orders.show", order_id=order_id), 303)


@door.post("/similar")
@dispatchers
def similar() -> ResponseReturnValue:
    """Orders that may tell of the same matter as what is being written."""
    sent = gate.load(order_forms.Similar())
    accused = institutions.by_name(sent["accused"]) if sent["accused"] else None
    found = duplicates.of_draft(
        phone=sent["phone"],
        name=sent["name"],
        institution_id=accused.id if accused else None,
        words=sent["words"],
        at=clock.now(),
        nature=Nature(sent["nature"]) if sent["nature"] else None,
    )
    return jsonify(
        orders=[
            {
                "own_no": one.order.own_no,
                "url": url_for("orders.show", order_id=one.order.id),
                "title": one.order.title,
                "state": STATE_LABEL[one.order.state],
                "confidence": f"{one.match.confidence:.0%}",
                "why": "、".join(one.match.evidence),
            }
            for one in found
        ]
    )
