"""Orders that may tell of the same matter: shown while an order is written, said at once when one arrives.

What stands around a draft is read in a few statements, however many drafts there are: orders of the same number, name
or institution, and the newest of the same nature, which are ranked by their words.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, select

from hotline.calls import names
from hotline.calls.numbers import normalise
from hotline.db import session
from hotline.places import home
from hotline.workorders import moves
from hotline.workorders.codes import ENDED, Move, Nature, State
from hotline.workorders.links import facts_of_order
from hotline.workorders.matching import LIKELY, Facts, Match, closest, match
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE

BEFORE = timedelta(days=30)
MOST = 40
"""Orders looked at per number, name and institution; the newest."""

ROWS = 1000
"""Orders read per path for many drafts at once."""

READ = 200
"""The newest orders of a nature whose words are read."""

CLOSEST = 10
SHOWN = 5
WORTH_SHOWING = 0.45

PAST = (State.VOID, State.DRAFT, State.ARCHIVED, State.MERGED)
COMPARED = (
    Order.id,
    Order.own_no,
    Order.state,
    Order.nature,
    Order.registered_at,
    Order.caller_hash,
    Order.contact_hash,
    Order.name_hash,
    Order.caller_name,
    Order.accused_id,
    Order.title,
    Order.content,
)


@dataclass(frozen=True)
class Suggestion:
    """An order that may be the same matter, and why."""

    order: Order
    match: Match


@dataclass(frozen=True)
class Draft:
    """An order as it is compared, while it is written or when it has come. `before`: only with orders before this."""

    facts: Facts
    nature: Nature | None
    before: int | None = None


@dataclass(frozen=True)
class Likely:
    """An open order that a new one most likely repeats."""

    order_id: int
    own_no: str
    why: str

    @property
    def told(self) -> str:
        return f"疑似与 {self.own_no} 重复：{self.why}"


def of_order(order: Order) -> list[Suggestion]:
    """What an order that is here may repeat."""
    return _suggested(_draft(order), {order.id})


def of_draft(
    *, phone: str, name: str, institution_id: int | None, words: str, at: datetime, nature: Nature | None = None
) -> list[Suggestion]:
    """What an order that is being written may repeat."""
    number = normalise(phone, home.dial_code()).hash
    places = frozenset({institution_id} if institution_id else ())
    facts = Facts(frozenset({number} if number else ()), name.strip(), places, at, words)
    return _suggested(Draft(facts, nature), set())


def likely(drafts: Sequence[Draft]) -> list[Likely | None]:
    """For each draft the open order that it most likely repeats."""
    around = _Around(drafts)
    return [_likely(around, draft) for draft in drafts]


def mark(orders: Sequence[Order]) -> None:
    """Orders have come: each that looks like a duplicate of an open order before it says so, to the hotline alone."""
    drafts = [Draft(facts_of_order(order), order.nature, before=order.id) for order in orders]
    for order, found in zip(orders, likely(drafts), strict=True):
        if found:
            order.similar_id = found.order_id
            moves.note(order, Move.NOTE, HOUSE, at=order.registered_at, reason=found.told, internal=True)


def told(orders: Iterable[Order]) -> dict[int, str]:
    """What the hotline reads of those that were marked, by the order."""
    marked = {order.id: order.similar_id for order in orders if order.similar_id}
    known = select(Order.id, Order.own_no).where(Order.id.in_(set(marked.values())))
    own = {row.id: row.own_no for row in session.execute(known)}
    return {order_id: f"疑似与 {own[similar_id]} 重复" for order_id, similar_id in marked.items()}


@dataclass(frozen=True)
class ForPlatform:
    """What the platform of an order learns of the mark: the number only of an order of its own."""

    possible: bool = False
    external_no: str | None = None


def for_platform(order: Order) -> ForPlatform:
    """Nothing is told of a confidential order that came from elsewhere, not even that there is one."""
    other = session.get(Order, order.similar_id) if order.similar_id else None
    if other is None or (other.source is not order.source and other.confidential):
        return ForPlatform()
    return ForPlatform(True, other.external_no if other.source is order.source else None)


def _draft(order: Order) -> Draft:
    return Draft(facts_of_order(order), order.nature)


def _suggested(draft: Draft, but: set[int]) -> list[Suggestion]:
    found = [(row, told) for row, told in _Around([draft]).near(draft) if row.id not in but]
    surest = [(row.id, told) for row, told in found if told.confidence >= WORTH_SHOWING][:SHOWN]
    return [Suggestion(session.get_one(Order, order_id), told) for order_id, told in surest]


def _likely(around: "_Around", draft: Draft) -> Likely | None:
    for row, told in around.near(draft):
        if told.confidence < LIKELY:
            return None
        if row.state not in ENDED:
            return Likely(row.id, row.own_no, "、".join(told.evidence))
    return None


class _Around:
    """The orders that stand around some drafts, found by what they share with one, the newest first."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.rows: dict[int, Any] = {}
        self.facts: dict[int, Facts] = {}
        self.sharing: dict[Hashable, list[tuple[datetime, int]]] = defaultdict(list)
        if drafts:
            self.since = min(draft.facts.at for draft in drafts) - BEFORE
            for condition, limit in _paths(drafts):
                self._read(condition, limit)
        for row in sorted(self.rows.values(), key=lambda one: (one.registered_at, one.id), reverse=True):
            self.facts[row.id] = facts_of_order(row)
            for key in {row.caller_hash, row.contact_hash, row.name_hash, row.accused_id, row.nature, None}:
                self.sharing[key].append((row.registered_at, row.id))

    def _read(self, condition: list[ColumnElement[bool]], limit: int) -> None:
        near = select(*COMPARED).where(Order.registered_at >= self.since, Order.state.not_in(PAST), *condition)
        for row in session.execute(near.order_by(Order.registered_at.desc()).limit(limit)):
            self.rows[row.id] = row

    def near(self, draft: Draft) -> list[tuple[Any, Match]]:
        """The orders that share most with a draft, the surest first."""
        facts = draft.facts
        keys = [*facts.numbers, names.hashed(facts.name)]
        ids = {one for key in keys if key for one in self._of(key, draft, MOST)}
        told = self._of(draft.nature, draft, READ)
        told += [one for place in facts.institutions for one in self._of(place, draft, MOST)]
        ids.update(closest(facts.pairs, {one: self.facts[one].pairs for one in told}, CLOSEST))
        found = [(self.rows[one], match(facts, self.facts[one])) for one in ids]
        return sorted(found, key=lambda one: (-one[1].confidence, one[0].id))

    def _of(self, key: Hashable, draft: Draft, limit: int) -> list[int]:
        since, before = draft.facts.at - BEFORE, draft.before
        near = (one for at, one in self.sharing.get(key, ()) if at >= since and (before is None or one < before))
        return list(islice(near, limit))


def _paths(drafts: Sequence[Draft]) -> Iterator[tuple[list[ColumnElement[bool]], int]]:
    """What is asked of the database for these drafts, and how many rows at most."""
    numbers = {number for draft in drafts for number in draft.facts.numbers}
    people = {found for draft in drafts if (found := names.hashed(draft.facts.name))}
    places = {place for draft in drafts for place in draft.facts.institutions}
    for column, values in (
        (Order.caller_hash, numbers),
        (Order.contact_hash, numbers),
        (Order.name_hash, people),
        (Order.accused_id, places),
    ):
        if values:
            yield [column.in_(values)], min(MOST * len(values), ROWS)
    for nature, many in Counter(draft.nature for draft in drafts).items():
        yield [Order.nature == nature] if nature else [], READ + many
