"""A call was taken and the agent's telephone never came: the caller must not wait for nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from hotline.calls.models import Call, CallState
from hotline.db import session
from hotline.errors import Conflict
from hotline.queues import conversation, parting, presence, waiting
from hotline.queues.acts import Act
from hotline.queues.models import AgentState, Part, Stint, StintState, Waiting, WaitState

CONNECT_WITHIN = timedelta(seconds=12)
"""A claimed call whose agent's telephone has not come by then goes back to the top."""

RING_WITHIN = timedelta(seconds=45)
"""A colleague or an outside party who was asked in may ring so long: an outside leg rings for thirty seconds."""


def overdue(at: datetime) -> Iterator[list[Act]]:
    """Give back what nobody's telephone has come for in time; the caller commits after each."""
    unheard = (Stint.part == Part.AGENT) | ((Stint.part == Part.OUTSIDE) & (Stint.leg_ref == ""))
    late = unheard & (Stint.claimed_at < at - CONNECT_WITHIN)
    missing = Stint.state == StintState.CONNECTING, late | (Stint.claimed_at < at - RING_WITHIN)
    for stint_id in session.scalars(select(Stint.id).where(*missing)).all():
        stint = conversation.by_id(stint_id)
        if stint is not None and stint.state is StintState.CONNECTING:
            yield _give_back(stint) + parting.hang_up(stint)


def give_back(agent_id: int) -> list[Act]:
    """The agent's page says that its telephone cannot connect. Raises Conflict once it is in after all."""
    stint = conversation.talking(agent_id)
    if stint.state is not StintState.CONNECTING or stint.leg_ref:
        raise Conflict("电话已经接通")
    waiting.want_dispatch()
    return _give_back(stint)


def release(agent_id: int, by: str, reason: str) -> list[Act]:
    """释放坐席: a supervisor frees a stuck agent. The caller of a telephone that is not there goes back to the top."""
    acts: list[Act] = []
    if conversation.current(agent_id) is not None:
        stint = conversation.talking(agent_id)
        if stint.state is StintState.CONNECTING:
            acts += _give_back(stint)
        else:
            acts += parting.lost(stint)
        acts += parting.hang_up(stint)
    presence.release(agent_id, by, reason)
    waiting.want_dispatch()
    return acts


def _give_back(stint: Stint) -> list[Act]:
    """The caller goes back to the top; an agent without a telephone gets no more calls until ready again by hand.

    Of those who were asked into a conversation, its agent is told; a caller given to one is at the top again.
    """
    acts: list[Act] = []
    if stint.part is Part.AGENT:
        conversation.end(stint)
    else:
        acts += parting.out(stint, "no_answer")
    call = session.get_one(Call, stint.call_id, populate_existing=True)
    live = call.state is not CallState.ENDED
    if live and parting.handed(stint):
        acts += parting.again(call, stint)
    claimed = live and _unclaimed(stint)
    if stint.agent_id is not None and not stint.leg_ref and stint.part in conversation.PEOPLE:
        reason = "no_phone" if claimed or stint.part is Part.AGENT else "missed"
        presence.move(presence.present(stint.agent_id), AgentState.BREAK, reason)
    return acts


def _unclaimed(stint: Stint) -> bool:
    """Put the turn that was claimed for a stint back to the top of its line; False when there was none."""
    turn = Waiting.call_id == stint.call_id, Waiting.turn == stint.turn, Waiting.state == WaitState.CLAIMED
    claimed = session.scalars(select(Waiting).where(*turn)).one_or_none()
    if claimed is None:
        return False
    claimed.state, claimed.claimed_by = WaitState.WAITING, None
    claimed.ranked_at = claimed.queued_at - parting.TOP
    session.flush()
    return True
