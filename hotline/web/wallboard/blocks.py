"""骚扰号码拦截: one person asks, another looks at the calls and approves; what is over stays to be read."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline.calls.models import OUTCOME_LABEL
from hotline.db import session
from hotline.errors import HotlineError
from hotline.people import service as people
from hotline.queues import blocklist, waiting
from hotline.queues.records import Blocked
from hotline.web import gate
from hotline.web.wallboard import door

MOST_OVER = 100
MOST_CALLS = 30


class BlockSchema(Schema):
    number = fields.String(required=True, validate=validate.Length(3, 40))
    reason = fields.String(required=True, validate=validate.Length(2, 200))
    days = fields.Integer(required=True, validate=validate.Range(1, 90))


class BlockReasonSchema(Schema):
    field = fields.String(required=True, validate=validate.OneOf(["number"]))
    reason = fields.String(required=True, validate=validate.Length(2, 200))


@door.get("/blocked")
def blocked() -> ResponseReturnValue:
    """Blocked numbers and requests for blocks, and those of the past."""
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    rows, over = blocklist.all_open(), blocklist.over(MOST_OVER)
    context: dict[str, Any] = {"rows": rows, "over": over, "state": blocklist.state, **_persons([*rows, *over])}
    return gate.refill(fault, "wallboard/blocked.html", **context) if fault else _page("blocked", context)


def _page(name: str, context: dict[str, Any]) -> str:
    return gate.page(f"wallboard/{name}.html", **context)


def _persons(rows: list[Blocked]) -> dict[str, Any]:
    known = {each for row in rows for each in (row.asked_by, row.approved_by, row.lifted_by)}
    return {"names": people.names(known), "me": gate.person().id}


@door.get("/blocked/<int:block_id>")
def show_block(block_id: int) -> ResponseReturnValue:
    """One of them, with the calls of its number."""
    return _one(block_id)


def _one(block_id: int, fault: HotlineError | None = None) -> ResponseReturnValue:
    row = blocklist.find(block_id)
    calls = blocklist.calls_of(row, MOST_CALLS)
    context = {
        "row": row,
        "calls": calls,
        "most": MOST_CALLS,
        "lines": waiting.lines(),
        "state": blocklist.state,
        "outcome_label": OUTCOME_LABEL,
        **_persons([row]),
    }
    return gate.refill(fault, "wallboard/block.html", **context) if fault else _page("block", context)


@door.post("/blocked/<int:block_id>/reveal")
def reveal_block(block_id: int) -> dict[str, Any]:
    """The number in full, for a reason that the trail keeps."""
    sent = gate.load(BlockReasonSchema())
    gate.check_reveals()
    number = blocklist.reveal(block_id, sent["reason"])
    session.commit()
    return {"value": number}


@door.post("/blocked")
def block() -> ResponseReturnValue:
    """Ask for a number to be blocked."""

    def do() -> str:
        form = gate.load(BlockSchema())
        blocklist.ask(**form, by=gate.person().id, own=gate.config().line_number)
        return "已申请，等待另一人审批。"

    return gate.act(do, _show, url_for(".blocked"))


@door.post("/blocked/<int:block_id>/approve")
def approve_block(block_id: int) -> ResponseReturnValue:
    """The second person's word."""

    def do() -> str:
        gate.load(gate.Nothing())
        blocklist.approve(block_id, gate.person().id)
        return "已批准，来电即刻拦截。"

    return gate.act(do, lambda fault: _one(block_id, fault), url_for(".blocked"))


@door.post("/blocked/<int:block_id>/lift")
def lift_block(block_id: int) -> ResponseReturnValue:
    """End a block."""

    def do() -> str:
        gate.load(gate.Nothing())
        blocklist.lift(block_id, gate.person().id)
        return "已解除。"

    return gate.act(do, lambda fault: _one(block_id, fault), url_for(".blocked"))
