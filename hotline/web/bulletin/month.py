"""The month page: months at the left, checks in the middle, the bulletin as it will print at the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, NotFound
from hotline.statistics import bulletin, checks, drafts, months, outputs, published, sealing
from hotline.statistics.bulletin import Issue
from hotline.statistics.cells import place_of
from hotline.statistics.figures import Source
from hotline.statistics.outputs import page as printed_page
from hotline.statistics.sealing import Examined
from hotline.web import gate
from hotline.web.bulletin import door, links, statisticians
from hotline.web.bulletin.months import around, month_of

SECTIONS = {"S": "文字", "H": "热线", "P": "全省", "B": "预约", "X": "表间", "C": "途径", "J": "环比", "T": "报表"}


class MonthQuery(Schema):
    source = fields.Enum(Source, by_value=True)
    version = fields.Integer(validate=validate.Range(min=1))
    checked = fields.Boolean(load_default=False)


class ReasonForm(Schema):
    key = fields.String(required=True, validate=validate.Length(1, 300))
    reason = fields.String(required=True, validate=validate.Length(2, 300))


class CorrectionForm(Schema):
    subject = fields.String(required=True, validate=validate.Length(1, 160))
    value = fields.Integer(required=True, validate=validate.Range(0, 10**15))
    reason = fields.String(required=True, validate=validate.Length(2, 300))


@dataclass(frozen=True)
class CheckGroup:
    """The findings of one section of the bulletin."""

    title: str
    examined: list[Examined]


@door.get("/")
def shelf() -> ResponseReturnValue:
    """The month that has just ended is the one to work on."""
    return redirect(url_for(".show", month=Month.of(clock.today()).previous))


@door.get("/<month>")
def show(month: str) -> ResponseReturnValue:
    return month_page(month_of(month))


def month_page(month: Month, fault: HotlineError | None = None) -> ResponseReturnValue:
    """The page of `month`, with what went wrong beside the form that was sent."""
    asked = gate.query(MonthQuery())
    try:
        issue = issue_of(month, asked)
    except NotFound as empty:
        if asked != {"checked": False}:
            raise
        return gate.page("bulletin/month.html", issue=None, empty=empty, fault=fault, **around(month))
    body = gate.page(
        "bulletin/month.html",
        issue=issue,
        groups=grouped(_examined(issue)),
        shown=checks.shown(checks.look_at(issue.figures)),
        rules=[rule for rule in checks.RULES if rule.applies_to(month)],
        body=Markup(printed_page.body(bulletin.document(issue), links.of(issue))),  # noqa: S704  escaped where it is made
        formats=outputs.FORMATS,
        asked={name: value for name, value in request.args.items() if name in ("source", "version", "checked")},
        place_of=partial(place_of, month=month),
        corrections=published.corrections(month) if issue.figures.source is Source.PRINTED else [],
        both=published.latest(month) is not None and issue.figures.source is Source.COUNTED,
        state=sealing.state(month),
        draft=drafts.latest(month),
        fault=fault,
        **around(month),
    )
    return (body, fault.status) if fault else body


def issue_of(month: Month, asked: dict[str, Any]) -> Issue:
    """The state of the month that was asked for: a sealed version, the print, the print corrected, or how it stands."""
    if number := asked.get("version"):
        found = next((one for one in months.versions(month) if one.number == number), None)
        if found is None:
            raise NotFound(f"{month} 没有第{number}版")
        return bulletin.of_version(found)
    return bulletin.as_checked(month) if asked["checked"] else bulletin.of(month, asked.get("source"))


def _examined(issue: Issue) -> list[Examined]:
    """A printed month is past: its findings stand, nobody can give a reason for them any more."""
    if issue.figures.source is Source.PRINTED:
        return [Examined(finding, ()) for finding in months.findings(issue.figures)]
    return sealing.examine(issue.figures)


def grouped(examined: Sequence[Examined]) -> list[CheckGroup]:
    ordered = sorted(examined, key=lambda one: list(SECTIONS).index(one.finding.rule[0]))
    return [
        CheckGroup(SECTIONS[letter], list(members))
        for letter, members in groupby(ordered, key=lambda one: one.finding.rule[0])
    ]


@door.post("/<month>/reasons")
@statisticians
def give_reason(month: str) -> ResponseReturnValue:
    """Say in writing why a finding may stand; an error needs a second person's reason too."""
    this = month_of(month)
    try:
        form = gate.load(ReasonForm())
        sealing.waive(this, form["key"], form["reason"])
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return month_page(this, fault)
    gate.done("理由已记录")
    return redirect(url_for(".show", month=this, _anchor="checks"))


@door.post("/<month>/corrections")
@statisticians
def correct(month: str) -> ResponseReturnValue:
    """Note what a printed figure should have been; what was printed stays as it is."""
    this = month_of(month)
    try:
        form = gate.load(CorrectionForm())
        published.correct(this, form["subject"], form["value"], reason=form["reason"], by=gate.person().id)
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return month_page(this, fault)
    gate.done("更正已记录，原印数字保留")
    return redirect(url_for(".show", month=this, source="printed", _anchor="checks"))
