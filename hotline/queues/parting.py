"""Somebody leaves a conversation: who stays with the caller, and where the caller goes when nobody does.

An agent who leaves without finishing has been lost: the caller goes back to the top of the line and is told why.
Whoever stays has the caller; a caller on hold is fetched back by the house, for nobody else is left who could.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Call, CallState, EventKind
from hotline.db import session
from hotline.errors import Conflict
from hotline.queues import conversation, presence, waiting
from hotline.queues.acts import Act, HangUp, Redirect, SetHold
from hotline.queues.conversation import PEOPLE
from hotline.queues.models import AgentState, Part, Stint, StintState, Waiting, WaitState
from hotline.telephony.notices import LegStatus

TOP = timedelta(days=1)
"""How far back a lost caller's place is set, so that nobody in the line is before it."""

COMPANY = (*PEOPLE, Part.OUTSIDE)
"""Who talks with a caller; supervisors only listen to them."""

HUNG_UP = "hung_up"
"""Why a turn is over whose caller has gone."""

WITHDRAWN = "withdrawn"
"""Why a turn is over in which nobody is looked for any more."""

CAUSE: dict[LegStatus, str] = {
    LegStatus.COMPLETED: "left",
    LegStatus.BUSY: "busy",
    LegStatus.NO_ANSWER: "no_answer",
    LegStatus.CANCELED: WITHDRAWN,
    LegStatus.FAILED: "failed",
}
"""Why nobody came, by how the leg ended that was to fetch them."""

OPEN = (WaitState.WAITING, WaitState.CLAIMED)


def company(stint: Stint, *states: StintState) -> list[Stint]:
    """The others in the room of a stint who talk with the caller, or are on their way; the house's own first."""
    others = select(Stint).where(Stint.room == stint.room, Stint.id != stint.id, Stint.part.in_(COMPANY))
    found = session.scalars(others.where(Stint.state.in_(states)).order_by(Stint.id))
    return sorted(found, key=lambda other: other.part is Part.OUTSIDE)


def asked_in(call_id: int) -> Waiting | None:
    """The turn by which a colleague of some line is being looked for, while an agent keeps the caller."""
    turns = select(Waiting).where(Waiting.call_id == call_id, Waiting.state.in_(OPEN)).order_by(Waiting.turn.desc())
    return session.scalars(turns.limit(1)).one_or_none()


def finish(agent_id: int) -> list[Act]:
    """完成: the agent ends the conversation properly. The caller goes on to the farewell when no colleague stays."""
    stint = conversation.talking(agent_id)
    if any(other.part in PEOPLE for other in company(stint, StintState.TALKING)):
        return hand_over(stint)
    conversation.end(stint, finished=True)
    call = session.get_one(Call, stint.call_id)
    farewell = Redirect(call.provider_ref, f"/phone/farewell?stint={stint.id}")
    return [farewell, *dismiss(stint), *hang_up(stint)]


def hand_over(stint: Stint) -> list[Act]:
    """离开: the caller stays with the others, whoever of them leads."""
    others = company(stint, StintState.TALKING)
    if not others:
        raise Conflict("还没有其他人在通话中，不能离开")
    if conversation.principal(stint.call_id) is stint:
        tell(stint.call_id, f"transferred:{stint.id}", "handed", stint=others[0].id, by=stint.id)
    conversation.end(stint, finished=True)
    return _stays(stint, others[0]) + hang_up(stint)


def lost(stint: Stint) -> list[Act]:
    """A leg has left its room without 完成: of an agent, of an outside party, or of somebody who only listened."""
    if stint.state is StintState.ENDED:
        return []
    if stint.part not in PEOPLE:
        return out(stint, "left")
    conversation.end(stint)
    return _without(stint)


def out(stint: Stint, cause: str) -> list[Act]:
    """The part of somebody who was asked in is over; `cause` tells why they never came, if they never did."""
    if stint.state is StintState.ENDED:
        return []
    _end(stint, cause)
    return _without(stint) if stint.part in COMPANY and not handed(stint) else []


def _end(stint: Stint, cause: str) -> None:
    """End a stint and tell of it what its agent's own events do not."""
    conversation.end(stint, finished=True)
    if stint.connected_at is None and stint.part in (Part.CONSULTED, Part.OUTSIDE):
        tell(stint.call_id, f"unreached:{stint.id}", "unreached", stint=stint.id, cause=cause)
    elif stint.part is Part.OUTSIDE:
        tell(stint.call_id, f"left:{stint.id}", "left", stint=stint.id)


def reached(stint: Stint) -> None:
    """An outside party has answered."""
    if stint.connected_at is None and stint.state is not StintState.ENDED:
        conversation.joined(stint)
        tell(stint.call_id, f"joined:{stint.id}", "joined", stint=stint.id)


def handed(stint: Stint) -> bool:
    """Whether a caller was given to an outside party at once: the provider joins the two, no room of ours does."""
    return stint.part is Part.OUTSIDE and stint.room.endswith(f"-{stint.id}")


def tell(call_id: int, key: str, step: str, **more: Any) -> None:
    """What the call's history says of a transfer; `course.py` has the words."""
    intake.append(call_id, EventKind.TRANSFERRED, key, step=step, **more)


