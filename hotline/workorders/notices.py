"""提醒: what a unit or the hotline has to know at once, shown on its pages until somebody there has seen it.

Nothing is sent anywhere, so nobody is woken: the ladder writes in working time, a person's 催办 waits for the reader.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from hotline import clock
from hotline.db import session
from hotline.workorders import moves
from hotline.workorders.codes import ENDED, Clock, Move, Party, State
from hotline.workorders.desk_models import OrderNotice
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.moves import By

MOST = 200
COUNTED = 100


@dataclass(frozen=True)
class Notice:
    """A notice with its order and what was said."""

    notice: OrderNotice
    order: Order
    line: OrderMove


def tell(order: Order, line: OrderMove) -> None:
    """Lay a line of the history before whoever has the next step; what is late or pressed, before the hotline too.

    The hotline is not told again what one of its own people has just pressed a unit for.
    """
    session.flush()
    at_unit = moves.owner(order) is Party.UNIT
    sides = {order.unit_id} if at_unit else {None}
    if at_unit and line.move is not Move.NEAR_DUE and line.party is not Party.HOTLINE:
        sides.add(None)
    duty = line.data.get("clock")
    for unit_id in sides:
        made = OrderNotice(order_id=order.id, move_id=line.id, unit_id=unit_id, at=line.at, move=line.move)
        made.clock = Clock(duty) if duty else None
        session.add(made)


def _open(unit_id: int | None) -> list[ColumnElement[bool]]:
    """Conditions of the notices of one side that nobody has seen. Those of an order that has ended are over, but for
    what was added to a closed one."""
    added = and_(Order.state == State.CLOSED, OrderNotice.move == Move.SUPPLEMENT)
    return [*_of_side(unit_id), OrderNotice.seen_at.is_(None), or_(Order.state.not_in(ENDED), added)]


def _of_side(unit_id: int | None) -> list[ColumnElement[bool]]:
    """A unit reads only of orders that it still leads."""
    if unit_id is None:
        return [OrderNotice.unit_id.is_(None)]
    return [OrderNotice.unit_id == unit_id, Order.unit_id == unit_id]


def count(unit_id: int | None) -> int:
    """How many notices wait for a side; beyond `COUNTED` nobody needs to know."""
    some = select(OrderNotice.id).join(Order, Order.id == OrderNotice.order_id).where(*_open(unit_id)).limit(COUNTED)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def waiting(unit_id: int | None, order_id: int | None = None) -> list[Notice]:
    """The notices that wait for a side, the latest first."""
    wanted = _with_lines().where(*_open(unit_id))
    if order_id is not None:
        wanted = wanted.where(OrderNotice.order_id == order_id)
    return _read(wanted)


def seen_lately(unit_id: int | None) -> list[Notice]:
    """The notices that somebody of this side has seen, the latest first."""
    return _read(_with_lines().where(*_of_side(unit_id), OrderNotice.seen_at.is_not(None)))


def _with_lines() -> Select[OrderNotice, Order, OrderMove]:
    return (
        select(OrderNotice, Order, OrderMove)
        .join(Order, Order.id == OrderNotice.order_id)
        .join(OrderMove, OrderMove.id == OrderNotice.move_id)
        .order_by(OrderNotice.id.desc())
        .limit(MOST)
    )


def _read(wanted: Select[OrderNotice, Order, OrderMove]) -> list[Notice]:
    return [Notice(*row) for row in session.execute(wanted)]


def acknowledge(notice_ids: Iterable[int], by: By) -> int:
    """知悉: these notices of the person's own side are seen; each leaves a line in its order's history.

    Returns how many were open; those of another side, or seen already, stay as they are.
    """
    ids = sorted(set(notice_ids))[:MOST]
    rows: Sequence[OrderNotice] = session.scalars(
        select(OrderNotice)
        .join(Order, Order.id == OrderNotice.order_id)
        .where(OrderNotice.id.in_(ids), *_open(by.unit_id))
        .order_by(OrderNotice.id)
        .with_for_update(of=OrderNotice)
    ).all()
    for one in rows:
        one.seen_at, one.seen_by_id = clock.now(), by.id
        order = session.get_one(Order, one.order_id)
        moves.note(order, Move.SEEN, by, internal=by.unit_id is None, data={"of": one.move.value})
    return len(rows)
