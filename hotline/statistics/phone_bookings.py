"""Bookings taken at the telephone, counted from booking records: never from the number of calls."""

from collections import Counter
from collections.abc import Sequence

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
    for total in bookings.totals(month.first, month.next.first):
        if total.channel == CHANNEL:
            found[institutions.printed_name(institutions.find(total.institution_id), month)] += total.count
    return dict(found)


def records(month: Month, institution_id: int, after: int = 0, limit: int = 200) -> Sequence[Booking]:
    """The bookings behind one institution's figure, by id."""
    statement = select(Booking).where(
        Booking.booked_on.between(month.first, month.last),
        Booking.channel == CHANNEL,
        Booking.institution_id == institution_id,
        Booking.id > after,
    )
    return session.scalars(statement.order_by(Booking.id).limit(min(limit, 200))).all()
