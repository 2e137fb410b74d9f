"""Which orders a month counts: everything registered, except drafts and void orders. The only place that says so.

Orders are the home city's: only its own desk registers them here.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, select

from hotline.db import session
from hotline.statistics import house
from hotline.workorders.codes import Source, State
from hotline.workorders.models import Order

_NOT_COUNTED = (State.DRAFT, State.VOID)


def counted(first: date, last: date) -> ColumnElement[bool]:
    """Orders that count for the business days `first` to `last`."""
    return Order.registered_on.between(first, last) & Order.state.not_in(_NOT_COUNTED)


def by_source(first: date, last: date) -> Iterator[tuple[str, str, int]]:
    """City, source and number."""
    statement = select(Order.source, func.count()).where(counted(first, last)).group_by(Order.source)
    home = house.current().home_city
    for source, value in session.execute(statement):
        yield home, Source(source).value, value


def records(first: date, last: date, source: str, city_code: str, after: int, limit: int) -> Sequence[Order]:
    """The orders behind a figure, by id, after the id `after`."""
    if city_code != house.current().home_city:
        return []
    statement = select(Order).where(counted(first, last), Order.source == source, Order.id > after)
    return session.scalars(statement.order_by(Order.id).limit(limit)).all()
