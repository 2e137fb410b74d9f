"""Whether a visit may be booked or cancelled, by the dated rules of the hospital or of the platform."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from hotline import clock, db
from hotline.bookings.models import Booking, BookingChannel, BookingRule, Status, Suspension
from hotline.db import session
from hotline.errors import Invalid
from hotline.places.models import Institution

DATA = Path(__file__).parent / "data"


def load() -> None:
    """Add the channels and rules that the product comes with; rows that are there stay as they are."""
    for model, name in ((BookingChannel, "channels"), (BookingRule, "rules")):
        rows: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
        dated = [{**row, "valid_from": date.fromisoformat(row["valid_from"]), "valid_to": None} for row in rows]
        session.execute(db.insert(model).on_conflict_do_nothing(), dated)


def rule_of(institution_id: int, on: date) -> BookingRule:
    """The hospital's own rule in force on a day, else the platform's."""
    rule = session.scalar(
        select(BookingRule)
        .outerjoin(Institution, Institution.name == BookingRule.institution_name)
        .where(
            or_(BookingRule.institution_name == "", Institution.id == institution_id),
            BookingRule.valid_from <= on,
            or_(BookingRule.valid_to.is_(None), BookingRule.valid_to > on),
        )
        .order_by(BookingRule.institution_name.desc(), BookingRule.valid_from.desc())
        .limit(1)
    )
    if rule is None:
        raise Invalid("当日没有适用的预约规则，请联系管理员。")
    return rule


def bookable_days(rule: BookingRule, at: datetime) -> list[date]:
    """The visit days that can be booked at an instant: the window, its cut-off and its release."""
    local = clock.local(at)
    minute = local.hour * 60 + local.minute
    first = 0 if rule.same_day else 1
    days = [local.date() + timedelta(days=ahead) for ahead in range(first, rule.window_days + 1)]
    if minute >= rule.cutoff_minute:
        days = [day for day in days if day != local.date() + timedelta(days=1)]
    if minute < rule.release_minute:
        days = [day for day in days if day != local.date() + timedelta(days=rule.window_days)]
    return days


def check_day(institution_id: int, visit_day: date, at: datetime) -> None:
    """Refuse a day outside the window, saying which days there are."""
    rule = rule_of(institution_id, clock.business_day(at))
    days = bookable_days(rule, at)
    if visit_day in days:
        return
    span = f"{days[0]:%m-%d} 至 {days[-1]:%m-%d}" if days else "没有日期"
    close = f"{rule.cutoff_minute // 60:02d}:{rule.cutoff_minute % 60:02d}"
    message = f"现在可约 {span}（次日号当天 {close} 截止）"
    raise Invalid(f"这一天不能预约：{message}。", fields={"visit_day": [message]})


def check_patient(document_hash: str, on: date) -> None:
    """Refuse a patient who is suspended on that day."""
    until = session.scalar(
        select(func.max(Suspension.until)).where(
            Suspension.document_hash == document_hash,
            Suspension.since <= on,
            Suspension.until > on,
            Suspension.lifted_at.is_(None),
        )
    )
    if until:
        message = f"该患者因多次爽约，{until:%Y-%m-%d} 前不能预约；可由班长核实申诉后解除"
        raise Invalid(f"{message}。", fields={"document_no": [message]})


def suspend_if_due(booking: Booking) -> Suspension | None:
    """After a missed visit: suspend the patient when the limit within the window is reached."""
    rule = rule_of(booking.institution_id, booking.visit_day)
    start = booking.visit_day - timedelta(days=rule.no_show_days)
    lifted = session.scalar(
        select(func.max(Suspension.since)).where(
            Suspension.document_hash == booking.document_hash, Suspension.since > start
        )
    )
    missed = session.scalar(
        select(func.count(Booking.id)).where(
            Booking.document_hash == booking.document_hash,
            Booking.status == Status.NO_SHOW,
            Booking.visit_day > (lifted or start),
        )
    )
    if not missed or missed < rule.no_show_limit:
        return None
    since = clock.today()
    made = Suspension(
        document_hash=booking.document_hash,
        since=since,
        until=since + timedelta(days=rule.penalty_days),
        no_shows=missed,
    )
    session.add(made)
    session.flush()
    return made
