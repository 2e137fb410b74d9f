"""What a platform delivers, taken in once: by (source, external number, event). Asked again, the same is told again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.jobs import Job, enqueue
from hotline.workorders import bundles, emergencies, handling, ladder, moves, registering, supplements
from hotline.workorders.codes import Move, Party, Source, State
from hotline.workorders.exchange_models import Delivery
from hotline.workorders.models import Order
from hotline.workorders.moves import By
from hotline.workorders.registering import Demand

DISPATCH = "dispatch"


class Told(StrEnum):
    """What a platform may tell of an order that is here already."""

    SUPPLEMENT = "supplement"
    URGE = "urge"
    SUPERVISE = "supervise"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Receipt:
    """What became of a delivery: a new order, one known before, a supplement of it or its taking up again, or handed to
    the emergency services. `differing`: what a supplement said otherwise."""

    status: str
    order: Order | None = None
    service: str = ""
    differing: Sequence[str] = ()


def by_platform(name: str) -> By:
    return By(Party.PLATFORM, None, name)


def digest(content: Mapping[str, Any]) -> str:
    """One hash for one content, whatever the order of its fields."""
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def receive(demand: Demand, content: Mapping[str, Any], by: By, *, platform_id: int, event: str = DISPATCH) -> Receipt:
    """Take in an order once. Raises Conflict when the same event comes with another content, and for a number whose
    demand has come to an end that no platform undoes."""
    number = _number(demand)
    if _known(demand.source, number, event, digest(content)):
        return Receipt("known", registering.find(demand.source, number))
    found = registering.find(demand.source, number)
    receipt = _again(moves.locked(found.id), demand, content, by) if found else _first(demand, by)
    _keep(demand.source, number, event, digest(content), platform_id, receipt.order.id if receipt.order else None)
    return receipt


def _first(demand: Demand, by: By) -> Receipt:
    order = registering.register(demand, by)
    enqueue(Job.MATCH_ORDERS, key=f"order:{order.id}", order_ids=[order.id])
    return Receipt("new", order)


def _again(order: Order, demand: Demand, content: Mapping[str, Any], by: By) -> Receipt:
    """Another event under a number that is here: the same once more, a supplement, a withdrawn demand raised again."""
    if order.state is State.VOID:
        _refuse_ended(order)
        handling.reinstate(order, by, "平台再次送达")
        return Receipt("reinstated", order, differing=supplements.take(order, demand, by))
    if _delivered_before(order, content):
        return Receipt("known", order)
    differing = supplements.take(order, demand, by)
    return Receipt("supplemented" if differing else "known", order, differing=differing)


def _refuse_ended(order: Order) -> None:
    """Raise Conflict unless it was the origin of the demand that took it back, and no life was in danger since."""
    emergencies.refuse_handed_over(order.source, order.external_no or "")
    if moves.ended_by(order) is Move.WITHDRAW:
        return
    raise Conflict(f"该编号的工单 {order.own_no} 不予受理，新的诉求请以新的编号送达", own_no=order.own_no)


def _delivered_before(order: Order, content: Mapping[str, Any]) -> bool:
    """Whether another event has brought the same content."""
    before = select(Delivery.event, Delivery.digest).where(
        Delivery.source == order.source, Delivery.external_no == order.external_no
    )
    return any(row.digest == digest({**content, "event": row.event}) for row in session.execute(before))


def receive_emergency(
    demand: Demand, service: str, content: Mapping[str, Any], by: By, *, platform_id: int, event: str = DISPATCH
) -> Receipt:
    """Life in danger: written down as handed over, never an order; one that is here ends with it."""
    number = _number(demand)
    known = _known(demand.source, number, event, digest(content))
    order = registering.find(demand.source, number)
    if not known:
        facts, order_id = f"{demand.title}\n{demand.content}", order.id if order else None
        emergencies.hand_over(service, facts, by, order_id=order_id, source=demand.source, external_no=number)
        _keep(demand.source, number, event, digest(content), platform_id, order_id)
    return Receipt("handed_over", order, service)


def _number(demand: Demand) -> str:
    if demand.external_no is None:
        raise NotFound("缺少外部编号")
    return demand.external_no


def tell(
    source: Source, external_no: str, told: Told, text: str, by: By, *, event: str, platform_id: int, level: int = 1
) -> Receipt:
    """Take in what a platform says about an order, once per event."""
    content = {"told": told.value, "text": text, "level": level}
    if _known(source, external_no, event, digest(content)):
        return Receipt("known", registering.find(source, external_no))
    found = registering.find(source, external_no)
    if found is None:
        raise NotFound("没有这个编号的工单")
    order = moves.locked(found.id)
    _apply(order, told, text, by, level)
    _keep(source, external_no, event, digest(content), platform_id, order.id)
    return Receipt("new", order)


def _apply(order: Order, told: Told, text: str, by: By, level: int) -> None:
    if told is Told.URGE:
        ladder.urge(order, by, text)
    elif told is Told.SUPERVISE:
        ladder.supervise(order, by, level, text)
    elif told is Told.WITHDRAW:
        bundles.withdraw(order, text, by)
    else:
        supplements.add(order, by, text)


def _known(source: Source, number: str, event: str, content: str) -> bool:
    registering.lock(source)
    before = session.scalar(
        select(Delivery.digest).where(
            Delivery.source == source, Delivery.external_no == number, Delivery.event == event
        )
    )
    if before is not None and before != content:
        raise Conflict("同一事件此前已送达，但内容不同；请更换事件编号")
    return before is not None


def _keep(source: Source, number: str, event: str, content: str, platform_id: int, order_id: int | None) -> None:
    session.add(
        Delivery(
            source=source,
            external_no=number,
            event=event,
            platform_id=platform_id,
            order_id=order_id,
            digest=content,
            received_at=clock.now(),
        )
    )
    session.flush()
