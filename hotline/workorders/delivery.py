"""What a platform delivers, taken in once: by (source, external number, event). Asked again, the same is told again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.jobs import Job, enqueue
from hotline.workorders import bundles, ladder, moves, registering
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
    """What became of a delivery: a new order, one known before, or handed to the emergency services."""

    status: str
    order: Order | None = None
    service: str = ""


def by_platform(name: str) -> By:
    return By(Party.PLATFORM, None, name)


def digest(content: Mapping[str, Any]) -> str:
    """One hash for one content, whatever the order of its fields."""
    return sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def receive(demand: Demand, content: Mapping[str, Any], by: By, *, platform_id: int, event: str = DISPATCH) -> Receipt:
    """Take in an order once. Raises Conflict when the same event comes with another content."""
    number = _number(demand)
    if _known(demand.source, number, event, digest(content)):
        return Receipt("known", registering.find(demand.source, number))
    order = registering.find(demand.source, number)
    status = "known" if order else "new"
    if order is None:
        order = registering.register(demand, by)
        enqueue(Job.MATCH_ORDERS, key=f"order:{order.id}", order_ids=[order.id])
    _keep(demand.source, number, event, digest(content), platform_id, order.id)
    return Receipt(status, order)


def receive_emergency(
    demand: Demand, service: str, content: Mapping[str, Any], by: By, *, platform_id: int, event: str = DISPATCH
) -> Receipt:
    """Life in danger: written down as handed over, never an order."""
    number = _number(demand)
    if not _known(demand.source, number, event, digest(content)):
        facts = f"{demand.title}\n{demand.content}"
        registering.hand_over(service, facts, by, source=demand.source, external_no=number)
        _keep(demand.source, number, event, digest(content), platform_id, None)
    return Receipt("handed_over", service=service)


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
        if order.state in (State.ARCHIVED, State.VOID):
            raise Conflict("工单已归档或作废，不能补充")
        moves.note(order, Move.SUPPLEMENT, by, reason=text)
        order.changed_at = clock.now()


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
