"""The lists of the desk: saved views, filters, pages by key, counts. A unit's lists hold its own orders only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from hotline import cursors
from hotline.calls.numbers import normalise
from hotline.clock import Month
from hotline.db import session
from hotline.errors import NotFound
from hotline.places import home
from hotline.workorders import secrecy
from hotline.workorders.codes import AT_UNIT, Nature, Source, State
from hotline.workorders.field_codes import Appeal
from hotline.workorders.models import CoUnit, Order
from hotline.workorders.rates import counted

PAGE = 50


class View(StrEnum):
    TO_DISPATCH = "to_dispatch"
    TO_SIGN = "to_sign"
    PROCESSING = "processing"
    NEAR = "near"
    OVERDUE = "overdue"
    RETURNED = "returned"
    EXTENSION = "extension"
    TO_REVIEW = "to_review"
    TO_REVISIT = "to_revisit"
    REWORK = "rework"
    APPEALED = "appealed"
    DOUBTFUL = "doubtful"
    RUNNING = "running"
    ALL = "all"


VIEW_LABEL: dict[View, str] = {
    View.TO_DISPATCH: "待派单",
    View.TO_SIGN: "待签收",
    View.PROCESSING: "办理中",
    View.NEAR: "将到期",
    View.OVERDUE: "超期",
    View.RETURNED: "退单待审",
    View.EXTENSION: "延期待审",
    View.TO_REVIEW: "待审核",
    View.TO_REVISIT: "待回访",
    View.REWORK: "重办",
    View.APPEALED: "考核申诉",
    View.DOUBTFUL: "疑似重复",
    View.RUNNING: "未办结",
    View.ALL: "全部",
}

VIEW_STATES: dict[View, tuple[State, ...]] = {
    View.TO_DISPATCH: (State.REGISTERED,),
    View.TO_SIGN: (State.DISPATCHED,),
    View.PROCESSING: (State.SIGNED, State.PROCESSING, State.SUSPENDED),
    View.RETURNED: (State.RETURNED,),
    View.EXTENSION: (State.EXTENSION_REQUESTED,),
    View.TO_REVIEW: (State.REPLIED,),
    View.TO_REVISIT: (State.TO_REVISIT,),
    View.REWORK: (State.REWORK,),
}
BY_REGISTRATION = frozenset({View.APPEALED, View.ALL})
"""Views of orders that need not be running: the newest first."""

UNIT_VIEWS = (View.TO_SIGN, View.PROCESSING, View.NEAR, View.OVERDUE, View.RUNNING, View.ALL)


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to."""

    source: Source | None = None
    nature: Nature | None = None
    unit_id: int | None = None
    number: str = ""
    month: Month | None = None
    after: str = ""


@dataclass(frozen=True)
class Page:
    """One page of a list and where the next begins (empty: this is the last)."""

    orders: Sequence[Order]
    after: str


def visible_to(unit_id: int | None) -> ColumnElement[bool]:
    """The orders a viewer may know of: all for the hotline, for a unit those it leads or helps with."""
    if unit_id is None:
        return true()
    helping = exists().where(CoUnit.order_id == Order.id, CoUnit.unit_id == unit_id)
    return and_(or_(Order.unit_id == unit_id, helping), Order.state != State.DRAFT)


def find(order_id: int, unit_id: int | None) -> Order:
    """The order, if this viewer may know of it. Raises NotFound."""
    order = session.scalar(select(Order).where(Order.id == order_id, visible_to(unit_id)))
    if order is None:
        raise NotFound("没有这张工单")
    return order


def listed(view: View, wanted: Wanted, now: datetime, unit_id: int | None = None) -> Page:
    """One page of a view: by the next deadline, those that need not be running by registration, newest first."""
    statement = _narrowed(view, wanted, now, unit_id)
    if view in BY_REGISTRATION:
        statement = statement.order_by(Order.registered_at.desc(), Order.id.desc())
    else:
        statement = statement.order_by(Order.due_at, Order.id)
    if wanted.after:
        statement = statement.where(_beyond(view, wanted.after))
    orders = session.scalars(statement.limit(PAGE + 1)).all()
    more = len(orders) > PAGE
    return Page(orders[:PAGE], _key(view, orders[PAGE - 1]) if more else "")


def _narrowed(view: View, wanted: Wanted, now: datetime, unit_id: int | None) -> Select[Order]:
    statement = select(Order)
    if unit_id is not None:
        statement = statement.where(visible_to(unit_id))
    statement = statement.where(*_of_view(view, now, unit_id))
    if wanted.source:
        statement = statement.where(Order.source == wanted.source)
    if wanted.nature:
        statement = statement.where(Order.nature == wanted.nature)
    if wanted.unit_id:
        statement = statement.where(Order.unit_id == wanted.unit_id)
    if wanted.month:
        statement = statement.where(*counted(wanted.month))
    return statement.where(_by_number(wanted.number, unit_id)) if wanted.number else statement


