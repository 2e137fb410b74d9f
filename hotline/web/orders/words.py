"""How orders are written on pages: due chips, labels, the names of units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.people.models import Account
from hotline.places.calendar import WorkCalendar
from hotline.places.models import Institution
from hotline.workorders.codes import (
    CLOCK_LABEL,
    FAILURE_LABEL,
    MOVE_LABEL,
    NATURE_LABEL,
    NOT_ACCEPTED_LABEL,
    PARTY_LABEL,
    SATISFACTION_LABEL,
    SOLVED_LABEL,
    SOURCE_LABEL,
    STATE_LABEL,
    SUPERVISION_LABEL,
    URGENCY_LABEL,
    Clock,
)
from hotline.workorders.models import Order

DAY_MINUTES = 420
LABELS = {
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


def due_chip(order: Order, calendar: WorkCalendar, now: datetime) -> Chip:
    """`答复 剩 3 小时（工作时间）`."""
    if order.due_at is None or order.due_clock is None:
        return Chip("done" if order.closed_at else "none", "已办结" if order.closed_at else "无时限")
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


def people_names(ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


def unit_names(ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}
