"""Open wallboards: how soon a change is on all of them, what they cost everybody else, and what lies beyond the cap."""

import asyncio
import time
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from itertools import cycle

from flask import current_app
from itsdangerous import URLSafeTimedSerializer

from hotline import clock
from hotline.db import session
from hotline.people import passwords, sessions
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Account, AccountRole, Role
from hotline.queues import presence
from hotline.queues.models import AgentState
from tests.load import web
from tests.load.bench_voice import signed

BOARDS, CHANGES = 500, 20
MANY, ORDINARY = 2_000, 150
CAP, BEYOND = 20, 5
SUPERVISORS, AGENTS = 100, 100
APART = 0.05
"""Seconds between ordinary requests: twenty a second, half of them calls that ring."""


def run(boards: int = BOARDS, many: int = MANY) -> dict[str, object]:
    """A house with a hundred agents on duty, and more boards than any house has."""
    for agent in staff(Role.AGENT, AGENTS):
        presence.choose(agent.id, AgentState.READY)
    cookies = [cookie(supervisor) for supervisor in staff(Role.SUPERVISOR, SUPERVISORS)]
    session.commit()
    return {"broadcast": broadcast(cookies, boards), "many": crowded(cookies, many), "beyond": beyond(cookies)}


def staff(role: Role, count: int) -> list[Account]:
    hashed, at = passwords.hash_of(DEMO_PASSWORD), clock.now()
    made = [
        Account(login=f"{role.value}{n:03d}", name=f"压测人员{n:03d}", password_hash=hashed, password_set_at=at)
        for n in range(count)
    ]
    session.add_all(made)
    session.flush()
    session.add_all(AccountRole(account_id=account.id, role=role) for account in made)
    session.flush()
    return made


def cookie(account: Account) -> str:
    """What this person's browser sends once signed in."""
    signer = current_app.session_interface.get_signing_serializer(current_app)
    assert isinstance(signer, URLSafeTimedSerializer)
    token = sessions.open_session(account, "127.0.0.1")
    return f"{current_app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"


class Wall:
    """Many browsers with a board open: the moment of each one's newest snapshot, refusals, streams that broke."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.newest: list[float] = []
        self.refused: list[bytes] = []
        self.broken = 0
        self.listening: list[asyncio.Task[None]] = []

    async def open(self, cookies: list[str], count: int) -> None:
        gate = asyncio.Semaphore(50)
        await asyncio.gather(*(self._open(gate, one) for one, _ in zip(cycle(cookies), range(count), strict=False)))

    async def _open(self, gate: asyncio.Semaphore, cookie: str) -> None:
        async with gate:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
            writer.write(f"GET /wallboard/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.splitlines()[0]:
                self.refused.append(head)
                writer.close()
                return
            place = len(self.newest)
            self.newest.append(0.0)
            await self._event(reader, place)
            await self._event(reader, place)
            self.listening.append(asyncio.create_task(self._listen(reader, writer, place)))

    async def _event(self, reader: asyncio.StreamReader, place: int) -> None:
        if b"event: snapshot" in await reader.readuntil(b"\n\n"):
            self.newest[place] = time.perf_counter()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, place: int) -> None:
        try:
            while True:
                await self._event(reader, place)
        except (asyncio.IncompleteReadError, OSError):
            self.broken += 1
        finally:
            writer.close()

    async def shown(self, since: float) -> list[float]:
        """Seconds from `since` until each board had a snapshot made after it."""
        while min(self.newest) < since:
            await asyncio.sleep(0.005)
            assert time.perf_counter() - since < 30, "some board never heard of the change"
        return [at - since for at in self.newest]

    async def close(self) -> None:
        for task in self.listening:
            task.cancel()
        await asyncio.gather(*self.listening, return_exceptions=True)


@asynccontextmanager
async def wall(port: int, cookies: list[str], count: int):
    made = Wall(port)
    try:
        await made.open(cookies, count)
        yield made
    finally:
        await made.close()


def broadcast(cookies: list[str], count: int) -> dict[str, object]:
    """From the moment a call's first webhook is sent until every board on one process shows it."""
    settings = {"WEB_THREADS": str(count + 50), "STREAM_CAP": str(count)}
    with web.serve("app:create_app()", **settings) as (port, master):
        alone = web.memory_mb(master)

        async def measured() -> list[float]:
            spent: list[float] = []
            async with wall(port, cookies, count) as boards:
                for request in signed(port, CHANGES):
                    await asyncio.sleep(1)
                    sent = time.perf_counter()
                    _, refused, _ = await asyncio.to_thread(web.ask, port, [request], 1)
                    assert not refused
                    spent += await boards.shown(sent)
                memory.append(web.memory_mb(master))
                assert (boards.refused, boards.broken) == ([], 0)
            return spent

        memory: list[float] = []
        spent = [1000 * one for one in asyncio.run(measured())]
    return {"streams": count, "changes": CHANGES, **told(spent), "memory_mb": memory[0], "memory_before_mb": alone}


