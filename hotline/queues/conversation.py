"""From the claim to the farewell: who talks with the caller, in which room, and what happens when one of them goes.

A *stint* is one person's time in one conversation. The agent dials in, so that nobody's telephone rings
unheard; the caller is fetched from the waiting room by a redirect. An agent who leaves without finishing
has been lost: the caller is told so and goes back to the top of the line.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from hotline import clock, live
from hotline.calls import intake
from hotline.calls.models import Call, CallState, EventKind
from hotline.db import changed, session
from hotline.errors import Conflict, NotFound
from hotline.people.models import Account
from hotline.queues import presence, waiting
from hotline.queues.acts import Act, Redirect
from hotline.queues.models import (
    AgentState,
    Offer,
    OfferOutcome,
    Part,
    Stint,
    StintState,
    Waiting,
    WaitState,
)

PEOPLE = (Part.AGENT, Part.CONSULTED)
"""Those of the house who talk with callers."""


def claim(offer_id: int, agent_id: int) -> Stint:
    """接听: take the offered call. One wins by a guarded update; the others are told who. Raises Conflict."""
    offered = session.execute(
        select(Waiting.id, Waiting.turn, Waiting.call_id)
        .join(Offer, Offer.waiting_id == Waiting.id)
        .where(Offer.id == offer_id, Offer.agent_id == agent_id)
    ).one_or_none()
    if offered is None:
        raise NotFound("没有这个来电")
    intake.lock_call(offered.call_id)
    at = clock.now()
    won = changed(
        update(Waiting)
        .where(Waiting.id == offered.id, Waiting.state == WaitState.WAITING)
        .values(state=WaitState.CLAIMED, claimed_by=agent_id)
    )
    accepted = won and changed(
        update(Offer)
        .where(Offer.id == offer_id, Offer.outcome == OfferOutcome.OPEN)
        .values(outcome=OfferOutcome.ACCEPTED, ended_at=at)
    )
    if not accepted:
        raise _too_late(offered.id)
    waiting.revoke(offered.id)
    stint = _claimed(offered.call_id, offered.turn, agent_id)
    agent = presence.present(agent_id)
    agent.missed = 0
    presence.move(agent, AgentState.TALKING, at=at)
    return stint


def _claimed(call_id: int, turn: int, agent_id: int) -> Stint:
    """A conversation of one's own; beside the colleague who keeps the caller, when it is a line that was asked in."""
    keeps = principal(call_id)
    if keeps is None:
        return open_stint(call_id, turn, agent_id, Part.AGENT, room=None)
    return open_stint(call_id, turn, agent_id, Part.CONSULTED, keeps.room)


def _too_late(waiting_id: int) -> Conflict:
    row = session.execute(
        select(Waiting.state, Account.name)
        .join(Account, Account.id == Waiting.claimed_by, isouter=True)
        .where(Waiting.id == waiting_id)
    ).one()
    if row.state is WaitState.LEFT:
        return Conflict("来电人已挂机")
    if row.name:
        return Conflict(f"已由{row.name}接听", winner=row.name)
    return Conflict("振铃已超时，来电已转给其他坐席")


def open_stint(call_id: int, turn: int, agent_id: int | None, part: Part, room: str | None) -> Stint:
    """A person's part in a conversation begins; a room of its own where none is given."""
    stint = Stint(
        call_id=call_id,
        turn=turn,
        agent_id=agent_id,
        part=part,
        state=StintState.CONNECTING,
        room=room or "",
        claimed_at=clock.now(),
    )
    stint.unrecorded = room is not None and _unrecorded(room)
    session.add(stint)
    session.flush()
    if room is None:
        ref = session.execute(select(Call.ref).where(Call.id == call_id)).scalar_one()
        stint.room = f"c-{ref}-{stint.id}"
        session.flush()
    touch_room(stint)
    return stint


def _unrecorded(room: str) -> bool:
    """Whether the recording of a room is paused."""
    present = select(Stint.id).where(Stint.room == room, Stint.state != StintState.ENDED, Stint.unrecorded)
    return session.scalar(present.limit(1)) is not None


def principal(call_id: int) -> Stint | None:
    """The stint that holds the conversation now: the earliest one that is talking."""
    statement = (
        select(Stint)
        .where(
            Stint.call_id == call_id,
            Stint.state == StintState.TALKING,
            Stint.part.in_(PEOPLE),
        )
        .order_by(Stint.id)
    )
    return session.scalars(statement.limit(1)).one_or_none()


def current(agent_id: int) -> Stint | None:
    """The conversation this person is in."""
    statement = select(Stint).where(Stint.agent_id == agent_id, Stint.state != StintState.ENDED)
    return session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def talked(call_id: int, agent_id: int) -> bool:
    """Whether this person has talked with the caller, first or last."""
    theirs = Stint.call_id == call_id, Stint.agent_id == agent_id, Stint.part.in_(PEOPLE)
    return session.scalar(select(Stint.id).where(*theirs, Stint.connected_at.is_not(None)).limit(1)) is not None


