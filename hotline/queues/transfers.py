"""During a conversation: hold, transfer, three-way calls, and supervisors who listen, whisper or step in.

直接转接 (blind): the caller goes to a line, a colleague or an outside party, and the agent has finished. 咨询转接
(warm): the caller is on hold while somebody is asked in, and the agent leaves when they agree. 三方通话: the same
without hold. However it ends, the caller is with somebody, back with the agent, or at the top of the line.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from hotline import audit
from hotline.calls import intake, numbers
from hotline.calls.models import Call, EventKind
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.queues import conversation, parting, presence, waiting
from hotline.queues.acts import Act, HangUp, Recorder, Redirect, Ring, SetHold, Supervise
from hotline.queues.conversation import open_stint, principal
from hotline.queues.models import AgentState, Part, Presence, Stint, StintState, Waiting
from hotline.queues.records import Contact
from hotline.telephony.provider import Mode, RecordingOp


class How(StrEnum):
    """How somebody is brought to a caller."""

    BLIND = "blind"
    WARM = "warm"
    THREE_WAY = "three_way"


def hold(agent_id: int, on: bool) -> list[Act]:
    """保持 and back. The caller alone hears music; colleagues in the room stay."""
    stint = _leading(agent_id)
    return _hold(stint) if on else parting.release(stint)


def _leading(agent_id: int) -> Stint:
    """The conversation this person leads: what happens to its caller is theirs to decide."""
    stint = conversation.talking(agent_id)
    if stint.state is not StintState.TALKING:
        raise Conflict("电话尚未接通")
    leads = principal(stint.call_id)
    if leads is None or leads.id != stint.id:
        raise Conflict("来电人由邀请您的同事接待，请由其操作")
    return stint


def _hold(stint: Stint) -> list[Act]:
    if stint.held:
        return []
    stint.held = True
    stint.holds += 1
    session.flush()
    n = stint.holds
    intake.append(stint.call_id, EventKind.HELD, f"held:{stint.id}:{n}", stint=stint.id, n=n)
    if stint.agent_id is not None:
        presence.move(presence.present(stint.agent_id), AgentState.HOLD)
    call = session.get_one(Call, stint.call_id)
    return [SetHold(stint.room_ref or stint.room, call.provider_ref, True)]


# 直接转接 --------------------------------------------------------------------------------------------------------


def _giving(agent_id: int) -> Stint:
    """A conversation whose caller can be given away: nobody else is in it or on the way."""
    stint = _leading(agent_id)
    busy = parting.company(stint, StintState.TALKING, StintState.CONNECTING) or parting.asked_in(stint.call_id)
    if busy:
        raise Conflict("还有其他人在这通电话中：请先请出，或按“离开”交由对方")
    return stint


def to_line(agent_id: int, line: str) -> list[Act]:
    """The caller goes on waiting for `line`, with the place of the first turn; this agent has finished."""
    _known(line)
    return _to_line(_giving(agent_id), line, "line", line)


def to_agent(agent_id: int, colleague_id: int) -> list[Act]:
    """The caller waits in the same line, and this ready colleague is asked first."""
    stint = _giving(agent_id)
    _ready(colleague_id)
    served = Waiting.call_id == stint.call_id, Waiting.turn == stint.turn
    line = session.execute(select(Waiting.line).where(*served)).scalar_one()
    return _to_line(stint, line, "agent", str(colleague_id), colleague_id)


def _to_line(stint: Stint, line: str, to: str, target: str, preferred: int | None = None) -> list[Act]:
    call = session.get_one(Call, stint.call_id)
    _given(stint, to, target)
    first = _first_queued(call.id)
    turn = waiting.enter(call.id, line, ranked_at=first, preferred_agent=preferred)
    return [Redirect(call.provider_ref, f"/phone/again?turn={turn.turn}&why=moved"), *parting.hang_up(stint)]


def _given(mine: Stint, to: str, target: str, **more: int) -> None:
    """The agent has finished; the history and the trail say to whom the caller went."""
    conversation.end(mine, finished=True)
    how = How.BLIND.value
    parting.tell(mine.call_id, f"transferred:{mine.id}", "handed", by=mine.id, how=how, to=to, target=target, **more)
    audit.record("call.transfer", f"call:{mine.call_id}", how=how, to=to, target=target)


def _first_queued(call_id: int) -> datetime | None:
    return session.scalar(select(Waiting.queued_at).where(Waiting.call_id == call_id).order_by(Waiting.turn).limit(1))


def to_contact(agent_id: int, contact: Contact) -> list[Act]:
    """The caller is connected with an outside party, and hears it ring; not reached, they come back to the top."""
    stint = _giving(agent_id)
    call = session.get_one(Call, stint.call_id)
    outside = open_stint(call.id, stint.turn, None, Part.OUTSIDE, room=None)
    outside.endpoint = contact.name
    _given(stint, "contact", contact.code, stint=outside.id)
    return [Redirect(call.provider_ref, f"/phone/hand-over?stint={outside.id}"), *parting.hang_up(stint)]


# 咨询转接, 三方通话 ------------------------------------------------------------------------------------------------


def ask_line(agent_id: int, line: str, how: How) -> list[Act]:
    """Ask a colleague of `line` in, whoever is free first by the rules of that line; the agent keeps the caller."""
    _known(line)
    stint = _leading(agent_id)
    if parting.asked_in(stint.call_id) is not None:
        raise Conflict("已在呼叫其他线路，请先取消")
    turn = waiting.enter(stint.call_id, line, ranked_at=_first_queued(stint.call_id), asked_in=True)
    return _asked(stint, how, "line", line, f"asked:turn:{turn.turn}", turn=turn.turn)


def ask_agent(agent_id: int, colleague_id: int, how: How) -> list[Act]:
    """Ask a ready colleague in; their page rings until they dial in."""
    stint = _leading(agent_id)
    colleague = _ready(colleague_id)
    invited = open_stint(stint.call_id, stint.turn, colleague_id, Part.CONSULTED, stint.room)
    presence.move(colleague, AgentState.TALKING)
    return _asked(stint, how, "agent", str(colleague_id), f"asked:{invited.id}", stint=invited.id)


def ask_contact(agent_id: int, contact: Contact, how: How) -> list[Act]:
    """Ring an outside party into the room; the caller's true number goes along."""
    stint = _leading(agent_id)
    call = session.get_one(Call, stint.call_id)
    outside = open_stint(call.id, stint.turn, None, Part.OUTSIDE, stint.room)
    outside.endpoint = contact.name
    acts = _asked(stint, how, "contact", contact.code, f"asked:{outside.id}", stint=outside.id)
    where, caller = f"stint={outside.id}", numbers.dialled(call.caller)
    ring = Ring(contact.endpoint, f"/phone/outside?{where}", f"/phone/leg?{where}", key=str(outside.id), caller=caller)
    return [*acts, ring]


