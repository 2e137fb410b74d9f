"""Bookings taken at the telephone, counted from booking records: never from the number of calls."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from hotline.bookings import service as bookings
from hotline.bookings.models import Booking
from hotline.clock import Month
from hotline.db import session
from hotline.places import institutions

CHANNEL = "PHONE"


def counted(month: Month) -> dict[str, int]:
    """Printed name of the institution → bookings made in the month."""
    found: Counter[str] = Counter()
    for _, printed, count in _institutions(month):
        found[printed] += count
    return dict(found)


def _institutions(month: Month) -> Iterator[tuple[int, str, int]]:
    """Every institution that was booked by telephone: its id, the name it is printed under, its bookings."""
    for total in bookings.totals(month.first, month.next.first):
        if total.channel == CHANNEL:
            institution = institutions.find(total.institution_id)
            yield institution.id, institutions.printed_name(institution, month), total.count


def records(month: Month, printed: str, after: int = 0, limit: int = 200) -> Sequence[Booking]:
    """The bookings behind the figure of an institution as it is printed, by id."""
    behind = [institution_id for institution_id, name, _ in _institutions(month) if name == printed]
    statement = select(Booking).where(
        Booking.booked_on.between(month.first, month.last),
        Booking.channel == CHANNEL,
        Booking.institution_id.in_(behind),
        Booking.id > after,
    )
    return session.scalars(statement.order_by(Booking.id).limit(min(limit, 200))).all()
