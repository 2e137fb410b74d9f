"""Once a second: what is due by now and what an act that failed has left undone."""

from collections.abc import Iterator

from hotline import clock
from hotline.queues import callback_work, presence, unconnected, waiting
from hotline.queues.acts import Act


def tick() -> Iterator[list[Act]]:
    """Expire offers, free agents whose page has gone, give back what lies idle, overflow, dispatch.

    Step by step: the caller commits after each, because each locks in an order of its own, then does its acts.
    """
    at = clock.now()
    waiting.expire_offers(at)
    yield []
    for agent_id in presence.silent_agents(at):
        presence.gone(agent_id, at)
        yield []
    yield from unconnected.overdue(at)
    callback_work.free_left(at)
    yield []
    waiting.overflow(at)
    yield []
    waiting.dispatch()
    yield []
