"""Editions: read, written anew from a month on, with a live preview against any month."""

import json
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.statistics import bulletin, counted, edition_changes, editions, house
from hotline.statistics.document import build
from hotline.statistics.edition import Section
from hotline.statistics.edition_schema import read
from hotline.statistics.outputs import page as printed_page
from hotline.web import gate
from hotline.web.bulletin import administrators, door
from hotline.web.bulletin.months import around, month_of

SECTION_LABEL = {
    Section.HOTLINE: "热线一句",
    Section.PROVINCE: "全省一句",
    Section.BOOKINGS: "预约统计表",
    Section.CHANNELS: "途径统计表",
    Section.DATASETS: "其他报表",
}


class SaveForm(Schema):
    body = fields.String(required=True, validate=validate.Length(max=200_000))
    reason = fields.String(required=True, validate=validate.Length(2, 200))


class PreviewForm(Schema):
    body = fields.String(required=True, validate=validate.Length(max=200_000))
    month = fields.String(required=True, validate=validate.Length(max=7))


@door.get("/editions")
def edition_list() -> ResponseReturnValue:
    return gate.page(
        "bulletin/editions.html",
        delivered=editions.delivered(),
        saved=editions.saved(),
        **around(Month.of(clock.today()).previous),
    )


@door.get("/editions/<month>")
@administrators
def edition_form(month: str) -> ResponseReturnValue:
    """The edition of `month` as a starting point for the next one."""
    this = month_of(month)
    start = edition_changes.first_free()
    own = {"code": str(start).replace("-", "_"), "name": f"{start}版", "valid_from": str(start), "valid_to": None}
    return _form(this, {**editions.body_of(this), **own}, "")


def _form(month: Month, body: dict[str, Any], reason: str, fault: HotlineError | None = None) -> ResponseReturnValue:
    shelf = around(month)
    filled = gate.page(
        "bulletin/edition.html",
        body=body,
        reason=reason,
        sections=SECTION_LABEL,
        datasets=json.dumps(body.get("datasets", []), ensure_ascii=False, indent=1),
        names=json.dumps(body.get("channels", {}).get("names", []), ensure_ascii=False, indent=1),
        previews=_previews(),
        fault=fault,
        **shelf,
    )
    return (filled, fault.status) if fault else filled


def _previews() -> list[Month]:
    """Every month that has figures: sealed or imported, or with calls of this house, newest first."""
    return sorted(edition_changes.fixed_months().union(counted.months(house.current().home_city)), reverse=True)


def _body(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("版式内容不是完好的 JSON") from error
    if not isinstance(body, dict):
        raise Invalid("版式内容不是完好的 JSON")
    return body


@door.post("/editions/<month>")
@administrators
def save_edition(month: str) -> ResponseReturnValue:
    this = month_of(month)
    form = gate.load(SaveForm())
    body = _body(form["body"])
    try:
        edition_changes.save(body, by=gate.person().id, reason=form["reason"])
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return _form(this, body, form["reason"], fault)
    gate.done("版式已保存")
    return redirect(url_for(".edition_list"))


@door.post("/editions/preview")
@administrators
def preview_edition() -> ResponseReturnValue:
    """What a month would look like in an edition that is not saved; nothing is kept."""
    form = gate.load(PreviewForm())
    issue = bulletin.of(month_of(form["month"]))
    document = build(issue.figures, read(_body(form["body"])), issue.marks)
    return Markup(printed_page.body(document))  # noqa: S704  escaped where it is made
