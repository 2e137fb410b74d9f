"""A real web server to measure, and how long it takes to answer."""

import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil

from hotline import config as configuration
from hotline import db

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that is free together with the next one, where the simulator listens; below those the system gives out."""
    for port in random.SystemRandom().sample(range(10000, 32000, 2), 200):
        with socket.socket() as probe, socket.socket() as beside, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            beside.bind(("127.0.0.1", port + 1))
            return port
    raise RuntimeError("no free port")


def environment(port: int) -> dict[str, str]:
    """Of a server on the database of the present application."""
    return {
        **os.environ,
        "HOTLINE_MODE": "test",
        "DATABASE_URL": db.db.engine.url.render_as_string(hide_password=False),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "TWILIO_AUTH_TOKENS": configuration.DEMO_TOKEN,
        "PORT": str(port),
        "SIMULATOR_URL": f"http://127.0.0.1:{port + 1}",
    }


@contextmanager
def serve(target: str, **settings: str) -> Iterator[tuple[int, psutil.Process]]:
    """`gunicorn target` with the product's own settings and these; gives the port and the master process."""
    port = free_port()
    log = subprocess.DEVNULL
    command = [sys.executable, "-m", "gunicorn", target]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(port) | settings, stdout=log, stderr=log)
    try:
        _wait(port)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/live", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server does not come up")


def memory_mb(master: psutil.Process) -> float:
    """Proportional memory of the server's processes."""
    family = [master, *master.children(recursive=True)]
    return round(sum(process.memory_full_info().pss for process in family) / 2**20, 1)


Request = tuple[str, str, bytes, dict[str, str]]
"""Method, path, body, headers."""


def ask(port: int, requests: Sequence[Request], clients: int) -> tuple[list[float], int, float]:
    """Send everything over `clients` kept connections: milliseconds of each answer, refusals, seconds altogether."""

    def client(mine: Sequence[Request]) -> tuple[list[float], int]:
        spent, refused = [], 0
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for method, path, body, headers in mine:
            began = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            spent.append((time.perf_counter() - began) * 1000)
            refused += answer.status >= 400
        connection.close()
        return spent, refused

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        done = list(pool.map(client, [requests[n::clients] for n in range(clients)]))
    seconds = time.perf_counter() - began
    return [ms for spent, _ in done for ms in spent], sum(refused for _, refused in done), seconds


def percentile(spent: Sequence[float], share: float) -> float:
    return round(statistics.quantiles(spent, n=100)[round(share * 100) - 1], 1)
