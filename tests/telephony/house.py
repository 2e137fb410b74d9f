"""A tiny house: a WSGI application that answers each path from a table and keeps what it was told."""

from urllib.parse import parse_qsl

from hotline.config import Config
from hotline.telephony.provider import provider_for
from hotline.telephony.requests import WebhookRequest
from hotline.telephony.simulator.direct import DirectHttpClient
from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.faults import Faults
from hotline.telephony.simulator.transport import WsgiTransport
from hotline.telephony.simulator.virtual import VirtualLoop

CONFIG = Config(mode="test", public_base_url="https://hotline.example")


class House:
    """`plans[path]` is a list of steps, a raw TwiML string, or a function of the parameters giving either."""

    def __init__(self, plans) -> None:
        self.plans = plans
        self.provider = provider_for(CONFIG)
        self.told = []
        self.tokens = []

    def __call__(self, environ, start):
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read()
        request = WebhookRequest(
            environ["REQUEST_METHOD"],
            environ["RAW_URI"],
            {key[5:].replace("_", "-"): value for key, value in environ.items() if key.startswith("HTTP_")},
            environ.get("CONTENT_TYPE", ""),
            int(environ["CONTENT_LENGTH"]),
            parse_qsl(body.decode(), keep_blank_values=True),
        )
        params = self.provider.verify(request) if request.method == "POST" else {}
        self.told.append((path, params))
        self.tokens.append((path, request.token))
        plan = self.plans.get(path, "")
        if callable(plan):
            plan = plan(params)
        if isinstance(plan, tuple):
            status, headers, content = plan
        elif isinstance(plan, str):
            status, headers, content = "200 OK", [("Content-Type", "text/xml")], plan or "<Response/>"
        else:
            document = self.provider.render(plan)
            status, headers, content = "200 OK", [("Content-Type", document.content_type)], document.body
        start(status, headers)
        return [content.encode()]

    def asked(self, path):
        return [params for asked, params in self.told if asked == path]


class Stage:
    """House, simulator and virtual time together."""

    def __init__(self, plans, seed=1, **faults) -> None:
        self.loop = VirtualLoop()
        self.house = House(plans)
        self.transport = WsgiTransport(self.house)
        self.exchange = Exchange(CONFIG, self.transport, seed=seed, faults=Faults(**faults))
        self.provider = self.house.provider
        self.provider.connect(DirectHttpClient(self.exchange))
        self._time = self.loop.telling_time()

    def __enter__(self):
        import asyncio

        asyncio.set_event_loop(self.loop)
        self._time.__enter__()
        return self

    def __exit__(self, *_):
        self.loop.run(self.exchange.close())
        self._time.__exit__(None, None, None)
        self.loop.close()
        assert self.exchange.failures == []

    def pass_time(self, seconds=60):
        self.loop.pass_time(seconds)
        assert self.exchange.failures == []

    def dial(self, caller="13800001234", wait=0.2):
        leg = self.exchange.dial(caller)
        self.pass_time(wait)
        return leg

    def heard(self, leg):
        return [line.text for line in leg.lines if line.kind in ("say", "play", "talk", "music")]
