"""Other systems: orders, events, files and city figures as JSON, described by `/api/openapi.json`."""

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue

from hotline.web.exchange import cities, files, orders
from hotline.web.exchange.document import build
from hotline.web.exchange.doors import door, papers


@papers.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """What the door takes and gives; open to everybody who writes a client."""
    return jsonify(build(current_app.config["HOTLINE"].line_name))


__all__ = ["cities", "door", "files", "orders", "papers"]
