"""Behind a figure: the very calls or orders it counts, in order, as many as the figure says."""

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline.bookings.models import HALF_DAY_LABEL, STATUS_LABEL
from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, OUTCOME_LABEL
from hotline.clock import Month
from hotline.db import session
from hotline.errors import NotFound
from hotline.people.models import Role
from hotline.places import institutions
from hotline.queues.models import Line
from hotline.statistics import counted, house, phone_bookings, returns
from hotline.statistics.counted import Range
from hotline.statistics.metrics import Matter
from hotline.web import gate
from hotline.web.bulletin import door
from hotline.web.bulletin.months import around, month_of
from hotline.workorders.codes import SOURCE_LABEL, STATE_LABEL

PAGE = 200


class RecordsQuery(Schema):
    after = fields.String(load_default="", validate=validate.Length(max=80))
    city = fields.String(load_default=None, validate=validate.Length(max=12))


class BookingsQuery(Schema):
    institution = fields.String(required=True, validate=validate.Length(1, 80))
    after = fields.Integer(load_default=0, validate=validate.Range(min=0))


@door.get("/<month>/records/<figure>")
@gate.allow(Role.STATISTICIAN, Role.SUPERVISOR, Role.AUDITOR)
def records(month: str, figure: str) -> ResponseReturnValue:
    this, asked = month_of(month), gate.query(RecordsQuery())
    span, city, after = Range.of(this), _city(this, asked["city"]), asked["after"]
    found = counted.records(figure, span, city, after)
    return gate.page(
        "bulletin/records.html",
        found=found,
        calls=found.figure.matter is Matter.CALLS,
        value=counted.value(figure, span, city),
        first=url_for(".records", month=this, figure=figure, city=asked["city"]) if after else None,
        older=url_for(".records", month=this, figure=figure, city=asked["city"], after=found.after)
        if found.after
        else None,
        labels={
            "category": CATEGORY_LABEL,
            "outcome": OUTCOME_LABEL,
            "invalid": INVALID_LABEL,
            "source": SOURCE_LABEL,
            "state": STATE_LABEL,
            "line": {line.code: line.name for line in session.scalars(select(Line))},
        },
        **around(this),
    )


def _city(month: Month, code: str | None) -> str:
    """The city asked for, the home city without a word. Raises NotFound where its calls are not in this house."""
    home = house.current().home_city
    if code in (None, home):
        return home
    if code not in [area.code for area, counted_here in returns.cities(month) if counted_here]:
        raise NotFound("该市的来电不在本系统")
    return str(code)


@door.get("/<month>/bookings")
@gate.allow(Role.STATISTICIAN, Role.SUPERVISOR, Role.AUDITOR)
def booking_records(month: str) -> ResponseReturnValue:
    """The bookings by telephone behind an institution's figure, patients masked."""
    this, asked = month_of(month), gate.query(BookingsQuery())
    printed, after = asked["institution"], asked["after"]
    found = phone_bookings.records(this, printed, after)
    older = len(found) == PAGE and phone_bookings.records(this, printed, found[-1].id, 1)
    return gate.page(
        "bulletin/bookings.html",
        found=found,
        printed=printed,
        value=phone_bookings.counted(this).get(printed, 0),
        names=institutions.names(one.institution_id for one in found),
        half_days=HALF_DAY_LABEL,
        statuses=STATUS_LABEL,
        first=url_for(".booking_records", month=this, institution=printed) if after else None,
        older=url_for(".booking_records", month=this, institution=printed, after=found[-1].id) if older else None,
        **around(this),
    )
