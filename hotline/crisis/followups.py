"""Following up a crisis call: what is due, whose it is, what came of it."""

from datetime import datetime

from sqlalchemy import func, select

from hotline import audit, clock
from hotline.calls import codes
from hotline.crisis.models import FollowUp, Level, RiskSheet
from hotline.crisis.service import keep_until
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound

AGAIN = ("NOANSWER",)
"""Outcomes after which the follow-up stays open for another attempt."""


def due(until: datetime | None = None, owner_id: int | None = None) -> list[tuple[FollowUp, Level]]:
    """Open follow-ups with the level of their sheet, the most overdue first."""
    wanted = (
        select(FollowUp, RiskSheet.level)
        .join(RiskSheet, RiskSheet.call_id == FollowUp.call_id)
        .where(FollowUp.done_at.is_(None))
        .order_by(FollowUp.due_at, FollowUp.id)
    )
    if until:
        wanted = wanted.where(FollowUp.due_at < until)
    if owner_id:
        wanted = wanted.where(FollowUp.owner_id == owner_id)
    return [(row[0], Level(row[1])) for row in session.execute(wanted)]


def overdue_count(at: datetime | None = None) -> int:
    """How many follow-ups should have been made already."""
    open_and_late = select(func.count(FollowUp.id)).where(
        FollowUp.done_at.is_(None), FollowUp.due_at < (at or clock.now())
    )
    return session.scalar(open_and_late) or 0


def of_call(call_id: int) -> list[FollowUp]:
    return list(session.scalars(select(FollowUp).where(FollowUp.call_id == call_id).order_by(FollowUp.due_at)))


def record(followup_id: int, by_id: int, outcome: str, note: str, version: int) -> FollowUp:
    """Note an attempt. Nobody answered: it stays open; anything else finishes it and extends the retention."""
    found = _open(followup_id, version)
    codes.check("followup_outcome", outcome or "?", clock.today(), "outcome")
    found.attempts += 1
    found.note = "\n".join(part for part in (found.note, note.strip()) if part) or None
    if outcome not in AGAIN:
        found.outcome, found.done_at, found.done_by = outcome, clock.now(), by_id
        sheet = session.get(RiskSheet, found.call_id)
        if sheet:
            sheet.keep_until = max(sheet.keep_until, keep_until(clock.today()))
    session.flush()
    audit.record("crisis.follow_up", f"call:{found.call_id}", outcome=outcome)
    return found


def hand_over(followup_id: int, owner_id: int, version: int) -> FollowUp:
    """Give an open follow-up to another colleague (交接班)."""
    found = _open(followup_id, version)
    found.owner_id = owner_id
    session.flush()
    audit.record("crisis.hand_over", f"call:{found.call_id}", owner=owner_id)
    return found


def _open(followup_id: int, version: int) -> FollowUp:
    found = session.get(FollowUp, followup_id)
    if found is None:
        raise NotFound("没有这个随访任务。")
    if found.version != version:
        raise Conflict("这个随访刚被更新过，请刷新后再操作。")
    if found.done_at:
        raise Invalid("这个随访已经完成。")
    return found
