"""During a conversation: hold, transfer, three-way calls, and supervisors who listen, whisper or step in."""

from sqlalchemy import select

from hotline import audit
from hotline.calls import intake
from hotline.calls.models import Call, EventKind
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.queues import presence, waiting
from hotline.queues.acts import Act, HangUp, Recorder, Redirect, Ring, SetHold, Supervise
from hotline.queues.conversation import current, end, open_stint, principal, talking
from hotline.queues.models import AgentState, Part, Stint, StintState, Waiting
from hotline.telephony.provider import Mode, RecordingOp


def hold(agent_id: int, on: bool) -> list[Act]:
    """保持 and back. The caller alone hears music; colleagues in the room stay."""
    stint = talking(agent_id)
    if stint.state is not StintState.TALKING:
        raise Conflict("电话尚未接通")
    if stint.held == on:
        return []
    stint.held = on
    stint.holds += 1 if on else 0
    session.flush()
    call = session.get_one(Call, stint.call_id)
    intake.append(
        call.id,
        EventKind.HELD if on else EventKind.RESUMED,
        f"{'held' if on else 'resumed'}:{stint.id}:{stint.holds}",
        stint=stint.id,
        n=stint.holds,
    )
    presence.move(presence.present(agent_id), AgentState.HOLD if on else AgentState.TALKING)
    return [SetHold(stint.room_ref or stint.room, call.provider_ref, on)]


def transfer_to_line(agent_id: int, line: str, preferred_agent: int | None = None) -> list[Act]:
    """盲转: the caller goes on waiting for `line`, with the place of the first turn; this agent has finished."""
    stint = talking(agent_id)
    call = session.get_one(Call, stint.call_id)
    first = session.scalars(select(Waiting.queued_at).where(Waiting.call_id == call.id).order_by(Waiting.turn)).first()
    end(stint, finished=True)
    intake.append(
        call.id, EventKind.TRANSFERRED, f"transferred:{stint.id}", stint=stint.id, target=f"line:{line}", mode="blind"
    )
    turn = waiting.enter(call.id, line, ranked_at=first, preferred_agent=preferred_agent)
    audit.record("call.transfer", f"call:{call.id}", line=line)
    acts: list[Act] = [Redirect(call.provider_ref, f"/phone/again?turn={turn.turn}&moved=1")]
    return acts + ([HangUp(stint.leg_ref)] if stint.leg_ref else [])


def transfer_to_agent(agent_id: int, colleague_id: int) -> list[Act]:
    """盲转 to a ready colleague: the caller waits in the same line, this colleague is asked first."""
    call_id = talking(agent_id).call_id
    colleague = presence.present(colleague_id)
    if colleague.state is not AgentState.READY:
        raise Conflict(f"对方当前{presence.label(colleague.state, colleague.reason)}，不能转接")
    turn = session.scalars(select(Waiting.line).where(Waiting.call_id == call_id).order_by(Waiting.turn.desc())).first()
    if turn is None:
        raise Conflict("这通电话没有受理线路，不能转接")
    return transfer_to_line(agent_id, turn, preferred_agent=colleague_id)


def leave_to_others(agent_id: int) -> list[Act]:
    """完成转接: the agent steps out of a three-way call; the caller stays with the others."""
    stint = talking(agent_id)
    others = session.scalars(
        select(Stint).where(
            Stint.room == stint.room,
            Stint.state == StintState.TALKING,
            Stint.id != stint.id,
            Stint.part.in_([Part.AGENT, Part.CONSULTED, Part.OUTSIDE]),
        )
    ).all()
    if not others:
        raise Conflict("还没有其他人在通话中，不能离开")
    intake.append(
        stint.call_id, EventKind.TRANSFERRED, f"transferred:{stint.id}", stint=stint.id, target="others", mode="warm"
    )
    end(stint, finished=True)
    return [HangUp(stint.leg_ref)] if stint.leg_ref else []