def by_id(stint_id: int) -> Stint | None:
    """A stint whose call is locked until the transaction ends."""
    _lock_call_of(Stint.id == stint_id)
    return session.get(Stint, stint_id, populate_existing=True)


def _lock_call_of(stint: ColumnElement[bool]) -> None:
    """Lock the call first, as everybody does who goes on to stints, lines or agents: no two wait for each other."""
    statement = select(Call.id).join(Stint, Stint.call_id == Call.id).where(stint)
    session.execute(statement.with_for_update(of=Call, key_share=True))


def leg_arrived(stint_id: int, agent_id: int, leg: str) -> tuple[Stint, list[Act]]:
    """The agent's telephone is in. Repeated requests of the same leg change nothing.

    The one who claimed fetches the caller; others only join the room.
    """
    stint = by_id(stint_id)
    if stint is None or stint.agent_id != agent_id or stint.state is StintState.ENDED:
        raise Conflict("来电已由同事接听或已挂机")
    if stint.leg_ref and stint.leg_ref != leg:
        raise Conflict("这通电话已在另一处接听")
    stint.leg_ref = leg
    if stint.part is not Part.AGENT:
        if stint.state is StintState.CONNECTING:
            joined(stint)
        return stint, []
    call = session.get_one(Call, stint.call_id)
    if call.state is CallState.ENDED:
        end(stint)
        raise Conflict("来电人已挂机")
    if stint.state is StintState.TALKING:
        return stint, []
    return stint, [Redirect(call.provider_ref, f"/phone/join?stint={stint.id}")]


def caller_joined(call_id: int, stint_id: int) -> Stint:
    """The caller has followed into the room: now the two are connected. Raises Conflict when nobody is there."""
    stint = by_id(stint_id)
    if stint is None or stint.call_id != call_id or stint.state is StintState.ENDED:
        raise Conflict("坐席已离开")
    if stint.state is StintState.CONNECTING:
        joined(stint)
    return stint


def joined(stint: Stint) -> None:
    """The person of a stint is in the room: from now on they talk."""
    at = clock.now()
    stint.state = StintState.TALKING
    stint.connected_at = at
    session.flush()
    touch_room(stint)
    if stint.part in PEOPLE:
        _tell(stint, EventKind.CONNECTED, f"connected:{stint.id}", at)
        session.execute(
            update(Waiting)
            .where(Waiting.call_id == stint.call_id, Waiting.turn == stint.turn, Waiting.state == WaitState.CLAIMED)
            .values(state=WaitState.CONNECTED, left_at=at)
        )


def touch_room(stint: Stint) -> None:
    """The pages of everybody in the room show who else is there."""
    people = select(Stint.agent_id).where(Stint.room == stint.room, Stint.state != StintState.ENDED)
    for agent_id in session.scalars(people):
        if agent_id is not None:
            live.touch(live.agent_topic(agent_id))


def _tell(stint: Stint, kind: EventKind, key: str, at: datetime, **more: bool) -> None:
    """What the call's history says of a stint."""
    stand = {"agent": stint.agent_id, "stint": stint.id, "turn": stint.turn}
    intake.append(stint.call_id, kind, key, at=at, **stand, **more)


def end(stint: Stint, *, finished: bool = False) -> None:
    """End a stint once; its agent goes to wrap-up, or back to ready when nobody was ever connected."""
    if stint.state is StintState.ENDED:
        return
    at = clock.now()
    talked = stint.connected_at is not None
    stint.state, stint.ended_at, stint.finished = StintState.ENDED, at, finished
    session.flush()
    touch_room(stint)
    if talked and stint.part in PEOPLE:
        _tell(stint, EventKind.AGENT_LEFT, f"agent-left:{stint.id}", at, finished=finished)
    if stint.agent_id is not None and stint.part in PEOPLE:
        agent = presence.present(stint.agent_id)
        if agent.state in presence.BUSY:
            presence.move(agent, AgentState.WRAP_UP if talked else AgentState.READY, at=at)


def talking(agent_id: int) -> Stint:
    """The conversation this person is in, its call locked until the transaction ends. Raises Conflict without one."""
    _lock_call_of((Stint.agent_id == agent_id) & (Stint.state != StintState.ENDED))
    stint = current(agent_id)
    if stint is None:
        raise Conflict("您现在没有通话")
    return stint


def wrapped(agent_id: int) -> None:
    """整理完毕: the agent has written everything down and is ready again."""
    last = session.execute(
        select(Stint.id, Stint.call_id)
        .where(Stint.agent_id == agent_id, Stint.state == StintState.ENDED)
        .order_by(Stint.id.desc())
        .limit(1)
    ).one_or_none()
    if last:
        intake.lock_call(last.call_id)
    agent = presence.present(agent_id)
    if agent.state is not AgentState.WRAP_UP:
        raise Conflict("您不在话后整理状态")
    if last:
        intake.append(last.call_id, EventKind.WRAPPED, f"wrapped:{last.id}", agent=agent_id, stint=last.id)
    presence.move(agent, AgentState.READY)
    waiting.want_dispatch()
