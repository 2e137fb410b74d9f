"""The simulator over HTTP: phones, softphones and REST, and who may use them."""

import asyncio
import time
from dataclasses import replace

import aiohttp
import pytest

from hotline.config import BadConfiguration, Config
from hotline.telephony.notices import LegStatus
from hotline.telephony.provider import ProviderUnavailable, provider_for
from hotline.telephony.simulator.faults import Faults
from hotline.telephony.simulator.server import Hosted
from hotline.telephony.simulator.transport import WsgiTransport
from hotline.telephony.steps import Collect, Join, Pause, Say
from tests.telephony.house import House

HOUSE = "http://127.0.0.1:8999"
PLANS = {
    "/phone/voice": [Collect((Say("请按键"),), "/phone/key", seconds=30)],
    "/phone/key": [Join("c-1", "caller", "/phone/left", "/phone/room"), Pause(1)],
    "/phone/agent": [Join("c-1", "agent", "/phone/left", "/phone/room")],
}


@pytest.fixture
def port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture
def config(port):
    return Config(mode="test", public_base_url=HOUSE, simulator_url=f"http://127.0.0.1:{port}")


def served(config, port, story):
    """Run `story(exchange, browser)` against a simulator that listens; the house is in this process."""

    async def run():
        house = House(PLANS)
        house.provider = provider_for(config)
        async with Hosted(config, HOUSE, ("127.0.0.1", port)) as exchange:
            exchange.courier.transport = WsgiTransport(house)
            exchange.pace.speed = 20
            async with aiohttp.ClientSession(config.simulator_url) as browser:
                await story(exchange, browser)
            assert exchange.failures == []

    asyncio.run(run())


async def until(browser, path, wanted, within=5.0):
    deadline = time.monotonic() + within
    while True:
        async with browser.get(path) as answer:
            told = await answer.json()
        if wanted(told):
            return told
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.05)


def test_a_fake_phone_dials_and_a_softphone_joins(config, port):
    async def story(exchange, browser):
        async with browser.put("/phones/13800001234") as answer:
            assert (await answer.json())["state"] == "idle"
        await browser.post("/phones/13800001234/dial")
        await asyncio.sleep(0.3)
        async with browser.post("/phones/13800001234/keys", json={"keys": "x1"}) as answer:
            assert [line["text"] for line in (await answer.json())["lines"]] == ["请按键", "1"]
        async with browser.post("/softphone/agent_7/connect", json={"stint": "5"}) as answer:
            assert (await answer.json())["state"] in ("connecting", "open")
        told = await until(browser, "/softphone/agent_7", lambda told: told.get("others") == 1)
        assert told["room"] == "c-1"
        async with browser.post("/softphone/agent_7/connect", json={}) as answer:
            assert answer.status == 409
        await browser.post("/softphone/agent_7/say", json={"text": "您好"})
        await browser.post("/phones/13800001234/say", json={"text": "我要咨询"})
        async with browser.post("/softphone/agent_7/beat") as answer:
            assert (await answer.json())["heard"][-1] == {"kind": "talk", "text": "我要咨询"}
        async with browser.post("/softphone/agent_7/mute", json={"on": True}) as answer:
            assert (await answer.json())["muted"]
        await browser.post("/softphone/agent_7/say", json={"text": "听不到"})
        async with browser.put("/phones/13800001234") as answer:
            assert "听不到" not in [line["text"] for line in (await answer.json())["lines"]]
        await browser.post("/softphone/agent_7/hangup")
        await until(browser, "/softphone/agent_7", lambda told: told["state"] == "idle")
        async with browser.post("/phones/13800001234/hangup") as answer:
            assert answer.status == 200
        async with browser.delete("/phones/13800001234") as answer:
            assert answer.status == 204

    served(config, port, story)


