"""So many requests are worked on at once; the others wait at the door in order of arrival, with nothing in their hands.

A process has one interpreter lock: more requests at once are not more work done, they only take turns with each
other, each with a database connection and locked rows in its hands. A body is read before, so that a slow sender
holds no place, and a large one passes by the side; so does a stream while it is open, and whoever waits for the
provider (`aside`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LANES = ((("/phone/", "/desk/line"), 1), (("/desk/", "/calls/", "/wallboard/"), 1), (("/",), 2))
"""Addresses and places: the telephones, the people at them, the office. No page of one keeps another waiting."""

BESIDE = ("/live", "/ready", "/metrics", "/static/")
"""Who asks whether the house is well waits for nobody in it, and files need no place."""

READ_FIRST = 2**16
"""Bytes of a body; more is an upload."""


class Lane:
    """A few places, given in order of arrival."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()

    def enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = Lock()
            called.acquire()
            self._waiting.append(called)
        called.acquire()

    def leave(self) -> None:
        """The place goes to who has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


_held: ContextVar[Lane | None] = ContextVar("lane", default=None)


@contextmanager
def aside() -> Iterator[None]:
    """Step out of the lane while waiting for somebody else; no database connection may be held."""
    lane = _held.get()
    if lane is None:
        yield
        return
    token = _held.set(None)
    lane.leave()
    try:
        yield
    finally:
        lane.enter()
        _held.reset(token)


class Turnstile:
    """WSGI middleware."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self.lanes = tuple((addresses, Lane(places)) for addresses, places in LANES)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length, path = int(environ.get("CONTENT_LENGTH") or 0), environ["PATH_INFO"]
        if length > READ_FIRST or "HTTP_TRANSFER_ENCODING" in environ or path.startswith(BESIDE):
            return self.app(environ, start_response)
        if length:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        lane = next((lane for addresses, lane in self.lanes if path.startswith(addresses)), self.lanes[-1][1])
        lane.enter()
        token = _held.set(lane)
        try:
            return self.app(environ, start_response)
        finally:
            _held.reset(token)
            lane.leave()
