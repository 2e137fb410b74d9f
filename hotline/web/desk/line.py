"""The agent's line as JSON: state, offers, the conversation. Every answer to a change is the whole view again.

Numbers of accounts, stints and offers come from the browser and prove nothing: each verb asks the database
whether they belong to whoever is signed in.
"""

from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields, validate

from hotline.calls import registration
from hotline.db import session
from hotline.errors import Conflict, Unavailable
from hotline.queues import contacts, conversation, desk, presence, transfers, unconnected, waiting
from hotline.queues.acts import Act, Ring
from hotline.queues.models import AgentState
from hotline.telephony.provider import ProviderError, RecordingOp
from hotline.web import gate
from hotline.web.desk import door
from hotline.web.gate import dispatching, streams


class StateSchema(Schema):
    """`state` as chosen by hand; `reason` with a break."""

    state = fields.String(required=True, validate=validate.OneOf(["ready", "break", "wrap_up", "offline"]))
    reason = fields.String(load_default="", validate=validate.OneOf(["", *presence.BREAK_REASONS]))


class OfferSchema(Schema):
    offer = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))


class OnSchema(Schema):
    on = fields.Boolean(required=True)


class TransferSchema(Schema):
    """Blind to a line or a colleague, or by asking a colleague (`consult`) or an outside contact in."""

    to = fields.String(required=True, validate=validate.OneOf(["line", "agent", "consult", "contact"]))
    target = fields.String(required=True, validate=validate.Length(1, 20))


class StintSchema(Schema):
    stint = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53))


def told(acts: list[Act] | None = None, **more: Any) -> Response:
    """Commit, dispatch, ask the provider, answer with the view as it is now."""
    session.commit()
    dispatching.run()
    for act, problem in gate.ask(acts or []):
        if problem is not None and isinstance(act, Ring):
            _ring_failed(act, problem)
    return jsonify({**desk.view(gate.person().id), **more})


def _ring_failed(act: Ring, problem: object) -> None:
    """Nobody was rung: take the party out again. An unknown outcome stays until the provider tells."""
    if isinstance(problem, ProviderError):
        stint = conversation.by_id(int(act.key))
        if stint is not None:
            conversation.end(stint, finished=True)
            session.commit()
        raise Unavailable("对方线路暂时无法接通，请稍后再试")


@door.get("/line")
def line_view() -> Response:
    """What the agent's bar shows."""
    return jsonify(desk.view(gate.person().id))


@door.get("/line/stream")
def line_stream() -> Response:
    """A word whenever this agent's line has changed; the page then asks for the view."""
    return streams.stream(streams.signals(f"agent:{gate.person().id}"), roles=("agent", "supervisor"))


@door.get("/line/telephone")
def telephone() -> Response:
    """What the softphone needs to connect."""
    return jsonify(gate.provider().client_token(f"agent_{gate.person().id}"))


@door.get("/line/targets")
def targets() -> Response:
    """Where a call can go: lines, colleagues, outside contacts as far as the provider can dial them."""
    outside = contacts.all_contacts() if gate.provider().caps.dials_public_network else []
    return jsonify(
        lines=[{"code": row.code, "name": row.name} for row in waiting.lines().values()],
        agents=desk.colleagues(gate.person().id),
        contacts=[{"code": row.code, "name": row.name} for row in outside],
    )


@door.post("/line/beat")
def beat() -> Response:
    """The page is alive."""
    presence.heard(gate.person().id)
    session.commit()
    return jsonify(ok=True)


@door.post("/line/state")
def state() -> Response:
    """Ready, break, wrap-up, offline."""
    wanted = gate.load(StateSchema())
    presence.choose(gate.person().id, AgentState(wanted["state"]), wanted["reason"])
    waiting.want_dispatch()
    return told()


@door.post("/line/answer")
def answer() -> Response:
    """接听: claim the call and begin its form. The softphone then dials in with the stint's number."""
    stint = conversation.claim(gate.load(OfferSchema())["offer"], gate.person().id)
    registration.open_draft(stint.call_id, gate.person().id)
    return told(stint=stint.id)


@door.post("/line/give-back")
def give_back() -> Response:
    """The page's telephone cannot connect: the caller goes back to the top of the line at once."""
    unconnected.give_back(gate.person().id)
    return told()


@door.post("/line/finish")
def finish() -> Response:
    """完成."""
    return told(conversation.finish(gate.person().id))


@door.post("/line/wrapped")
def wrapped() -> Response:
    """整理完毕."""
    conversation.wrapped(gate.person().id)
    return told()


@door.post("/line/hold")
def hold() -> Response:
    """保持 and back."""
    return told(transfers.hold(gate.person().id, gate.load(OnSchema())["on"]))


@door.post("/line/recording")
def recording() -> Response:
    """Pause the recording while sensitive data is spoken, and go on."""
    on = gate.load(OnSchema())["on"]
    return told(transfers.recording(gate.person().id, RecordingOp.RESUME if on else RecordingOp.PAUSE))


@door.post("/line/transfer")
def transfer() -> Response:
    """转接 to a line at once, or bring a colleague or an outside party in."""
    wanted = gate.load(TransferSchema())
    who, target = gate.person().id, wanted["target"]
    if wanted["to"] == "line":
        if target not in waiting.lines():
            raise Conflict("没有这条受理线路")
        return told(transfers.transfer_to_line(who, target))
    if wanted["to"] in ("agent", "consult"):
        colleague = gate.row_number(target)
        if not colleague:
            raise Conflict("没有这位坐席")
        if wanted["to"] == "agent":
            return told(transfers.transfer_to_agent(who, colleague))
        transfers.consult(who, colleague)
        return told()
    if not gate.provider().caps.dials_public_network:
        raise Conflict("当前线路不能外呼公网号码，请使用直拨电话并在记录中注明")
    contact = contacts.contact(target)
    _stint, acts = transfers.bring_in(who, contact.endpoint, contact.name)
    return told(acts)


@door.post("/line/put-out")
def put_out() -> Response:
    """End another party's part."""
    return told(transfers.put_out(gate.person().id, gate.load(StintSchema())["stint"]))


@door.post("/line/leave")
def leave() -> Response:
    """完成转接 (the others go on with the caller), or a consulted colleague steps out."""
    return told(transfers.step_out(gate.person().id))


@door.post("/line/hand")
def hand() -> Response:
    """举手."""
    presence.raise_hand(gate.person().id, gate.load(OnSchema())["on"])
    return told()
