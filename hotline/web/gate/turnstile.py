"""So many requests are worked on at once; the others wait at the door in order of arrival, with nothing in their hands.

A process has one interpreter lock and its machine few cores: more requests at once are not more work done, they only
take turns with each other, each with a database connection and locked rows in its hands. A body is read before, so
that a slow sender keeps nobody waiting, and a large one passes by the side. A stream holds no place while it is open.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AT_ONCE = 4
READ_FIRST = 2**16
"""Bytes of a body; more is an upload."""


class Turnstile:
    """WSGI middleware."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app
        self._free = AT_ONCE
        self._waiting: deque[Lock] = deque()
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > READ_FIRST or "HTTP_TRANSFER_ENCODING" in environ:
            return self.app(environ, start_response)
        if length:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        self._enter()
        try:
            return self.app(environ, start_response)
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = Lock()
            called.acquire()
            self._waiting.append(called)
        called.acquire()

    def _leave(self) -> None:
        """The place goes to who has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
