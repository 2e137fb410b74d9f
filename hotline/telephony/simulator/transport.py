"""How the simulator's webhooks travel: `over_http` to a running house, or straight into a WSGI application."""

import asyncio
import io
from collections.abc import Callable, Iterable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes, urlsplit


class ConnectFailed(Exception):
    """No connection in time."""


class ReadTimedOut(Exception):
    """Connected, but no answer in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: tuple[str, ...] = ()


class Transport(Protocol):
    async def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes, limits: tuple[float, float]
    ) -> Answer:
        """`limits` are seconds to connect and to answer. Raises ConnectFailed or ReadTimedOut."""


WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiTransport:
    """Straight into an application in this process, each request in a context of its own as on a server."""

    def __init__(self, app: WsgiApp) -> None:
        self.app = app

    async def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes, limits: tuple[float, float]
    ) -> Answer:
        await asyncio.sleep(0)
        told: dict[str, Any] = {}

        def start(status: str, answer_headers: list[tuple[str, str]], _error: object = None) -> Callable[..., Any]:
            told.update(status=int(status.split()[0]), headers=answer_headers)
            return lambda _data: None

        def serve() -> bytes:
            chunks = self.app(_environ(method, url, headers, body), start)
            try:
                return b"".join(chunks)
            finally:
                getattr(chunks, "close", lambda: None)()

        content = Context().run(serve)
        cookies = tuple(value for name, value in told["headers"] if name.lower() == "set-cookie")
        return Answer(told["status"], {name.lower(): value for name, value in told["headers"]}, content, cookies)


def _environ(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": parts.path + ("?" + parts.query if parts.query else ""),
        "SERVER_NAME": parts.hostname or "localhost",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    environ.setdefault("HTTP_HOST", parts.netloc)
    return environ
