"""The lists behind the board's numbers: today's calls of a figure, blocked numbers."""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.calls.models import OUTCOME_LABEL, Call
from hotline.db import session
from hotline.people import service as people
from hotline.people.models import Account
from hotline.queues import blocklist, waiting
from hotline.statistics import metrics
from hotline.web import gate
from hotline.web.wallboard import door

PAGE = 100


class ListSchema(Schema):
    """A figure of today, of one line or of all; `after` is the id of the last call of the page before."""

    figure = fields.String(load_default="offered", validate=validate.Length(1, 30))
    line = fields.String(load_default="", validate=validate.Length(max=20))
    after = fields.Integer(load_default=None)


class BlockSchema(Schema):
    number = fields.String(required=True, validate=validate.Length(3, 40))
    reason = fields.String(required=True, validate=validate.Length(2, 200))
    days = fields.Integer(required=True, validate=validate.Range(1, 90))


@door.get("/calls")
def calls() -> str:
    """The calls that a number on the board counts: as many as the number says."""
    asked = gate.query(ListSchema())
    figure = metrics.figure(asked["figure"])
    conditions = [Call.business_day == clock.today(), figure.of_calls()]
    if asked["line"]:
        conditions.append(Call.queue == asked["line"])
    if asked["after"]:
        conditions.append(Call.id < asked["after"])
    statement = (
        select(Call, Account.name)
        .join(Account, Account.id == Call.agent_id, isouter=True)
        .where(*conditions)
        .order_by(Call.id.desc())
    )
    rows: list[Any] = list(session.execute(statement.limit(PAGE + 1)))
    lines = waiting.lines()
    return gate.page(
        "wallboard/calls.html",
        rows=rows[:PAGE],
        older=rows[PAGE - 1].Call.id if len(rows) > PAGE else None,
        figure=figure,
        line=lines.get(asked["line"]),
        lines=lines,
        outcome_label=OUTCOME_LABEL,
    )


@door.get("/blocked")
def blocked() -> str:
    """Blocked numbers and requests for blocks."""
    rows = blocklist.all_open()
    known = {row.asked_by for row in rows} | {row.approved_by for row in rows if row.approved_by}
    return gate.page("wallboard/blocked.html", rows=rows, names=people.names(known), me=gate.person().id)


@door.post("/blocked")
def block() -> ResponseReturnValue:
    """Ask for a number to be blocked."""
    blocklist.ask(**gate.load(BlockSchema()), by=gate.person().id)
    session.commit()
    return redirect(url_for(".blocked"), 303)


@door.post("/blocked/<int:block_id>/approve")
def approve_block(block_id: int) -> ResponseReturnValue:
    """The second person's word."""
    blocklist.approve(block_id, gate.person().id)
    session.commit()
    return redirect(url_for(".blocked"), 303)


@door.post("/blocked/<int:block_id>/lift")
def lift_block(block_id: int) -> ResponseReturnValue:
    """End a block."""
    blocklist.lift(block_id)
    session.commit()
    return redirect(url_for(".blocked"), 303)
