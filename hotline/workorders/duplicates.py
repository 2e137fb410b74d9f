"""Orders that may tell of the same matter: shown while an order is written and when one arrives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from hotline.calls.numbers import normalise
from hotline.db import session
from hotline.places import home
from hotline.workorders.codes import State
from hotline.workorders.links import facts_of_order
from hotline.workorders.matching import Facts, Match, match
from hotline.workorders.models import Order

BEFORE = timedelta(days=30)
MOST = 40
SHOWN = 5
WORTH_SHOWING = 0.45


@dataclass(frozen=True)
class Suggestion:
    """An order that may be the same matter, and why."""

    order: Order
    match: Match


def of_order(order: Order) -> list[Suggestion]:
    """What an order that is here may repeat."""
    return _suggest(facts_of_order(order), order.registered_at, {order.id, order.parent_id})


def of_draft(*, phone: str, name: str, institution_id: int | None, words: str, at: datetime) -> list[Suggestion]:
    """What an order that is being written may repeat."""
    number = normalise(phone, home.dial_code()).hash
    facts = Facts(
        frozenset({number} if number else ()),
        name.strip(),
        frozenset({institution_id} if institution_id else ()),
        at,
        words,
    )
    return _suggest(facts, at, set())


def _suggest(facts: Facts, at: datetime, but: set[int | None]) -> list[Suggestion]:
    found = [
        Suggestion(other, match(facts, facts_of_order(other)))
        for other in _candidates(facts, at)
        if other.id not in but and other.state not in (State.VOID, State.DRAFT, State.ARCHIVED, State.MERGED)
    ]
    found = [one for one in found if one.match.confidence >= WORTH_SHOWING]
    return sorted(found, key=lambda one: (-one.match.confidence, one.order.id))[:SHOWN]


def _candidates(facts: Facts, at: datetime) -> list[Order]:
    paths = []
    if facts.numbers:
        paths += [Order.caller_hash.in_(facts.numbers), Order.contact_hash.in_(facts.numbers)]
    if facts.institutions:
        paths.append(Order.accused_id.in_(facts.institutions))
    ids: set[int] = set()
    for path in paths:
        near = select(Order.id).where(path, Order.registered_at >= at - BEFORE)
        ids.update(session.scalars(near.order_by(Order.registered_at.desc()).limit(MOST)))
    return list(session.scalars(select(Order).where(Order.id.in_(ids)))) if ids else []
