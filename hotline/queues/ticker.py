"""Once a second: what is due by now and what an act that failed has left undone."""

from hotline import clock
from hotline.queues import presence, unconnected, waiting
from hotline.queues.acts import Act
from hotline.queues.models import AgentState


def tick() -> list[Act]:
    """Expire offers, free agents whose page has gone, retry what was lost, dispatch. The caller commits."""
    at = clock.now()
    waiting.expire_offers(at)
    for agent_id in presence.silent_agents(at):
        agent = presence.present(agent_id)
        if agent.state is AgentState.OFFERED:
            presence.choose(agent_id, AgentState.OFFLINE)
        elif agent.state is not AgentState.OFFLINE:
            presence.move(agent, AgentState.OFFLINE)
    acts = unconnected.overdue(at)
    waiting.overflow(at)
    waiting.dispatch()
    return acts