def _without(gone: Stint) -> list[Act]:
    """What becomes of the caller now that somebody has left."""
    call = session.get_one(Call, gone.call_id, populate_existing=True)
    if call.state is CallState.ENDED:
        return []
    others = company(gone, StintState.TALKING)
    if others:
        return _stays(gone, others[0])
    if gone.part is Part.OUTSIDE and gone.connected_at and _left_properly(gone):
        return [Redirect(call.provider_ref, f"/phone/farewell?stint={gone.id}")]
    return again(call, gone)


def _left_properly(gone: Stint) -> bool:
    """Whether the last colleague in this room had finished with the caller."""
    people = Stint.room == gone.room, Stint.part.in_(PEOPLE), Stint.connected_at.is_not(None)
    return bool(session.scalar(select(Stint.finished).where(*people).order_by(Stint.ended_at.desc()).limit(1)))


def _stays(gone: Stint, keeper: Stint) -> list[Act]:
    """`keeper` has the caller now, who is on hold no longer; unless the keeper holds and still waits for others."""
    if keeper.part in PEOPLE and keeper.turn > gone.turn:
        _now_of_the_line(keeper)
    if gone.held:
        return release(gone)
    still = company(keeper, StintState.TALKING, StintState.CONNECTING) or asked_in(keeper.call_id)
    return [] if still else release(keeper)


def _now_of_the_line(keeper: Stint) -> None:
    """A colleague of the line that was asked in has the caller: the call belongs to that line from now on."""
    turn = Waiting.call_id == keeper.call_id, Waiting.turn == keeper.turn
    line = session.execute(select(Waiting.line).where(*turn)).scalar_one()
    intake.append(keeper.call_id, EventKind.QUEUED, f"queued:{keeper.turn}", queue=line, turn=keeper.turn)


def release(stint: Stint) -> list[Act]:
    """Fetch the caller back from the hold of this stint, once."""
    if not stint.held:
        return []
    stint.held = False
    session.flush()
    n = stint.holds
    intake.append(stint.call_id, EventKind.RESUMED, f"resumed:{stint.id}:{n}", stint=stint.id, n=n)
    if stint.agent_id is not None and stint.state is StintState.TALKING:
        presence.move(presence.present(stint.agent_id), AgentState.TALKING)
    call = session.get_one(Call, stint.call_id)
    return [SetHold(stint.room_ref or stint.room, call.provider_ref, False)]


def again(call: Call, gone: Stint) -> list[Act]:
    """Back to the top of the line that `gone` served; the caller hears why."""
    turn, acts = requeue(call, gone)
    if turn is None:
        return [Redirect(call.provider_ref, "/phone/farewell"), *acts]
    why = "" if gone.part in PEOPLE or gone.connected_at else "&why=unreached"
    return [Redirect(call.provider_ref, f"/phone/again?turn={turn.turn}{why}"), *acts]


def requeue(call: Call, gone: Stint) -> tuple[Waiting | None, list[Act]]:
    """A turn at the top of the line that `gone` served, for whom its last agent is asked first; none if there is no
    such line. Whoever was still on the way is let go."""
    acts = dismiss(gone)
    mine = Waiting.call_id == call.id, Waiting.turn == gone.turn
    served = session.execute(select(Waiting.line, Waiting.queued_at).where(*mine)).one_or_none()
    if served is None:
        return None, acts
    people = Stint.call_id == call.id, Stint.part.in_(PEOPLE), Stint.connected_at.is_not(None)
    last = session.scalar(select(Stint.agent_id).where(*people).order_by(Stint.id.desc()).limit(1))
    return waiting.enter(call.id, served.line, ranked_at=served.queued_at - TOP, preferred_agent=last), acts


def dismiss(stint: Stint) -> list[Act]:
    """End everybody else's part in the room of a stint, and the search for anybody more."""
    withdraw(stint.call_id)
    rest = select(Stint).where(Stint.room == stint.room, Stint.state != StintState.ENDED, Stint.id != stint.id)
    acts: list[Act] = []
    for other in session.scalars(rest.order_by(Stint.id)).all():
        _end(other, WITHDRAWN)
        acts += hang_up(other)
    return acts


def withdraw(call_id: int) -> None:
    """Nobody of the line that was asked in is wanted any more."""
    turn = asked_in(call_id)
    if turn is None:
        return
    waiting.leave(call_id, turn.turn, WITHDRAWN)
    _unclaim(call_id, WITHDRAWN)


def _unclaim(call_id: int, reason: str) -> None:
    session.execute(
        update(Waiting)
        .where(Waiting.call_id == call_id, Waiting.state == WaitState.CLAIMED)
        .values(state=WaitState.LEFT, left_at=clock.now(), reason=reason)
    )


def caller_gone(call_id: int) -> list[Act]:
    """The caller has hung up, wherever they were: free the line, the offers and everybody in the room."""
    waits = select(Waiting.turn).where(Waiting.call_id == call_id, Waiting.state == WaitState.WAITING)
    for turn in session.scalars(waits).all():
        waiting.leave(call_id, turn, HUNG_UP)
    _unclaim(call_id, HUNG_UP)
    acts: list[Act] = []
    for stint in session.scalars(select(Stint).where(Stint.call_id == call_id, Stint.state != StintState.ENDED)).all():
        _end(stint, HUNG_UP)
        acts += hang_up(stint)
    return acts


def hang_up(stint: Stint) -> list[Act]:
    """End the leg of a stint, as far as one is known."""
    return [HangUp(stint.leg_ref)] if stint.leg_ref else []
