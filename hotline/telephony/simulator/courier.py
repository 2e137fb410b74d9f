"""Webhooks out: signed, tried again as the overrides say, answers checked as Twilio checks them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from twilio.request_validator import RequestValidator

from hotline.telephony.simulator.faults import Fate
from hotline.telephony.simulator.legs import Leg, Request, Sids
from hotline.telephony.simulator.overrides import BadOverride, Overrides, split
from hotline.telephony.simulator.pace import Pace
from hotline.telephony.simulator.transport import Answer, ConnectFailed, ReadTimedOut, Transport

MOST_REDIRECTS = 10
TRAVEL_SECONDS = 0.05
MOST_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class WebhookFault(Exception):
    """A document could not be had; `code` as in Twilio's list of errors."""

    def __init__(self, code: int, url: str) -> None:
        super().__init__(f"{code} {url}")
        self.code = code
        self.url = url


@dataclass
class Meter:
    """Counts and times of what was sent."""

    control: int = 0
    status: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def error(self, code: int, url: str) -> None:
        self.errors.append(f"{code} {urlsplit(url).path}")


class Courier:
    """`spawn` starts work that nobody waits for."""

    def __init__(
        self,
        transport: Transport,
        token: str,
        sids: Sids,
        pace: Pace,
        fate: Fate,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self.transport = transport
        self.validator = RequestValidator(token)
        self.sids = sids
        self.pace = pace
        self.fate = fate
        self.spawn = spawn
        self.meter = Meter()

    async def ask(self, request: Request, leg: Leg) -> tuple[str, Answer]:
        """Ask for a document; its final address and the answer. Raises WebhookFault."""
        await self.pace.sleep(TRAVEL_SECONDS)
        if self.fate.strikes("slow"):
            await self.pace.sleep(self.fate.between(0.5, 3))
        self.meter.control += 1
        token = self.sids.make("WH")
        url, method, params = request.url, request.method, request.params
        started = asyncio.get_running_loop().time()
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._tries(url, method, params, token, leg)
            self._keep_cookies(leg, answer)
            if answer.status not in (301, 302, 303, 307, 308):
                break
            url = urljoin(url, answer.headers.get("location", ""))
            if answer.status < 307:
                method, params = "GET", {name: v for name, v in params.items() if name != "Digits"}
        else:
            raise WebhookFault(11215, url)
        self.meter.seconds.append(asyncio.get_running_loop().time() - started)
        _check(answer, url)
        return split(url)[0], answer

    def tell(self, url: str, method: str, params: dict[str, str], leg: Leg | None = None) -> None:
        """A status callback: later, without anybody waiting, perhaps with faults."""
        if self.fate.strikes("drop"):
            return
        delay = 0.02
        if self.fate.strikes("delay"):
            delay += self.fate.between(1, 6)
        if self.fate.strikes("reorder"):
            delay += self.fate.between(0.05, 2)
        token = self.sids.make("WH")
        for copy in range(2 if self.fate.strikes("duplicate") else 1):
            self.spawn(self._tell(url, method, params, token, leg, delay * (1 + copy)))

    async def _tell(
        self, url: str, method: str, params: dict[str, str], token: str, leg: Leg | None, delay: float
    ) -> None:
        await self.pace.sleep(delay)
        self.meter.status += 1
        try:
            answer = await self._tries(url, method, params, token, leg)
        except WebhookFault as fault:
            self.meter.error(fault.code, fault.url)
            return
        if answer.status >= 300:
            self.meter.error(11200, url)

    async def _tries(self, url: str, method: str, params: dict[str, str], token: str, leg: Leg | None) -> Answer:
        try:
            address, overrides = split(url)
        except BadOverride as error:
            raise WebhookFault(11243, url) from error
        if urlsplit(address).scheme not in ("http", "https"):
            raise WebhookFault(11100, url)
        answer: Answer | None = None
        try:
            async with asyncio.timeout(overrides.total):
                for _ in range(1 + overrides.retries):
                    answer, reason = await self._try(address, method, params, token, leg, overrides)
                    if not reason or not overrides.again(reason):
                        break
        except TimeoutError as error:
            raise WebhookFault(11200, url) from error
        if answer is None:
            raise WebhookFault(11205, url)
        return answer

    async def _try(
        self, address: str, method: str, params: dict[str, str], token: str, leg: Leg | None, overrides: Overrides
    ) -> tuple[Answer | None, str]:
        send = self._prepare(address, method, params, token, leg, overrides)
        try:
            answer = await send
        except ConnectFailed:
            return None, "ct"
        except ReadTimedOut:
            return None, "rt"
        reasons = {4: "4xx", 5: "5xx"}
        return answer, reasons.get(answer.status // 100, "")

    def _prepare(
        self, address: str, method: str, params: dict[str, str], token: str, leg: Leg | None, overrides: Overrides
    ) -> Awaitable[Answer]:
        """A GET carries the parameters in its address, a POST in its body; both are signed."""
        body = b""
        if method == "GET":
            address += ("&" if "?" in address else "?") + urlencode(params) if params else ""
            signature = self.validator.compute_signature(address, {})
        else:
            body = urlencode(params).encode()
            signature = self.validator.compute_signature(address, params)
        headers = {
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        if body:
            headers["Content-Type"] = FORM
        if leg and leg.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in leg.cookies.items())
        return self.transport.send(method, address, headers, body, (overrides.connect, overrides.read))

    def _keep_cookies(self, leg: Leg, answer: Answer) -> None:
        for text in answer.cookies:
            try:
                leg.cookies.update({name: morsel.value for name, morsel in SimpleCookie(text).items()})
            except CookieError:
                continue


def _check(answer: Answer, url: str) -> None:
    if answer.status >= 400:
        raise WebhookFault(11217, url)
    if answer.status >= 300:
        raise WebhookFault(11200, url)
    if len(answer.body) > MOST_BYTES:
        raise WebhookFault(11750, url)
    if not answer.headers.get("content-type"):
        raise WebhookFault(12300, url)
