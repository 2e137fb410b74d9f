"""漏接回拨: everybody who asked for a person and did not get one is called back, in the order they came.

Deadlines: a caller who asked to be called back, half an hour; an abandoned call or a message, 24 hours
(国办函〔2025〕66号 asks for the call-back; the hours are the house's own default).
"""

from datetime import timedelta

from sqlalchemy import select

from hotline import audit, clock, db
from hotline.calls import numbers
from hotline.calls.models import Call, Outcome
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.queues import parting, presence
from hotline.queues.models import AgentState, Stint, Waiting
from hotline.queues.records import CallBack, CallBackAttempt, CallBackSource, CallBackState

DUE_AFTER: dict[CallBackSource, timedelta] = {
    CallBackSource.ASKED: timedelta(minutes=30),
    CallBackSource.ABANDONED: timedelta(hours=24),
    CallBackSource.VOICEMAIL: timedelta(hours=24),
}
CRISIS_DUE_AFTER = timedelta(minutes=5)
ATTEMPTS_BEFORE_GIVING_UP = 3
OUTBOUND = "outbound"
"""The break of an agent who calls back."""

RESULTS: dict[str, str] = {
    "reached": "已接通",
    "no_answer": "无人接听",
    "refused": "拒接",
    "wrong": "空号停机",
    "not_needed": "已自行再次来电",
}
SOURCE_LABEL: dict[CallBackSource, str] = {
    CallBackSource.ABANDONED: "排队放弃",
    CallBackSource.ASKED: "预约回拨",
    CallBackSource.VOICEMAIL: "语音留言",
}
_SOURCE_OF = {
    Outcome.ABANDONED: CallBackSource.ABANDONED,
    Outcome.CALLBACK: CallBackSource.ASKED,
    Outcome.VOICEMAIL: CallBackSource.VOICEMAIL,
}


def after_end(call: Call, crisis_lines: frozenset[str]) -> None:
    """Open the call-back an ended call needs; once per call, none for callers without a number.

    Who was answered and then hung up on the way to somebody else has been abandoned too.
    """
    source = CallBackSource.ABANDONED if _hung_up_on_the_way(call) else _SOURCE_OF.get(call.outcome)
    if source is None or call.caller_hash is None:
        return
    asked = call.queued_at or call.offered_at
    after = CRISIS_DUE_AFTER if call.queue in crisis_lines else DUE_AFTER[source]
    row = {
        "call_id": call.id,
        "source": source,
        "state": CallBackState.OPEN,
        "line": call.queue,
        "asked_at": asked,
        "due_at": clock.now() + after,
        "attempts": 0,
        "outcome": "",
        "version": 1,
    }
    session.execute(db.insert(CallBack).values(row).on_conflict_do_nothing())


def _hung_up_on_the_way(call: Call) -> bool:
    """Whether an answered call ended in a line, or while an outside party rang."""
    if call.outcome is not Outcome.ANSWERED:
        return False
    turns = select(Waiting.reason).where(Waiting.call_id == call.id).order_by(Waiting.turn.desc())
    stints = select(Stint).where(Stint.call_id == call.id).order_by(Stint.id.desc())
    last = session.scalars(stints.limit(1)).one_or_none()
    rang = last is not None and parting.handed(last) and last.connected_at is None
    return rang or session.scalar(turns.limit(1)) == parting.HUNG_UP


def take(call_id: int, agent_id: int) -> CallBack:
    """Take a call-back for oneself. Raises Conflict when a colleague has it."""
    row = session.get(CallBack, call_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条回拨")
    if row.state in (CallBackState.DONE, CallBackState.GIVEN_UP):
        raise Conflict("这条回拨已经办结")
    if row.state is CallBackState.TAKEN and row.owner_id != agent_id:
        raise Conflict("已由同事领取")
    row.state, row.owner_id = CallBackState.TAKEN, agent_id
    session.flush()
    return row


def dial(call_id: int, agent_id: int) -> None:
    """呼叫: the agent takes the call-back and is away from the lines while their telephone rings the caller."""
    take(call_id, agent_id)
    if not numbers.dialled(session.get_one(Call, call_id).caller):
        raise Conflict("这个号码不能外呼")
    presence.choose(agent_id, AgentState.BREAK, OUTBOUND)
    audit.record("call_back.dial", f"call:{call_id}")


def dialled(call_id: int, agent_id: int) -> str:
    """The number an agent's telephone may ring now; empty without a call-back of theirs, or in any other state."""
    mine = CallBack.call_id == call_id, CallBack.owner_id == agent_id, CallBack.state == CallBackState.TAKEN
    taken = session.scalar(select(CallBack.call_id).where(*mine))
    agent = presence.present(agent_id)
    if taken is None or (agent.state, agent.reason) != (AgentState.BREAK, OUTBOUND):
        return ""
    return numbers.dialled(session.get_one(Call, call_id).caller)


def attempt(call_id: int, agent_id: int, result: str, note: str = "") -> CallBack:
    """Note one attempt; reaching the caller, a dead number or the third failure ends the call-back."""
    if result not in RESULTS:
        raise Invalid("请选择回拨结果", fields={"result": ["必填"]})
    row = take(call_id, agent_id)
    row.attempts += 1
    session.add(CallBackAttempt(call_id=call_id, at=clock.now(), by_id=agent_id, result=result, note=note))
    if result in ("reached", "not_needed"):
        row.state = CallBackState.DONE
    elif result == "wrong" or row.attempts >= ATTEMPTS_BEFORE_GIVING_UP:
        row.state = CallBackState.GIVEN_UP
    if row.state is not CallBackState.TAKEN:
        row.outcome, row.done_at = result, clock.now()
    session.flush()
    audit.record("call_back.attempt", f"call:{call_id}", result=result)
    return row


def open_list(limit: int = 200) -> list[tuple[CallBack, Call]]:
    """What is still to be done, most urgent first."""
    statement = (
        select(CallBack, Call)
        .join(Call, Call.id == CallBack.call_id)
        .where(CallBack.state.in_([CallBackState.OPEN, CallBackState.TAKEN]))
        .order_by(CallBack.due_at, CallBack.call_id)
        .limit(limit)
    )
    return [(row.CallBack, row.Call) for row in session.execute(statement)]
