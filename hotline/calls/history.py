"""What the house knows about a caller: earlier calls from the same number, found by its keyed hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, union

from hotline import clock
from hotline.calls.models import Call, Category, Outcome, Registration, RegistrationState
from hotline.db import session

SPANS = (7, 30, 365)


@dataclass(frozen=True)
class EarlierCall:
    id: int
    ref: str
    offered_at: datetime
    category: Category | None
    outcome: Outcome
    institution_id: int | None
    state: RegistrationState | None


@dataclass(frozen=True)
class History:
    """Counts by days back (7, 30, 365) and the last calls, newest first; the present call is not among them."""

    counts: dict[int, int]
    last: list[EarlierCall]

    @property
    def call_ids(self) -> list[int]:
        return [call.id for call in self.last]


def of_number(number_hash: str | None, before: datetime | None = None, limit: int = 10) -> History:
    """Earlier calls that came from the number or left it as contact, up to `before` (default: now)."""
    if not number_hash:
        return History(dict.fromkeys(SPANS, 0), [])
    until = before or clock.now()
    same = same_caller(number_hash)
    counted = session.execute(
        select(*(func.count().filter(Call.offered_at >= until - timedelta(days=days)) for days in SPANS)).where(
            same, Call.offered_at >= until - timedelta(days=max(SPANS)), Call.offered_at < until
        )
    ).one()
    rows = session.execute(
        select(
            Call.id,
            Call.ref,
            Call.offered_at,
            Call.category,
            Call.outcome,
            Registration.institution_id,
            Registration.state,
        )
        .outerjoin(Registration, Registration.call_id == Call.id)
        .where(same, Call.offered_at < until)
        .order_by(Call.offered_at.desc(), Call.id.desc())
        .limit(limit)
    )
    return History(dict(zip(SPANS, counted, strict=True)), [EarlierCall(*row) for row in rows])


def same_caller(number_hash: str) -> ColumnElement[bool]:
    """Calls that came from the number or left it as contact; each half by its own index."""
    came = select(Call.id).where(Call.caller_hash == number_hash)
    left = select(Registration.call_id).where(Registration.contact_hash == number_hash)
    return Call.id.in_(union(came, left))
