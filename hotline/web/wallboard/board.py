"""The board: one snapshot from the database, pushed when something changes, polled when it cannot be."""

from datetime import timedelta
from typing import Any

from flask import Response, current_app

from hotline import clock, live
from hotline.config import Config
from hotline.crisis import followups
from hotline.crisis import service as crisis
from hotline.ivr import event_lines
from hotline.queues import board as queues
from hotline.queues import presence
from hotline.statistics import indicators
from hotline.statistics.indicators import CONNECT_TARGET, INDICATORS, By, Counts
from hotline.web import gate
from hotline.web.gate import streams
from hotline.web.wallboard import door

DAY = timedelta(hours=24)
SHOWN = ("answered", "abandoned", "short_abandoned", "asked", "answered_in_15", "answered_in_30")

_cache = streams.SnapshotCache(live.BOARD)


def snapshot() -> dict[str, Any]:
    """Everything the board shows, as JSON; instants in ISO 8601 UTC, shares in percent."""
    at = clock.now()
    today = clock.business_day(at)
    by_line = indicators.counts(By.LINE, today, today)
    steps = queues.last_hour(at)
    rolling = INDICATORS["connect"].of(indicators.since(at - DAY)).value
    return {
        "lines": [
            {**line, **_figures(by_line.get(line["code"])), "hour": steps.get(line["code"], [0] * 12)}
            for line in queues.lines()
        ],
        "all": _figures(indicators.add(counts for code, counts in by_line.items() if code)),
        "agents": queues.agents(),
        "alerts": crisis.on_board(),
        "followups_overdue": followups.overdue_count(at),
        "crisis": queues.crisis_calls(at),
        "call_backs": queues.call_backs(at),
        "connect_24h": round(rolling * 100, 2) if rolling is not None else None,
        "connect_broken": rolling is not None and rolling < CONNECT_TARGET,
        "event_lines": [{"id": line.id, "key": line.key, "name": line.name} for line in event_lines.on(at)],
        "last_event_at": queues.last_event_at(),
    }


def _figures(counts: Counts | None) -> dict[str, Any]:
    if not counts:
        return {**dict.fromkeys(SHOWN, 0), "connect": None, "level": None, "wait": None, "talk": None}
    config: Config = current_app.config["HOTLINE"]
    return {
        **{name: counts[name] for name in SHOWN},
        "connect": INDICATORS["connect"].told(counts),
        "level": indicators.level(config.service_level, 15).told(counts),
        "wait": INDICATORS["wait"].told(counts),
        "talk": INDICATORS["talk"].told(counts),
    }


def _board(*, tv: bool) -> str:
    config: Config = current_app.config["HOTLINE"]
    return gate.page(
        "wallboard/board.html",
        level=indicators.level(config.service_level, 15),
        connect=INDICATORS["connect"],
        break_reasons={} if tv else presence.BREAK_REASONS,
        tv=tv,
    )


@door.get("/")
def show() -> str:
    """The board on a desk screen: every number opens its list."""
    return _board(tv=False)


@door.get("/tv")
def tv() -> str:
    """The board on the wall: no menus, nothing to click, readable from five metres."""
    return _board(tv=True)


@door.get("/snapshot")
def poll() -> Response:
    """The same snapshot, for a page whose stream is away or refused."""
    body, digest = _cache.current(snapshot)
    return Response(body, content_type="application/json", headers={"ETag": f'"{digest}"'})


@door.get("/stream")
def stream() -> Response:
    """Snapshots as they change."""
    source = streams.Snapshots(live.BOARD, snapshot, _cache, streams.last_event_id())
    return streams.stream(source, roles=("supervisor",), keep=True)
