"""Working off the call-backs: taken by one person at a time, dialled, every attempt noted, given back, found again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update

from hotline import audit, clock
from hotline.calls import numbers
from hotline.calls.models import Call
from hotline.db import changed, session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.people.models import Account, AccountRole, Role
from hotline.queues import callbacks, presence, waiting
from hotline.queues.callback_turns import ATTEMPTS_APART
from hotline.queues.models import AgentState, Offer, OfferOutcome, Presence
from hotline.queues.records import CallBack, CallBackAttempt, CallBackCall, CallBackState

ATTEMPTS_BEFORE_GIVING_UP = 3
KEPT_FOR = timedelta(hours=2)
"""So long a call-back stays with its owner without an attempt."""

OUTBOUND = "outbound"
"""The break of an agent who calls back."""

RESULTS: dict[str, str] = {
    "reached": "已接通",
    "no_answer": "无人接听",
    "refused": "拒接",
    "wrong": "空号停机",
    "not_needed": "已自行再次来电",
}
OUTCOME_LABEL: dict[str, str] = {**RESULTS, callbacks.SERVED: "再次来电时已接通", "merged": "并入同一来电人的回拨"}
PAGE = 50
VIEWS: dict[str, str] = {"open": "待回拨", "mine": "我领取的", "done": "已办结", "given_up": "未接通结束"}


def locked(call_id: int) -> CallBack:
    """An open call-back, locked. Raises NotFound, and Conflict for one that is over."""
    row = session.get(CallBack, call_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("没有这条回拨")
    if row.state not in callbacks.OPEN:
        raise Conflict("这条回拨已经办结")
    return row


def take(call_id: int, agent_id: int) -> CallBack:
    """Take a call-back for oneself. Raises Conflict when a colleague has it."""
    row = locked(call_id)
    if row.state is CallBackState.TAKEN and row.owner_id != agent_id:
        raise Conflict("已由同事领取")
    if row.state is CallBackState.OPEN:
        own(row, agent_id)
    return row


def own(row: CallBack, agent_id: int, but: int | None = None) -> None:
    """From now on the locked call-back is this person's; it rings nowhere any more (`but`: the offer accepted)."""
    row.state, row.owner_id, row.taken_at = CallBackState.TAKEN, agent_id, clock.now()
    session.flush()
    callbacks.revoke(row.call_id, but)


def of_offer(offer_id: int, agent_id: int) -> int | None:
    """The call-back that an offer to this agent is for; None for an offer of a caller who waits."""
    return session.scalar(select(Offer.call_back_id).where(Offer.id == offer_id, Offer.agent_id == agent_id))


def claim(offer_id: int, agent_id: int) -> CallBack:
    """接办: the offered call-back is this agent's, who is away from the lines until ready again by hand.

    Raises Conflict when it is no longer to be had.
    """
    call_back_id = of_offer(offer_id, agent_id)
    if call_back_id is None:
        raise NotFound("没有这条回拨")
    row = locked(call_back_id)
    accepted = row.state is CallBackState.OPEN and changed(
        update(Offer)
        .where(Offer.id == offer_id, Offer.outcome == OfferOutcome.OPEN)
        .values(outcome=OfferOutcome.ACCEPTED, ended_at=clock.now())
    )
    if not accepted:
        raise Conflict("已由同事领取" if row.owner_id else "振铃已超时，这条回拨已转给其他坐席")
    own(row, agent_id, but=offer_id)
    agent = presence.present(agent_id)
    agent.missed = 0
    presence.move(agent, AgentState.BREAK, OUTBOUND)
    return row


def give_back(call_id: int, who: int, *, supervisor: bool = False) -> None:
    """退回: anybody may take it again."""
    row = locked(call_id)
    if row.state is not CallBackState.TAKEN:
        raise Conflict("这条回拨还没有人领取")
    if row.owner_id != who and not supervisor:
        raise Refused("只能退回自己领取的回拨")
    audit.record("call_back.give_back", f"call:{call_id}", owner=row.owner_id)
    row.state, row.owner_id, row.taken_at = CallBackState.OPEN, None, None
    session.flush()


def assign(call_id: int, to: int) -> None:
    """改派: a supervisor gives it to somebody of the desk."""
    desk = AccountRole.role.in_([Role.AGENT, Role.SUPERVISOR])
    people = select(Account.id).join(AccountRole, AccountRole.account_id == Account.id).where(desk)
    if session.scalar(people.where(Account.id == to, Account.disabled_at.is_(None)).limit(1)) is None:
        raise Invalid("没有这位坐席", fields={"agent": ["请选择坐席"]})
    row = locked(call_id)
    audit.record("call_back.assign", f"call:{call_id}", owner=row.owner_id, to=to)
    own(row, to)


