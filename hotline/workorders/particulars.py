"""What follows from an order's clocks, moves and revisits: computed for many orders at once, stored nowhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from hotline.db import session
from hotline.people.models import Account
from hotline.workorders import revisits
from hotline.workorders.codes import CLOCK_LABEL, Clock, Move
from hotline.workorders.deadline_models import OrderClock
from hotline.workorders.field_codes import AcceptMode
from hotline.workorders.models import Order, OrderMove, Revisit
from hotline.workorders.revisit_codes import RevisitFailure, Solved

DISPATCHES = (Move.DISPATCH, Move.REDISPATCH)


@dataclass(frozen=True)
class Staff:
    """Somebody of the hotline or of a platform: name and number."""

    name: str = ""
    number: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.number}".strip()


@dataclass(frozen=True)
class Particulars:
    """The derived fields of one order. In time: None while the duty runs, or when there was none."""

    accept_mode: AcceptMode | None
    acceptor: Staff
    dispatcher: Staff
    dispatch_note: str
    return_due: datetime | None
    reply_due: datetime | None
    signed_in_time: bool | None
    feedback_in_time: bool | None
    replied_in_time: bool | None
    late: tuple[Clock, ...]
    revisit_needed: bool
    revisited_at: datetime | None
    revisit_failure: RevisitFailure | None
    solved_round: int | None

    @property
    def late_words(self) -> str:
        """`签收、答复`: the duties that were or are late."""
        return "、".join(CLOCK_LABEL[which] for which in self.late)


def of(order: Order, now: datetime) -> Particulars:
    """Of one order."""
    return of_orders([order], now)[order.id]


def of_orders(orders: Sequence[Order], now: datetime) -> dict[int, Particulars]:
    """Of many orders, in as many statements as of one."""
    ids = [order.id for order in orders]
    clocks, sent, tried = _clocks(ids), _dispatches(ids), _revisits(ids)
    people = _people([*(order.acceptor_id for order in orders), *(line.actor_id for line in sent.values())])
    return {
        order.id: _of(order, clocks.get(order.id, []), sent.get(order.id), tried.get(order.id, []), people, now)
        for order in orders
    }


def _of(
    order: Order,
    clocks: list[OrderClock],
    sent: OrderMove | None,
    tried: list[Revisit],
    people: dict[int, Staff],
    now: datetime,
) -> Particulars:
    latest = {one.clock: one for one in clocks}
    counted = {one.clock: one for one in clocks if not one.dropped}
    last = tried[-1] if tried else None
    return Particulars(
        accept_mode=accept_mode(order),
        acceptor=people.get(order.acceptor_id or 0) or Staff(order.acceptor or "", order.acceptor_no or ""),
        dispatcher=_dispatcher(sent, people),
        dispatch_note=(sent.reason or "") if sent else "",
        return_due=_due(latest.get(Clock.RETURN)),
        reply_due=_due(latest.get(Clock.REPLY)),
        signed_in_time=_in_time(counted.get(Clock.SIGN), now),
        feedback_in_time=_in_time(counted.get(Clock.FEEDBACK), now),
        replied_in_time=_in_time(counted.get(Clock.REPLY), now),
        late=tuple(which for which in Clock if any(_late(one, now) for one in clocks if one.clock is which)),
        revisit_needed=not revisits.spared(order),
        revisited_at=last.at if last else None,
        revisit_failure=last.failure if last else None,
        solved_round=next((one.round for one in reversed(tried) if one.solved), None)
        if order.solved is Solved.YES
        else None,
    )


def accept_mode(order: Order) -> AcceptMode | None:
    """转办 once a unit has it, 直办 when the hotline answered itself; a bundled order goes the way of its main one."""
    if order.parent_id is not None:
        return accept_mode(session.get_one(Order, order.parent_id))
    if order.unit_id is not None:
        return AcceptMode.DISPATCHED
    return AcceptMode.DIRECT if order.replied_at is not None else None


def _dispatcher(sent: OrderMove | None, people: dict[int, Staff]) -> Staff:
    if sent is None:
        return Staff()
    return Staff(sent.actor_name, people.get(sent.actor_id or 0, Staff()).number)


def _due(one: OrderClock | None) -> datetime | None:
    return one.due_at if one else None


def _in_time(one: OrderClock | None, now: datetime) -> bool | None:
    if one is None:
        return None
    return one.met if one.met is not None else False if one.due_at < now else None


def _late(one: OrderClock, now: datetime) -> bool:
    return one.clock is not Clock.RETURN and not one.dropped and (one.met is False or _in_time(one, now) is False)


def _clocks(ids: Sequence[int]) -> dict[int, list[OrderClock]]:
    found: dict[int, list[OrderClock]] = {}
    for one in session.scalars(select(OrderClock).where(OrderClock.order_id.in_(ids)).order_by(OrderClock.id)):
        found.setdefault(one.order_id, []).append(one)
    return found


def _dispatches(ids: Sequence[int]) -> dict[int, OrderMove]:
    """The last dispatch of each order."""
    last = select(func.max(OrderMove.id)).where(OrderMove.order_id.in_(ids), OrderMove.move.in_(DISPATCHES))
    lines = select(OrderMove).where(OrderMove.id.in_(last.group_by(OrderMove.order_id)))
    return {line.order_id: line for line in session.scalars(lines)}


def _revisits(ids: Sequence[int]) -> dict[int, list[Revisit]]:
    found: dict[int, list[Revisit]] = {}
    for one in session.scalars(select(Revisit).where(Revisit.order_id.in_(ids)).order_by(Revisit.id)):
        found.setdefault(one.order_id, []).append(one)
    return found


def _people(ids: Iterable[int | None]) -> dict[int, Staff]:
    wanted = {one for one in ids if one is not None}
    rows = session.execute(select(Account.id, Account.name, Account.agent_no).where(Account.id.in_(wanted)))
    return {row.id: Staff(row.name, row.agent_no or "") for row in rows}
