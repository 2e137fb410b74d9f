"""What is told to the platform an order came from: one event per move, written with the move itself."""

from sqlalchemy import select

from hotline.db import session
from hotline.jobs import Job, enqueue
from hotline.workorders.codes import Move
from hotline.workorders.exchange_models import OutgoingEvent, Platform
from hotline.workorders.models import Order, OrderMove

TOLD = frozenset(
    {
        Move.DISPATCH,
        Move.SIGN,
        Move.RETURN,
        Move.REDISPATCH,
        Move.REJECT_RETURN,
        Move.START,
        Move.ASK_EXTENSION,
        Move.GRANT_EXTENSION,
        Move.REFUSE_EXTENSION,
        Move.SUSPEND,
        Move.RESUME,
        Move.REPLY_DIRECTLY,
        Move.APPROVE,
        Move.REWORK,
        Move.RESTART,
        Move.CLOSE,
        Move.REOPEN,
        Move.VOID,
        Move.MERGE,
        Move.UNMERGE,
        Move.CONTACT,
        Move.REVISIT_TRY,
        Move.ANSWERED_WITH_PARENT,
    }
)
"""An answer is told when it has been approved, not when the unit wrote it."""


def announce(order: Order, line: OrderMove) -> None:
    """Queue an event for the platform of this order, if it wants any."""
    if line.move not in TOLD or line.internal or order.external_no is None:
        return
    session.flush()
    listening = select(Platform.id).where(
        Platform.source == order.source, Platform.callback_url != "", Platform.disabled_at.is_(None)
    )
    for platform_id in session.scalars(listening).all():
        event = OutgoingEvent(
            platform_id=platform_id, order_id=order.id, move_id=line.id, kind=f"order.{line.move}", made_at=line.at
        )
        session.add(event)
        session.flush()
        enqueue(Job.PUSH_EVENT, event_id=event.id)
