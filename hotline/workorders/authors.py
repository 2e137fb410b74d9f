"""Between units: what one of them wrote is its own. The unit that leads reads also what those write that help it."""

from collections.abc import Collection

from sqlalchemy import select

from hotline.db import session
from hotline.workorders import moves
from hotline.workorders.codes import Move
from hotline.workorders.models import CoUnit, Order

ANSWERS = (Move.REPLY, Move.REPLY_DIRECTLY, Move.ANSWERED_WITH_PARENT)


def read_by(order: Order, unit_id: int) -> Collection[int]:
    """The units whose words and files a viewer of this unit reads."""
    helping = select(CoUnit.unit_id).where(CoUnit.order_id == order.id)
    return {unit_id, *session.scalars(helping)} if order.unit_id == unit_id else {unit_id}


def reads_answer(order: Order, unit_id: int | None) -> bool:
    """Whether a viewer reads what was done and answered: the hotline always, a unit what it gave itself and what the
    hotline did; not what another unit had answered before."""
    if unit_id is None:
        return True
    given = moves.last(order, *ANSWERS)
    return given is None or given.move is Move.REPLY_DIRECTLY or given.unit_id == unit_id
