"""Orders in, states and histories out."""

from collections.abc import Mapping
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from marshmallow import RAISE
from sqlalchemy import and_, or_, select

from hotline import cursors
from hotline.db import session
from hotline.errors import HotlineError, NotFound
from hotline.places import institutions
from hotline.web import gate
from hotline.web.exchange import schemas
from hotline.web.exchange.document import operation
from hotline.web.exchange.doors import door
from hotline.web.exchange.entrance import caller
from hotline.web.exchange.order_schemas import OrderIn, OrderOut
from hotline.web.exchange.shown import shown
from hotline.web.exchange.values import EXTERNAL
from hotline.workorders import delivery, duplicates, pushing, registering, repeats
from hotline.workorders.codes import Nature, Urgency
from hotline.workorders.delivery import Receipt, Told
from hotline.workorders.field_codes import CallerSubject, SourceLevel
from hotline.workorders.models import Order
from hotline.workorders.platforms import Scope
from hotline.workorders.registering import Demand

PLAIN = ("title", "content", "channel", "kind", "confidential", "reply_required", "external_no")
OPTIONAL = (
    *("caller_name", "caller_phone", "contact_phone", "address", "district_code", "registered_at", "reply_due"),
    *("acceptor", "acceptor_no"),
)


@operation(
    door,
    "POST",
    "/orders",
    "送达一张工单",
    scope=Scope.WRITE,
    body=OrderIn,
    answers={200: schemas.Receipt, 201: schemas.Receipt},
)
def deliver(sent: dict[str, Any]) -> ResponseReturnValue:
    receipt = _receive(sent)
    session.commit()
    told = _told(sent["external_no"], receipt, _doubt(sent, receipt))
    return jsonify(told), 201 if receipt.status == "new" else 200


@operation(
    door,
    "POST",
    "/orders/batch",
    "批量送达工单，逐张判定",
    scope=Scope.WRITE,
    body=schemas.Batch,
    answers={200: schemas.Verdicts},
)
def deliver_batch(sent: dict[str, Any]) -> ResponseReturnValue:
    results = [_verdict(one) for one in sent["orders"]]
    session.commit()
    return jsonify(results=results)


@operation(
    door,
    "GET",
    "/orders",
    "按变更时间查询本平台工单",
    scope=Scope.READ,
    query=schemas.Page,
    answers={200: schemas.Orders},
)
def changed(wanted: dict[str, Any]) -> ResponseReturnValue:
    found = select(Order).where(Order.source == caller().source, Order.external_no.is_not(None))
    if "changed_since" in wanted:
        found = found.where(Order.changed_at >= wanted["changed_since"])
    if "after" in wanted:
        at, last = cursors.unpack(wanted["after"])
        found = found.where(or_(Order.changed_at > at, and_(Order.changed_at == at, Order.id > last)))
    rows = session.scalars(found.order_by(Order.changed_at, Order.id).limit(wanted["limit"] + 1)).all()
    page = rows[: wanted["limit"]]
    after = cursors.pack(page[-1].changed_at, page[-1].id) if len(rows) > len(page) else None
    return jsonify(orders=shown(page), after=after)


@operation(door, "GET", "/orders/<external_no>", "查询一张工单", scope=Scope.READ, answers={200: OrderOut})
def show(external_no: str) -> ResponseReturnValue:
    return jsonify(shown([own(external_no)])[0])


@operation(
    door,
    "GET",
    "/orders/<external_no>/history",
    "一张工单的全部经过",
    scope=Scope.READ,
    answers={200: schemas.History},
)
def history(external_no: str) -> ResponseReturnValue:
    order = own(external_no)
    return jsonify(external_no=order.external_no, lines=pushing.history(order))


@operation(
    door,
    "POST",
    "/orders/<external_no>/events",
    "催办、督办、补充或撤回",
    scope=Scope.WRITE,
    body=schemas.EventIn,
    answers={200: schemas.Receipt, 201: schemas.Receipt},
)
def tell(sent: dict[str, Any], external_no: str) -> ResponseReturnValue:
    who = caller()
    receipt = delivery.tell(
        who.source,
        external_no,
        Told(sent["type"]),
        sent["text"],
        delivery.by_platform(who.name),
        event=sent["event"],
        platform_id=who.platform_id,
        level=sent["level"],
    )
    session.commit()
    return jsonify(_told(external_no, receipt)), 201 if receipt.status == "new" else 200


