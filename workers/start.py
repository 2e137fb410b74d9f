"""`python3 run.py` ends here, inside the environment: everything on one machine, until somebody stops it."""

import argparse
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from hotline import config as configuration
from hotline.config import BadConfiguration, Config
from workers import embedded
from workers.supervisor import Program, Supervisor

PATIENCE = 180.0
BACKLOG = 512


class CannotStart(Exception):
    """One line that says what to do."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def port_number(text: str) -> int:
    """A port with room for the fake telephone's beside it."""
    if not (text.isdecimal() and 0 < int(text) < 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port between 1 and 65534")
    return int(text)


def arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 run.py", description="Start the hotline on this machine.")
    usual = os.environ.get("PORT") or "8320"
    parser.add_argument("--port", type=port_number, default=usual, help="of the pages (8320)")
    parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("DATA_DIR") or "var"), help="data folder (var)"
    )
    return parser.parse_args(given)


def environment(options: argparse.Namespace) -> dict[str, str]:
    """The environment of every process, made from ours and the options."""
    data, port = options.data.resolve(), options.port
    local = f"http://127.0.0.1:{port}"
    return {
        **os.environ,
        "DATA_DIR": str(data),
        "HOST": options.host,
        "PORT": str(port),
        "PUBLIC_BASE_URL": os.environ.get("PUBLIC_BASE_URL") or local,
        "SIMULATOR_URL": os.environ.get("SIMULATOR_URL") or f"http://127.0.0.1:{port + 1}",
        "PYTHONUNBUFFERED": "1",
    }


def hold(data: Path) -> IO[str]:
    """The folder belongs to one running house; the lock goes with the process."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "run.lock").open("a+")
    except OSError as error:
        raise CannotStart(f"{data} cannot be used as data folder ({error.strerror}). Choose another: --data") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read().strip()
        raise CannotStart(f"Process {owner} already runs on {data}. Stop it, or use --data and --port.") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def listen(host: str, port: int) -> socket.socket:
    """A port of ours for as long as this process lives: nobody who rings while a child restarts is turned away."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotStart(
            f"Port {port} cannot be used ({error.strerror}). Try: python3 run.py --port {port + 10}"
        ) from None


def python(*command: str) -> list[str]:
    return [sys.executable, *command]


def programs(simulated: bool, held: socket.socket, port: int) -> list[Program]:
    """Everything but Redis, in the order of starting."""
    listed = [
        Program("web", python("-m", "gunicorn", "app:create_app()"), listener=held),
        Program("worker", python("-m", "workers", "work", "urgent", "default"), patience=65),
        Program("worker-slow", python("-m", "workers", "work", "statistics", "bulk"), patience=65),
        Program("clock", python("-m", "workers", "clock")),
    ]
    if simulated:
        listed.append(Program("simulator", python("-m", "flask", "--app", "app", "simulator", "--port", str(port + 1))))
    return listed


def start_redis(keeper: Supervisor, config: Config) -> None:
    path = configuration.redis_socket(config.data_dir)
    if embedded.answers(path):
        raise CannotStart(f"Another Redis listens on {path}. Stop it first.")
    command = embedded.server_command(config.data_dir / "redis", path)
    keeper.start(Program("redis", command, needed=True))
    if not embedded.wait_until_it_answers(path):
        raise CannotStart(f"The embedded Redis does not start; see {keeper.logs / 'redis.log'}")


def prepare(env: dict[str, str]) -> None:
    """Migrate and load what the house needs, in a process of its own."""
    done = subprocess.run(python("-m", "workers.prepare"), env=env, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise CannotStart(f"The database could not be prepared:\n{done.stderr.strip()[-2000:]}")


def ready(port: int) -> dict[str, object] | None:
    """What /ready says, None while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5) as answer:  # noqa: S310
            return dict(json.load(answer))
    except (OSError, ValueError):
        return None


def wait_until_ready(keeper: Supervisor, port: int) -> None:
    """Until database, Redis, workers and clock all say they are there."""
    end, told = time.monotonic() + PATIENCE, None
    while time.monotonic() < end and not keeper.stopping:
        keeper.turn()
        told = ready(port)
        if told and not told.get("degraded"):
            return
        time.sleep(0.2)
    if not keeper.stopping:
        raise CannotStart(f"Not ready after {PATIENCE:.0f} s; last answer {told}. See the files in {keeper.logs}")


def welcome(config: Config, port: int) -> None:
    say(f"\n  {config.line_name}\n  {config.public_base_url}")
    if config.mode == "demo":
        from hotline.people.demo import DEMO_PASSWORD, DEMO_PEOPLE
        from hotline.people.models import ROLE_LABEL

        say(f"  fake telephones: http://127.0.0.1:{port + 1}/\n")
        say(f"  sign-ins of the demonstration, password {DEMO_PASSWORD}")
        for person in DEMO_PEOPLE:
            say(f"    {person.login:<12}{'、'.join(ROLE_LABEL[role] for role in person.roles)}")
    say("\n  Ctrl+C stops everything.")


def house(options: argparse.Namespace) -> int:
    env = environment(options)
    config = configuration.from_environment(env)
    lock = hold(config.data_dir)
    simulated = config.provider == "simulator"
    if simulated:
        listen(options.host, options.port + 1).close()
    held = listen(options.host, options.port)
    logs = config.data_dir / "log"
    logs.mkdir(exist_ok=True)
    keeper = Supervisor(env, logs, say)
    try:
        if not env.get("REDIS_URL"):
            start_redis(keeper, config)
        prepare(env)
        for program in programs(simulated, held, options.port):
            keeper.start(program)
        wait_until_ready(keeper, options.port)
        welcome(config, options.port)
        keeper.keep()
    finally:
        say("Stopping …")
        held.close()
        keeper.stop()
        lock.close()
    return 0


def main(given: list[str]) -> int:
    try:
        return house(arguments(given))
    except (CannotStart, BadConfiguration) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
