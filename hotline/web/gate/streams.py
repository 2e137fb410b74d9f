"""Server-sent events to the pages that are open here.

A stream holds no database session and no connection of its own. Each process keeps at most
`Config.stream_cap` of them and answers 503 beyond that, or while Redis is away, whereupon the page polls. Every
stream asks every few seconds whether its session still holds, so that a right withdrawn ends it within twenty.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from hashlib import sha256
from queue import Empty
from typing import Any, Protocol

from flask import Flask, Response, current_app, request

from hotline import clock
from hotline.config import Config
from hotline.db import session
from hotline.errors import Unavailable
from hotline.people.models import Role
from hotline.web.gate import visitor
from hotline.web.gate.hearing import Subscription, hub
from hotline.web.gate.turnstile import aside

HEARTBEAT_SECONDS = 10.0
HEARD_WITHIN = 1.0
"""How long a stream waits for Redis at its beginning."""

FRESH_SECONDS = 0.5
"""What a page that polls, or a stream that just opened, may be shown when nothing was heard of since."""

ALIVE = "event: alive\ndata: {}\n\n"


class Source(Protocol):
    """What a stream tells: the topic that wakes it, and what it says of changes up to a moment (None: nothing new)."""

    topic: str

    def say(self, moment: float) -> str | None: ...


@dataclass
class Signals:
    """A stream that only says that something changed."""

    topic: str
    number: int = 0

    def say(self, _moment: float) -> str | None:
        self.number += 1
        return f"id: {self.number}\nevent: changed\ndata: {{}}\n\n"


def signals(topic: str) -> Signals:
    return Signals(topic)


class Snapshots:
    """A stream of whole snapshots, each named by its digest: no gap, because each is complete, and no double,
    because one that the page already has (`Last-Event-ID`) is not sent again.

    The snapshot is made once per process and change, not once per stream.
    """

    def __init__(self, topic: str, make: Callable[[], Any], cache: "SnapshotCache", last: str) -> None:
        self.topic, self._make, self._cache, self._last = topic, make, cache, last

    def say(self, moment: float) -> str | None:
        body, digest = self._cache.made_since(moment, self._make)
        if digest == self._last:
            return None
        self._last = digest
        return f"id: {digest}\nevent: snapshot\ndata: {body}\n\n"


class SnapshotCache:
    """The newest snapshot of one topic in this process."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._lock = threading.Lock()
        self._begun = float("-inf")
        self._value = ("{}", "")

    def made_since(self, moment: float, make: Callable[[], Any]) -> tuple[str, str]:
        """A snapshot begun at `moment` or later: the one we have, or a new one that whoever waits shares."""
        with self._lock:
            if self._begun < moment:
                begun = clock.monotonic()
                try:
                    body = json.dumps(make(), ensure_ascii=False, separators=(",", ":"))
                finally:
                    session.remove()
                self._value, self._begun = (body, sha256(body.encode()).hexdigest()[:20]), begun
            return self._value

    def current(self, make: Callable[[], Any]) -> tuple[str, str]:
        """For a page that polls."""
        return self.made_since(_recent(self._topic), make)


def _recent(topic: str) -> float:
    return max(clock.monotonic() - FRESH_SECONDS, hub.changed(topic))


def stream(source: Source, *, roles: tuple[str, ...], keep: bool = False) -> Response:
    """An open event stream for whoever is signed in with one of `roles`.

    Raises Unavailable beyond the cap and while Redis is away.
    """
    config: Config = current_app.config["HOTLINE"]
    holds = visitor.watch(*(Role(role) for role in roles), keep=keep)
    session.remove()
    mailbox = hub.subscribe(source.topic, config.stream_cap)
    with aside():
        heard = hub.hears(HEARD_WITHIN)
    if not heard:
        hub.unsubscribe(mailbox)
        raise Unavailable("实时推送暂时不可用，页面将改为定时刷新。", retry_after=5)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    answer = Response(
        _events(app.app_context, source, mailbox, holds),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    answer.call_on_close(lambda: hub.unsubscribe(mailbox))
    return answer


def last_event_id() -> str:
    return request.headers.get("Last-Event-ID", "")


Within = Callable[[], AbstractContextManager[Any]]


def _events(within: Within, source: Source, mailbox: Subscription, holds: Callable[[], bool]) -> Iterator[str]:
    """What the stream tells, each word made inside an application context of its own.

    The heartbeat keeps the stream's own time, whatever wakes it between, so that the reviews of many streams
    are spread as their beginnings are.
    """
    due = clock.monotonic() + HEARTBEAT_SECONDS
    yield "retry: 2000\n\n"
    yield _say(within, source, _recent(source.topic)) or ALIVE
    while not mailbox.dropped:
        moment = _woken(mailbox, due - clock.monotonic())
        if moment is not None:
            said = _say(within, source, moment)
            if said:
                yield said
            continue
        due = clock.monotonic() + HEARTBEAT_SECONDS
        with within():
            still = holds()
        if not still:
            yield "event: ended\ndata: {}\n\n"
            return
        yield _again(within, source) or ALIVE


def _say(within: Within, source: Source, moment: float) -> str | None:
    with within():
        return source.say(moment)


def _again(within: Within, source: Source) -> str | None:
    """Snapshots also change by time alone, and when Redis is away; a signal would only repeat itself."""
    return _say(within, source, clock.monotonic() - HEARTBEAT_SECONDS / 2) if isinstance(source, Snapshots) else None


def _woken(mailbox: Subscription, seconds: float) -> float | None:
    """Wait for a change; several at once are one, as late as the last. None when there was none in time."""
    try:
        moment = mailbox.mailbox.get(timeout=max(seconds, 0))
    except Empty:
        return None
    with suppress(Empty):
        while True:
            moment = mailbox.mailbox.get_nowait()
    return moment
