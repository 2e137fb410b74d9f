"""The fake phones of the web page: dial, press, speak, hang up, answer; pushed to the page as they change."""

import asyncio
import itertools
import json
import re
from typing import Any

from aiohttp import web

from hotline import clock
from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.legs import Leg

NUMBER = re.compile(r"\+?[0-9]{3,15}|anonymous")
MOST_LINES = 200
PUSH_SECONDS = 0.25
KEEP_ALIVE = 40


class Phones:
    """One phone per number on the page."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.legs: dict[str, Leg] = {}

    def serve(self, app: web.Application) -> None:
        app.router.add_get("/phones/stream", self._stream)
        base = "/phones/{number}"
        app.router.add_put(base, self._plug_in)
        app.router.add_delete(base, self._unplug)
        app.router.add_post(base + "/{act:dial|keys|say|hangup|answer}", self._act)

    def _number(self, request: web.Request) -> str:
        number = request.match_info["number"]
        if not NUMBER.fullmatch(number):
            raise web.HTTPUnprocessableEntity(text="号码应为 3 至 15 位数字")
        return number

    async def _plug_in(self, request: web.Request) -> web.Response:
        """From now on the phone can be rung."""
        number = self._number(request)
        self.exchange.phones[number] = lambda leg: self._rings(number, leg)
        return web.json_response(self._show(number))

    async def _unplug(self, request: web.Request) -> web.Response:
        number = self._number(request)
        self.exchange.phones.pop(number, None)
        if leg := self.legs.pop(number, None):
            self.exchange.hang_up(leg)
        return web.Response(status=204)

    def _rings(self, number: str, leg: Leg) -> None:
        if (current := self.legs.get(number)) and not current.over:
            self.exchange.decline(leg)
        else:
            self.legs[number] = leg

    async def _act(self, request: web.Request) -> web.Response:
        number, act = self._number(request), request.match_info["act"]
        given = await request.json() if request.can_read_body else {}
        leg = self.legs.get(number)
        busy = leg is not None and not leg.over
        if act == "dial" and not busy:
            self.legs[number] = self.exchange.dial(number)
        elif leg and busy:
            self._do(act, leg, given if isinstance(given, dict) else {})
        return web.json_response(self._show(number))

    def _do(self, act: str, leg: Leg, given: dict[str, Any]) -> None:
        if act == "keys":
            self.exchange.press(leg, "".join(re.findall(r"[0-9*#]", str(given.get("keys", "")))))
        elif act == "say":
            self.exchange.speak(leg, str(given.get("text", ""))[:500])
        elif act == "hangup":
            self.exchange.hang_up(leg)
        elif act == "answer":
            self.exchange.pick_up(leg)

    def _show(self, number: str) -> dict[str, Any]:
        leg = self.legs.get(number)
        if leg is None:
            return {"number": number, "state": "idle", "seconds": 0, "lines": []}
        rings = leg.direction != "inbound" and not leg.picked_up
        state = "over" if leg.over else "ringing" if rings else "talking" if leg.participant else "open"
        until = leg.ended_at or clock.now()
        return {
            "number": number,
            "state": state,
            "waiting": leg.waiter is not None,
            "held": bool(leg.participant and leg.participant.held),
            "seconds": int((until - leg.created_at).total_seconds()),
            "lines": [
                {"at": f"{clock.local(line.at):%H:%M:%S}", "kind": line.kind, "text": line.text}
                for line in leg.lines[-MOST_LINES:]
            ],
        }

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: every phone that changed, at most four times a second."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        sent: dict[str, str] = {}
        for quiet in itertools.count():
            changed = False
            for number in list(self.legs):
                text = json.dumps(self._show(number), ensure_ascii=False)
                if sent.get(number) != text:
                    sent[number], changed = text, True
                    await response.write(f"data: {text}\n\n".encode())
            if not changed and quiet % KEEP_ALIVE == 0:
                await response.write(b": alive\n\n")
            await asyncio.sleep(PUSH_SECONDS)
        return response
