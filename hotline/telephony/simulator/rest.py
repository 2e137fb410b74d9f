"""Twilio's REST over the simulator's state: routing, sign-in, errors and pages. The resources are beside it."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hotline.telephony.simulator.webhooks import API

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange

MESSAGES = {
    20001: "Unknown parameters",
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20004: "Method not allowed",
    20006: "Access Denied",
    21201: "No 'To' number specified",
    21205: "Url parameter is required",
    21218: "Invalid ApplicationSid",
    21220: "Call is not in-progress. Cannot redirect.",
    21247: "Queue name already exists",
}


class RestFault(Exception):
    """An error body of Twilio's."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(MESSAGES[code])
        self.status = status
        self.code = code


class AnswerLost(Exception):
    """It happened, but whoever asked never hears of it."""


@dataclass(frozen=True)
class RestRequest:
    """`path` is below the account; lists keep repeated fields."""

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    form: dict[str, list[str]] = field(default_factory=dict)

    def get(self, name: str, usual: str = "") -> str:
        return (self.form.get(name) or self.query.get(name) or [usual])[0]

    def flag(self, name: str) -> bool | None:
        given = self.get(name)
        return given.lower() == "true" if given else None


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    content_type: str = "application/json"


Handler = Callable[..., Reply]
Routes = list[tuple[str, re.Pattern[str], Handler]]


class Router:
    """The routes of one family of resources."""

    def __init__(self) -> None:
        self.routes: Routes = []

    def serve(self, method: str, pattern: str) -> Callable[[Handler], Handler]:
        """Serve `pattern`, in which `{}` stands for one id."""

        def keep(handler: Handler) -> Handler:
            expression = re.escape(pattern).replace(r"\{\}", "([A-Za-z0-9._%-]+)")
            self.routes.append((method, re.compile(expression), handler))
            return handler

        return keep


def handle(exchange: "Exchange", method: str, target: str, form: str, authorization: str) -> Reply:
    """Answer one REST request. `target` is path and query below the product (`/2010-04-01/Accounts/…`)."""
    parts = urlsplit(target)
    prefix = f"/{API}/Accounts/{exchange.account}"
    try:
        if not _signed_in(exchange, authorization):
            raise RestFault(401, 20003)
        if not parts.path.startswith(prefix):
            raise RestFault(404, 20404)
        request = RestRequest(
            method,
            parts.path[len(prefix) :],
            parse_qs(parts.query, keep_blank_values=True),
            parse_qs(form, keep_blank_values=True),
        )
        return _dispatch(exchange, request)
    except RestFault as fault:
        about = f"https://www.twilio.com/docs/errors/{fault.code}"
        return Reply(
            fault.status, {"code": fault.code, "message": str(fault), "more_info": about, "status": fault.status}
        )


def _signed_in(exchange: "Exchange", authorization: str) -> bool:
    config = exchange.config
    pairs = [(config.twilio_account_sid, token) for token in config.twilio_auth_tokens]
    if config.twilio_api_key:
        pairs.append((config.twilio_api_key, config.twilio_api_secret))
    good = {"Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode() for user, secret in pairs}
    return authorization in good


def _dispatch(exchange: "Exchange", request: RestRequest) -> Reply:
    from hotline.telephony.simulator import rest_calls, rest_recordings, rest_rooms

    routes = rest_calls.router.routes + rest_recordings.router.routes + rest_rooms.router.routes
    found = [(method, match, handler) for method, path, handler in routes if (match := path.fullmatch(request.path))]
    if not found:
        raise RestFault(404, 20404)
    for method, match, handler in found:
        if method == request.method:
            return handler(exchange, request, *match.groups())
    raise RestFault(405, 20004)


def page(exchange: "Exchange", request: RestRequest, key: str, rows: Sequence[dict[str, Any]]) -> Reply:
    """One page of a list, newest first, with the relative address of the next."""
    size = min(int(request.get("PageSize", "50")), 1000)
    number = int(request.get("Page", "0"))
    base = f"/{API}/Accounts/{exchange.account}{request.path}"
    kept = {name: values for name, values in request.query.items() if name not in ("Page", "PageToken")}

    def address(which: int) -> str:
        return f"{base}?{urlencode(kept | {'Page': [str(which)], 'PageToken': [f'PA{which}']}, doseq=True)}"

    last = (number + 1) * size >= len(rows)
    return Reply(
        200,
        {
            key: list(rows[number * size : (number + 1) * size]),
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": min((number + 1) * size, len(rows)) - 1,
            "uri": address(number),
            "first_page_uri": address(0),
            "next_page_uri": None if last else address(number + 1),
            "previous_page_uri": address(number - 1) if number else None,
        },
    )
