"""The agent's line as JSON: state, offers, the conversation. Every answer to a change is the whole view again.

Numbers of accounts, stints and offers come from the browser and prove nothing: each verb asks the database
whether they belong to whoever is signed in.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, url_for
from marshmallow import Schema, fields, validate

from hotline.calls import registration
from hotline.db import session
from hotline.errors import Conflict, Unavailable
from hotline.queues import (
    callback_work,
    contacts,
    conversation,
    desk,
    parting,
    presence,
    transfers,
    unconnected,
    waiting,
)
from hotline.queues.acts import Act, Result, Ring
from hotline.queues.models import AgentState, Part
from hotline.queues.transfers import How
from hotline.telephony.provider import ProviderError, ProviderUnavailable
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
    """To a line, a colleague or an outside contact: `blind`, `warm` or as a `three_way` call."""

    how = fields.Enum(How, by_value=True, required=True)
    to = fields.String(required=True, validate=validate.OneOf(["line", "agent", "contact"]))
    target = fields.String(required=True, validate=validate.Length(1, 20))


class PutOutSchema(Schema):
    """Somebody by their stint; without one, the line that is being asked."""

    stint = fields.Integer(load_default=None, strict=True, validate=validate.Range(1, 2**53))


def told(acts: list[Act] | None = None, **more: Any) -> Response:
    """Commit, dispatch, ask the provider, answer with the view as it is now."""
    session.commit()
    dispatching.run()
    for act, result in gate.ask(acts or []):
        if isinstance(act, Ring):
            _rung(act, result)
    return jsonify({**desk.view(gate.person().id), **more})


def _rung(act: Ring, result: Result) -> None:
    """Keep the leg that rings, or take the party out again. An unknown outcome stays until the provider tells."""
    if isinstance(result, str):
        more = transfers.rung(int(act.key), result)
    elif isinstance(result, ProviderError):
        stint = conversation.by_id(int(act.key))
        more = parting.out(stint, "failed") if stint else []
    else:
        return
    session.commit()
    gate.ask(more)
    if isinstance(result, ProviderError):
        raise Unavailable("对方线路暂时无法接通，来电人仍在通话中，请稍后再试")


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
    """Where a call can go: lines, colleagues, outside contacts; their numbers, and whether this line dials them."""
    return jsonify(
        lines=[{"code": row.code, "name": row.name} for row in waiting.lines().values()],
        agents=desk.colleagues(gate.person().id),
        contacts=[
            {"code": row.code, "name": row.name, "number": contacts.shown(row)} for row in contacts.all_contacts()
        ],
        dials_outside=gate.provider().caps.dials_outside,
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
    """接听: claim the call and begin its form. The softphone then dials in with the stint's number.

    Of somebody to be called back: take the call-back, and go where it is dialled.
    """
    offer, who = gate.load(OfferSchema())["offer"], gate.person().id
    if callback_work.of_offer(offer, who) is not None:
        callback_work.claim(offer, who)
        return told(goto=url_for("desk.call_backs", view="mine"))
    stint = conversation.claim(offer, who)
    if stint.part is Part.AGENT:
        registration.open_draft(stint.call_id, gate.person().id)
    return told(stint=stint.id)


@door.post("/line/give-back")
def give_back() -> Response:
    """The page's telephone cannot connect: the caller goes back to the top of the line at once."""
    return told(unconnected.give_back(gate.person().id))


@door.post("/line/finish")
def finish() -> Response:
    """完成."""
    return _left(parting.finish)


@door.post("/line/wrapped")
def wrapped() -> Response:
    """整理完毕."""
    conversation.wrapped(gate.person().id)
    return told()


@door.post("/line/hold")
def hold() -> Response:
    """保持 and back."""
    on, who = gate.load(OnSchema())["on"], gate.person().id
    return _done(transfers.hold(who, on), lambda: transfers.hold_failed(who, on), "保持" if on else "恢复")


@door.post("/line/recording")
def recording() -> Response:
    """Pause the recording while sensitive data is spoken, and go on."""
    on, who = gate.load(OnSchema())["on"], gate.person().id
    acts = transfers.recording(who, on)
    return _done(acts, lambda: transfers.recording_failed(who, on), "继续录音" if on else "暂停录音")


def _done(acts: list[Act], undo: Callable[[], None], what: str) -> Response:
    """Ask the provider for what the agent must be able to rely on. Raises Unavailable when it was not done."""
    session.commit()
    if any(isinstance(result, ProviderUnavailable) for _, result in gate.ask(acts)):
        undo()
        session.commit()
        raise Unavailable(f"“{what}”未能完成，请再试一次")
    return told()


@door.post("/line/transfer")
def transfer() -> Response:
    """转接、三方: to a line, a colleague or an outside party."""
    wanted = gate.load(TransferSchema())
    to = {"line": _to_line, "agent": _to_agent, "contact": _to_contact}[wanted["to"]]
    return told(to(gate.person().id, wanted["target"], wanted["how"]))


def _to_line(who: int, line: str, how: How) -> list[Act]:
    return transfers.to_line(who, line) if how is How.BLIND else transfers.ask_line(who, line, how)


def _to_agent(who: int, target: str, how: How) -> list[Act]:
    colleague = gate.row_number(target)
    if not colleague:
        raise Conflict("没有这位坐席")
    return transfers.to_agent(who, colleague) if how is How.BLIND else transfers.ask_agent(who, colleague, how)


def _to_contact(who: int, code: str, how: How) -> list[Act]:
    contact = contacts.contact(code)
    if not gate.provider().caps.dials_outside:
        raise Conflict(f"本线路不能外呼，请用直拨电话拨打{contact.name}：{contacts.shown(contact)}，并在记录中注明")
    return transfers.to_contact(who, contact) if how is How.BLIND else transfers.ask_contact(who, contact, how)


@door.post("/line/put-out")
def put_out() -> Response:
    """取消、请出."""
    stint = gate.load(PutOutSchema())["stint"]
    who = gate.person().id
    return told(transfers.put_out(who, stint) if stint else transfers.stop_asking(who))


@door.post("/line/leave")
def leave() -> Response:
    """离开 (the others go on with the caller), or a consulted colleague steps out."""
    return _left(transfers.step_out)


def _left(leaving: Callable[[int], list[Act]]) -> Response:
    """Somebody leaves; the form goes on under the colleague who has the caller now."""
    stint = conversation.current(gate.person().id)
    acts = leaving(gate.person().id)
    keeper = conversation.principal(stint.call_id) if stint else None
    if keeper is not None and keeper.agent_id is not None:
        registration.open_draft(keeper.call_id, keeper.agent_id)
    return told(acts)


@door.post("/line/hand")
def hand() -> Response:
    """举手."""
    presence.raise_hand(gate.person().id, gate.load(OnSchema())["on"])
    return told()
