"""How the menu is used: what was pressed, answered and found closed at each node."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from hotline.calls.models import Call, CallEvent, EventKind
from hotline.db import session

COUNTED = (EventKind.MENU_KEY, EventKind.STEP, EventKind.SERVED, EventKind.CLOSED_HOURS, EventKind.SURVEYED)


@dataclass
class NodeCount:
    """`came`: led here by a menu; `keys`: pressed here; `served`: answers played; `closed`: outside the hours."""

    came: int = 0
    keys: Counter[str] = field(default_factory=Counter)
    served: int = 0
    closed: int = 0


def by_node(start: datetime, end: datetime) -> dict[str, NodeCount]:
    """What the callers of `[start, end)` did at each node."""
    told = [CallEvent.data[name].as_string() for name in ("node", "key", "to")]
    statement = (
        select(CallEvent.kind, *told, func.count())
        .join(Call, Call.id == CallEvent.call_id)
        .where(Call.offered_at >= start, Call.offered_at < end, CallEvent.kind.in_(COUNTED))
        .group_by(CallEvent.kind, *told)
    )
    found: defaultdict[str, NodeCount] = defaultdict(NodeCount)
    for kind, node, key, to, times in session.execute(statement):
        if to:
            found[to].came += times
        if kind in (EventKind.MENU_KEY, EventKind.SURVEYED):
            found[node].keys[key] += times
        elif kind is EventKind.SERVED:
            found[node].served += times
        elif kind is EventKind.CLOSED_HOURS:
            found[node].closed += times
    return found
