"""The softphone of the desk page, over the simulator: connect, hang up, hear who is there.

The page of another origin uses it, so the public base of the house alone is allowed (CORS).
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.legs import Leg

SILENCE_SECONDS = 15.0
"""A page that has not been heard of for so long is gone, and its leg with it."""
RELOAD_SECONDS = 4.0
"""A page that said it goes comes again within so long, or its leg is hung up."""
MOST_PARAMS, LONGEST_PARAM = 10, 200


@dataclass
class Softphone:
    """One browser. `beats` counts its signs of life."""

    identity: str
    leg: Leg | None = None
    beats: int = 0


class Softphones:
    def __init__(self, exchange: Exchange, origin: str) -> None:
        self.exchange = exchange
        self.origin = origin
        self.known: dict[str, Softphone] = {}

    def serve(self, app: web.Application) -> None:
        base = "/softphone/{identity:[A-Za-z0-9_]{1,121}}"
        app.router.add_get(base, self._state)
        app.router.add_post(base + "/connect", self._connect)
        app.router.add_post(base + "/hangup", self._hang_up)
        app.router.add_post(base + "/answer", self._answer)
        app.router.add_post(base + "/keys", self._keys)
        app.router.add_post(base + "/say", self._say)
        app.router.add_post(base + "/mute", self._mute)
        app.router.add_post(base + "/beat", self._beat)
        app.router.add_post(base + "/leave", self._leave)
        app.router.add_route("OPTIONS", "/softphone/{rest:.*}", self._preflight)

    def _of(self, request: web.Request) -> Softphone:
        identity = request.match_info["identity"]
        phone = self.known.setdefault(identity, Softphone(identity))
        self.exchange.phones.setdefault(f"client:{identity}", lambda leg: self._rings(phone, leg))
        phone.beats += 1
        if phone.leg and phone.leg.over:
            phone.leg = None
        return phone

    def _rings(self, phone: Softphone, leg: Leg) -> None:
        if phone.leg and not phone.leg.over:
            self.exchange.decline(leg)
        else:
            phone.leg = leg

    async def _connect(self, request: web.Request) -> web.Response:
        """Becomes a call from `client:<identity>` with the page's parameters."""
        phone = self._of(request)
        if phone.leg:
            return self._reply({"error": "busy"} | self._show(phone), 409)
        given = await _json(request)
        params = {str(name): str(value)[:LONGEST_PARAM] for name, value in list(given.items())[:MOST_PARAMS]}
        phone.leg = self.exchange.connect_browser(phone.identity, params)
        self.exchange.spawn(self._watch(phone, phone.leg))
        return self._reply(self._show(phone))

    async def _watch(self, phone: Softphone, leg: Leg) -> None:
        """Without a sign of life the browser is gone."""
        while not leg.over:
            seen = phone.beats
            await self.exchange.pace.sleep(SILENCE_SECONDS * self.exchange.pace.speed)
            if phone.beats == seen and not leg.over:
                self.exchange.vanish(leg)
                return

    async def _hang_up(self, request: web.Request) -> web.Response:
        phone = self._of(request)
        if phone.leg:
            self.exchange.hang_up(phone.leg)
        return self._reply(self._show(phone))

    async def _answer(self, request: web.Request) -> web.Response:
        phone = self._of(request)
        if phone.leg:
            self.exchange.pick_up(phone.leg)
        return self._reply(self._show(phone))

    async def _keys(self, request: web.Request) -> web.Response:
        phone = self._of(request)
        if phone.leg:
            self.exchange.press(phone.leg, str((await _json(request)).get("keys", "")))
        return self._reply(self._show(phone))

    async def _say(self, request: web.Request) -> web.Response:
        phone = self._of(request)
        if phone.leg:
            self.exchange.speak(phone.leg, str((await _json(request)).get("text", ""))[:LONGEST_PARAM])
        return self._reply(self._show(phone))

    async def _mute(self, request: web.Request) -> web.Response:
        """The microphone, at the browser's end: the room does not know."""
        phone = self._of(request)
        if phone.leg:
            phone.leg.microphone = (await _json(request)).get("on") is not True
        return self._reply(self._show(phone))

    async def _beat(self, request: web.Request) -> web.Response:
        return self._reply(self._show(self._of(request)))

    async def _leave(self, request: web.Request) -> web.Response:
        """The page goes away; one that comes again at once (a reload) goes on talking."""
        phone = self._of(request)
        if phone.leg:
            self.exchange.spawn(self._left(phone, phone.leg, phone.beats))
        return self._reply(self._show(phone))

    async def _left(self, phone: Softphone, leg: Leg, seen: int) -> None:
        await self.exchange.pace.sleep(RELOAD_SECONDS * self.exchange.pace.speed)
        if phone.beats == seen and not leg.over:
            self.exchange.hang_up(leg)

    async def _state(self, request: web.Request) -> web.Response:
        return self._reply(self._show(self._of(request)))

    def _show(self, phone: Softphone) -> dict[str, Any]:
        leg = phone.leg
        if leg is None or leg.over:
            return {"state": "idle"}
        room = leg.participant
        ringing = leg.direction != "inbound" and not leg.picked_up
        state = "ringing" if ringing else "open" if leg.answered_at else "connecting"
        return {
            "state": state,
            "leg": leg.sid,
            "room": room.room.name if room else "",
            "others": len(room.room.members) - 1 if room else 0,
            "muted": not leg.microphone or bool(room and room.muted),
            "held": bool(room and room.held),
            "heard": [{"kind": line.kind, "text": line.text} for line in leg.lines[-30:]],
        }

    def _reply(self, body: dict[str, Any], status: int = 200) -> web.Response:
        return web.json_response(body, status=status, headers={"Access-Control-Allow-Origin": self.origin})

    async def _preflight(self, _request: web.Request) -> web.Response:
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Origin": self.origin,
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": "600",
            },
        )


async def _json(request: web.Request) -> dict[str, Any]:
    """The body as an object; an empty body is an empty object."""
    if not request.can_read_body:
        return {}
    try:
        given = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="JSON") from error
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text="JSON object")
    return given