def _asked(mine: Stint, how: How, to: str, target: str, key: str, **more: int) -> list[Act]:
    """Somebody is on the way; the caller waits for them on hold, unless it is to be a three-way call."""
    parting.tell(mine.call_id, key, "asked", by=mine.id, how=how.value, to=to, target=target, **more)
    audit.record("call.transfer", f"call:{mine.call_id}", how=how.value, to=to, target=target)
    return _hold(mine) if how is How.WARM else []


def _known(line: str) -> None:
    if line not in waiting.lines():
        raise Conflict("没有这条受理线路")


def _ready(colleague_id: int) -> Presence:
    colleague = presence.present(colleague_id)
    if colleague.state is not AgentState.READY:
        raise Conflict(f"对方当前{presence.label(colleague.state, colleague.reason)}，不能转接")
    return colleague


def rung(stint_id: int, leg: str) -> list[Act]:
    """An outside party rings on `leg`, kept so that it can be ended; one who was put out meanwhile is, at once."""
    stint = conversation.by_id(stint_id)
    if stint is None or stint.state is StintState.ENDED:
        return [HangUp(leg)]
    stint.leg_ref = stint.leg_ref or leg
    return []


def put_out(agent_id: int, stint_id: int) -> list[Act]:
    """取消、请出: end the part of somebody who was asked in, or whose telephone still rings."""
    stint = _leading(agent_id)
    other = session.get(Stint, stint_id)
    if other is None or other.room != stint.room or other.part not in (Part.CONSULTED, Part.OUTSIDE):
        raise NotFound("此人不在这通电话中")
    if other.id == stint.id or other.state is StintState.ENDED:
        raise NotFound("此人不在这通电话中")
    if other.state is StintState.CONNECTING and other.turn != stint.turn:
        parting.withdraw(stint.call_id)
    return parting.out(other, "withdrawn") + parting.hang_up(other)


