"""New editions by an administrator: dated, printable, and never over a month that is already fixed."""

from typing import Any

from sqlalchemy import select

from hotline import audit, clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid
from hotline.statistics import editions, published
from hotline.statistics.edition import Edition
from hotline.statistics.edition_schema import read
from hotline.statistics.editions import EditionVersion
from hotline.statistics.sealing_models import SealedMonth


def fixed_months() -> set[Month]:
    """Months whose printed form must stay what it is: sealed here, or imported as printed."""
    sealed = {Month(text) for text in session.scalars(select(SealedMonth.month).distinct())}
    return sealed | set(published.months())


def first_free() -> Month:
    """The earliest month from which a new edition may be open-ended."""
    return max((month.next for month in fixed_months()), default=Month.of(clock.today()))


def save(body: dict[str, Any], *, by: int | None, reason: str) -> EditionVersion:
    """Keep a new edition, or a newer version of one. Raises Invalid when it could not be printed."""
    made = read(body)
    _refuse_fixed(made)
    row = EditionVersion(
        code=made.code,
        valid_from=str(made.valid_from),
        valid_to=str(made.valid_to) if made.valid_to else None,
        body=body,
        saved_at=clock.now(),
        saved_by=by,
        reason=reason,
    )
    session.add(row)
    session.flush()
    editions.forget()
    audit.record("edition.save", f"edition:{row.code}", version=row.id, valid_from=row.valid_from, reason=reason)
    return row


def _refuse_fixed(made: Edition) -> None:
    covered = sorted(month for month in fixed_months() if made.covers(month))
    if covered:
        message = f"{covered[-1]} 已封存或已导入，版式不能再变；请从 {covered[-1].next} 起另立版式"
        raise Invalid(message, fields={"valid_from": [message]})
