"""The access log: what was asked by route, never by address, because an address may carry a number or a name."""

import structlog
from flask import Flask, Response, g, request

from hotline import clock

log = structlog.get_logger("access")

QUIET = frozenset({"static", "bootstrap.static", "ops.live", "ops.ready", "ops.metrics"})


def init_app(app: Flask) -> None:
    app.before_request(_note_time)
    app.after_request(_tell)


def _note_time() -> None:
    g.began = clock.monotonic()


def _tell(response: Response) -> Response:
    if request.endpoint not in QUIET:
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else "-",
            status=response.status_code,
            ms=round((clock.monotonic() - g.get("began", clock.monotonic())) * 1000, 1),
            bytes=None if response.is_streamed else response.calculate_content_length(),
            account=who.id if (who := g.get("person")) else None,
            request_id=g.get("request_id", ""),
        )
    return response