def stop_asking(agent_id: int) -> list[Act]:
    """取消: no colleague of the line that was asked in is wanted any more; the caller comes back from hold."""
    stint = _leading(agent_id)
    turn = parting.asked_in(stint.call_id)
    if turn is None:
        raise NotFound("没有正在呼叫的线路")
    ringing = parting.company(stint, StintState.CONNECTING)
    parting.withdraw(stint.call_id)
    acts: list[Act] = []
    for other in ringing:
        if other.turn == turn.turn:
            acts += parting.out(other, "withdrawn") + parting.hang_up(other)
    alone = not parting.company(stint, StintState.TALKING, StintState.CONNECTING)
    return acts + (parting.release(stint) if alone else [])


def step_out(person_id: int) -> list[Act]:
    """Leave a conversation that others go on with: a supervisor, a colleague, or the agent after a warm transfer."""
    stint = conversation.talking(person_id)
    if stint.part in parting.COMPANY:
        return parting.hand_over(stint)
    conversation.end(stint, finished=True)
    return parting.hang_up(stint)


# Supervisors ---------------------------------------------------------------------------------------------------


def observe(call_id: int, supervisor_id: int, part: Part) -> Stint:
    """监听、耳语、强插: a supervisor takes part in a conversation; every time audited."""
    intake.lock_call(call_id)
    if conversation.current(supervisor_id) is not None:
        raise Conflict("您已在一通电话中")
    holds = principal(call_id)
    if holds is None:
        raise Conflict("这通电话当前没有在通话")
    stint = open_stint(call_id, holds.turn, supervisor_id, part, holds.room)
    audit.record(f"call.{part.value}", f"call:{call_id}", stint=stint.id)
    return stint


def observe_as(supervisor_id: int, part: Part) -> list[Act]:
    """Change how the supervisor takes part, without leaving the room."""
    stint = conversation.talking(supervisor_id)
    if stint.part not in (Part.LISTEN, Part.WHISPER, Part.BARGE):
        raise Conflict("您不是在监听")
    stint.part = part
    session.flush()
    audit.record(f"call.{part.value}", f"call:{stint.call_id}", stint=stint.id)
    agent = principal(stint.call_id)
    if agent is None or not stint.leg_ref:
        return []
    return [Supervise(stint.room_ref or stint.room, stint.leg_ref, Mode(part.value), agent.leg_ref)]


def recording(agent_id: int, on: bool) -> list[Act]:
    """Pause the recording of one's own conversation, or go on with it; noted in the trail."""
    stint = _leading(agent_id)
    op = RecordingOp.RESUME if on else RecordingOp.PAUSE
    _show_recording(stint, on)
    audit.record(f"recording.{op.value}", f"call:{stint.call_id}")
    return [Recorder(session.get_one(Call, stint.call_id).provider_ref, op)]


def recording_failed(agent_id: int, on: bool) -> None:
    """The provider did not do it: what is shown is as it was before, and the trail says so."""
    stint = _leading(agent_id)
    _show_recording(stint, not on)
    audit.record("recording.failed", f"call:{stint.call_id}", wanted="resume" if on else "pause")


def _show_recording(stint: Stint, on: bool) -> None:
    here = Stint.room == stint.room, Stint.state != StintState.ENDED
    session.execute(update(Stint).where(*here).values(unrecorded=not on))


def hold_failed(agent_id: int, on: bool) -> None:
    """The provider did not do it: the conversation is as it was before."""
    hold(agent_id, not on)
