"""The list of calls: filters as a value, pages by key, columns instead of objects.

A page is found by the last row of the page before (`offered_at`, `id`), so that page one thousand costs what
page one costs, and nobody counts a million rows to show fifty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, literal, select, tuple_

from hotline import clock, cursors
from hotline.calls.history import same_caller
from hotline.calls.models import Call, Category, InvalidType, Outcome, Registration, RegistrationState
from hotline.calls.numbers import normalise
from hotline.db import session

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """What is looked for; None and empty mean anything. Days are business days, both included."""

    first: date | None = None
    last: date | None = None
    category: Category | None = None
    outcome: Outcome | None = None
    invalid_type: InvalidType | None = None
    accepted: bool | None = None
    queue: str = ""
    channel: str = ""
    agent_id: int | None = None
    institution_id: int | None = None
    number: str = ""
    call_no: str = ""
    state: RegistrationState | None = None


@dataclass(frozen=True)
class Page:
    """Rows, and the marker of the next page (empty on the last)."""

    rows: list[Row[*tuple[Any, ...]]]
    following: str


COLUMNS = (
    Call.id,
    Call.ref,
    Call.opened_on,
    Call.offered_at,
    Call.channel,
    Call.caller,
    Call.queue,
    Call.agent_id,
    Call.state.label("call_state"),
    Call.outcome,
    Call.accepted,
    Call.category,
    Call.invalid_type,
    Call.wait_ms,
    Call.talk_ms,
    Registration.state,
    Registration.institution_id,
    Registration.topic_id,
    Registration.confidential,
)


def page(wanted: Filter, after: str = "", size: int = PAGE) -> Page:
    """One page, newest calls first, after the marker of the page before."""
    statement = _filtered(wanted)
    if after:
        at, call_id = cursors.unpack(after)
        statement = statement.where(tuple_(Call.offered_at, Call.id) < tuple_(literal(at), literal(call_id)))
    rows = list(session.execute(statement.limit(size + 1)))
    following = cursors.pack(rows[size - 1].offered_at, rows[size - 1].id) if len(rows) > size else ""
    return Page(rows[:size], following)


def every(wanted: Filter, size: int = 1000) -> Iterator[Row[*tuple[Any, ...]]]:
    """All rows of a filter, page after page (for exports)."""
    after = ""
    while True:
        found = page(wanted, after, size)
        yield from found.rows
        after = found.following
        if not after:
            return


def _filtered(wanted: Filter) -> Select[*tuple[Any, ...]]:
    statement = select(*COLUMNS).outerjoin(Registration, Registration.call_id == Call.id)
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    return statement.order_by(Call.offered_at.desc(), Call.id.desc())


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    if wanted.first:
        yield Call.offered_at >= clock.day_bounds(wanted.first)[0]
    if wanted.last:
        yield Call.offered_at < clock.day_bounds(wanted.last)[1]
    for column, value in (
        (Call.category, wanted.category),
        (Call.outcome, wanted.outcome),
        (Call.invalid_type, wanted.invalid_type),
        (Call.accepted, wanted.accepted),
        (Call.agent_id, wanted.agent_id),
        (Call.queue, wanted.queue or None),
        (Call.channel, wanted.channel or None),
        (Registration.institution_id, wanted.institution_id),
        (Registration.state, wanted.state),
    ):
        if value is not None:
            yield column == value
    if wanted.number:
        number = normalise(wanted.number).hash
        yield same_caller(number) if number else false()
    if wanted.call_no:
        yield of_call_no(wanted.call_no)


def of_call_no(text: str) -> ColumnElement[bool]:
    """流水号: eight digits of the day, then the row's number; a wrong spelling finds nothing."""
    digits = text.strip()
    row = int(digits[8:]) if digits.isascii() and digits.isdigit() and 16 <= len(digits) <= 20 else -1
    return (Call.id == row) & (Call.opened_on == _day(digits))


def _day(digits: str) -> date:
    try:
        return datetime.strptime(digits[:8], "%Y%m%d").date()  # noqa: DTZ007  a plain date
    except ValueError:
        return date.min
