"""Behind a figure: the very calls or orders it counts, in order, as many as the figure says."""

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, OUTCOME_LABEL
from hotline.db import session
from hotline.people.models import Role
from hotline.queues.models import Line
from hotline.statistics import counted, house
from hotline.statistics.counted import Range
from hotline.statistics.metrics import Matter
from hotline.web import gate
from hotline.web.bulletin import door
from hotline.web.bulletin.months import around, month_of
from hotline.workorders.codes import SOURCE_LABEL, STATE_LABEL


class RecordsQuery(Schema):
    after = fields.String(load_default="", validate=validate.Length(max=80))


@door.get("/<month>/records/<figure>")
@gate.allow(Role.STATISTICIAN, Role.SUPERVISOR, Role.AUDITOR)
def records(month: str, figure: str) -> ResponseReturnValue:
    this, after = month_of(month), gate.query(RecordsQuery())["after"]
    span, city = Range.of(this), house.current().home_city
    found = counted.records(figure, span, city, after)
    return gate.page(
        "bulletin/records.html",
        found=found,
        calls=found.figure.matter is Matter.CALLS,
        value=counted.value(figure, span, city),
        first=url_for(".records", month=this, figure=figure) if after else None,
        older=url_for(".records", month=this, figure=figure, after=found.after) if found.after else None,
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
