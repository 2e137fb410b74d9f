"""Which of a million calls may belong to an order: by number, name and institution, and without any of them by time
and words. Each path reads a bounded part of one index, the nearest in time."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Select, select

from hotline.calls.models import Call, Category, Registration
from hotline.db import session
from hotline.workorders import matching
from hotline.workorders.models import Order

BEFORE, AFTER = timedelta(days=30), timedelta(days=3)
NEAR_BEFORE, NEAR_AFTER = timedelta(days=7), timedelta(days=1)
MOST = 60
"""Candidates looked at per path."""

READ = 500
"""Calls of the same nature whose words are read; a large city has about four days of them."""

CLOSEST = 20
"""Of these, so many that are most alike in their words."""


def of_order(order: Order, *, by_words: bool) -> list[tuple[Call, Registration | None]]:
    """Calls worth comparing with an order, never a crisis call. `by_words`: also those that share nothing but a time
    and a telling, which the machine never links by itself."""
    paths = [*_by_number(order), *_by_institution(order), *_by_name(order)]
    ids = {call_id for path in paths for call_id in session.scalars(path)}
    ids.update(_by_words(order) if by_words else ())
    pairs = (
        select(Call, Registration)
        .outerjoin(Registration, Registration.call_id == Call.id)
        .where(Call.id.in_(ids))
        .where(Call.offered_at >= order.registered_at - BEFORE, Call.offered_at < order.registered_at + AFTER)
        .where(Call.category.is_distinct_from(Category.CRISIS))
    )
    return [(row[0], row[1]) for row in session.execute(pairs)] if ids else []


def _by_number(order: Order) -> Iterator[Select[int]]:
    numbers = {one for one in (order.caller_hash, order.contact_hash) if one}
    if not numbers:
        return
    since, until = order.registered_at - BEFORE, order.registered_at + AFTER
    of_caller = select(Call.id).where(Call.caller_hash.in_(numbers), Call.offered_at >= since, Call.offered_at < until)
    yield of_caller.order_by(Call.offered_at.desc()).limit(MOST)
    of_contact = select(Registration.call_id).where(Registration.contact_hash.in_(numbers))
    yield of_contact.order_by(Registration.call_id.desc()).limit(MOST)


def _by_institution(order: Order) -> Iterator[Select[int]]:
    if order.accused_id:
        near = _written(order, NEAR_BEFORE, AFTER).where(Registration.institution_id == order.accused_id)
        yield near.limit(MOST)


def _by_name(order: Order) -> Iterator[Select[int]]:
    if order.name_hash:
        yield _written(order, BEFORE, AFTER).where(Registration.name_hash == order.name_hash).limit(MOST)


def _written(order: Order, before: timedelta, after: timedelta) -> Select[int]:
    """Calls written down around the time of the order, the latest first."""
    at = order.registered_at
    written = select(Registration.call_id).where(
        Registration.saved_at >= at - before, Registration.saved_at < at + after
    )
    return written.order_by(Registration.saved_at.desc())


def _by_words(order: Order) -> list[int]:
    """What was told about the same time, by the same nature of demand, in the most similar words."""
    told = (
        _written(order, NEAR_BEFORE, NEAR_AFTER)
        .add_columns(Registration.content, Registration.demand)
        .where(Registration.nature == order.nature.value, Registration.category.is_distinct_from(Category.CRISIS))
        .limit(READ)
    )
    texts = {row[0]: matching.pairs_of(f"{row[1] or ''}\n{row[2] or ''}") for row in session.execute(told)}
    return matching.closest(matching.pairs_of(f"{order.title}\n{order.content}"), texts, CLOSEST)
