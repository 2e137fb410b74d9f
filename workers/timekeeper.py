"""The clock process: the timetable, the dispatcher, the sweep, the queues' ticker and their roll call."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis

from hotline import broker, clock, db, heartbeats, timetable
from hotline.db import session
from hotline.heartbeats import ProcessKind
from hotline.timetable import Entry
from workers import dispatcher, telephone

log = structlog.get_logger(__name__)


def keep_timetable(entries: Sequence[Entry], name: str) -> int:
    """Claim every period that has come since the last one; returns how many jobs were wanted."""
    with db.reading():
        claims = timetable.last_claims()
        session.rollback()
    wanted = 0
    for entry in entries:
        for period in timetable.due(entry, claims.get(entry.name), clock.now()):
            wanted += timetable.claim(entry, period, name)
            session.commit()
    return wanted


@dataclass
class Chore:
    """Something the clock does every `seconds`; a failure is logged and the next round tries again."""

    name: str
    seconds: float
    do: Callable[[], Any]
    next_at: float = 0.0

    def turn(self) -> None:
        if clock.monotonic() < self.next_at:
            return
        self.next_at = clock.monotonic() + self.seconds
        try:
            self.do()
        except Exception:
            log.exception("a chore of the clock failed", chore=self.name)
        finally:
            session.remove()


def chores(connection: Redis, entries: Sequence[Entry], name: str) -> list[Chore]:
    """Everything the clock does, the most urgent first."""

    def beat() -> None:
        heartbeats.beat(name, ProcessKind.CLOCK)
        session.commit()

    return [
        Chore("tick", 1.0, telephone.tick),
        Chore("dispatch", 0.3, lambda: dispatcher.dispatch(connection)),
        Chore("beat", heartbeats.INTERVAL.total_seconds(), beat),
        Chore("sweep", 5.0, lambda: dispatcher.sweep(connection)),
        Chore("roll call", 5.0, telephone.call_the_roll),
        Chore("timetable", 5.0, lambda: keep_timetable(entries, name)),
    ]


class Stop:
    """Set by SIGTERM or SIGINT; the round under way is finished."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: Any) -> None:
        self.asked = True


def serve(url: str, entries: Sequence[Entry]) -> None:
    """Keep time until told to stop."""
    stop, name = Stop(), heartbeats.process_name(ProcessKind.CLOCK)
    todo = chores(broker.connect(url), entries, name)
    while not stop.asked:
        for chore in todo:
            chore.turn()
        time.sleep(0.1)
    heartbeats.forget(name)
    session.commit()
