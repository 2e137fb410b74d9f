"""`flask simulate`: invented callers and agents against the running house, and whether its books agree."""

import asyncio
import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import click
from sqlalchemy import select

from hotline import audit, clock
from hotline.calls.models import Call, CallState, Outcome
from hotline.config import Config
from hotline.db import needs_database, session
from hotline.people import service
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Role
from hotline.queues import reconcile, waiting
from hotline.queues.acts import carry_out
from hotline.queues.models import Skill
from hotline.telephony.commands import chosen_faults, chosen_house, simulated_config
from hotline.telephony.provider import provider_for
from hotline.telephony.simulator.profile import Profile

CRISIS_EVERY = 4
"""Every fourth simulated agent serves the crisis line as well."""
SHOWN = 10
ANSWER_SECONDS = 5.0
FAULTS = "none, all, or some of reorder,duplicate,drop,delay,slow,race,lost_create,vanish,stale_lists"


@click.command("simulate")
@click.option("--calls", type=click.IntRange(1), default=20, show_default=True)
@click.option("--concurrency", type=click.IntRange(1), default=10, show_default=True, help="callers at once")
@click.option("--agents", type=click.IntRange(0, 500), default=0, show_default=True)
@click.option("--speed", type=click.FloatRange(0.1, 100), default=10.0, show_default=True, help="times real time")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--base-url",
    default=None,
    callback=chosen_house,
    help="a running house, its simulator on the next port; default: PUBLIC_BASE_URL",
)
@click.option("--faults", default="none", show_default=True, callback=chosen_faults, help=FAULTS)
@needs_database
def simulate(
    calls: int, concurrency: int, agents: int, speed: float, seed: int, base_url: str | None, faults: str
) -> None:
    """Drive the running house with simulated callers and agents; print one JSON summary.

    Exit code 1: nobody answers there, callers were lost, or the books do not agree with the provider's.
    """
    config = simulated_config()
    if base_url:
        config = replace(config, public_base_url=base_url, simulator_url=_beside(base_url))
    if not _answers(config.public_base_url):
        raise click.ClickException(f"no house answers at {config.public_base_url}")
    profile = Profile(calls, concurrency, config.public_base_url, speed, seed, faults, _agents(agents))
    since = clock.now() - timedelta(seconds=1)
    summary = asyncio.run(_drive(config, profile, since))
    click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    if summary["lost"] or not summary["reconciled"]:
        raise SystemExit(1)


def _beside(house: str) -> str:
    """Where the simulator of a house listens: the next port."""
    place = urlsplit(house)
    port = place.port or (443 if place.scheme == "https" else 80)
    return f"{place.scheme}://{place.hostname}:{port + 1}"


def _agents(count: int) -> list[tuple[str, str]]:
    """Sign-ins of invented agents, made where they are missing."""
    lines = waiting.lines().values()
    sign_ins = []
    with audit.acting(audit.Actor(name="simulation")):
        for number in range(1, count + 1):
            login = f"moni{number:03d}"
            account = service.by_login(login) or service.create(
                login, f"模拟坐席{number:03d}", DEMO_PASSWORD, [Role.AGENT], must_change=False
            )
            for line in lines:
                if not line.crisis or number % CRISIS_EVERY == 0:
                    session.merge(Skill(agent_id=account.id, line=line.code, level=1))
            sign_ins.append((login, DEMO_PASSWORD))
        session.commit()
    return sign_ins


async def _drive(config: Config, profile: Profile, since: datetime) -> dict[str, Any]:
    """In the simulator that already runs, or in one of our own."""
    if _answers(config.simulator_url):
        summary = await asyncio.to_thread(_ask, config.simulator_url, profile)
        return await asyncio.to_thread(_reconciled, config, summary, since)
    from hotline.telephony.simulator import load
    from hotline.telephony.simulator.server import Hosted

    place = urlsplit(config.simulator_url)
    async with Hosted(config, profile.base_url, (place.hostname or "127.0.0.1", place.port or 8321)) as exchange:
        summary = await load.run(exchange, profile)
        return await asyncio.to_thread(_reconciled, config, summary, since)


def _answers(url: str) -> bool:
    """Whether a process of ours is there: the house or the simulator."""
    import requests

    try:
        return requests.get(f"{url}/live", timeout=ANSWER_SECONDS).ok
    except requests.RequestException:
        return False


def _ask(simulator_url: str, profile: Profile) -> dict[str, Any]:
    import requests

    answer = requests.post(f"{simulator_url}/load", json=asdict(profile), timeout=None)  # noqa: S113  as long as it runs
    answer.raise_for_status()
    summary: dict[str, Any] = answer.json()
    return summary


def _reconciled(config: Config, summary: dict[str, Any], since: datetime) -> dict[str, Any]:
    """Sweep as the clock process does, then compare the provider's list with the database, both ways."""
    provider, until = provider_for(config), clock.now() + timedelta(seconds=1)
    legs = reconcile.gather(provider, since, until)
    repaired = Counter({"ended": 0, "missing": 0})
    for settled in reconcile.settle(provider.name, config.home_city, legs):
        session.commit()
        carry_out(provider, settled.acts)
        repaired.update(ended=settled.ended, missing=settled.missing)
    listed = {leg.ref for leg in legs if leg.started_at and leg.started_at >= since}
    statement = select(Call).where(Call.provider == provider.name, Call.offered_at >= since, Call.offered_at < until)
    kept = {call.provider_ref: call for call in session.scalars(statement)}
    wrong = [f"{ref}: only with the provider" for ref in listed - kept.keys()]
    wrong += [f"{ref}: only in the database" for ref in kept.keys() - listed]
    seen = summary.pop("legs")
    for ref in listed & kept.keys() & seen.keys():
        wrong += _differences(kept[ref], seen[ref]["connected"])
    session.rollback()
    return summary | {"repaired": repaired, "reconciled": not wrong, "differences": wrong[:SHOWN]}


def _differences(call: Call, connected: bool) -> list[str]:
    if call.state is not CallState.ENDED or call.outcome is Outcome.OPEN:
        return [f"{call.provider_ref}: over, but {call.state.value} in the database"]
    if (call.outcome is Outcome.ANSWERED) != connected:
        return [f"{call.provider_ref}: {'talked' if connected else 'never talked'}, but {call.outcome.value}"]
    return []
