"""The caller waits: the waiting room, its keys, and the ways out of it."""

from collections.abc import Sequence

from flask import request
from sqlalchemy import select

from hotline.calls.models import Call, CallState, EventKind
from hotline.db import session
from hotline.errors import Conflict
from hotline.ivr import plans
from hotline.ivr import service as ivr
from hotline.queues import conversation, estimate, parting, waiting
from hotline.queues.models import Line, Stint, StintState, Waiting, WaitState
from hotline.telephony.notices import WaitOver
from hotline.telephony.steps import (
    Collect,
    Goto,
    Hangup,
    Join,
    Park,
    Pause,
    Plan,
    Prompt,
    Say,
    Step,
    Unpark,
)
from hotline.web import gate
from hotline.web.phone import door, words
from hotline.web.phone.entrance import Answer, caller, control, listening, notice

ROUNDS = 3
"""How often a waiting document comforts the caller before it asks anew; about ten seconds each."""


def crisis_line() -> str:
    """The line of crisis intervention."""
    return next(line.code for line in waiting.lines().values() if line.crisis)


def into_line(call: Call, line: str, spoken: Sequence[Step]) -> Plan:
    """Enter `line` and park."""
    turn = waiting.enter(call.id, line)
    return [*spoken, _park(turn)]


def _park(turn: Waiting) -> Park:
    where = f"turn={turn.turn}"
    return Park(f"w-{turn.line}", wait=f"/phone/wait?{where}&n=0&line={turn.line}", then=f"/phone/queue-left?{where}")


def _turn(call: Call) -> Waiting | None:
    number = request.args.get("turn", 0, type=int)
    return session.scalars(select(Waiting).where(Waiting.call_id == call.id, Waiting.turn == number)).one_or_none()


@door.post("/wait")
@listening
def wait() -> Sequence[Step]:
    """What to hear while waiting. Asked again each time the document ends, with the position as it is then."""
    number = request.args.get("turn", 0, type=int)
    turn, line = waiting.of_leg(gate.provider().name, notice().leg, number) or (None, None)
    if turn is None or line is None or turn.state is WaitState.LEFT:
        return [Unpark()]
    turn.noticed = True
    if turn.state is not WaitState.WAITING:
        return [Pause(2)]
    rounds = request.args.get("n", 0, type=int)
    onward = Goto(f"/phone/wait?turn={turn.turn}&n={rounds + 1}&line={turn.line}")
    if line.crisis:
        comfort: Plan = [Prompt("crisis-wait", words.CRISIS_WAIT), Pause(5)]
        return [*comfort * ROUNDS, onward]
    choices = words.CHOICES if _has_number(turn.call_id) else words.CHOICES_UNSEEN
    chosen = f"/phone/wait-key?turn={turn.turn}&n={rounds}&line={turn.line}"
    moved = [Say(words.overflowed(line.name))] if request.args.get("line", turn.line) != turn.line else []
    first = Collect((*moved, Say(words.position(estimate.place(turn))), Say(choices)), chosen, seconds=4)
    return [first, *[Collect((Prompt("wait", words.WAIT),), chosen, seconds=8)] * ROUNDS, onward]


def _has_number(call_id: int) -> bool:
    """Whether the caller can be called back."""
    return session.scalar(select(Call.caller_hash).where(Call.id == call_id)) is not None


@door.post("/wait-key")
@control
def wait_key() -> Answer:
    """2: call me back (a message, where the number is withheld); 3: leave a message; anything else: go on waiting."""
    call = caller()
    turn = _turn(call) if call else None
    if call is None or turn is None:
        return Answer([Unpark()])
    heard = request.args.get("line", turn.line)
    onward = Goto(f"/phone/wait?turn={turn.turn}&n={request.args.get('n', 0, type=int) + 1}&line={heard}")
    reason = {"2": "callback", "3": "voicemail"}.get(notice().keys or "")
    if reason == "callback" and call.caller_hash is None:
        reason = "voicemail"
    if reason is None or session.get_one(Line, turn.line).crisis:
        return Answer([onward])
    if not waiting.leave(call.id, turn.turn, reason):
        return Answer([onward])
    return Answer([Unpark()])


@door.post("/queue-left")
@control
def queue_left() -> Answer:
    """The waiting room is over for this caller; asked once, and perhaps beside our own redirect."""
    call = caller()
    turn = _turn(call) if call else None
    if call is None or turn is None or call.state is CallState.ENDED:
        return Answer([Hangup()])
    if notice().wait_over is WaitOver.HUNG_UP:
        return Answer([Hangup()], acts=parting.caller_gone(call.id))
    joined = _joining(call, turn)
    if joined is not None:
        return Answer(_room(joined))
    if turn.state is WaitState.LEFT:
        ways = {"callback": "/phone/call-back", "voicemail": "/phone/message"}
        onward = ways.get(turn.reason)
        return Answer([Goto(f"{onward}?turn={turn.turn}" if onward else "/phone/farewell")])
    return Answer([Say(words.WAIT), _park(turn)])


def _joining(call: Call, turn: Waiting) -> Stint | None:
    """The stint this caller is being fetched for."""
    open_stint = select(Stint).where(
        Stint.call_id == call.id, Stint.turn == turn.turn, Stint.state != StintState.ENDED, Stint.leg_ref != ""
    )
    found = session.scalars(open_stint.order_by(Stint.id).limit(1)).one_or_none()
    return conversation.caller_joined(call.id, found.id) if found else None


