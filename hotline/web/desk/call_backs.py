"""漏接回拨: who is to be called back, taken by one agent at a time, every attempt noted and found again."""

from urllib.parse import urlencode

from flask import Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.calls.models import Call
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.people import service as people
from hotline.people.models import Role
from hotline.queues import callback_work, callbacks, waiting
from hotline.web import gate
from hotline.web.desk import door, shown


class AttemptSchema(Schema):
    result = fields.String(required=True, validate=validate.OneOf(list(callback_work.RESULTS)))
    note = fields.String(load_default="", validate=validate.Length(max=200))


class AssignSchema(Schema):
    agent = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))


class ListSchema(Schema):
    view = fields.String(load_default="open", validate=validate.OneOf(list(callback_work.VIEWS)))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))


@door.get("/call-backs")
def call_backs() -> str:
    """What is open, most urgent first; what is over, newest first."""
    asked = gate.query(ListSchema())
    view, page = asked["view"], asked["page"]
    rows, total = callback_work.listing(view, gate.person().id, page - 1)
    last = max(1, -(-total // callback_work.PAGE))
    return gate.page(
        "desk/call_backs.html",
        rows=rows,
        total=total,
        view=view,
        views=callback_work.VIEWS,
        newer=_url(view, page - 1) if page > 1 else None,
        older=_url(view, page + 1) if page < last else None,
        note=f"第 {page} / {last} 页",
        lines=waiting.lines(),
        source_label=callbacks.SOURCE_LABEL,
        results=callback_work.RESULTS,
        outcomes=callback_work.OUTCOME_LABEL,
        people=_people(rows),
        agents=shown.agents() if gate.may("desk.assign_call_back") else [],
        now=clock.now(),
        dials_outside=gate.provider().caps.dials_outside,
    )


def _url(view: str, page: int) -> str:
    return f"{url_for('.call_backs')}?{urlencode({'view': view, 'page': page})}"


def _people(rows: list[callback_work.Shown]) -> dict[int, str]:
    tried = [attempt.by_id for each in rows for attempt in each.attempts]
    return people.names([*(each.row.owner_id for each in rows), *tried])


def _call_id(ref: str) -> int:
    found = session.scalar(select(Call.id).where(Call.ref == ref))
    if found is None:
        raise NotFound("没有这条回拨")
    return found


def _back() -> ResponseReturnValue:
    session.commit()
    return redirect(url_for(".call_backs"), 303)


@door.post("/call-backs/<ref>/take")
def take_call_back(ref: str) -> ResponseReturnValue:
    """领取."""
    callback_work.take(_call_id(ref), gate.person().id)
    return _back()


@door.post("/call-backs/<ref>/give-back")
def give_back_call_back(ref: str) -> ResponseReturnValue:
    """退回."""
    who = gate.person()
    callback_work.give_back(_call_id(ref), who.id, supervisor=Role.SUPERVISOR in who.roles)
    return _back()


@door.post("/call-backs/<ref>/assign")
@gate.allow(Role.SUPERVISOR)
def assign_call_back(ref: str) -> ResponseReturnValue:
    """改派."""
    callback_work.assign(_call_id(ref), gate.load(AssignSchema())["agent"])
    return _back()


@door.post("/call-backs/<ref>/dial")
def dial_call_back(ref: str) -> Response:
    """呼叫: the page's telephone then rings the caller."""
    if not gate.provider().caps.dials_outside:
        raise Conflict("本线路不能外呼，请用直拨电话回拨")
    call_id = _call_id(ref)
    callback_work.dial(call_id, gate.person().id)
    session.commit()
    return jsonify(call_back=str(call_id))


@door.post("/call-backs/<ref>/attempt")
def call_back_attempt(ref: str) -> ResponseReturnValue:
    """One attempt and how it went."""
    callback_work.attempt(_call_id(ref), gate.person().id, **gate.load(AttemptSchema()))
    return _back()
