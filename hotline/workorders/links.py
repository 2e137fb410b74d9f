"""Calls and orders that belong together: proposals with their reasons, links made, links undone."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from hotline import audit, clock, db
from hotline.calls import search
from hotline.calls.models import Call, Registration
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.workorders import candidates, moves
from hotline.workorders.codes import Move, State
from hotline.workorders.matching import AUTOMATIC_FROM, Facts, Match, match
from hotline.workorders.models import Order, OrderLink
from hotline.workorders.moves import HOUSE, By
from hotline.workorders.reasons import needed

SHOWN = 10
TAKEN = "采纳系统建议"
ALREADY = "该来电已关联到此工单"
WORTH_SHOWING = 0.35


@dataclass(frozen=True)
class Proposal:
    """A call that may belong to an order, and why."""

    call: Call
    registration: Registration | None
    match: Match


def facts_of_order(order: Order) -> Facts:
    return Facts(
        numbers=frozenset(one for one in (order.caller_hash, order.contact_hash) if one),
        name=order.caller_name or "",
        institutions=frozenset(one for one in (order.accused_id,) if one),
        at=order.registered_at,
        words=f"{order.title}\n{order.content}",
    )


def facts_of_call(call: Call, registration: Registration | None) -> Facts:
    written = registration
    return Facts(
        numbers=frozenset(one for one in (call.caller_hash, written and written.contact_hash) if one),
        name=(written.caller_name if written else None) or "",
        institutions=frozenset(one for one in (written and written.institution_id,) if one),
        at=call.offered_at,
        words="\n".join(part for part in (written.content, written.demand) if part) if written else "",
    )


def proposals(order: Order, *, by_words: bool = True) -> list[Proposal]:
    """Calls that may belong to this order and are not linked yet, the surest first. A crisis call is never shown."""
    linked = set(session.scalars(standing(order_id=order.id).with_only_columns(OrderLink.call_id)))
    ours = facts_of_order(order)
    found = [
        Proposal(call, registration, match(ours, facts_of_call(call, registration)))
        for call, registration in candidates.of_order(order, by_words=by_words)
        if call.id not in linked
    ]
    found = [one for one in found if one.match.confidence >= WORTH_SHOWING]
    return sorted(found, key=lambda one: (-one.match.confidence, one.call.id))[:SHOWN]


def standing(*, order_id: int | None = None, call_id: int | None = None) -> Select[OrderLink]:
    """Links that were not undone."""
    found = select(OrderLink).where(OrderLink.undone_at.is_(None))
    if order_id is not None:
        found = found.where(OrderLink.order_id == order_id)
    return found.where(OrderLink.call_id == call_id) if call_id is not None else found


def calls_of(order_id: int) -> list[tuple[OrderLink, Call, Registration | None]]:
    """The calls linked to an order, oldest first."""
    rows = session.execute(
        select(OrderLink, Call, Registration)
        .join(Call, Call.id == OrderLink.call_id)
        .outerjoin(Registration, Registration.call_id == Call.id)
        .where(OrderLink.order_id == order_id, OrderLink.undone_at.is_(None))
        .order_by(Call.offered_at)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def orders_of(call_id: int) -> list[Order]:
    """The orders linked to a call, newest first."""
    ids = standing(call_id=call_id).with_only_columns(OrderLink.order_id)
    return list(session.scalars(select(Order).where(Order.id.in_(ids)).order_by(Order.registered_at.desc())))


def orders_for_number(number_hash: str, limit: int = 5) -> list[Order]:
    """The latest orders of whoever calls from this number."""
    wanted = select(Order).where(
        (Order.caller_hash == number_hash) | (Order.contact_hash == number_hash), Order.state != State.VOID
    )
    return list(session.scalars(wanted.order_by(Order.registered_at.desc()).limit(limit)))


def call_named(text: str) -> Call | None:
    """The call of a 流水号, or of the reference in its address."""
    return session.scalar(select(Call).where(search.of_call_no(text) | (Call.ref == text.strip())))


def link(order: Order, call_id: int, by: By, reason: str = "") -> OrderLink:
    """Link by hand. What is proposed shows why by itself; any other call needs a reason.

    Raises NotFound for a call that does not exist, Conflict when the two are linked already.
    """
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("没有这个来电")
    if session.scalar(standing(order_id=order.id, call_id=call_id)):
        raise Conflict(ALREADY)
    if not reason.strip():
        proposed = any(one.call.id == call_id for one in proposals(order))
        reason = TAKEN if proposed else needed(reason)
    found = match(facts_of_order(order), facts_of_call(call, session.get(Registration, call_id)))
    made = _insert(order, call_id, found.confidence, found.evidence, by, reason=reason.strip(), automatic=False)
    if made is None:
        raise Conflict(ALREADY)
    return made


def link_surely(order: Order) -> list[OrderLink]:
    """Link what is sure enough to need no person; what a person has undone stays undone."""
    undone = select(OrderLink.call_id).where(OrderLink.order_id == order.id, OrderLink.undone_at.is_not(None))
    settled = set(session.scalars(undone))
    found = proposals(order, by_words=False)
    sure = [one for one in found if one.match.confidence >= AUTOMATIC_FROM and one.call.id not in settled]
    links = (
        _insert(order, one.call.id, one.match.confidence, one.match.evidence, HOUSE, automatic=True) for one in sure
    )
    return [made for made in links if made]


def own_call(order: Order, call_id: int) -> None:
    """A self-received order belongs to its call."""
    _insert(order, call_id, 1.0, ("自接工单",), HOUSE, automatic=True)


def _insert(
    order: Order, call_id: int, confidence: float, evidence: Iterable[str], by: By, *, automatic: bool, reason: str = ""
) -> OrderLink | None:
    values = {
        "order_id": order.id,
        "call_id": call_id,
        "confidence": confidence,
        "automatic": automatic,
        "evidence": list(evidence),
        "reason": reason,
        "made_at": clock.now(),
        "made_by_id": by.id,
        "undone_reason": "",
    }
    made: OrderLink | None = session.scalar(
        db.insert(OrderLink).values(values).on_conflict_do_nothing().returning(OrderLink)
    )
    if made:
        moves.note(order, Move.LINK, by, reason=reason, internal=True, data={"call": call_id, "confidence": confidence})
        audit.record("order.link", f"order:{order.id}", call=call_id, automatic=automatic)
    return made


def unlink(order: Order, link_id: int, by: By, reason: str) -> None:
    """Undo a link, with a reason; it stays on record.

    Raises NotFound for a link of another order, Conflict for the call that a self-received order came from.
    """
    found = session.scalar(standing(order_id=order.id).where(OrderLink.id == link_id).with_for_update())
    if found is None:
        raise NotFound("没有这条关联")
    if found.call_id == order.call_id:
        raise Conflict("自接工单由该来电产生，不能取消关联；登记有误请更正来电登记")
    found.undone_at, found.undone_by_id, found.undone_reason = clock.now(), by.id, needed(reason)
    moves.note(order, Move.UNLINK, by, reason=found.undone_reason, internal=True, data={"call": found.call_id})
    audit.record("order.unlink", f"order:{order.id}", call=found.call_id)


def counts(order_ids: Iterable[int]) -> dict[int, int]:
    """How many calls each order is linked to."""
    rows = session.execute(
        select(OrderLink.order_id, func.count())
        .where(OrderLink.order_id.in_(list(order_ids)), OrderLink.undone_at.is_(None))
        .group_by(OrderLink.order_id)
    )
    return {row[0]: row[1] for row in rows}
