"""The waiting callers: entering a line, the place in it, being offered, leaving."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from hotline import clock, db
from hotline.calls import intake
from hotline.calls.models import Call, EventKind
from hotline.db import session
from hotline.queues import callback_turns, decide, presence, unanswered
from hotline.queues.models import AgentState, Line, Offer, OfferOutcome, Presence, Skill, Waiting, WaitState
from hotline.queues.records import CallBack, CallBackState

REASON = "dispatch"
"""The mark on a session that has a reason to dispatch once it has committed."""

CRISIS_OFFER_SECONDS = 10
SAME_AGENT_FOR = timedelta(seconds=60)

TAKER_HAS = timedelta(seconds=5)
"""So long a caller of a line that was taken over is kept for the supervisor who took it."""


def lines() -> dict[str, Line]:
    """Every line by its code, in the order of the board."""
    return {line.code: line for line in session.scalars(select(Line).order_by(Line.position))}


def enter(
    call_id: int,
    line: str,
    *,
    ranked_at: datetime | None = None,
    preferred_agent: int | None = None,
    asked_in: bool = False,
) -> Waiting:
    """Put a call into `line` for its next turn, to be offered if somebody is free.

    `ranked_at` keeps an earlier place; `preferred_agent` is asked first for a minute. `asked_in`: a colleague is
    looked for while an agent keeps the caller, whose own stay in a line this is not.
    """
    at = clock.now()
    intake.lock_call(call_id)
    turn = (session.scalar(select(func.max(Waiting.turn)).where(Waiting.call_id == call_id)) or 0) + 1
    waiting = Waiting(
        call_id=call_id,
        turn=turn,
        line=line,
        state=WaitState.WAITING,
        queued_at=at,
        ranked_at=ranked_at or at,
        preferred_agent_id=preferred_agent,
        preferred_until=at + SAME_AGENT_FOR if preferred_agent else None,
    )
    session.add(waiting)
    session.flush()
    if not asked_in:
        intake.append(call_id, EventKind.QUEUED, f"queued:{turn}", at=at, queue=line, turn=turn)
    want_dispatch()
    return waiting


def leave(call_id: int, turn: int, reason: str) -> bool:
    """End a turn that nobody has claimed; False when it was already over. Its open offers are revoked."""
    at = clock.now()
    left = session.execute(
        update(Waiting)
        .where(Waiting.call_id == call_id, Waiting.turn == turn, Waiting.state == WaitState.WAITING)
        .values(state=WaitState.LEFT, left_at=at, reason=reason)
        .returning(Waiting.id)
    ).scalar_one_or_none()
    if left is None:
        return False
    revoke(left)
    intake.append(call_id, EventKind.QUEUE_LEFT, f"left:{turn}", at=at, turn=turn, reason=reason)
    return True


def revoke(waiting_id: int, but: int | None = None) -> None:
    """Take back every open offer of a turn, except `but`; the agents are ready again."""
    statement = (
        update(Offer)
        .where(Offer.waiting_id == waiting_id, Offer.outcome == OfferOutcome.OPEN, Offer.id != (but or 0))
        .values(outcome=OfferOutcome.REVOKED, ended_at=clock.now())
        .returning(Offer.agent_id)
    )
    for agent_id in sorted(session.scalars(statement)):
        presence.after_revoked_offer(agent_id)


def want_dispatch() -> None:
    """There may be somebody to offer: `dispatching` looks once this transaction has committed."""
    session.info[REASON] = True


def dispatch() -> int:
    """Make the offers that are due now; how many were made. One dispatcher at a time."""
    db.lock("dispatch")
    at = clock.now()
    ready = _ready(at)
    callers = _callers(at) if ready else []
    if not callers:
        return 0
    known = lines()
    matches = decide.decide(callers, ready, _routes(known))
    line_of = {(caller.waiting_id, caller.call_back): known[caller.line] for caller in callers}
    for match in sorted(matches, key=lambda match: match.agent_id):
        _offer(match, line_of[match.waiting_id, match.call_back], at)
    return len(matches)


def decision() -> list[decide.Match]:
    """The offers that would be made now; nothing is written."""
    at = clock.now()
    return decide.decide(_callers(at), _ready(at), _routes(lines()))


def _routes(known: dict[str, Line]) -> dict[str, decide.Route]:
    on_duty = _on_duty()
    return {
        line.code: decide.Route(
            line.code,
            line.priority,
            line.crisis,
            line.reserved if on_duty.get(line.code, 0) > line.reserved else 0,
            line.taken_over_by,
        )
        for line in known.values()
    }


def _callers(at: datetime) -> list[decide.Caller]:
    """Who waits in a line, and who is to be called back and keeps the place."""
    return [*_waiting(at), *callback_turns.callers(at)]


def _waiting(at: datetime) -> list[decide.Caller]:
    open_offer = select(Offer.id).where(Offer.waiting_id == Waiting.id, Offer.outcome == OfferOutcome.OPEN).exists()
    rows = session.execute(
        select(
            Waiting.id,
            Waiting.line,
            Waiting.queued_at,
            Waiting.ranked_at,
            Waiting.preferred_agent_id,
            Waiting.preferred_until,
        ).where(Waiting.state == WaitState.WAITING, ~open_offer)
    ).all()
    missed = unanswered.by_agents(Offer.waiting_id, [row.id for row in rows])
    return [
        decide.Caller(
            row.id,
            row.line,
            row.ranked_at,
            row.preferred_agent_id if row.preferred_until and row.preferred_until > at else None,
            missed[row.id],
            row.queued_at > at - TAKER_HAS,
        )
        for row in rows
    ]


def _on_duty() -> dict[str, int]:
    """Agents at work per line they serve. A house with no more than the reserved ones reserves nobody."""
    rows = session.execute(
        select(Skill.line, func.count())
        .join(Presence, Presence.agent_id == Skill.agent_id)
        .where(Presence.state.not_in([AgentState.OFFLINE, AgentState.BREAK]))
        .group_by(Skill.line)
    )
    return {row[0]: row[1] for row in rows}


def _ready(at: datetime) -> list[decide.Candidate]:
    rows = session.execute(
        select(Presence.agent_id, Presence.since, Skill.line, Skill.level)
        .join(Skill, Skill.agent_id == Presence.agent_id, isouter=True)
        .where(Presence.state == AgentState.READY, Presence.heard_at >= at - presence.SILENT_AFTER)
    )
    skills: dict[int, dict[str, int]] = {}
    since: dict[int, datetime] = {}
    for row in rows:
        since[row.agent_id] = row.since
        served = skills.setdefault(row.agent_id, {})
        if row.line is not None:
            served[row.line] = row.level
    return [decide.Candidate(agent_id, since[agent_id], served) for agent_id, served in skills.items()]


def _offer(match: decide.Match, line: Line, at: datetime) -> None:
    agent = presence.present(match.agent_id)
    there = select(Waiting.id).where(Waiting.id == match.waiting_id, Waiting.state == WaitState.WAITING)
    if match.call_back:
        there = select(CallBack.call_id).where(
            CallBack.call_id == match.waiting_id, CallBack.state == CallBackState.OPEN
        )
    if agent.state is not AgentState.READY or session.scalar(db.skip_locked(there)) is None:
        return
    seconds = min(line.offer_seconds, CRISIS_OFFER_SECONDS) if line.crisis else line.offer_seconds
    session.add(
        Offer(
            waiting_id=None if match.call_back else match.waiting_id,
            call_back_id=match.waiting_id if match.call_back else None,
            agent_id=match.agent_id,
            offered_at=at,
            expires_at=at + timedelta(seconds=seconds),
            outcome=OfferOutcome.OPEN,
        )
    )
    presence.move(agent, AgentState.OFFERED, at=at)


def of_leg(provider: str, leg: str, turn: int) -> tuple[Waiting, Line] | None:
    """A turn of the caller with this leg, and its line."""
    statement = (
        select(Waiting, Line)
        .join(Call, Call.id == Waiting.call_id)
        .join(Line, Line.code == Waiting.line)
        .where(Call.provider == provider, Call.provider_ref == leg, Waiting.turn == turn)
    )
    row = session.execute(statement).one_or_none()
    return (row.Waiting, row.Line) if row else None


def expire_offers(at: datetime) -> int:
    """End the offers whose time is over and that nobody is answering right now; callers keep their place, agents who
    missed too many take a break."""
    late = select(Offer.id).where(Offer.outcome == OfferOutcome.OPEN, Offer.expires_at <= at)
    missed = session.scalars(
        update(Offer)
        .where(Offer.id.in_(session.scalars(db.skip_locked(late)).all()))
        .values(outcome=OfferOutcome.MISSED, ended_at=at)
        .returning(Offer.agent_id)
    ).all()
    for agent_id in sorted(missed):
        presence.after_missed_offer(agent_id)
    return len(missed)


def overflow(at: datetime) -> int:
    """Move callers who have waited longer than their line allows to the line named for it, keeping their place."""
    moved = 0
    for line in lines().values():
        if line.overflow_after is None or line.overflow_to is None:
            continue
        late = Waiting.queued_at <= at - timedelta(seconds=line.overflow_after)
        here = select(Waiting.call_id, Waiting.turn).where(
            Waiting.line == line.code, Waiting.state == WaitState.WAITING
        )
        for call_id, turn in session.execute(here.where(late).order_by(Waiting.call_id)).all():
            moved += _overflowed(call_id, turn, line.code, line.overflow_to, at)
    return moved


def _overflowed(call_id: int, turn: int, line: str, to: str, at: datetime) -> bool:
    """Move one caller, unless somebody has taken the call by now."""
    intake.lock_call(call_id)
    still = Waiting.call_id == call_id, Waiting.turn == turn, Waiting.line == line, Waiting.state == WaitState.WAITING
    if not db.changed(update(Waiting).where(*still).values(line=to)):
        return False
    data = {"turn": turn, "from": line, "to": to}
    return intake.append(call_id, EventKind.OVERFLOWED, f"overflowed:{turn}:{line}", at=at, **data)
