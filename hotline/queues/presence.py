"""What each agent is doing: the server is the truth, every finished stretch is kept."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select, update

from hotline import audit, clock, db, live
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.queues.models import (
    AGENT_STATE_LABEL,
    AgentInterval,
    AgentState,
    Line,
    Offer,
    OfferOutcome,
    Presence,
    Stint,
    StintState,
)

BREAK_REASONS: dict[str, str] = {
    "rest": "休息",
    "meal": "用餐",
    "training": "培训",
    "meeting": "会议",
    "outbound": "回拨外呼",
    "missed": "未应答",
    "no_phone": "电话未连通",
    "other": "其他",
}
NOT_CHOSEN = frozenset({"missed", "no_phone"})
"""Breaks that only the house gives."""

SILENT_AFTER = timedelta(seconds=45)
"""A page that has not been heard for so long is gone; its agent gets no more offers."""

MISSES_ALLOWED = 2
CHOSEN_BY_AGENT = frozenset({AgentState.READY, AgentState.BREAK, AgentState.OFFLINE, AgentState.WRAP_UP})
BUSY = frozenset({AgentState.TALKING, AgentState.HOLD})


def chosen_breaks() -> dict[str, str]:
    """The reasons an agent can give."""
    return {reason: label for reason, label in BREAK_REASONS.items() if reason not in NOT_CHOSEN}


def present(agent_id: int) -> Presence:
    """The agent's row, locked until the transaction ends; made on first sight."""
    statement = select(Presence).where(Presence.agent_id == agent_id).with_for_update()
    locked = statement.execution_options(populate_existing=True)
    found = session.scalars(locked).one_or_none()
    if found is not None:
        return found
    at = clock.now()
    row = {"agent_id": agent_id, "state": AgentState.OFFLINE, "reason": "", "since": at, "heard_at": at, "missed": 0}
    session.execute(db.insert(Presence).values(row).on_conflict_do_nothing())
    return session.scalars(locked).one()


def move(agent: Presence, state: AgentState, reason: str = "", at: datetime | None = None) -> None:
    """Put a locked agent into `state` and keep the stretch that ends."""
    if agent.state is state and agent.reason == reason:
        return
    at = max(at or clock.now(), agent.since)  # an instant taken before the agent's row was locked may be overtaken
    session.add(
        AgentInterval(
            agent_id=agent.agent_id,
            state=agent.state,
            reason=agent.reason,
            started_at=agent.since,
            ended_at=at,
        )
    )
    agent.state, agent.reason, agent.since = state, reason, at
    session.flush()
    if state is AgentState.OFFLINE:
        _give_lines_back(agent.agent_id)
    live.touch()
    live.touch(live.agent_topic(agent.agent_id))


def _give_lines_back(agent_id: int) -> None:
    """Who has gone serves nobody: the lines taken over are everybody's again."""
    mine = update(Line).where(Line.taken_over_by == agent_id).values(taken_over_by=None)
    for code in session.scalars(mine.returning(Line.code)).all():
        audit.record("line.give_back", f"line:{code}", gone=agent_id)


def signed_out(agent_id: int) -> None:
    """The agent has left the house; a conversation that still goes on is ended by whoever is in it."""
    row = session.get(Presence, agent_id)
    if row is None or row.state is AgentState.OFFLINE:
        return
    with suppress(Conflict):  # something has begun to ring there meanwhile: it goes on when that is over
        agent = _unrung(agent_id)
        if agent.state not in BUSY:
            move(agent, AgentState.OFFLINE)


def choose(agent_id: int, state: AgentState, reason: str = "") -> Presence:
    """What an agent may choose by hand. Refused during a conversation and while a call rings."""
    if state not in CHOSEN_BY_AGENT:
        raise Invalid("这个状态不能手动选择")
    if state is AgentState.BREAK and reason not in chosen_breaks():
        raise Invalid("请选择小休原因", fields={"reason": ["必填"]})
    agent = _unrung(agent_id)
    if agent.state in BUSY or _open_stint(agent_id):
        raise Conflict("通话中不能切换状态，请先完成通话")
    move(agent, state, reason if state is AgentState.BREAK else "")
    agent.heard_at = clock.now()
    agent.missed = 0
    return agent


def _open_stint(agent_id: int) -> bool:
    statement = select(Stint.id).where(Stint.agent_id == agent_id, Stint.state != StintState.ENDED)
    return session.scalar(statement) is not None


def _unrung(agent_id: int) -> Presence:
    """The agent's row, locked, once no offer rings any more. Raises Conflict when one has begun to ring meanwhile.

    Offers are locked before agents, here as when one is answered, missed or revoked.
    """
    ringing = Offer.agent_id == agent_id, Offer.outcome == OfferOutcome.OPEN
    session.execute(update(Offer).where(*ringing).values(outcome=OfferOutcome.REFUSED, ended_at=clock.now()))
    agent = present(agent_id)
    if agent.state is AgentState.OFFERED and session.scalar(select(Offer.id).where(*ringing)) is not None:
        raise Conflict("刚有来电振铃，请先处理")
    return agent


def heard(agent_id: int) -> None:
    """The page's heartbeat."""
    session.execute(update(Presence).where(Presence.agent_id == agent_id).values(heard_at=clock.now()))


def after_missed_offer(agent_id: int) -> None:
    """Back to ready, or to a break once too many offers in a row were missed."""
    agent = present(agent_id)
    agent.missed += 1
    if agent.state is AgentState.OFFERED:
        tired = agent.missed >= MISSES_ALLOWED
        move(agent, AgentState.BREAK if tired else AgentState.READY, "missed" if tired else "")


def after_revoked_offer(agent_id: int) -> None:
    agent = present(agent_id)
    if agent.state is AgentState.OFFERED:
        move(agent, AgentState.READY)


def silent_agents(at: datetime) -> list[int]:
    """Ready or ringing agents whose page has gone, and agents in wrap-up or break who went home."""
    gone = Presence.heard_at < at - SILENT_AFTER
    idle = Presence.state.not_in([AgentState.OFFLINE, *BUSY])
    return list(session.scalars(select(Presence.agent_id).where(gone, idle).order_by(Presence.agent_id)))


def gone(agent_id: int, at: datetime) -> None:
    """An agent whose page is still silent is offline; an offer that rang there goes to the next."""
    if agent_id in silent_agents(at):
        signed_out(agent_id)


def release(agent_id: int, by: str, reason: str) -> None:
    """Put a stuck agent who is in no conversation offline; noted in the trail."""
    agent = _unrung(agent_id)
    if _open_stint(agent_id):
        raise Conflict("该坐席仍在通话中，请先结束或接管通话")
    audit.record("agent.release", f"account:{agent_id}", was=agent.state.value, reason=reason, by=by)
    move(agent, AgentState.OFFLINE)


def raise_hand(agent_id: int, on: bool) -> None:
    """举手: ask the supervisor for help, or take it back."""
    agent = present(agent_id)
    agent.hand_raised_at = clock.now() if on else None
    live.touch()


def label(state: AgentState, reason: str = "") -> str:
    text = AGENT_STATE_LABEL[state]
    return f"{text}·{BREAK_REASONS.get(reason, reason)}" if reason else text
