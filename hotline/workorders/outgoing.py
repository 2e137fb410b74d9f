"""What is told to the platform an order came from: one event per move, written with the move itself."""

from sqlalchemy import select

from hotline.db import session
from hotline.jobs import Job, enqueue
from hotline.workorders.codes import Move, Party
from hotline.workorders.exchange_models import OutgoingEvent, Platform
from hotline.workorders.models import Order, OrderMove

NAMES: dict[Move, str] = {
    Move.REGISTER: "order.register",
    Move.DISPATCH: "order.dispatch",
    Move.REDISPATCH: "order.dispatch",
    Move.SIGN: "order.sign",
    Move.RETURN: "order.return",
    Move.REJECT_RETURN: "order.return.decision",
    Move.START: "order.start",
    Move.RESTART: "order.start",
    Move.ASK_EXTENSION: "order.extend.request",
    Move.GRANT_EXTENSION: "order.extend.decision",
    Move.REFUSE_EXTENSION: "order.extend.decision",
    Move.SUSPEND: "order.suspend",
    Move.RESUME: "order.resume",
    Move.CONTACT: "order.contact",
    Move.REPLY: "order.reply.draft",
    Move.REPLY_DIRECTLY: "order.reply.draft",
    Move.APPROVE: "order.reply",
    Move.ANSWERED_WITH_PARENT: "order.reply",
    Move.REVISIT_TRY: "order.revisit",
    Move.REWORK: "order.rework",
    Move.REOPEN: "order.rework",
    Move.CLOSE: "order.close",
    Move.ARCHIVE: "order.archive",
    Move.VOID: "order.void",
    Move.WITHDRAW: "order.withdraw",
    Move.REINSTATE: "order.register",
    Move.HAND_OVER: "order.handover",
    Move.MERGE: "order.bundle",
    Move.UNMERGE: "order.unbundle",
    Move.SUPPLEMENT: "order.supplement",
    Move.URGE: "order.urge",
    Move.SUPERVISE: "order.supervise",
    Move.FILE: "attachment",
}
"""The messages of the interchange by move: what of a history is the platform's business."""

DRAFTS = frozenset({Move.REPLY, Move.REPLY_DIRECTLY})
READ_ONLY = DRAFTS | {
    Move.REGISTER,
    Move.REINSTATE,
    Move.ARCHIVE,
    Move.WITHDRAW,
    Move.SUPPLEMENT,
    Move.URGE,
    Move.SUPERVISE,
}
TOLD = frozenset(NAMES) - READ_ONLY
"""An answer is told when it has been approved, not when it was written; what a platform did itself is not told back."""


def announce(order: Order, line: OrderMove) -> None:
    """Queue an event for the platform of this order, if it wants any."""
    if line.move not in TOLD or line.internal or order.external_no is None or _echo(line):
        return
    session.flush()
    listening = select(Platform.id).where(
        Platform.source == order.source, Platform.callback_url != "", Platform.disabled_at.is_(None)
    )
    for platform_id in session.scalars(listening).all():
        event = OutgoingEvent(
            platform_id=platform_id, order_id=order.id, move_id=line.id, kind=NAMES[line.move], made_at=line.at
        )
        session.add(event)
        session.flush()
        enqueue(Job.PUSH_EVENT, event_id=event.id)


def _echo(line: OrderMove) -> bool:
    return line.move in (Move.FILE, Move.HAND_OVER) and line.party is Party.PLATFORM
