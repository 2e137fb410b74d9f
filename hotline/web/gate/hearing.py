"""One Redis listener per process, heard by all the streams that are open in it."""

import threading
from dataclasses import dataclass, field
from queue import Full, Queue
from typing import Any

import structlog

from hotline import broker, clock, live
from hotline.errors import Unavailable

log = structlog.get_logger()

BACKLOG = 50
RECONNECT_SECONDS = 1.0
ASK_SECONDS, DEAF_SECONDS = 2.0, 6.0
"""A Redis that says nothing is asked for a sign of life, and given up as one that is gone."""
PACE_SECONDS, PACE_PER_STREAM = 0.25, 0.001
"""A burst of changes wakes the streams of a topic so often and no more; the more streams, the less often."""


@dataclass(eq=False)
class Subscription:
    """One open stream's mailbox of moments of change. A reader too slow for its bound is dropped, never waited for."""

    topic: str
    mailbox: "Queue[float]" = field(default_factory=lambda: Queue(BACKLOG))
    dropped: bool = False

    def put(self, moment: float) -> None:
        try:
            self.mailbox.put_nowait(moment)
        except Full:
            self.dropped = True


class Hub:
    """The listener of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, set[Subscription]] = {}
        self._thread: threading.Thread | None = None
        self._heard: dict[str, float] = {}
        self._gap = float("-inf")
        self._hearing = threading.Event()

    def hears(self, seconds: float) -> bool:
        """Whether Redis is heard, within so many seconds."""
        return self._hearing.wait(seconds)

    def count(self) -> int:
        with self._lock:
            return sum(len(group) for group in self._open.values())

    def subscribe(self, topic: str, cap: int) -> Subscription:
        """A mailbox for `topic`. Raises Unavailable beyond the cap."""
        mailbox = Subscription(topic)
        with self._lock:
            if sum(len(group) for group in self._open.values()) >= cap:
                raise Unavailable("实时连接已满，页面将改为定时刷新。", retry_after=5)
            self._open.setdefault(topic, set()).add(mailbox)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._listen, name="live", daemon=True)
                self._thread.start()
        return mailbox

    def changed(self, topic: str) -> float:
        """The moment of the last change of `topic` that was heard of, or of the last gap in hearing."""
        with self._lock:
            return max(self._heard.get(topic, self._gap), self._gap)

    def unsubscribe(self, mailbox: Subscription) -> None:
        with self._lock:
            group = self._open.get(mailbox.topic, set())
            group.discard(mailbox)
            if not group:
                self._open.pop(mailbox.topic, None)

    def _listen(self) -> None:
        stop, told = threading.Event(), False
        while True:
            try:
                self._hear()
            except Exception as problem:
                if self._hearing.is_set() or not told:
                    log.info("live.away", error=type(problem).__name__)
                told = True
                self._hearing.clear()
                self._drop()
                stop.wait(RECONNECT_SECONDS)

    def _drop(self) -> None:
        """End the streams that are open: their pages poll until there is something to hear again."""
        with self._lock:
            mailboxes = [mailbox for group in self._open.values() for mailbox in group]
        for mailbox in mailboxes:
            mailbox.dropped = True
            mailbox.put(clock.monotonic())

    def _hear(self) -> None:
        pubsub = broker.redis().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        pubsub.subscribe(live.CHANNEL)
        pubsub.connection.register_connect_callback(self._heard_again)
        self._spread(None)
        self._hearing.set()
        waiting: set[str] = set()
        asked = heard = clock.monotonic()
        while True:
            pause = min((self._wait(topic) for topic in waiting), default=1.0)
            message = pubsub.get_message(timeout=max(pause, 0.0))
            moment = clock.monotonic()
            heard = moment if message is not None else heard
            if moment - heard > DEAF_SECONDS:
                raise TimeoutError("Redis says nothing")
            if moment - max(asked, heard) > ASK_SECONDS:
                pubsub.ping()
                asked = moment
            waiting |= _topics(message) if message is not None else set()
            due = {topic for topic in waiting if self._wait(topic) <= 0}
            if due:
                waiting -= due
                self._spread(due)

    def _heard_again(self, _connection: object) -> None:
        """The client has mended the connection by itself; what was said meanwhile is lost."""
        self._spread(None)

    def _wait(self, topic: str) -> float:
        """Seconds until the streams of `topic` may be woken again."""
        with self._lock:
            pace = max(PACE_SECONDS, len(self._open.get(topic, ())) * PACE_PER_STREAM)
            return self._heard.get(topic, float("-inf")) + pace - clock.monotonic()

    def _spread(self, topics: set[str] | None) -> None:
        """Wake the streams of `topics`; all of them after a gap, because nobody knows what was missed."""
        moment = clock.monotonic()
        with self._lock:
            if topics is None:
                self._gap = moment
            self._heard |= dict.fromkeys(topics or (), moment)
            groups = [group for topic, group in self._open.items() if topics is None or topic in topics]
            mailboxes = [mailbox for group in groups for mailbox in group]
        for mailbox in mailboxes:
            mailbox.put(moment)


def _topics(message: dict[str, Any]) -> set[str]:
    """The topics of a message; a sign of life names none."""
    return set(message["data"].decode().split()) if message["type"] == "message" else set()


hub = Hub()
