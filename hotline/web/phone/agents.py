"""The legs of agents, supervisors and outside parties."""

from collections.abc import Sequence

from flask import request

from hotline.db import session
from hotline.errors import HotlineError
from hotline.queues import callback_work, conversation, parting
from hotline.queues.models import Part, Stint, StintState
from hotline.telephony.notices import LegStatus
from hotline.telephony.steps import Connect, Hangup, Join, Plan, Say, Step
from hotline.web import gate
from hotline.web.phone import door, words
from hotline.web.phone.entrance import listening, notice, params, perform

ASIDE = {Part.LISTEN: True, Part.WHISPER: False, Part.BARGE: False}


def agent_of(endpoint: str) -> int:
    """The account behind `client:agent_<id>`; 0 for anything else. The provider vouches for it, the browser cannot."""
    name, _, number = endpoint.removeprefix("client:").partition("_")
    return gate.row_number(number) if name == "agent" else 0


@door.post("/agent")
@listening
def agent() -> Sequence[Step]:
    """A softphone dials in for the conversation it has claimed, or rings a caller who is to be called back."""
    if "call_back" in params():
        return _calling_back(gate.row_number(params()["call_back"]))
    try:
        stint, acts = conversation.leg_arrived(_named_stint(), agent_of(notice().caller), notice().leg)
    except HotlineError as refusal:
        session.rollback()
        return [Say(refusal.message), Hangup()]
    session.commit()
    perform(acts)
    return _into(stint)


def _named_stint() -> int:
    return gate.row_number(params().get("stint", ""))


def _calling_back(call_id: int) -> Plan:
    """Ring the caller from the line's own number; the agent hears it ring."""
    number = callback_work.dialled(call_id, agent_of(notice().caller))
    if not number or not gate.provider().caps.dials_outside:
        return [Say(words.NO_CALL_BACK), Hangup()]
    return [Connect(number, then="/phone/called-back", caller_id=gate.config().line_number, seconds=30)]


@door.post("/called-back")
@listening
def called_back() -> Sequence[Step]:
    """The call-back is over, or nobody answered; the agent notes how it went."""
    reached = notice().dialled is LegStatus.COMPLETED
    return [Hangup()] if reached else [Say(words.NOT_ANSWERED), Hangup()]


def _into(stint: Stint) -> Plan:
    where = f"stint={stint.id}"
    principal = conversation.principal(stint.call_id)
    coach = principal.leg_ref if stint.part is Part.WHISPER and principal else None
    return [
        Join(
            stint.room,
            role=stint.part.value,
            label=f"stint-{stint.id}",
            then=f"/phone/agent-left?{where}",
            status=f"/phone/room?{where}",
            muted=stint.part is Part.LISTEN,
            coach=coach,
            start=stint.part not in ASIDE,
        )
    ]


@door.post("/outside")
@listening
def outside() -> Sequence[Step]:
    """An outside party (hospital, 110, 120, partner line) has answered: into the room."""
    stint = conversation.by_id(request.args.get("stint", 0, type=int))
    if stint is None or stint.state is StintState.ENDED or stint.part is not Part.OUTSIDE:
        return [Hangup()]
    stint.leg_ref = notice().leg
    parting.reached(stint)
    return _into(stint)


@door.post("/agent-left")
@listening
def agent_left() -> Sequence[Step]:
    """A leg has left its room. Without 完成 before, the agent was lost and the caller goes back to the top."""
    stint = conversation.by_id(request.args.get("stint", 0, type=int))
    if stint is not None and stint.leg_ref == notice().leg:
        acts = parting.lost(stint)
        session.commit()
        perform(acts)
    return [Hangup()]
