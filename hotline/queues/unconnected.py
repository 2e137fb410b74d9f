"""A call was taken and the agent's telephone never came: the caller must not wait for nobody."""

from datetime import datetime, timedelta

from sqlalchemy import select

from hotline.calls.models import Call, CallState
from hotline.db import session
from hotline.errors import Conflict
from hotline.queues import conversation, presence, waiting
from hotline.queues.acts import Act, HangUp
from hotline.queues.models import AgentState, Part, Stint, StintState, Waiting, WaitState

CONNECT_WITHIN = timedelta(seconds=12)
"""A claimed call whose agent's telephone has not come by then goes back to the top."""


def overdue(at: datetime) -> list[Act]:
    """Give back what nobody's telephone has come for in time."""
    overdue = Stint.state == StintState.CONNECTING, Stint.claimed_at < at - CONNECT_WITHIN
    acts: list[Act] = []
    for stint_id in session.scalars(select(Stint.id).where(*overdue).order_by(Stint.call_id)).all():
        stint = conversation.by_id(stint_id)
        if stint is None or stint.state is not StintState.CONNECTING:
            continue
        _give_back(stint)
        acts += [HangUp(stint.leg_ref)] if stint.leg_ref else []
    return acts


def give_back(agent_id: int) -> None:
    """The agent's page says that its telephone cannot connect. Raises Conflict once it is in after all."""
    stint = conversation.talking(agent_id)
    if stint.state is not StintState.CONNECTING or stint.leg_ref:
        raise Conflict("电话已经接通")
    _give_back(stint)
    waiting.want_dispatch()


def _give_back(stint: Stint) -> None:
    """The caller goes back to the top; an agent without a telephone gets no more calls until ready again by hand."""
    conversation.end(stint)
    if stint.agent_id is not None and not stint.leg_ref and stint.part in (Part.AGENT, Part.CONSULTED):
        presence.move(presence.present(stint.agent_id), AgentState.BREAK, "no_phone")
    call = session.get_one(Call, stint.call_id, populate_existing=True)
    claimed = session.scalars(
        select(Waiting).where(
            Waiting.call_id == call.id, Waiting.turn == stint.turn, Waiting.state == WaitState.CLAIMED
        )
    ).one_or_none()
    if stint.part is not Part.AGENT or claimed is None or call.state is CallState.ENDED:
        return
    claimed.state, claimed.claimed_by = WaitState.WAITING, None
    claimed.ranked_at = claimed.queued_at - conversation.TOP
    session.flush()
