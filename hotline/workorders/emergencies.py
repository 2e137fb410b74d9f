"""危及生命: handed to 110, 119, 120 or 122 at once and written down. Never an order, and an order no longer.

One rule for every way it comes: an order that runs ends as handed over, from whatever state; one that has ended keeps
its end and gets a line; a number that was handed over is taken in as no order, it is refused by name.
"""

from collections.abc import Sequence

from sqlalchemy import select

from hotline import audit, clock
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.workorders import bundles, moves
from hotline.workorders.codes import Move, Source
from hotline.workorders.models import Handover, Order
from hotline.workorders.moves import TRANSITIONS, By


def hand_over(
    service: str,
    facts: str,
    by: By,
    *,
    order_id: int | None = None,
    source: Source | None = None,
    external_no: str | None = None,
) -> Handover:
    """Write down that a service was told, and end the order that there is."""
    if not facts.strip():
        raise Invalid("请写明情况和移交对象", fields={"facts": ["不能为空"]})
    if order_id is not None:
        order = moves.locked(order_id)
        source, external_no = order.source, order.external_no
        _end(order, by, f"危及生命，已移交{service}：{facts.strip()}")
    made = Handover(
        at=clock.now(),
        service=service,
        by_id=by.id,
        order_id=order_id,
        source=source,
        external_no=external_no,
        facts=facts.strip(),
    )
    session.add(made)
    session.flush()
    audit.record("emergency.handover", f"handover:{made.id}", service=service)
    return made


def _end(order: Order, by: By, reason: str) -> None:
    if order.state not in TRANSITIONS[Move.HAND_OVER].origins:
        moves.note(order, Move.NOTE, by, reason=reason)
        return
    bundles.release(order, "主单已移交")
    moves.make(order, Move.HAND_OVER, by, reason=reason)


def handed_over(source: Source, numbers: Sequence[str]) -> dict[str, str]:
    """Which of these numbers were handed over: why they are no orders, in words. What is still wanted needs another
    number."""
    made = select(Handover.external_no, Handover.service).where(
        Handover.source == source, Handover.external_no.in_(numbers)
    )
    rows = session.execute(made.order_by(Handover.id))
    return {str(row[0]): f"该编号危及生命，已移交{row[1]}，不登记为工单；其他诉求请以新的编号送达" for row in rows}


def refuse_handed_over(source: Source, external_no: str) -> None:
    """Raise Conflict for a number that was handed over."""
    if why := handed_over(source, [external_no]):
        raise Conflict(why[external_no])
