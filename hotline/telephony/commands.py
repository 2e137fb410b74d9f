"""`flask simulator`: the fake Twilio as a process, for demonstration and development."""

import asyncio
from urllib.parse import urlsplit

import click

from hotline import config as configuration
from hotline.config import Config
from hotline.telephony.simulator.faults import Faults


def chosen_faults(_context: click.Context, _option: click.Parameter, names: str) -> str:
    """The value of a `--faults` option, once it is known to name faults."""
    try:
        Faults.named(names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return names


def chosen_house(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    """The value of a `--base-url` option, once it is known to be where a house could be."""
    if url is None:
        return None
    try:
        place = urlsplit(url)
        fine = place.scheme in ("http", "https") and place.hostname and (place.port is None or 0 < place.port < 65535)
    except ValueError:
        fine = False
    if not fine or place.path.strip("/") or place.query or place.fragment or place.username:
        raise click.BadParameter("must be http://HOST[:PORT] or https://HOST[:PORT], with a port below 65535")
    return url.rstrip("/")


def simulated_config() -> Config:
    """The configuration, if a simulator may run with it."""
    config = configuration.from_environment()
    if config.production or config.provider != "simulator":
        raise click.ClickException("the simulator never runs in production, and only with PROVIDER=simulator")
    return config


@click.command("simulator")
@click.option("--host", default=None, help="where to listen; default: as in SIMULATOR_URL")
@click.option("--port", type=int, default=None, help="default: as in SIMULATOR_URL")
@click.option("--base-url", default=None, callback=chosen_house, help="where the house is; default: PUBLIC_BASE_URL")
@click.option("--speed", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="times real time")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--faults", default="none", show_default=True, callback=chosen_faults, help="none, all, or names")
def simulator(host: str | None, port: int | None, base_url: str | None, speed: float, seed: int, faults: str) -> None:
    """Serve the telephone simulator until interrupted."""
    config = simulated_config()
    place = urlsplit(config.simulator_url)
    address = host or place.hostname or "127.0.0.1", port or place.port or 8321
    asyncio.run(_serve(config, base_url or config.public_base_url, address, speed, seed, Faults.named(faults)))


async def _serve(config: Config, house: str, address: tuple[str, int], speed: float, seed: int, faults: Faults) -> None:
    from hotline.telephony.simulator.server import Hosted

    async with Hosted(config, house, address) as exchange:
        exchange.random.seed(seed)
        exchange.pace.speed, exchange.fate.faults = speed, faults
        click.echo(f"模拟电话 http://{address[0]}:{address[1]} → {house}")
        await asyncio.Event().wait()