def own(external_no: str) -> Order:
    """The platform's own order. Raises NotFound for any other."""
    order = registering.find(caller().source, external_no) if "\x00" not in external_no else None
    if order is None:
        raise NotFound("没有这个编号的工单")
    return order


def _receive(sent: Mapping[str, Any]) -> Receipt:
    who = caller()
    by = delivery.by_platform(who.name)
    demand = _demand(sent)
    if "emergency" in sent:
        return delivery.receive_emergency(
            demand, sent["emergency"], sent, by, platform_id=who.platform_id, event=sent["event"]
        )
    return delivery.receive(demand, sent, by, platform_id=who.platform_id, event=sent["event"])


def _demand(sent: Mapping[str, Any]) -> Demand:
    accused = institutions.by_name(sent["accused"]) if sent.get("accused") else None
    given: dict[str, Any] = {name: sent.get(name) or None for name in OPTIONAL}
    told: dict[str, Any] = {name: sent[name] for name in PLAIN}
    return Demand(
        source=caller().source,
        nature=Nature(sent["nature"]),
        urgency=Urgency(sent["urgency"]),
        accused_id=accused.id if accused else None,
        accused_as_told="" if accused else sent.get("accused") or "",
        source_level=SourceLevel(sent["source_level"]) if "source_level" in sent else None,
        caller_subject=CallerSubject(sent["caller_subject"]) if "caller_subject" in sent else None,
        categories=tuple(sent.get("categories", ())),
        is_repeat=sent.get("is_repeat", False),
        urged_no=sent.get("urged_order", ""),
        nonsense=sent.get("nonsense", False),
        exempt=not sent.get("assessed", True),
        **told,
        **given,
    )


def _verdict(item: Any) -> dict[str, Any]:
    try:
        sent = gate.judge(OrderIn(unknown=RAISE), item)
        with session.begin_nested():
            receipt = _receive(sent)
    except HotlineError as fault:
        return _refusal(item, fault)
    own_no = receipt.order.own_no if receipt.order else None
    told = {"status": receipt.status, "external_no": sent["external_no"], "own_no": own_no}
    return {**told, "message": _doubt(sent, receipt), **_repeats(receipt.order)}


def _refusal(item: Any, fault: HotlineError) -> dict[str, Any]:
    """Why an order was not taken in, and which, as far as it can be told."""
    number = item.get("external_no") if isinstance(item, dict) else None
    known = number if isinstance(number, str) and EXTERNAL.fullmatch(number) else None
    told = {"status": "refused", "external_no": known, "own_no": None, "message": fault.message}
    return told | _repeats(None) | ({"fields": fault.fields} if fault.fields else {})


def _repeats(order: Order | None) -> dict[str, Any]:
    found = duplicates.for_platform(order) if order else duplicates.ForPlatform()
    return {"possible_duplicate": found.possible, "possible_duplicate_of": found.external_no}


def _doubt(sent: Mapping[str, Any], receipt: Receipt) -> str:
    """What of an order was taken in beside it, and what nobody could make out."""
    if receipt.order is None or receipt.status == "handed_over":
        return ""
    name, urged = sent.get("accused") or "", sent.get("urged_order", "")
    doubts = [f"已作为补充记入原工单：{'、'.join(receipt.differing)}"] if receipt.differing else []
    doubts += [registering.unsettled(name)] if name and institutions.by_name(name) is None else []
    doubts += [repeats.unsettled(urged)] if urged and not repeats.of_source(caller().source, [urged]) else []
    return "；".join(doubts)


def _told(external_no: str, receipt: Receipt, message: str = "") -> dict[str, Any]:
    order = receipt.order
    return {
        "status": receipt.status,
        "external_no": external_no,
        "own_no": order.own_no if order else None,
        "state": order.state.value if order else None,
        "emergency": receipt.service or None,
        "message": message,
        **_repeats(order),
    }
