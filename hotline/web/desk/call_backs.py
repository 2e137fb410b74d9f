"""漏接回拨: who is to be called back, taken by one agent at a time, every attempt noted."""

from flask import Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.calls.models import Call
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.people import service as people
from hotline.queues import callbacks, waiting
from hotline.web import gate
from hotline.web.desk import door


class AttemptSchema(Schema):
    result = fields.String(required=True, validate=validate.OneOf(list(callbacks.RESULTS)))
    note = fields.String(load_default="", validate=validate.Length(max=200))


@door.get("/call-backs")
def call_backs() -> str:
    """What is open, most urgent first."""
    rows = callbacks.open_list()
    return gate.page(
        "desk/call_backs.html",
        rows=rows,
        lines=waiting.lines(),
        source_label=callbacks.SOURCE_LABEL,
        results=callbacks.RESULTS,
        owners=people.names([row.owner_id for row, _ in rows]),
        now=clock.now(),
        dials_outside=gate.provider().caps.dials_outside,
    )


def _call_id(ref: str) -> int:
    found = session.scalar(select(Call.id).where(Call.ref == ref))
    if found is None:
        raise NotFound("没有这条回拨")
    return found


@door.post("/call-backs/<ref>/take")
def take_call_back(ref: str) -> ResponseReturnValue:
    """领取."""
    callbacks.take(_call_id(ref), gate.person().id)
    session.commit()
    return redirect(url_for(".call_backs"), 303)


@door.post("/call-backs/<ref>/dial")
def dial_call_back(ref: str) -> Response:
    """呼叫: the page's telephone then rings the caller."""
    if not gate.provider().caps.dials_outside:
        raise Conflict("本线路不能外呼，请用直拨电话回拨")
    call_id = _call_id(ref)
    callbacks.dial(call_id, gate.person().id)
    session.commit()
    return jsonify(call_back=str(call_id))


@door.post("/call-backs/<ref>/attempt")
def call_back_attempt(ref: str) -> ResponseReturnValue:
    """One attempt and how it went."""
    callbacks.attempt(_call_id(ref), gate.person().id, **gate.load(AttemptSchema()))
    session.commit()
    return redirect(url_for(".call_backs"), 303)
