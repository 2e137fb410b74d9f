"""The lists behind the board's numbers: the calls of a figure or an indicator, who waits now."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from flask import url_for
from marshmallow import Schema, fields, validate
from sqlalchemy import ColumnElement, select

from hotline import clock
from hotline.calls.models import OUTCOME_LABEL, Call
from hotline.db import session
from hotline.errors import NotFound
from hotline.people import service as people
from hotline.people.models import Account
from hotline.queues import board as queues
from hotline.queues import waiting as queue
from hotline.statistics import indicators, metrics
from hotline.statistics.indicators import INDICATORS
from hotline.web import gate
from hotline.web.wallboard import door
from hotline.web.wallboard.indicators import DaysSchema, days_of

PAGE = 100


DAY = timedelta(hours=24)
SPANS = {"today": "今日", "24h": "近24小时"}


class ListSchema(DaysSchema):
    """A figure or an indicator, of one line, one agent (0: of none), one hour of the day, or of all; of the days
    named or else of `span`. `after` is the id of the last call of the page before."""

    figure = fields.String(load_default="offered", validate=validate.Length(1, 30))
    line = fields.String(load_default="", validate=validate.Length(max=20))
    span = fields.String(load_default="today", validate=validate.OneOf(SPANS))
    agent = fields.Integer(load_default=None)
    hour = fields.Integer(load_default=None, validate=validate.Range(0, 23))
    after = fields.Integer(load_default=None)


class WaitingSchema(Schema):
    line = fields.String(load_default="", validate=validate.Length(max=20))


class Listed(NamedTuple):
    """What is listed, and which calls are."""

    name: str
    definition: str
    calls: ColumnElement[bool]


def _listed(wanted: str) -> Listed:
    """The calls that a figure counts, or those that an indicator divides by. Raises NotFound."""
    indicator = INDICATORS.get(wanted)
    if indicator:
        return Listed(f"{indicator.name}：计算所用来电", indicator.formula, indicator.calls)
    figure = metrics.figure(wanted)
    return Listed(figure.name, figure.definition, figure.of_calls())


def _span(asked: dict[str, Any]) -> tuple[str, list[ColumnElement[bool]]]:
    """How the days of a list are told, and which calls they hold."""
    if asked["first"] or asked["last"]:
        first, last = days_of(asked)
        told = str(first) if first == last else f"{first} 至 {last}"
        return told, [Call.business_day >= first, Call.business_day <= last]
    today = asked["span"] == "today"
    days = Call.business_day == clock.today() if today else Call.offered_at >= clock.now() - DAY
    return SPANS[asked["span"]], [days]


def _narrowed(asked: dict[str, Any]) -> Iterator[ColumnElement[bool]]:
    if asked["line"]:
        yield Call.queue == asked["line"]
    if asked["agent"] is not None:
        yield Call.agent_id == asked["agent"] if asked["agent"] else Call.agent_id.is_(None)
    if asked["hour"] is not None:
        yield indicators.in_hour(asked["hour"])
    if asked["after"]:
        yield Call.id < asked["after"]


@door.get("/calls")
def calls() -> str:
    """The calls that a number on the board counts: as many as the number says."""
    asked = gate.query(ListSchema())
    listed = _listed(asked["figure"])
    span, conditions = _span(asked)
    conditions += [listed.calls, *_narrowed(asked)]
    statement = (
        select(Call, Account.name)
        .join(Account, Account.id == Call.agent_id, isouter=True)
        .where(*conditions)
        .order_by(Call.id.desc())
    )
    rows: list[Any] = list(session.execute(statement.limit(PAGE + 1)))
    lines = queue.lines()
    return gate.page(
        "wallboard/calls.html",
        rows=rows[:PAGE],
        older=url_for(".calls", **asked | {"after": rows[PAGE - 1].Call.id}) if len(rows) > PAGE else None,
        listed=listed,
        span=span,
        agent=people.names([asked["agent"]]).get(asked["agent"] or 0, "无坐席" if asked["agent"] == 0 else ""),
        hour=asked["hour"],
        line=lines.get(asked["line"]),
        lines=lines,
        outcome_label=OUTCOME_LABEL,
    )


@door.get("/waiting")
def waiting() -> str:
    """Who waits in a line now, in the order they are served, and how long so far."""
    lines, code = queue.lines(), gate.query(WaitingSchema())["line"]
    if code and code not in lines:
        raise NotFound("没有这条受理线路")
    rows = queues.waiting_in(code)
    return gate.page("wallboard/waiting.html", rows=rows, line=lines.get(code), lines=lines, now=clock.now())
