"""Regular work on orders: matching what arrived, closing the archive, sweeping uploads nobody accepted."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update

from hotline import clock
from hotline.db import session
from hotline.workorders import links, moves
from hotline.workorders.codes import Move, State
from hotline.workorders.exchange_models import ImportFile
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE

ARCHIVE_AFTER = timedelta(days=30)
PORTION = 500
UPLOAD_LIFE = timedelta(days=1)


def match_orders(order_ids: Sequence[int]) -> int:
    """Link what is sure; returns how many links were made."""
    orders = session.scalars(select(Order).where(Order.id.in_(order_ids), Order.state != State.VOID)).all()
    return sum(len(links.link_surely(order)) for order in orders)


def archive() -> int:
    """Archive a portion of the orders closed long enough ago; returns how many."""
    old = select(Order).where(Order.state == State.CLOSED, Order.closed_at < clock.now() - ARCHIVE_AFTER)
    orders = session.scalars(old.order_by(Order.id).limit(PORTION).with_for_update()).all()
    for order in orders:
        moves.make(order, Move.ARCHIVE, HOUSE)
    return len(orders)


def sweep_uploads() -> None:
    """Empty uploads that nobody accepted within a day."""
    stale = ImportFile.uploaded_at < clock.now() - UPLOAD_LIFE
    session.execute(update(ImportFile).where(stale, ImportFile.body.is_not(None)).values(body=None))
