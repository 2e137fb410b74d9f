"""What a supervisor does: listen, whisper, step in; free an agent; change skills; take a line over; event lines."""

from datetime import timedelta
from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.calls.models import Call
from hotline.db import session
from hotline.errors import Invalid, NotFound
from hotline.ivr import service as ivr
from hotline.queues import desk, staffing, transfers, unconnected, waiting
from hotline.queues.acts import Act
from hotline.queues.models import Part
from hotline.web import gate
from hotline.web.gate import dispatching
from hotline.web.wallboard import door


class ObserveSchema(Schema):
    call = fields.String(required=True, validate=validate.Length(equal=32))
    mode = fields.String(required=True, validate=validate.OneOf(["listen", "whisper", "barge"]))


class ModeSchema(Schema):
    mode = fields.String(required=True, validate=validate.OneOf(["listen", "whisper", "barge"]))


class ReleaseSchema(Schema):
    agent = fields.Integer(required=True, strict=True)
    reason = fields.String(required=True, validate=validate.Length(2, 200))


class SkillsSchema(Schema):
    agent = fields.Integer(required=True, strict=True)
    lines = fields.List(fields.String(validate=validate.Length(1, 20)), required=True, validate=validate.Length(max=20))


class TakeOverSchema(Schema):
    line = fields.String(required=True, validate=validate.Length(1, 20))
    on = fields.Boolean(required=True)


class EventLineSchema(Schema):
    """A temporary line; `hours` until it ends by itself (none: until switched off)."""

    key = fields.String(required=True, validate=validate.OneOf(list("789")))
    name = fields.String(required=True, validate=validate.Length(2, 40))
    line = fields.String(required=True, validate=validate.Length(1, 20))
    announcement = fields.String(required=True, validate=validate.Length(4, 300))
    hours = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 24 * 90))


def done(acts: list[Act] | None = None, **more: Any) -> Response:
    """Commit, dispatch, ask the provider, and say how the supervisor's own line stands now."""
    session.commit()
    dispatching.run()
    gate.ask(acts or [])
    return jsonify({**desk.view(gate.person().id), **more})


@door.post("/observe")
def observe() -> Response:
    """监听、耳语、强插: the supervisor's telephone then dials in with the stint's number."""
    wanted = gate.load(ObserveSchema())
    call_id = session.scalar(select(Call.id).where(Call.ref == wanted["call"]))
    if call_id is None:
        raise NotFound("没有这通电话")
    stint = transfers.observe(call_id, gate.person().id, Part(wanted["mode"]))
    return done(stint=stint.id)


@door.post("/observe/mode")
def observe_as() -> Response:
    """From listening to whispering or into the conversation, and back."""
    return done(transfers.observe_as(gate.person().id, Part(gate.load(ModeSchema())["mode"])))


@door.post("/observe/leave")
def stop_observing() -> Response:
    """Step out again."""
    return done(transfers.step_out(gate.person().id))


@door.post("/release")
def release() -> Response:
    """释放坐席."""
    wanted = gate.load(ReleaseSchema())
    return done(unconnected.release(wanted["agent"], gate.person().name, wanted["reason"]))


@door.post("/skills")
def skills() -> Response:
    """Which lines an agent serves."""
    wanted = gate.load(SkillsSchema())
    staffing.set_skills(wanted["agent"], wanted["lines"])
    return done()


@door.post("/take-over")
def take_over() -> Response:
    """应急接管 of a line, and giving it back."""
    wanted = gate.load(TakeOverSchema())
    staffing.take_over(wanted["line"], gate.person().id, wanted["on"])
    return done()


@door.post("/event-lines")
def event_line() -> Response:
    """Open a temporary line on a key of the entry menu."""
    wanted = gate.load(EventLineSchema())
    if wanted["line"] not in waiting.lines():
        raise Invalid("没有这条受理线路", fields={"line": ["不存在"]})
    hours = wanted.pop("hours")
    until = clock.now() + timedelta(hours=hours) if hours else None
    row = ivr.switch_on(**wanted, until=until, by=gate.person().id)
    return done(event_line=row.id)


@door.post("/event-lines/<int:line_id>/off")
def event_line_off(line_id: int) -> Response:
    """Close it; its counts stay."""
    ivr.switch_off(line_id, gate.person().id)
    return done()