@door.post("/join")
@control
def join() -> Answer:
    """Fetched by an agent who took the call: into the room. If the agent is gone again, back to the place."""
    call = caller()
    if call is None or call.state is CallState.ENDED:
        return Answer([Hangup()])
    try:
        stint = conversation.caller_joined(call.id, request.args.get("stint", 0, type=int))
    except Conflict:
        return Answer(_back(call))
    return Answer(_room(stint))


def _back(call: Call, spoken: str = words.AGAIN) -> Plan:
    """To the caller's own last place; a search for somebody to be asked in is none."""
    turns = select(Waiting).where(Waiting.call_id == call.id, Waiting.reason != parting.WITHDRAWN)
    turn = session.scalars(turns.order_by(Waiting.turn.desc())).first()
    if turn is not None and turn.reason == "voicemail":
        turn = waiting.enter(call.id, turn.line, ranked_at=turn.ranked_at)
    return back_in_line(turn, spoken)


def _room(stint: Stint) -> Plan:
    """Into the room, where the talk is recorded; whoever was fetched before the notice was over hears it now."""
    where = f"stint={stint.id}"
    heard = select(Waiting.id).where(Waiting.call_id == stint.call_id, Waiting.noticed).limit(1)
    return [
        *([] if session.scalar(heard) else [plans.NOTICE]),
        Join(
            stint.room,
            role="caller",
            label="caller",
            then=f"/phone/after?{where}",
            status=f"/phone/room?{where}",
            end_on_exit=True,
            record="/phone/recorded",
        ),
    ]


@door.post("/again")
@control
def again() -> Answer:
    """Back in a line, after a lost agent or a transfer."""
    call = caller()
    turn = _turn(call) if call else None
    if turn is None:
        return Answer([Hangup()])
    return Answer(back_in_line(turn, words.WHY_AGAIN.get(request.args.get("why", ""), words.AGAIN)))


@door.post("/after")
@control
def after() -> Answer:
    """The room is over for the caller. Finished: the farewell. Otherwise whoever had the caller was lost."""
    call = caller()
    stint = session.get(Stint, request.args.get("stint", 0, type=int))
    if call is None or stint is None or call.state is CallState.ENDED:
        return Answer([Hangup()])
    keeper = conversation.principal(call.id)
    if keeper is not None:
        conversation.end(keeper)
        turn, acts = parting.requeue(call, keeper)
        return Answer(back_in_line(turn, words.AGAIN), acts=acts)
    if stint.finished:
        return Answer([Goto(f"/phone/farewell?stint={stint.id}")])
    return Answer(_back(call))


def back_in_line(turn: Waiting | None, spoken: str) -> Plan:
    """Into the waiting room again; to the farewell where there is no line to wait in."""
    return [Say(spoken), _park(turn)] if turn else [Goto("/phone/farewell")]


@door.post("/farewell")
@control
def farewell() -> Answer:
    """The survey of the menu, never after a crisis call."""
    call = caller()
    if call is None or not request.args.get("stint"):
        return Answer(plans.goodbye())
    if call.queue == crisis_line():
        return Answer([Say(words.CRISIS_ENDS), Hangup()])
    survey = ivr.current().survey
    return Answer(plans.farewell(survey, gate.config().line_name), data={"to": survey.id} if survey else {})


@door.post("/score")
@control
def score() -> Answer:
    """The key the caller rates with, from 5 points for very satisfied to 1, as 好差评 has it."""
    survey, key = ivr.current().survey, notice().keys or ""
    points = survey.score(key) if survey else None
    if survey is None or points is None:
        return Answer(plans.goodbye())
    return Answer(plans.rated(points), EventKind.SURVEYED, {"score": points, "node": survey.id, "key": key})


@door.post("/call-back")
@control
def call_back() -> Answer:
    """The caller asked to be called back; the place in the line is kept. Without a number: a message."""
    call = caller()
    if call is None or call.caller_hash is None:
        return Answer([Say(words.UNSEEN), *plans.message(where=_where())])
    return Answer(plans.call_back(), EventKind.CALLBACK_ASKED, {"line": _asked_line()})


@door.post("/message")
@control
def message() -> Answer:
    """Leave a message. Who says nothing is asked again, then waits where they waited before."""
    call, number = caller(), request.args.get("n", 1, type=int)
    if call is not None and call.queue and call.state is not CallState.ENDED and number > plans.MESSAGE_TRIES:
        return Answer(_back(call, words.UNSPOKEN))
    return Answer(plans.message(number, _where()))


def _asked_line() -> str:
    """The line that a node of the menu names for a message or a call-back."""
    line = request.args.get("line", "")
    return line if line in waiting.lines() else ""


def _where() -> str:
    """Where a message is left: on leaving a line, or at a node of the menu that names one."""
    turn, line = request.args.get("turn", 0, type=int), _asked_line()
    return f"turn={turn}" if turn else f"line={line}" if line else ""


@door.post("/message-left")
@control
def message_left() -> Answer:
    """The message is spoken; the file follows by a notice."""
    return Answer([Say(words.MESSAGE_KEPT), Hangup()], EventKind.VOICEMAIL, {"line": _asked_line()})