def told(spent: list[float]) -> dict[str, float]:
    shares = {"p50_ms": web.percentile(spent, 0.5), "p95_ms": web.percentile(spent, 0.95)}
    return {**shares, "max_ms": round(max(spent), 1)}


def crowded(cookies: list[str], count: int) -> dict[str, object]:
    """Twenty ordinary requests a second without and with all the streams on two processes."""
    settings = {"WEB_PROCESSES": "2", "WEB_THREADS": str(count + 50), "STREAM_CAP": str(count)}
    with web.serve("app:create_app()", **settings) as (port, master):
        ordinary(port)
        before, alone = ordinary(port), web.memory_mb(master)

        async def measured() -> tuple[dict[str, object], float, Wall]:
            async with wall(port, cookies, count) as boards:
                spent = await asyncio.to_thread(ordinary, port)
                return spent, web.memory_mb(master), boards

        meanwhile, memory, boards = asyncio.run(measured())
    errors = {"refused": len(boards.refused), "broken": boards.broken}
    return {
        "streams": len(boards.newest),
        "processes": 2,
        **errors,
        "before": before,
        "with_streams": meanwhile,
        "memory_mb": memory,
        "memory_before_mb": alone,
    }


def ordinary(port: int) -> dict[str, object]:
    """Pages and calls at a steady rate; every change of a call goes out to all boards meanwhile."""
    page: web.Request = ("GET", "/sign-in", b"", {})
    spent: dict[str, list[float]] = {"page": [], "voice": []}
    errors = 0
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for voice in signed(port, ORDINARY):
        for kind, (method, path, body, headers) in (("page", page), ("voice", voice)):
            time.sleep(APART)
            began = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            spent[kind].append((time.perf_counter() - began) * 1000)
            errors += answer.status >= 400
    connection.close()
    return {**{kind: told(each) for kind, each in spent.items()}, "errors": errors}


def beyond(cookies: list[str]) -> dict[str, object]:
    """The streams over the cap are refused and told when to come back; their pages get the snapshot by asking."""
    with web.serve("app:create_app()", STREAM_CAP=str(CAP)) as (port, _):

        async def measured() -> tuple[int, list[bytes], int, float]:
            async with wall(port, cookies, CAP + BEYOND) as boards:
                polls = [("GET", "/wallboard/snapshot", b"", {"Cookie": cookies[0]})] * 50
                spent, refused, _ = await asyncio.to_thread(web.ask, port, polls, 2)
                return len(boards.newest), boards.refused, refused, web.percentile(spent, 0.95)

        kept, refused, polls_refused, poll = asyncio.run(measured())
    assert all(b" 503 " in head.splitlines()[0] and b"Retry-After: 5" in head for head in refused)
    return {"cap": CAP, "open": kept, "refused_503": len(refused), "polls_refused": polls_refused, "poll_p95_ms": poll}
