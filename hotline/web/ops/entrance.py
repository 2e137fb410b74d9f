"""Who may ask: anybody whether the house is up, only the monitoring how it is doing."""

import hmac

from flask import current_app, request

from hotline.config import Config
from hotline.errors import Refused


def verify() -> None:
    """Metrics need the bearer token METRICS_TOKEN; where none is set nobody gets them."""
    if request.endpoint != "ops.metrics":
        return
    config: Config = current_app.config["HOTLINE"]
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not config.metrics_token or not hmac.compare_digest(sent.encode(), config.metrics_token.encode()):
        raise Refused("监控指标需要令牌。")