def test_a_page_that_falls_silent_is_gone(config, port, monkeypatch):
    monkeypatch.setattr("hotline.telephony.simulator.softphones.SILENCE_SECONDS", 0.2)
    monkeypatch.setattr("hotline.telephony.simulator.exchange.VANISHED_SECONDS", 2)

    async def story(exchange, browser):
        await browser.post("/softphone/agent_7/connect", json={"stint": "5"})
        (leg,) = exchange.legs.values()
        await asyncio.sleep(1.5)
        assert leg.vanished
        assert leg.over

    served(config, port, story)


@pytest.mark.parametrize("again", [True, False])
def test_a_page_that_goes_hangs_up_unless_it_comes_again(config, port, monkeypatch, again):
    monkeypatch.setattr("hotline.telephony.simulator.softphones.RELOAD_SECONDS", 0.5)

    async def story(exchange, browser):
        await browser.post("/softphone/agent_7/connect", json={"stint": "5"})
        (leg,) = exchange.legs.values()
        await browser.post("/softphone/agent_7/leave")
        if again:
            await browser.post("/softphone/agent_7/beat")
        await asyncio.sleep(1.5)
        assert leg.over is not again
        assert not leg.vanished

    served(config, port, story)


def test_a_plugged_in_phone_rings_and_is_answered(config, port):
    async def story(exchange, browser):
        await browser.put("/phones/02583000120")
        provider = provider_for(config)
        ref = await asyncio.to_thread(provider.originate, "02583000120", "/phone/key", "/phone/leg", 20, "k")
        await asyncio.sleep(0.2)
        async with browser.put("/phones/02583000120") as answer:
            assert (await answer.json())["state"] == "ringing"
        await browser.post("/phones/02583000120/answer")
        await asyncio.sleep(0.3)
        snapshot = await asyncio.to_thread(provider.fetch_leg, ref)
        assert snapshot.status is LegStatus.ANSWERED
        assert not snapshot.inbound

    served(config, port, story)


def test_a_lost_answer_is_an_unknown_leg_over_http_too(config, port):
    async def story(exchange, browser):
        exchange.fate.faults = Faults(lost_create=1.0)
        provider = provider_for(config)
        placed = await asyncio.to_thread(provider.originate, "120", "/phone/key", "/phone/leg", 20, "k-1")
        assert placed.key == "k-1"
        assert len(exchange.legs) == 1

    served(config, port, story)


def test_rest_needs_the_secret(config, port):
    async def story(exchange, browser):
        wrong = provider_for(replace(config, twilio_auth_tokens=("wrong",)))
        with pytest.raises(ProviderUnavailable, match="20003"):
            await asyncio.to_thread(wrong.fetch_leg, "CA" + "0" * 32)

    served(config, port, story)


@pytest.mark.parametrize(
    ("method", "path", "origin", "status"),
    [
        ("POST", "/softphone/agent_7/beat", HOUSE, 200),
        ("OPTIONS", "/softphone/agent_7/connect", HOUSE, 204),
        ("POST", "/softphone/agent_7/beat", "https://evil.example", 403),
        ("POST", "/phones/13800001234/dial", HOUSE, 403),
        ("POST", "/load", "https://evil.example", 403),
        ("GET", "/", None, 200),
        ("GET", "/pages/phones.js", None, 200),
        ("GET", "/pages/..%2fserver.py", None, 404),
        ("GET", "/pages/nothing.css", None, 404),
        ("PUT", "/phones/12", None, 422),
        ("POST", "/softphone/a-b/connect", None, 405),
    ],
)
def test_who_may_ask_for_what(config, port, method, path, origin, status):
    async def story(exchange, browser):
        headers = {"Origin": origin} if origin else {}
        async with browser.request(method, path, headers=headers) as answer:
            assert answer.status == status
            allowed = answer.headers.get("Access-Control-Allow-Origin")
            assert allowed == (HOUSE if path.startswith("/softphone/agent") and status < 300 else None)

    served(config, port, story)


def test_never_in_production(config):
    with pytest.raises(BadConfiguration):
        Hosted(replace(config, mode="production"), HOUSE, ("127.0.0.1", 0))