def _of_view(view: View, now: datetime, unit_id: int | None) -> list[ColumnElement[bool]]:
    if view is View.ALL:
        return [Order.state != State.DRAFT]
    if view is View.APPEALED:
        return [Order.appeal == _written(Appeal.PENDING)]
    running: list[ColumnElement[bool]] = [Order.due_at.is_not(None)]
    if view is View.OVERDUE:
        return [*running, _late(now), _pressed(unit_id)]
    if view is View.NEAR:
        return [*running, _near(now), _pressed(unit_id)]
    if view is View.DOUBTFUL:
        return [*running, _doubtful() if unit_id is None else false()]
    states = VIEW_STATES.get(view)
    return [*running, Order.state.in_(states)] if states else running


def _late(now: datetime) -> ColumnElement[bool]:
    return Order.due_at < now


def _near(now: datetime) -> ColumnElement[bool]:
    return and_(Order.due_at >= now, Order.near_at <= now)


def _written(code: StrEnum) -> BindParameter[str]:
    """A code in the statement itself, not sent beside it: only so a prepared statement uses the index of just these."""
    return literal(code.value, String, literal_execute=True)


def _doubtful() -> ColumnElement[bool]:
    """Looked like a duplicate when it came, and nobody has bundled or dispatched it yet: the hotline's to settle."""
    return and_(Order.similar_id.is_not(None), Order.state == _written(State.REGISTERED))


def _pressed(unit_id: int | None) -> ColumnElement[bool]:
    """Whether a duty presses this viewer: every one the hotline, a unit while the next step is its own, and what is
    bundled under its orders, which keeps limits of its own."""
    return true() if unit_id is None else Order.state.in_(AT_UNIT | {State.MERGED})


def _by_number(text: str, unit_id: int | None) -> ColumnElement[bool]:
    """An own number, a platform's number, or a telephone number, whole; nobody finds by telephone who is hidden."""
    number = normalise(text, home.dial_code()).hash
    ways = [Order.own_no == text.upper(), Order.external_no == text]
    if number is None:
        return or_(*ways)
    of_person = or_(Order.caller_hash == number, Order.contact_hash == number)
    return or_(*ways, of_person if unit_id is None else and_(of_person, secrecy.shows(unit_id)))


def _key(view: View, last: Order) -> str:
    at = last.registered_at if view in BY_REGISTRATION else last.due_at
    return cursors.pack(at, last.id) if at else ""


def _beyond(view: View, after: str) -> ColumnElement[bool]:
    at, last_id = cursors.unpack(after)
    if view in BY_REGISTRATION:
        return or_(Order.registered_at < at, and_(Order.registered_at == at, Order.id < last_id))
    return and_(Order.due_at >= at, or_(Order.due_at > at, Order.id > last_id))


def counts(now: datetime, unit_id: int | None = None) -> dict[View, int]:
    """How many orders each running view holds, read from one index, and how many appeals wait."""
    late = func.sum(case((and_(_late(now), _pressed(unit_id)), 1), else_=0))
    near = func.sum(case((and_(_near(now), _pressed(unit_id)), 1), else_=0))
    counted = select(Order.state, func.count(), late, near).where(Order.due_at.is_not(None), visible_to(unit_id))
    rows = session.execute(counted.group_by(Order.state)).all()
    states = {row[0]: row[1] for row in rows}
    found = {view: sum(states.get(state, 0) for state in of_view) for view, of_view in VIEW_STATES.items()}
    found[View.OVERDUE], found[View.NEAR] = sum(row[2] for row in rows), sum(row[3] for row in rows)
    appeals = select(func.count()).where(Order.appeal == _written(Appeal.PENDING), visible_to(unit_id))
    found[View.APPEALED] = session.scalar(appeals) or 0
    if unit_id is None:
        found[View.DOUBTFUL] = session.scalar(select(func.count()).select_from(Order).where(_doubtful())) or 0
    return {**found, View.RUNNING: sum(states.values())}


def by_number(text: str, unit_id: int | None, limit: int = 8) -> Sequence[Order]:
    """Orders of a number, own, external or telephone, newest first."""
    wanted = select(Order).where(_by_number(text.strip(), unit_id), visible_to(unit_id), Order.state != State.DRAFT)
    return session.scalars(wanted.order_by(Order.registered_at.desc()).limit(limit)).all()


def urged(order: Order, unit_id: int | None) -> Order | None:
    """The order this one presses, as far as the viewer may know of it."""
    if order.urged_order_id is None or secrecy.hides(order, unit_id):
        return None
    return session.scalar(select(Order).where(Order.id == order.urged_order_id, _known_to(unit_id)))


def urging(order: Order, unit_id: int | None) -> list[Order]:
    """The later orders that press this one, oldest first, as far as the viewer may know of them."""
    if secrecy.hides(order, unit_id):
        return []
    later = select(Order).where(Order.urged_order_id == order.id, _known_to(unit_id))
    return list(session.scalars(later.order_by(Order.id)))


def _known_to(unit_id: int | None) -> ColumnElement[bool]:
    """A link tells that one person asked twice: a unit follows it only where neither person is hidden from it."""
    return true() if unit_id is None else visible_to(unit_id) & secrecy.shows(unit_id)
