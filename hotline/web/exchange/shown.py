"""Orders as a platform reads them: how they stand, what follows from their history, nothing personal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.calls import topics
from hotline.db import session
from hotline.places import institutions
from hotline.workorders import assessing, particulars, pushing
from hotline.workorders.models import Order
from hotline.workorders.particulars import Particulars

COPIED = (
    *("external_no", "own_no", "source", "source_level", "channel", "kind", "state", "nature", "urgency"),
    *("categories", "district_code", "caller_subject", "is_repeat", "due_provisional", "urged", "supervision"),
    *("returns", "extensions", "solved", "sat_result", "sat_unit", "sat_agent", "reply_fit", "nonsense", "appeal"),
)
INSTANTS = (
    *("registered_at", "due_at", "dispatched_at", "signed_at", "contacted_at", "replied_at", "closed_at"),
    "changed_at",
)
DERIVED = (
    *("accept_mode", "signed_in_time", "feedback_in_time", "replied_in_time", "late"),
    *("revisit_needed", "revisit_failure", "solved_round"),
)
DERIVED_INSTANTS = ("return_due", "reply_due", "revisited_at")


def shown(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """The orders in their order, read in as few statements as one."""
    derived = particulars.of_orders(orders, clock.now())
    units = institutions.names(order.unit_id for order in orders)
    paths = topics.paths(order.topic_id for order in orders if order.topic_id)
    others = _others(orders)
    return [
        _shown(order, derived[order.id], others)
        | {
            "unit": units.get(order.unit_id or 0),
            "topic": paths.get(order.topic_id or 0),
        }
        for order in orders
    ]


def _others(orders: Sequence[Order]) -> dict[int, Order]:
    """The main orders and the ones that are pressed."""
    wanted = {one for order in orders for one in (order.parent_id, order.urged_order_id) if one is not None}
    return {order.id: order for order in session.scalars(select(Order).where(Order.id.in_(wanted)))}


def _shown(order: Order, derived: Particulars, others: dict[int, Order]) -> dict[str, Any]:
    main, pressed = others.get(order.parent_id or 0), others.get(order.urged_order_id or 0)
    answered = pushing.answered(order)
    return {
        **{name: getattr(order, name) for name in COPIED},
        **{name: _written(getattr(order, name)) for name in INSTANTS},
        **{name: getattr(derived, name) for name in DERIVED},
        **{name: _written(getattr(derived, name)) for name in DERIVED_INSTANTS},
        "acceptor": derived.acceptor.name or None,
        "acceptor_no": derived.acceptor.number or None,
        "urged_order": pressed.external_no if pressed and pressed.source is order.source else None,
        "assessed": assessing.assessed(order),
        "bundled_under": main.own_no if main else None,
        "result": order.result if answered else None,
        "reply": order.reply if answered else None,
    }


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
