"""Looking back: two months beside each other, a year at a glance, a published month taken in."""

import json
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import FileStorage

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid, NotFound, TooLarge
from hotline.statistics import bulletin, chart_data, charts, history, published
from hotline.web import gate
from hotline.web.bulletin import door, statisticians
from hotline.web.bulletin.months import around, month_of

MOST_BYTES = 5 * 2**20


class CompareQuery(Schema):
    other = fields.String(validate=validate.Regexp(r"^\d{4}-\d{2}\Z", error="应写成 2024-02 这样的形式"))


class ImportForm(Schema):
    file = gate.Upload(required=True)


@door.get("/<month>/compare")
def compare(month: str) -> ResponseReturnValue:
    this, asked = month_of(month), gate.query(CompareQuery())
    other = month_of(asked["other"]) if "other" in asked else history.beside(this)
    try:
        before, after = bulletin.of(other).figures, bulletin.of(this).figures
    except NotFound as missing:
        body = gate.page("bulletin/compare.html", other=other, missing=missing, **around(this))
        return body, missing.status if "other" in asked else 200
    chart = chart_data.year_ago(after, before, "两月相比")
    return gate.page(
        "bulletin/compare.html",
        other=other,
        changes=history.compare(before, after),
        lines=history.lines(),
        chart=chart and charts.svg(chart),
        **around(this),
    )


@door.get("/years/<int:number>")
def year(number: int) -> ResponseReturnValue:
    if not 2000 <= number <= clock.today().year + 1:
        number = clock.today().year
    found = history.year(number)
    return gate.page(
        "bulletin/year.html",
        number=number,
        found=found,
        lines=history.lines(),
        totals=history.totals(found),
        **around(Month(f"{number:04d}-12")),
    )


@door.get("/import")
@statisticians
def import_form() -> ResponseReturnValue:
    return gate.page("bulletin/import.html", imported=_imported(), **around(Month.of(clock.today()).previous))


@door.post("/import")
@statisticians
def import_file() -> ResponseReturnValue:
    """Take a published month in exactly as printed; the same file twice changes nothing."""
    upload: FileStorage = gate.load(ImportForm())["file"]
    taken = published.take(_json(upload), origin=upload.filename or "", by=gate.person().id)
    session.commit()
    month = taken.figures.month
    gate.done(f"{month} 已按原样导入" if taken.is_new else f"{month} 先前已导入过，内容相同")
    return redirect(url_for(".show", month=month, source="printed"))


def _json(upload: FileStorage) -> dict[str, Any]:
    data = upload.stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TooLarge("文件超过 5 MB")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid("不是 JSON 文件") from error
    if not isinstance(body, dict):
        raise Invalid("文件不是月报的格式")
    return body


def _imported() -> list[published.PublishedMonth]:
    return [one for month in reversed(published.months()) for one in published.versions(month)]
