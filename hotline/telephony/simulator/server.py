"""The simulator as a process: REST for the house, fake phones in the browser, softphones for the desk page."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from hotline.config import BadConfiguration, Config
from hotline.telephony.simulator import load
from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.over_http import HttpTransport
from hotline.telephony.simulator.phones import Phones
from hotline.telephony.simulator.profile import Profile
from hotline.telephony.simulator.rest import AnswerLost, handle
from hotline.telephony.simulator.softphones import Softphones

PAGES = files("hotline.telephony.simulator") / "pages"
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
PRODUCT = "/api"
EXCHANGE = web.AppKey("exchange", Exchange)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Hosted:
    """An exchange that listens: `async with Hosted(config, house, (host, port)) as exchange`. Never in production."""

    def __init__(self, config: Config, house: str, address: tuple[str, int]) -> None:
        if config.production:
            raise BadConfiguration("PROVIDER=simulator is for demonstration and tests only")
        self.address = address
        self.transport = HttpTransport(config.public_base_url, house)
        self.exchange = Exchange(config, self.transport)
        self.runner = web.AppRunner(_application(self.exchange), access_log=None)

    async def __aenter__(self) -> Exchange:
        await self.runner.setup()
        await web.TCPSite(self.runner, *self.address).start()
        return self.exchange

    async def __aexit__(self, *_: object) -> None:
        await self.exchange.close()
        await self.transport.close()
        await self.runner.cleanup()


def _application(exchange: Exchange) -> web.Application:
    app = web.Application(middlewares=[_guard])
    app[EXCHANGE] = exchange
    app.router.add_get("/", _page)
    app.router.add_get("/pages/{name}", _page)
    app.router.add_get("/live", _live)
    app.router.add_post("/load", _load)
    app.router.add_route("*", PRODUCT + "/{rest:.*}", _rest)
    Phones(exchange).serve(app)
    Softphones(exchange, exchange.config.public_base_url).serve(app)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pages of other origins may only use the softphone, and only those of the house."""
    origin = request.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != request.host:
        house = request.app[EXCHANGE].config.public_base_url
        if origin != house or not request.path.startswith("/softphone/"):
            raise web.HTTPForbidden(text="origin")
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _page(request: web.Request) -> web.Response:
    name = request.match_info.get("name", "phones.html")
    kind = TYPES.get(name.rpartition(".")[2])
    if kind is None or "/" in name or not (PAGES / name).is_file():
        raise web.HTTPNotFound
    return web.Response(text=(PAGES / name).read_text(encoding="utf-8"), content_type=kind)


async def _live(request: web.Request) -> web.Response:
    exchange = request.app[EXCHANGE]
    return web.json_response({"simulator": exchange.config.line_number, "legs": sum(1 for _ in exchange.live())})


async def _load(request: web.Request) -> web.Response:
    """Run a load profile here; the answer is its summary."""
    given: dict[str, Any] = await request.json()
    known = {each.name for each in fields(Profile)}
    if set(given) != known:
        raise web.HTTPUnprocessableEntity(text=f"fields: {sorted(known)}")
    given["agents"] = [(login, password) for login, password in given["agents"]]
    return web.json_response(await load.run(request.app[EXCHANGE], Profile(**given)))


async def _rest(request: web.Request) -> web.Response:
    """A lost answer closes the connection."""
    target = request.raw_path.removeprefix(PRODUCT)
    form = (await request.read()).decode(errors="replace")
    secret = request.headers.get("Authorization", "")
    try:
        reply = handle(request.app[EXCHANGE], request.method, target, form, secret)
    except AnswerLost:
        if request.transport is not None:
            request.transport.close()
        return web.Response(status=504)
    if isinstance(reply.body, bytes):
        return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type)
    if reply.body is None:
        return web.Response(status=reply.status)
    return web.json_response(reply.body, status=reply.status)
