"""The agents' door: the line, the call form, bookings, the crisis sheet; and calls as records for other desks."""

from hotline.people.models import Role
from hotline.web import gate

door = gate.door("desk", __name__, url_prefix="/desk", roles=(Role.AGENT, Role.SUPERVISOR))
records_door = gate.door(
    "calls",
    __name__,
    url_prefix="/calls",
    roles=(Role.AGENT, Role.SUPERVISOR, Role.DISPATCHER, Role.STATISTICIAN, Role.AUDITOR),
)

from hotline.web.desk import (  # noqa: E402
    bookings,
    call_backs,
    crisis,
    exporting,
    followups,
    forms,
    line,
    lookup,
    records,
    workplace,
)

gate.nav("坐席", "desk.home", 10)
gate.nav("待补录", "desk.unfinished", 11)
gate.nav("来电", "calls.index", 12)
gate.nav("预约", "desk.bookings", 13)
gate.nav("随访", "desk.followups", 14)
gate.nav("回拨", "desk.call_backs", 15)

__all__ = [
    "bookings",
    "call_backs",
    "crisis",
    "door",
    "exporting",
    "followups",
    "forms",
    "line",
    "lookup",
    "records",
    "records_door",
    "workplace",
]
