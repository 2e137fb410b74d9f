"""The house's REST client when the simulator lives in the same process: no network, no waiting."""

import base64
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from requests.exceptions import ReadTimeout
from twilio.http import HttpClient
from twilio.http.response import Response

from hotline.telephony.simulator.rest import AnswerLost, Reply, handle

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange


class DirectHttpClient(HttpClient):  # type: ignore[misc]
    """For `TwilioProvider.connect`."""

    def __init__(self, exchange: "Exchange") -> None:
        super().__init__(logging.getLogger(__name__), False)
        self.exchange = exchange

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        query = urlencode(params or {}, doseq=True)
        target = url + (("&" if "?" in url else "?") + query if query else "")
        reply = self._handle(method, target, urlencode(data or {}, doseq=True), auth or ("", ""))
        return Response(reply.status, "" if reply.body is None else json.dumps(reply.body), {})

    def download(self, url: str, auth: tuple[str, str]) -> tuple[int, bytes]:
        reply = self._handle("GET", url, "", auth)
        return reply.status, reply.body if isinstance(reply.body, bytes) else b""

    def _handle(self, method: str, url: str, form: str, auth: tuple[str, str]) -> Reply:
        parts = urlsplit(url)
        secret = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        try:
            return handle(self.exchange, method, f"{parts.path}?{parts.query}", form, secret)
        except AnswerLost as lost:
            raise ReadTimeout(url) from lost
