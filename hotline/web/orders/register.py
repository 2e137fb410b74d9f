"""A new order by hand, with possible duplicates shown while it is written."""

from typing import Any

from flask import flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError
from hotline.places import institutions
from hotline.web import gate
from hotline.web.orders import forms, words
from hotline.web.orders.entrance import by, dispatchers, door, named_unit
from hotline.workorders import duplicates, registering
from hotline.workorders.codes import STATE_LABEL, Nature, Source, Urgency
from hotline.workorders.registering import Demand


@door.get("/new")
@dispatchers
def new() -> ResponseReturnValue:
    return gate.page("orders/new.html", sources=forms.MANUAL_SOURCES, **words.LABELS)


@door.post("/new")
@dispatchers
def create() -> ResponseReturnValue:
    try:
        order = registering.register(_demand(gate.load(forms.New())), by())
    except HotlineError as fault:
        session.rollback()
        return gate.refill(fault, "orders/new.html", sources=forms.MANUAL_SOURCES, **words.LABELS)
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
        address=sent["address"] or None,
        accused_id=named_unit(sent["accused"], "accused") if sent["accused"] else None,
        confidential=sent["confidential"],
        reply_required=sent["reply_required"],
        reply_due=sent["reply_due"],
    )


@door.post("/similar")
@dispatchers
def similar() -> ResponseReturnValue:
    """Orders that may tell of the same matter as what is being written."""
    sent = gate.load(forms.Similar())
    accused = institutions.by_name(sent["accused"]) if sent["accused"] else None
    found = duplicates.of_draft(
        phone=sent["phone"],
        name=sent["name"],
        institution_id=accused.id if accused else None,
        words=sent["words"],
        at=clock.now(),
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