def free_left(at: datetime) -> int:
    """Give back what its owner went off duty with untouched, or has not tried for long; how many."""
    tried = select(CallBackAttempt.id).where(CallBackAttempt.call_id == CallBack.call_id)
    gone = select(Presence.agent_id).where(
        Presence.agent_id == CallBack.owner_id,
        Presence.state == AgentState.OFFLINE,
        Presence.since > CallBack.taken_at,
    )
    untouched = gone.exists() & ~tried.where(CallBackAttempt.at >= CallBack.taken_at).exists()
    forgotten = (CallBack.taken_at < at - KEPT_FOR) & ~tried.where(CallBackAttempt.at >= at - KEPT_FOR).exists()
    freed = session.execute(
        update(CallBack)
        .where(CallBack.state == CallBackState.TAKEN, or_(untouched, forgotten))
        .values(state=CallBackState.OPEN, owner_id=None, taken_at=None, version=CallBack.version + 1)
        .returning(CallBack.call_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    rows = list(freed)
    for call_id in rows:
        audit.record("call_back.give_back", f"call:{call_id}", freed=True)
    return len(rows)


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
    """Note one attempt; reaching the caller, a dead number or the third failure that counts ends the call-back."""
    if result not in RESULTS:
        raise Invalid("请选择回拨结果", fields={"result": ["必填"]})
    row, at = take(call_id, agent_id), clock.now()
    counted = select(func.max(CallBackAttempt.at)).where(CallBackAttempt.call_id == call_id, CallBackAttempt.counts)
    last = session.scalar(counted)
    counts = result not in ("no_answer", "refused") or last is None or at - last >= ATTEMPTS_APART
    row.attempts += counts
    noted = CallBackAttempt(call_id=call_id, at=at, by_id=agent_id, result=result, note=note, counts=counts)
    session.add(noted)
    session.flush()
    if result in ("reached", "not_needed"):
        callbacks.close(row, CallBackState.DONE, result)
    elif result == "wrong" or row.attempts >= ATTEMPTS_BEFORE_GIVING_UP:
        callbacks.close(row, CallBackState.GIVEN_UP, result)
    audit.record("call_back.attempt", f"call:{call_id}", result=result)
    waiting.want_dispatch()
    return row


@dataclass(frozen=True)
class Shown:
    """A call-back with the call that opened it, how many calls it stands for, the last one's time, the attempts."""

    row: CallBack
    call: Call
    calls: int
    last_at: datetime
    attempts: list[CallBackAttempt]


def listing(view: str, agent_id: int, page: int = 0) -> tuple[list[Shown], int]:
    """One page of a view, and how many there are in all: what is open the most urgent first, the rest newest first."""
    of_view: dict[str, ColumnElement[bool]] = {
        "open": CallBack.state.in_(callbacks.OPEN),
        "mine": (CallBack.state == CallBackState.TAKEN) & (CallBack.owner_id == agent_id),
        "done": CallBack.state == CallBackState.DONE,
        "given_up": CallBack.state == CallBackState.GIVEN_UP,
    }
    wanted = of_view[view]
    total = session.scalar(select(func.count()).where(wanted)) or 0
    over = view in ("done", "given_up")
    order = (CallBack.done_at.desc(), CallBack.call_id.desc()) if over else (CallBack.due_at, CallBack.call_id)
    found = select(CallBack, Call).join(Call, Call.id == CallBack.call_id).where(wanted)
    rows = session.execute(found.order_by(*order).offset(page * PAGE).limit(PAGE)).all()
    return _shown([(row.CallBack, row.Call) for row in rows]), total


def of_call(call_id: int) -> Shown | None:
    """The call-back that stands for a call."""
    statement = (
        select(CallBack, Call)
        .join(Call, Call.id == CallBack.call_id)
        .join(CallBackCall, CallBackCall.of_id == CallBack.call_id)
        .where(CallBackCall.call_id == call_id)
    )
    row = session.execute(statement).one_or_none()
    return _shown([(row.CallBack, row.Call)])[0] if row else None


def _shown(rows: list[tuple[CallBack, Call]]) -> list[Shown]:
    ids = [row.call_id for row, _ in rows]
    calls = {
        of_id: (count, last)
        for of_id, count, last in session.execute(
            select(CallBackCall.of_id, func.count(), func.max(Call.offered_at))
            .join(Call, Call.id == CallBackCall.call_id)
            .where(CallBackCall.of_id.in_(ids))
            .group_by(CallBackCall.of_id)
        )
    }
    tried: dict[int, list[CallBackAttempt]] = {}
    attempts = select(CallBackAttempt).where(CallBackAttempt.call_id.in_(ids)).order_by(CallBackAttempt.id)
    for each in session.scalars(attempts):
        tried.setdefault(each.call_id, []).append(each)
    return [
        Shown(row, call, *calls.get(row.call_id, (1, call.offered_at)), tried.get(row.call_id, []))
        for row, call in rows
    ]


def may_hear(call_id: int, agent_id: int) -> bool:
    """Whether this agent may hear the message of a call: anybody while its call-back is open, its owner always."""
    row = session.scalar(
        select(CallBack)
        .join(CallBackCall, CallBackCall.of_id == CallBack.call_id)
        .where(CallBackCall.call_id == call_id)
    )
    return row is not None and (row.state is CallBackState.OPEN or row.owner_id == agent_id)
