"""`/live`: this process answers. `/ready`: calls can be taken; what works less well is named under `degraded`."""

from datetime import timedelta
from typing import Any

import structlog
from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from hotline import backlog, clock, heartbeats
from hotline.calls import provider_clock
from hotline.db import session
from hotline.heartbeats import Alive, ProcessKind
from hotline.web import gate
from hotline.web.ops import door

log = structlog.get_logger(__name__)

SLOW = timedelta(minutes=5)
"""A job that has been open for longer means that the background work does not keep up."""


@door.get("/live")
def live() -> ResponseReturnValue:
    return jsonify(alive=True, at=clock.now().isoformat())


@door.get("/ready")
def ready() -> ResponseReturnValue:
    """503 when the database is away: then no call can be taken. Everything else only degrades the house."""
    told: dict[str, Any] = {"ready": False, "degraded": ["database"], "database": {"ok": False}}
    try:
        session.execute(select(1))
        told = _parts()
    except SQLAlchemyError:
        session.rollback()
        log.exception("the database is away")
    return jsonify(told), 200 if told["ready"] else 503


def _parts() -> dict[str, Any]:
    waiting = backlog.in_redis()
    queues = backlog.queues()
    unserved = [state.queue.value for state in queues if not state.served]
    slow = [state.queue.value for state in queues if state.age > SLOW]
    parts: dict[str, dict[str, Any]] = {
        "database": {"ok": True},
        "redis": {"ok": waiting is not None},
        "workers": {"ok": not unserved, "unserved": unserved, **_seen(ProcessKind.WORKER)},
        "clock": {"ok": backlog.clock_runs(), **_seen(ProcessKind.CLOCK)},
        "queues": {"ok": not slow, "slow": slow},
        "provider_clock": _provider_clock(),
    }
    return {"ready": True, "degraded": [name for name, part in parts.items() if not part["ok"]], **parts}


def _provider_clock() -> dict[str, Any]:
    """Counts of seconds, waits and months are wrong where the provider's clock and ours differ."""
    ahead = provider_clock.ahead(gate.provider().name)
    return {"ok": provider_clock.agrees(ahead), "ahead_seconds": None if ahead is None else ahead.total_seconds()}


def _seen(kind: ProcessKind) -> dict[str, Any]:
    found: list[Alive] = [process for process in heartbeats.seen(kind) if process.well]
    age = min((process.age.total_seconds() for process in found), default=None)
    return {"count": len(found), "seen_seconds_ago": None if age is None else round(age, 1)}
