"""A load profile: so many callers, so many at once, so many agents; what became of everybody, as one summary."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

from hotline.telephony.simulator.agents import Agent
from hotline.telephony.simulator.courier import Meter
from hotline.telephony.simulator.crowd import Manners, Person
from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.faults import Faults
from hotline.telephony.simulator.profile import Profile
from hotline.telephony.simulator.witness import Witness

SIGN_ON_SECONDS = 120.0
SETTLE_SECONDS = 8.0
GONE_SECONDS = 60.0
FILLING_SECONDS = 150.0
"""About as long as a call lasts, in call time: so long the house takes to fill."""


async def run(exchange: Exchange, profile: Profile) -> dict[str, Any]:
    """Drive the house through `exchange`; its speed and faults are the profile's meanwhile."""
    before = exchange.pace.speed, exchange.fate.faults, exchange.courier.meter
    exchange.pace.speed, exchange.courier.meter = profile.speed, Meter()
    exchange.fate.random = Random(profile.seed)
    exchange.fate.faults = Faults.named(profile.faults)
    witness, started = Witness(exchange), asyncio.get_running_loop().time()
    listening = asyncio.create_task(witness.listen())
    agents = [
        Agent(exchange, profile.base_url, login, password, profile.seed + place, GONE_SECONDS)
        for place, (login, password) in enumerate(profile.agents)
    ]
    desks = [asyncio.create_task(agent.work()) for agent in agents]
    try:
        await _signed_on(agents)
        await _callers(exchange, witness, profile)
        await asyncio.sleep(SETTLE_SECONDS)
    finally:
        for task in (*desks, listening):
            task.cancel()
        await asyncio.gather(*desks, listening, return_exceptions=True)
        witness.leave()
    summary = _summary(witness, agents, exchange.courier.meter, asyncio.get_running_loop().time() - started)
    exchange.pace.speed, exchange.fate.faults, exchange.courier.meter = before
    return summary


async def _signed_on(agents: list[Agent]) -> None:
    """The shift begins before the telephones ring: signing in is slow by design, and here a hundred do it at once."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SIGN_ON_SECONDS):
            await asyncio.gather(*(agent.signed_on.wait() for agent in agents))


async def _callers(exchange: Exchange, witness: Witness, profile: Profile) -> None:
    """At most `concurrency` at once, the first ones spread over the time of a call, as a house fills."""
    places = asyncio.Semaphore(profile.concurrency)
    spread = Random(profile.seed)

    async def one(number: int) -> None:
        async with places:
            if number < profile.concurrency:
                await exchange.pace.sleep(spread.uniform(0, FILLING_SECONDS))
            await Person(exchange, witness, Manners(), profile.seed * 1_000_003 + number).call()

    await asyncio.gather(*(one(number) for number in range(profile.calls)))


def _summary(witness: Witness, agents: list[Agent], meter: Meter, seconds: float) -> dict[str, Any]:
    courses = witness.courses
    endings = witness.endings()
    faults = meter.errors + [error for agent in agents for error in agent.errors]
    return {
        "calls": len(courses),
        "outcomes": dict(endings),
        "lost": endings["lost"],
        "double_connected": sum(course.double for course in courses.values()),
        "silent": sum(course.silent for course in courses.values()),
        "offers": len({offer for agent in agents for offer in agent.offers}),
        "webhooks": meter.control + meter.status,
        "errors": len(faults),
        "first_errors": faults[:10],
        "p50_ms": _percentile(meter.seconds, 0.50),
        "p95_ms": _percentile(meter.seconds, 0.95),
        "p99_ms": _percentile(meter.seconds, 0.99),
        "seconds": round(seconds, 1),
        "legs": {
            sid: {"connected": course.connected, "started": course.leg.created_at.isoformat()}
            for sid, course in courses.items()
        },
    }


def _percentile(seconds: list[float], share: float) -> float:
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1)
