"""Who is offered whom: the decision itself, a pure function of what waits and who is ready.

Crisis lines come first; within a priority the earlier place wins. The agent is the best skilled, then the
one idle longest. Some crisis-trained agents stay free for a crisis (`reserved`); a missed crisis offer
rings everybody who is trained, and everybody at all when nobody trained is there. Who has taken a line over is
asked first; a caller who cannot be taken there at once waits a moment for them, a crisis not even that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Route:
    """A line as routing sees it."""

    code: str
    priority: int
    crisis: bool
    reserved: int = 0
    taken_over_by: int | None = None


@dataclass(frozen=True)
class Caller:
    """A caller who waits without an open offer. `missed_by`: who let this turn ring out; `new`: came just now.

    `call_back`: one who asked to be called back and keeps the place; `waiting_id` is then the call-back's.
    """

    waiting_id: int
    line: str
    ranked_at: datetime
    preferred_agent: int | None = None
    missed_by: frozenset[int] = frozenset()
    new: bool = False
    call_back: bool = False


@dataclass(frozen=True)
class Candidate:
    """A ready agent. `skills` maps a line to the level it is served at (1 is best)."""

    agent_id: int
    idle_since: datetime
    skills: Mapping[str, int]


@dataclass(frozen=True)
class Match:
    waiting_id: int
    agent_id: int
    call_back: bool = False


def decide(callers: Sequence[Caller], ready: Sequence[Candidate], routes: Mapping[str, Route]) -> list[Match]:
    """Offers to make now; an agent gets at most one, an ordinary caller at most one."""
    free = {agent.agent_id: agent for agent in ready}
    matches: list[Match] = []
    for caller in sorted(callers, key=lambda c: (routes[c.line].priority, c.ranked_at, c.waiting_id)):
        route = routes[caller.line]
        rings_all = route.crisis and caller.missed_by and not caller.call_back
        chosen = _ring_all(caller, route, free) if rings_all else None
        if chosen is None:
            best = _best(caller, route, free, routes)
            chosen = [best] if best is not None else []
        for agent_id in chosen:
            del free[agent_id]
            matches.append(Match(caller.waiting_id, agent_id, caller.call_back))
    return matches


def _ring_all(caller: Caller, route: Route, free: Mapping[int, Candidate]) -> list[int]:
    trained = [
        agent_id for agent_id, agent in free.items() if route.code in agent.skills or agent_id == route.taken_over_by
    ]
    return trained or list(free)


def _best(caller: Caller, route: Route, free: Mapping[int, Candidate], routes: Mapping[str, Route]) -> int | None:
    taker = route.taken_over_by
    if taker is not None and taker not in caller.missed_by:
        if taker in free:
            return taker
        if caller.new and not route.crisis:
            return None
    if caller.preferred_agent in free:
        return caller.preferred_agent
    able = [agent for agent in free.values() if route.code in agent.skills]
    if route.crisis:
        able = able or list(free.values())
    else:
        able = [agent for agent in able if not _is_reserved(agent, free, routes)]
    if not able:
        return None
    return min(able, key=lambda a: _order(a, caller, route)).agent_id


def _order(agent: Candidate, caller: Caller, route: Route) -> tuple[bool, int, datetime, int]:
    missed = agent.agent_id in caller.missed_by
    return missed, agent.skills.get(route.code, 99), agent.idle_since, agent.agent_id


def _is_reserved(agent: Candidate, free: Mapping[int, Candidate], routes: Mapping[str, Route]) -> bool:
    """Whether an ordinary call would take one of the last agents kept free for a crisis line."""
    for route in routes.values():
        if route.crisis and route.reserved and route.code in agent.skills:
            trained = sum(route.code in other.skills for other in free.values())
            if trained <= route.reserved:
                return True
    return False
