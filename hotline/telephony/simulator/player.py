"""Plays TwiML to one leg, verb by verb, as Twilio would."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from hotline.telephony.simulator import dialing, recording_verb, waiting, webhooks
from hotline.telephony.simulator.courier import WebhookFault
from hotline.telephony.simulator.hooks import recording_hook
from hotline.telephony.simulator.legs import HungUp, Interruption, Leg, Redirected, Request
from hotline.telephony.simulator.twiml import BadTwiml, Verb, parse

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange

SIGNS_PER_SECOND = 4.5
PLAY_SECONDS = 3.0
SILENT = frozenset({"Reject", "Redirect", "Hangup"})
APPLICATION_ERROR = "An application error has occurred. Goodbye."


class Left(Interruption):
    """<Leave> in a waiting room."""


def never() -> bool:
    return False


class Player:
    """`url` is the document being played: relative addresses start from it."""

    def __init__(self, exchange: "Exchange", leg: Leg) -> None:
        self.exchange = exchange
        self.leg = leg
        self.url = ""
        self.verbs: dict[str, Callable[[Verb], Awaitable[Request | None]]] = {
            "Say": self._spoken,
            "Play": self._spoken,
            "Pause": self._spoken,
            "Gather": self._gather,
            "Redirect": self._redirect,
            "Hangup": self._hangup,
            "Reject": self._reject,
            "Leave": self._leave,
            "Start": self._start,
            "Record": lambda verb: recording_verb.record(self, verb),
            "Enqueue": lambda verb: waiting.enqueue(self, verb),
            "Dial": lambda verb: dialing.dial(self, verb),
        }

    async def run(self, request: Request | None) -> None:
        """Until there is nothing more to play, then the leg is hung up by its owner."""
        while request:
            try:
                request = await self.once(request)
            except Redirected as redirected:
                request = redirected.request
            except WebhookFault as fault:
                request = self._rescue(fault.code, fault.url)
            except BadTwiml as fault:
                request = self._rescue(fault.code, self.url)

    async def once(self, request: Request) -> Request | None:
        """Ask for one document and play it; what follows it, if it says so."""
        return await self.play(await self.fetch(request))

    async def fetch(self, request: Request) -> list[Verb]:
        params = self.leg.custom | self.params() | request.params
        self.url = request.url
        self.url, answer = await self.exchange.courier.ask(Request(request.url, request.method, params), self.leg)
        self.leg.check()
        return parse(answer.body, answer.headers.get("content-type", ""))

    async def play(self, verbs: list[Verb]) -> Request | None:
        for verb in verbs:
            if verb.name not in SILENT and self.leg.status == "ringing":
                self.exchange.advance(self.leg, "in-progress")
            if following := await self.verbs[verb.name](verb):
                return following
        return None

    def params(self) -> dict[str, str]:
        return webhooks.about_leg(self.leg, self.exchange.account, self.exchange.config.twilio_app_sid)

    def link(self, verb: Verb, name: str = "action", extra: dict[str, str] | None = None) -> Request:
        """Where an attribute points to; without it, the document itself."""
        method = verb.get("waitUrlMethod" if name == "waitUrl" else "method", "POST")
        return Request(urljoin(self.url, verb.get(name)), method, extra or {})

    def tell_action(self, verb: Verb, extra: dict[str, str]) -> None:
        """The leg is gone: its action is asked all the same, and the answer thrown away."""
        if not verb.get("action"):
            return
        request = self.link(verb, extra=extra)

        async def ask() -> None:
            await asyncio.sleep(0)
            try:
                full = Request(request.url, request.method, self.params() | request.params)
                await self.exchange.courier.ask(full, self.leg)
            except WebhookFault as fault:
                self.exchange.courier.meter.error(fault.code, fault.url)

        self.exchange.spawn(ask())

    async def _spoken(self, verb: Verb, ready: Callable[[], bool] = never) -> Request | None:
        seconds: float = verb.number("length", 1)
        if verb.name == "Say":
            self.leg.hear("say", verb.text)
            seconds = max(0.5, len(verb.text) / SIGNS_PER_SECOND)
        elif verb.name == "Play":
            self.leg.hear("play", verb.text.rsplit("/", 1)[-1])
            seconds = PLAY_SECONDS
        if verb.name != "Pause":
            self.leg.audible_until = asyncio.get_running_loop().time() + self.leg.pace.real(seconds)
            self.exchange.notice("heard", self.leg)
        for _ in range(verb.number("loop", 1) or 1000):
            if await self.leg.wait(seconds, ready):
                break
        return None

    async def _gather(self, verb: Verb) -> Request | None:
        leg, listens = self.leg, "speech" in verb.get("input", "dtmf")
        leg.keys.clear()
        leg.speech.clear()

        def there() -> bool:
            return bool(leg.keys or (listens and leg.speech))

        for prompt in verb.inside:
            if there():
                break
            await self._spoken(prompt, there)
        digits, finished = await self._collect(verb, there)
        if listens and leg.speech and not digits:
            text, _ = leg.speech.pop(0)
            return self.link(verb, extra={"SpeechResult": text, "Confidence": "0.9"})
        if not digits and not verb.flag("actionOnEmptyResult"):
            return None
        extra = {"Digits": digits} | ({"FinishedOnKey": finished} if finished else {})
        return self.link(verb, extra=extra)

    async def _collect(self, verb: Verb, there: Callable[[], bool]) -> tuple[str, str]:
        most = verb.number("numDigits", 1000)
        finishing = verb.get("finishOnKey", "#")
        seconds = 5 if verb.get("timeout") == "auto" else verb.number("timeout", 5)
        digits = ""
        while len(digits) < most:
            if not await self.leg.wait(seconds, there) or not self.leg.keys:
                break
            key = self.leg.keys.pop(0)
            if key in finishing:
                return digits, key
            digits += key
        return digits, ""

    async def _redirect(self, verb: Verb) -> Request | None:
        return Request(urljoin(self.url, verb.text), verb.get("method", "POST"))

    async def _hangup(self, _verb: Verb) -> Request | None:
        raise HungUp

    async def _reject(self, verb: Verb) -> Request | None:
        raise HungUp("busy" if verb.get("reason") == "busy" else "no-answer")

    async def _leave(self, _verb: Verb) -> Request | None:
        raise Left

    async def _start(self, verb: Verb) -> Request | None:
        for noun in verb.inside:
            channels = 1 if noun.get("channels") == "mono" else 2
            hook = recording_hook(noun, self.url)
            self.exchange.start_recording(self.leg, "StartCallRecordingTwiML", channels, hook)
        return None

    def _rescue(self, code: int, url: str) -> Request:
        """The fallback address, once; without one the caller hears Twilio's own error and is cut off."""
        self.exchange.courier.meter.error(code, url)
        if self.leg.fallback and not self.url.startswith(self.leg.fallback.split("#")[0]):
            return Request(self.leg.fallback, "POST", {"ErrorCode": str(code), "ErrorUrl": url.split("#")[0]})
        self.leg.hear("say", APPLICATION_ERROR)
        self.exchange.notice("error", self.leg)
        raise HungUp("completed" if self.leg.answered_at else "failed")
