"""The state machine: which move leads from where to where, whose move it is, and which clocks it turns.

`make` is the only way a state changes. Every move leaves one line of history and tells the order's platform.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, NotFound, Refused
from hotline.workorders import deadlines, outgoing
from hotline.workorders.codes import AT_UNIT, ENDED, MOVE_LABEL, STATE_LABEL, Clock, Move, Party, State
from hotline.workorders.deadline_models import OrderClock
from hotline.workorders.models import Order, OrderMove


@dataclass(frozen=True)
class By:
    """Who moves: a person of the hotline or of a unit, a platform, or the house itself."""

    party: Party
    id: int | None = None
    name: str = "系统"
    unit_id: int | None = None


HOUSE = By(Party.SYSTEM)

H, U, P, S = Party.HOTLINE, Party.UNIT, Party.PLATFORM, Party.SYSTEM
LIVE = frozenset(State) - {State.ARCHIVED, State.VOID}


@dataclass(frozen=True)
class Transition:
    """From these states to that one, by these parties."""

    origins: frozenset[State]
    target: State
    parties: frozenset[Party]


class Said(TypedDict, total=False):
    """What a line of history says beside the move. `internal`: only to the hotline."""

    reason: str
    result: str
    internal: bool
    data: dict[str, Any]


def _t(origins: set[State] | frozenset[State], target: State, *parties: Party) -> Transition:
    return Transition(frozenset(origins), target, frozenset(parties))


TRANSITIONS: dict[Move, Transition] = {
    Move.REGISTER: _t({State.DRAFT}, State.REGISTERED, H, P, S),
    Move.REPLY_DIRECTLY: _t({State.REGISTERED}, State.REPLIED, H),
    Move.DISPATCH: _t({State.REGISTERED}, State.DISPATCHED, H),
    Move.SIGN: _t({State.DISPATCHED}, State.SIGNED, U),
    Move.RETURN: _t({State.DISPATCHED, State.SIGNED}, State.RETURNED, U),
    Move.REDISPATCH: _t({State.RETURNED}, State.DISPATCHED, H),
    Move.REJECT_RETURN: _t({State.RETURNED}, State.SIGNED, H),
    Move.START: _t({State.SIGNED}, State.PROCESSING, U),
    Move.ASK_EXTENSION: _t({State.PROCESSING}, State.EXTENSION_REQUESTED, U),
    Move.GRANT_EXTENSION: _t({State.EXTENSION_REQUESTED}, State.PROCESSING, H),
    Move.REFUSE_EXTENSION: _t({State.EXTENSION_REQUESTED}, State.PROCESSING, H),
    Move.SUSPEND: _t({State.PROCESSING}, State.SUSPENDED, H),
    Move.RESUME: _t({State.SUSPENDED}, State.PROCESSING, U, H),
    Move.REPLY: _t({State.PROCESSING}, State.REPLIED, U),
    Move.APPROVE: _t({State.REPLIED}, State.TO_REVISIT, H),
    Move.REWORK: _t({State.REPLIED, State.TO_REVISIT}, State.REWORK, H),
    Move.RESTART: _t({State.REWORK}, State.PROCESSING, H),
    Move.CLOSE: _t({State.TO_REVISIT}, State.CLOSED, H),
    Move.REOPEN: _t({State.CLOSED}, State.REWORK, H),
    Move.ARCHIVE: _t({State.CLOSED}, State.ARCHIVED, S),
    Move.VOID: _t({State.DRAFT, State.REGISTERED}, State.VOID, H),
    Move.MERGE: _t({State.REGISTERED}, State.MERGED, H),
    Move.UNMERGE: _t({State.MERGED}, State.REGISTERED, H, S),
    Move.WITHDRAW: _t(LIVE - {State.CLOSED}, State.VOID, P),
    Move.REINSTATE: _t({State.VOID}, State.REGISTERED, P, S),
    Move.HAND_OVER: _t(frozenset(State) - ENDED - {State.DRAFT}, State.VOID, H, P),
}
"""Exactly the permitted moves. Withdrawing and raising again belong to the origin of the demand alone: the call, or the
platform, which takes back nothing that was closed. Danger to life ends an order from wherever it is."""

OF_HOUSE: dict[Move, Transition] = {Move.WITHDRAW: _t(LIVE, State.VOID, S)}
"""A call corrected to be no complaint takes its order along also after its end: there never was one."""

WITH_MAIN: dict[Move, Transition] = {
    Move.CLOSE: _t({State.MERGED}, State.CLOSED, S),
    Move.REOPEN: _t({State.CLOSED}, State.MERGED, S),
}
"""What becomes of a bundled order with its main order: its own end, and its waiting for a new answer."""

BUNDLED = frozenset({State.MERGED, State.CLOSED, State.ARCHIVED})
"""States in which an order stays under its main order; any other move takes it out of the bundle."""

CLOCKS_OF: dict[State, tuple[Clock, ...]] = {
    State.REGISTERED: (Clock.DISPATCH,),
    State.DISPATCHED: (Clock.SIGN, Clock.RETURN),
    State.SIGNED: (Clock.RETURN,),
    State.RETURNED: (Clock.REVIEW,),
    State.EXTENSION_REQUESTED: (Clock.REVIEW,),
    State.SUSPENDED: (Clock.PROMISE,),
    State.REPLIED: (Clock.REVIEW,),
    State.TO_REVISIT: (Clock.REVISIT,),
    State.REWORK: (Clock.REVIEW,),
}
"""The clocks that run while an order is in a state; the clock of the answer runs across them."""

STATE_CLOCKS = frozenset(which for clocks in CLOCKS_OF.values() for which in clocks)
ANSWERED_BY = frozenset({Move.REPLY, Move.REPLY_DIRECTLY})
ANSWER_WANTED_BY = frozenset(
    {Move.REGISTER, Move.REINSTATE, Move.GRANT_EXTENSION, Move.RESUME, Move.REWORK, Move.REOPEN}
)
"""Moves after which the clock of the answer starts afresh."""
ENDED_BY = frozenset({Move.VOID, Move.WITHDRAW, Move.HAND_OVER})


def owner(order: Order) -> Party:
    """Who has to take the next step. A bundled order is looked after with its main order."""
    if order.state is State.MERGED:
        return owner(session.get_one(Order, order.parent_id))
    return Party.UNIT if order.state in AT_UNIT else Party.HOTLINE


def locked(order_id: int, *, version: int | None = None) -> Order:
    """The order, held for changing until the transaction ends. `version`: as it was when the person looked."""
    order = session.scalar(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    if order is None:
        raise NotFound("没有这张工单")
    if version is not None and version != order.version:
        raise Conflict("工单已被他人更新，请刷新后再操作", state=order.state.value)
    return order


def permitted(order: Order, by: By) -> list[Move]:
    """The moves open to this party now."""
    return [
        move
        for move in TRANSITIONS
        if (transition := _transition(order, move, by))
        and order.state in transition.origins
        and by.party in transition.parties
        and _owns(order, by)
    ]


def _owns(order: Order, by: By) -> bool:
    return by.party is not Party.UNIT or (by.unit_id is not None and order.unit_id == by.unit_id)


def _transition(order: Order, move: Move, by: By) -> Transition:
    if by.party is Party.SYSTEM:
        with_main = WITH_MAIN.get(move) if order.parent_id is not None else None
        return with_main or OF_HOUSE.get(move) or TRANSITIONS[move]
    return TRANSITIONS[move]


def require_living(order: Order, doing: str) -> None:
    """Raise Conflict for an order to which nothing is added any more: the archive is final, so is what is void."""
    if order.state not in LIVE:
        raise Conflict(f"工单{STATE_LABEL[order.state]}，不能{doing}", state=order.state.value)


def check(order: Order, move: Move, by: By) -> Transition:
    """Raise unless `by` may make `move` now."""
    transition = _transition(order, move, by)
    if not _owns(order, by):
        raise NotFound("没有这张工单")
    if by.party not in transition.parties:
        raise Refused(f"“{MOVE_LABEL[move]}”不属于您的权限")
    if order.state not in transition.origins:
        raise Conflict(
            f"工单目前为“{STATE_LABEL[order.state]}”，不能{MOVE_LABEL[move]}",
            state=order.state.value,
        )
    return transition


def make(
    order: Order,
    move: Move,
    by: By,
    *,
    at: datetime | None = None,
    due: datetime | None = None,
    parent_id: int | None = None,
    **said: Unpack[Said],
) -> OrderMove:
    """Make one move of the machine. `due`: the instant the answer or the promise is due where somebody set it;
    `parent_id`: the main order of a bundle."""
    target, at = check(order, move, by).target, at or clock.now()
    before = order.state
    deadlines.show(order, _turn_clocks(order, move, target, at, due))
    order.state, order.changed_at = target, at
    order.parent_id = (parent_id or order.parent_id) if target in BUNDLED else None
    return note(order, move, by, at=at, before=before, **said)


def _turn_clocks(order: Order, move: Move, target: State, at: datetime, due: datetime | None) -> list[OrderClock]:
    """Stop what is over and start what begins; returns every clock touched or running."""
    clocks = [] if move is Move.REGISTER else deadlines.running(order)
    _stop_clocks(clocks, move, target, at)
    if move in ANSWER_WANTED_BY:
        deadlines.stop(clocks, at, {Clock.REPLY}, dropped=True)
        clocks += _started(order, at, {Clock.REPLY}, due)
    if move in (Move.REGISTER, Move.REINSTATE):
        clocks += _started(order, at, {Clock.FEEDBACK})
    if move is Move.UNMERGE:
        again = deadlines.reopened(order, Clock.DISPATCH)
        return [*clocks, again] if again else clocks
    fresh = set(CLOCKS_OF.get(target, ())) - {one.clock for one in clocks if one.ended_at is None}
    if target is State.SIGNED or order.direct:
        fresh.discard(Clock.RETURN)
    return clocks + _started(order, at, fresh, due if target is State.SUSPENDED else None)


def _stop_clocks(clocks: list[OrderClock], move: Move, target: State, at: datetime) -> None:
    """A promise takes the place of a limit that still runs; one that has run out was missed and stays so."""
    kept = {Clock.RETURN} & set(CLOCKS_OF.get(target, ())) if target is State.SIGNED else set()
    unmet = {Clock.RETURN} | ({Clock.SIGN} if move is Move.RETURN else set())
    if move is Move.SUSPEND:
        deadlines.stop([one for one in clocks if one.due_at < at], at, {Clock.REPLY})
        unmet.add(Clock.REPLY)
    if move in ENDED_BY:
        unmet |= set(Clock)
    if move is Move.MERGE:
        unmet |= STATE_CLOCKS
    deadlines.stop(clocks, at, unmet - kept, dropped=True)
    deadlines.stop(clocks, at, STATE_CLOCKS - kept)
    if move in ANSWERED_BY:
        deadlines.stop(clocks, at, {Clock.REPLY, Clock.FEEDBACK})


def _started(order: Order, at: datetime, which: set[Clock], due: datetime | None = None) -> list[OrderClock]:
    ordered = [one for one in Clock if one in which]
    return [made for one in ordered if (made := deadlines.start(order, one, at, due=due))]


def note(
    order: Order,
    move: Move,
    by: By,
    *,
    at: datetime | None = None,
    before: State | None = None,
    **said: Unpack[Said],
) -> OrderMove:
    """Leave a line in the order's history. A unit's line bears that unit, any other the one that leads."""
    line = OrderMove(
        order_id=order.id,
        at=at or clock.now(),
        move=move,
        from_state=before or order.state,
        to_state=order.state,
        party=by.party,
        actor_id=by.id,
        actor_name=by.name,
        unit_id=by.unit_id if by.party is Party.UNIT else order.unit_id,
        reason=said.get("reason") or None,
        result=said.get("result") or None,
        internal=said.get("internal", False),
        data=said.get("data", {}),
    )
    session.add(line)
    outgoing.announce(order, line)
    return line


def reasons(order: Order, move: Move) -> list[str]:
    """What was written beside earlier moves of this kind, oldest first."""
    lines = select(OrderMove).where(OrderMove.order_id == order.id, OrderMove.move == move).order_by(OrderMove.id)
    return [line.reason or "" for line in session.scalars(lines)]


def ended_by(order: Order) -> Move | None:
    """The move that made the order void last; None for one that never was."""
    became = select(OrderMove.move).where(
        OrderMove.order_id == order.id, OrderMove.to_state == State.VOID, OrderMove.from_state != State.VOID
    )
    return session.scalars(became.order_by(OrderMove.id.desc())).first()


def first(order: Order, move: Move) -> OrderMove | None:
    """The earliest move of this kind."""
    lines = select(OrderMove).where(OrderMove.order_id == order.id, OrderMove.move == move)
    return session.scalars(lines.order_by(OrderMove.id)).first()


def last(order: Order, *kinds: Move) -> OrderMove | None:
    """The latest move of these kinds."""
    lines = select(OrderMove).where(OrderMove.order_id == order.id, OrderMove.move.in_(kinds))
    return session.scalars(lines.order_by(OrderMove.id.desc())).first()
