"""How orders are written on pages: due chips, labels."""

from dataclasses import dataclass
from datetime import datetime

from hotline import clock
from hotline.places.calendar import WorkCalendar
from hotline.workorders.codes import (
    AT_UNIT,
    CLOCK_LABEL,
    MOVE_LABEL,
    NATURE_LABEL,
    NOT_ACCEPTED_LABEL,
    PARTY_LABEL,
    SOURCE_LABEL,
    STATE_LABEL,
    SUPERVISION_LABEL,
    URGENCY_LABEL,
    Clock,
    State,
)
from hotline.workorders.field_codes import (
    ACCEPT_MODE_LABEL,
    APPEAL_LABEL,
    CALLER_SUBJECT_LABEL,
    CHANNEL_LABEL,
    KIND_LABEL,
    SOURCE_LEVEL_LABEL,
)
from hotline.workorders.models import Order
from hotline.workorders.revisit_codes import FAILURE_LABEL, FIT_LABEL, SATISFACTION_LABEL, SOLVED_LABEL

DAY_MINUTES = 420
LABELS = {
    "accept_mode_label": ACCEPT_MODE_LABEL,
    "appeal_label": APPEAL_LABEL,
    "caller_subject_label": CALLER_SUBJECT_LABEL,
    "channel_label": CHANNEL_LABEL,
    "fit_label": FIT_LABEL,
    "kind_label": KIND_LABEL,
    "source_level_label": SOURCE_LEVEL_LABEL,
    "clock_label": CLOCK_LABEL,
    "failure_label": FAILURE_LABEL,
    "move_label": MOVE_LABEL,
    "nature_label": NATURE_LABEL,
    "not_accepted_label": NOT_ACCEPTED_LABEL,
    "party_label": PARTY_LABEL,
    "satisfaction_label": SATISFACTION_LABEL,
    "solved_label": SOLVED_LABEL,
    "source_label": SOURCE_LABEL,
    "state_label": STATE_LABEL,
    "supervision_label": SUPERVISION_LABEL,
    "urgency_label": URGENCY_LABEL,
}


@dataclass(frozen=True)
class Chip:
    """A due chip: its tone, its words, and the instant for whoever points at it."""

    state: str
    text: str
    title: str = ""


def due_chip(order: Order, calendar: WorkCalendar, now: datetime, unit_id: int | None) -> Chip:
    """`答复 剩 3 小时`; a unit is shown its own duties, and for whom it waits while it has none."""
    if order.due_at is None or order.due_clock is None:
        return Chip("done" if order.closed_at else "none", "已办结" if order.closed_at else "无时限")
    if unit_id is not None and order.state not in AT_UNIT:
        return Chip("none", f"待热线{CLOCK_LABEL[Clock.REVISIT if order.state is State.TO_REVISIT else Clock.REVIEW]}")
    minutes = calendar.working_minutes_between(now, order.due_at)
    name = CLOCK_LABEL[Clock(order.due_clock)]
    word = "超" if order.due_at < now else "剩"
    state = "late" if order.due_at < now else "soon" if order.near_at and order.near_at <= now else "ok"
    doubt = "（暂定）" if order.due_provisional else ""
    title = f"{name}时限 {clock.local(order.due_at):%Y-%m-%d %H:%M}，按工作时间计算{doubt}"
    if minutes == 0:
        return Chip(state, f"{name} {'已超期' if word == '超' else '即将到期'}{doubt}", title)
    return Chip(state, f"{name} {word} {amount(abs(minutes))}{doubt}", title)


def amount(minutes: int) -> str:
    """Working time in the largest unit that says enough."""
    if minutes < 60:
        return f"{minutes} 分钟"
    if minutes < DAY_MINUTES:
        return f"{minutes // 60} 小时"
    return f"{minutes // DAY_MINUTES} 个工作日"