def _join(call_id: int, agent_id: int | None, part: Part) -> Stint:
    """Another person for a conversation under way: a consulted colleague, an outside party, a supervisor."""
    holds = principal(call_id)
    if holds is None:
        raise Conflict("这通电话当前没有在通话")
    return open_stint(call_id, holds.turn, agent_id, part, holds.room)


def consult(agent_id: int, colleague_id: int) -> Stint:
    """三方 or 咨询转接: ask a ready colleague into the conversation; their page rings until they dial in."""
    stint = talking(agent_id)
    if stint.state is not StintState.TALKING:
        raise Conflict("电话尚未接通")
    colleague = presence.present(colleague_id)
    if colleague.state is not AgentState.READY:
        raise Conflict(f"对方当前{presence.label(colleague.state, colleague.reason)}，不能转接")
    invited = _join(stint.call_id, colleague_id, Part.CONSULTED)
    presence.move(colleague, AgentState.TALKING)
    audit.record("call.consult", f"call:{stint.call_id}", colleague=colleague_id)
    return invited


def bring_in(agent_id: int, endpoint: str, name: str) -> tuple[Stint, list[Act]]:
    """三方通话 with an outside party: ring it into the room; the caller and the agent stay."""
    stint = talking(agent_id)
    if stint.state is not StintState.TALKING:
        raise Conflict("电话尚未接通")
    outside = _join(stint.call_id, None, Part.OUTSIDE)
    outside.endpoint = name
    session.flush()
    intake.append(
        stint.call_id,
        EventKind.TRANSFERRED,
        f"brought-in:{outside.id}",
        stint=outside.id,
        target=name,
        mode="three-way",
    )
    audit.record("call.bring_in", f"call:{stint.call_id}", party=name)
    where = f"stint={outside.id}"
    return outside, [Ring(endpoint, f"/phone/outside?{where}", f"/phone/leg?{where}", key=str(outside.id))]


def put_out(agent_id: int, stint_id: int) -> list[Act]:
    """End another person's part in the agent's own conversation."""
    stint = talking(agent_id)
    other = session.get(Stint, stint_id)
    if other is None or other.room != stint.room or other.id == stint.id:
        raise NotFound("此人不在这通电话中")
    end(other, finished=True)
    return [HangUp(other.leg_ref)] if other.leg_ref else []


def observe(call_id: int, supervisor_id: int, part: Part) -> Stint:
    """监听、耳语、强插: a supervisor takes part in a conversation; every time audited."""
    intake.lock_call(call_id)
    known = current(supervisor_id)
    if known is not None:
        raise Conflict("您已在一通电话中")
    stint = _join(call_id, supervisor_id, part)
    audit.record(f"call.{part.value}", f"call:{call_id}", stint=stint.id)
    return stint


def observe_as(supervisor_id: int, part: Part) -> list[Act]:
    """Change how the supervisor takes part, without leaving the room."""
    stint = talking(supervisor_id)
    if stint.part not in (Part.LISTEN, Part.WHISPER, Part.BARGE):
        raise Conflict("您不是在监听")
    stint.part = part
    session.flush()
    audit.record(f"call.{part.value}", f"call:{stint.call_id}", stint=stint.id)
    agent = principal(stint.call_id)
    if agent is None or not stint.leg_ref:
        return []
    return [Supervise(stint.room_ref or stint.room, stint.leg_ref, Mode(part.value), agent.leg_ref)]


def step_out(person_id: int) -> list[Act]:
    """Leave a conversation that others go on with: a supervisor, a colleague, or the agent after a warm transfer."""
    stint = talking(person_id)
    if stint.part is Part.AGENT:
        return leave_to_others(person_id)
    end(stint, finished=True)
    return [HangUp(stint.leg_ref)] if stint.leg_ref else []


def recording(agent_id: int, op: RecordingOp) -> list[Act]:
    """Pause or resume the recording of one's own conversation; noted in the trail."""
    stint = talking(agent_id)
    call = session.get_one(Call, stint.call_id)
    audit.record(f"recording.{op.value}", f"call:{call.id}")
    return [Recorder(call.provider_ref, op)]
