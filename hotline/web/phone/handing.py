"""直接转接 to an outside party: the caller hears it ring; whoever is not reached comes back to a person."""

from flask import request

from hotline.calls import numbers
from hotline.calls.models import Call, CallState
from hotline.db import session
from hotline.queues import contacts, conversation, parting
from hotline.queues.models import Stint, StintState
from hotline.telephony.notices import LegStatus
from hotline.telephony.steps import Connect, Goto, Hangup, Say
from hotline.web.phone import door, words
from hotline.web.phone.entrance import Answer, caller, control, notice
from hotline.web.phone.queueing import back_in_line

RING_SECONDS = 30


def _given(call: Call) -> Stint | None:
    """The outside party to whom this caller is given."""
    stint = conversation.by_id(request.args.get("stint", 0, type=int))
    return stint if stint and stint.call_id == call.id and parting.handed(stint) else None


@door.post("/hand-over")
@control
def hand_over() -> Answer:
    """The caller has left the agent's room: ring the outside party, with the caller's true number."""
    call = caller()
    if call is None or call.state is CallState.ENDED:
        return Answer([Hangup()])
    stint = _given(call)
    contact = contacts.named(stint.endpoint or "") if stint and stint.state is not StintState.ENDED else None
    if stint is None or contact is None:
        return _returned(call, stint, "failed")
    stint.state = StintState.TALKING
    session.flush()
    where = f"stint={stint.id}"
    number = numbers.dialled(call.caller)
    ring = Connect(contact.endpoint, f"/phone/handed?{where}", f"/phone/leg?{where}", number, RING_SECONDS)
    return Answer([Say(words.MOVED), ring])


@door.post("/handed")
@control
def handed() -> Answer:
    """The outside party has talked with the caller, or was not reached."""
    call = caller()
    stint = _given(call) if call else None
    if call is None or call.state is CallState.ENDED:
        return Answer([Hangup()])
    ended = notice().dialled or LegStatus.FAILED
    if ended is not LegStatus.COMPLETED:
        return _returned(call, stint, parting.CAUSE.get(ended, "failed"))
    if stint is not None:
        parting.reached(stint)
        parting.out(stint, "left")
    return Answer([Goto("/phone/farewell?stint=" + request.args.get("stint", "0"))])


def _returned(call: Call, stint: Stint | None, cause: str) -> Answer:
    """Back to the top of the line, the last agent first, and told why."""
    if stint is None:
        return Answer([Goto("/phone/farewell")])
    parting.out(stint, cause)
    waits = parting.asked_in(call.id)
    if waits is not None:
        return Answer(back_in_line(waits, words.UNREACHED))
    turn, acts = parting.requeue(call, stint)
    return Answer(back_in_line(turn, words.UNREACHED), acts=acts)
