"""漏接回拨: everybody who asked for a person and did not get one is called back, in the order they came.

One call-back is open per caller and line; a later call of the same caller joins it, an answered one closes it.
Deadlines: a caller who asked to be called back, half an hour; anybody else 24 hours
(国办函〔2025〕66号 asks for the call-back; the hours are the house's own default).
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, update

from hotline import clock, db
from hotline.calls.models import Call, CallEvent, EventKind, Outcome
from hotline.db import session
from hotline.queues import parting, presence, waiting
from hotline.queues.models import Offer, OfferOutcome, Stint, Waiting
from hotline.queues.records import CallBack, CallBackCall, CallBackSource, CallBackState

DUE_AFTER: dict[CallBackSource, timedelta] = {
    CallBackSource.ASKED: timedelta(minutes=30),
    CallBackSource.ABANDONED: timedelta(hours=24),
    CallBackSource.VOICEMAIL: timedelta(hours=24),
    CallBackSource.CLOSED: timedelta(hours=24),
    CallBackSource.MISSED: timedelta(hours=24),
}
CRISIS_DUE_AFTER = timedelta(minutes=5)
SOURCE_LABEL: dict[CallBackSource, str] = {
    CallBackSource.ABANDONED: "排队放弃",
    CallBackSource.ASKED: "预约回拨",
    CallBackSource.VOICEMAIL: "语音留言",
    CallBackSource.CLOSED: "非服务时间来电",
    CallBackSource.MISSED: "线路故障漏接",
}
_TELLING = [
    CallBackSource.VOICEMAIL,
    CallBackSource.ASKED,
    CallBackSource.ABANDONED,
    CallBackSource.MISSED,
    CallBackSource.CLOSED,
]
"""Of several calls for which one call-back stands, the one that asks most names its source."""

_SOURCE_OF = {
    Outcome.ABANDONED: CallBackSource.ABANDONED,
    Outcome.CALLBACK: CallBackSource.ASKED,
    Outcome.VOICEMAIL: CallBackSource.VOICEMAIL,
    Outcome.CLOSED_HOURS: CallBackSource.CLOSED,
    Outcome.FAILED: CallBackSource.MISSED,
}
OPEN = (CallBackState.OPEN, CallBackState.TAKEN)
SERVED = "served"
"""The outcome of a call-back whose caller was answered when he rang again."""


def after_end(call: Call) -> None:
    """Open the call-back an ended call needs, or close those whose caller was answered in it.

    Who was answered and then hung up on the way to somebody else has been abandoned too.
    """
    if call.outcome is Outcome.ANSWERED and not _hung_up_on_the_way(call):
        _served(call)
        return
    source = CallBackSource.ABANDONED if call.outcome is Outcome.ANSWERED else _SOURCE_OF.get(call.outcome)
    if source is not None:
        want(call, source)


def want(call: Call, source: CallBackSource, line: str = "") -> None:
    """Note that a caller is to be called back; the call is locked. Without a number, only for a message to be heard."""
    if call.caller_hash is None and source is not CallBackSource.VOICEMAIL:
        return
    known = session.get(CallBackCall, call.id)
    if known is not None:
        _join(session.get_one(CallBack, known.of_id, with_for_update=True), call, source)
        return
    row = _opened(call, source, call.queue or line or _closed_line(call.id))
    session.add(CallBackCall(call_id=call.id, of_id=row.call_id))
    session.flush()


def _opened(call: Call, source: CallBackSource, line: str) -> CallBack:
    """The open row of this caller and line, joined; a new one where there is none."""
    served = _answered_since(call, line)
    values = {
        "call_id": call.id,
        "source": source,
        "state": CallBackState.DONE if served else CallBackState.OPEN,
        "line": line,
        "caller_hash": call.caller_hash,
        "asked_at": call.queued_at or call.offered_at,
        "due_at": _due(source, line),
        "attempts": 0,
        "outcome": SERVED if served else "",
        "done_at": clock.now() if served else None,
        "version": 1,
    }
    mine = CallBack.caller_hash == call.caller_hash, CallBack.line == line, CallBack.state.in_(OPEN)
    while True:
        made = session.execute(db.insert(CallBack).values(values).on_conflict_do_nothing().returning(CallBack.call_id))
        if made.scalar_one_or_none() is not None:
            waiting.want_dispatch()
            return session.get_one(CallBack, call.id)
        there = CallBack.call_id == call.id if call.caller_hash is None else and_(*mine)
        row = session.scalars(select(CallBack).where(there).with_for_update()).one_or_none()
        if row is not None:
            _join(row, call, source)
            return row


def _join(row: CallBack, call: Call, source: CallBackSource) -> None:
    """One more call of the same caller: the more telling source, the earlier deadline."""
    if row.state not in OPEN or _TELLING.index(source) >= _TELLING.index(row.source):
        return
    row.source, row.due_at = source, min(row.due_at, _due(source, row.line))
    if source is CallBackSource.ASKED:
        row.asked_at = call.queued_at or call.offered_at
        waiting.want_dispatch()
    session.flush()


def _due(source: CallBackSource, line: str) -> datetime:
    return clock.now() + (CRISIS_DUE_AFTER if line in _crisis_lines() else DUE_AFTER[source])


def _crisis_lines() -> frozenset[str]:
    return frozenset(line.code for line in waiting.lines().values() if line.crisis)


def _closed_line(call_id: int) -> str:
    """The line that was closed, for a caller who came into none."""
    passed = select(CallEvent.data).where(CallEvent.call_id == call_id, CallEvent.kind == EventKind.CLOSED_HOURS)
    told = session.scalar(passed.order_by(CallEvent.occurred_at.desc(), CallEvent.id.desc()).limit(1))
    return str(told.get("line", "")) if told else ""


def _hung_up_on_the_way(call: Call) -> bool:
    """Whether an answered call ended in a line, or while an outside party rang."""
    turns = select(Waiting.reason).where(Waiting.call_id == call.id).order_by(Waiting.turn.desc())
    stints = select(Stint).where(Stint.call_id == call.id).order_by(Stint.id.desc())
    last = session.scalars(stints.limit(1)).one_or_none()
    rang = last is not None and parting.handed(last) and last.connected_at is None
    return rang or session.scalar(turns.limit(1)) == parting.HUNG_UP


def _answered_since(call: Call, line: str) -> bool:
    """Whether the same caller has been answered after this call, whose end is told late."""
    if call.caller_hash is None:
        return False
    answered = select(Call.id).where(
        Call.caller_hash == call.caller_hash,
        Call.id != call.id,
        Call.outcome == Outcome.ANSWERED,
        Call.connected_at >= call.offered_at,
    )
    if line in _crisis_lines():
        answered = answered.where(Call.queue.in_(_crisis_lines()))
    return session.scalar(answered.limit(1)) is not None


def _served(call: Call) -> None:
    """Close what is open for a caller who has now been answered; what a crisis left open, only by its own line.

    An end may be told late: a call-back of a call that came after this one stays open.
    """
    if call.caller_hash is None:
        return
    theirs = select(CallBack).where(CallBack.caller_hash == call.caller_hash, CallBack.state.in_(OPEN))
    for row in session.scalars(theirs.order_by(CallBack.call_id).with_for_update()).all():
        crisis = row.line in _crisis_lines() and call.queue not in _crisis_lines()
        if not crisis and call.connected_at is not None and _last_call_at(row.call_id) <= call.connected_at:
            close(row, CallBackState.DONE, SERVED)


def _last_call_at(call_back_id: int) -> datetime:
    calls = select(func.max(Call.offered_at)).join(CallBackCall, CallBackCall.call_id == Call.id)
    last: datetime = session.execute(calls.where(CallBackCall.of_id == call_back_id)).scalar_one()
    return last


def close(row: CallBack, state: CallBackState, outcome: str) -> None:
    """End a locked call-back; where it rings just now, it rings no longer."""
    row.state, row.outcome, row.done_at = state, outcome, clock.now()
    session.flush()
    revoke(row.call_id)


def revoke(call_back_id: int, but: int | None = None) -> None:
    """Take back the open offers of a call-back, except `but`; the agents are ready again."""
    ringing = Offer.call_back_id == call_back_id, Offer.outcome == OfferOutcome.OPEN, Offer.id != (but or 0)
    gone = update(Offer).where(*ringing).values(outcome=OfferOutcome.REVOKED, ended_at=clock.now())
    for agent_id in sorted(session.scalars(gone.returning(Offer.agent_id)).all()):
        presence.after_revoked_offer(agent_id)
