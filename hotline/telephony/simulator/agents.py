"""Simulated agents: they sign in, take, log and finish calls over the house's real pages, with a softphone here."""

import asyncio
import re
from contextlib import suppress
from random import Random
from typing import Any

import aiohttp

from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.legs import Leg

POLL_SECONDS, REFRESH_SECONDS, BEAT_SECONDS, LISTEN_AGAIN_SECONDS = 3.0, 15.0, 10.0, 15.0
"""As the desk's own page has them: it asks when its stream says so, and by itself without one."""

CSRF = re.compile(r'<meta name="csrf" content="([^"]+)">')
TALK_SECONDS, WRITE_SECONDS = 180.0, 40.0
"""Means of call time: how long an agent talks at most, and writes after the call."""

CATEGORIES = ("consultation", "manual")


class HouseRefused(Exception):
    """The house answered something else than expected."""


class Vanished(Exception):
    """The browser is gone, with its page and its telephone."""


class Agent:
    """One browser. `offers` are the offers it saw, `errors` what went wrong."""

    def __init__(self, exchange: Exchange, base: str, login: str, password: str, seed: int, gone_after: float) -> None:
        self.exchange = exchange
        self.base = base.rstrip("/")
        self.login, self.password = login, password
        self.random = Random(seed)
        self.gone_after = gone_after
        self.offers: set[int] = set()
        self.errors: list[str] = []
        self.taken = 0
        self.leg: Leg | None = None
        self.csrf = self.identity = ""
        self.changed, self.signed_on = asyncio.Event(), asyncio.Event()
        self.listening = False

    async def work(self) -> None:
        """Until cancelled. After a fault the page is loaded again, as a person would."""
        while True:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
                try:
                    await self._shift(browser)
                except (aiohttp.ClientError, TimeoutError, HouseRefused) as error:
                    self.errors.append(f"{self.login}: {error}")
                    await asyncio.sleep(2)
                except Vanished:
                    await asyncio.sleep(self.gone_after)

    async def _shift(self, browser: aiohttp.ClientSession) -> None:
        await self._sign_in(browser)
        self.identity = (await self._get(browser, "/desk/line/telephone"))["identity"]
        await self._post(browser, "state", state="ready")
        self.signed_on.set()
        beside = [asyncio.create_task(self._listen(browser)), asyncio.create_task(self._beat(browser))]
        try:
            while True:
                line = await self._get(browser, "/desk/line")
                if not await self._act(browser, line):
                    await self._until_changed()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _listen(self, browser: aiohttp.ClientSession) -> None:
        """The page's stream; while there is none, because the cap is reached or Redis is away, the page polls."""
        forever = aiohttp.ClientTimeout(total=None, sock_read=3 * BEAT_SECONDS)
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                url = f"{self.base}/desk/line/stream"
                async with browser.get(url, headers=self._headers(), timeout=forever) as answer:
                    self.listening = answer.status == 200
                    async for line in answer.content:
                        if line.startswith(b"event: changed"):
                            self.changed.set()
            self.listening = False
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def _beat(self, browser: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS * self.random.uniform(0.8, 1.2))
            try:
                await self._post(browser, "beat")
            except (aiohttp.ClientError, TimeoutError, HouseRefused) as error:
                self.errors.append(f"{self.login}: {error}")

    async def _until_changed(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(REFRESH_SECONDS if self.listening else POLL_SECONDS):
                await self.changed.wait()
        self.changed.clear()

    async def _act(self, browser: aiohttp.ClientSession, line: dict[str, Any]) -> bool:
        """Do what the line asks for; False when it asks for nothing."""
        self.offers |= {offer["id"] for offer in line["offers"]}
        if line["offers"]:
            await self._take(browser, line["offers"][0])
        elif line["talk"] and (self.leg is None or self.leg.over):
            await self._unless_late(browser, "finish")
        elif line["state"] == "wrap_up":
            await self._log(browser, line["wrapping"])
            await self._post(browser, "wrapped")
        elif line["state"] in ("offline", "break"):
            await self._post(browser, "state", state="ready")
        else:
            return False
        return True

    async def _take(self, browser: aiohttp.ClientSession, offer: dict[str, Any]) -> None:
        """Answer, dial in, talk, finish; or find that somebody was quicker."""
        await asyncio.sleep(self.random.uniform(0.2, 1.5))
        told = await self._unless_late(browser, "answer", offer=offer["id"])
        if told is None:
            return
        if "goto" in told:
            await self._call_back(browser, offer["call"])
            return
        self.leg = self.exchange.connect_browser(self.identity, {"stint": str(told["stint"])})
        self.taken += 1
        if self.exchange.fate.strikes("vanish"):
            await self.exchange.pace.sleep(self.random.uniform(1, 20))
            self.exchange.vanish(self.leg)
            raise Vanished
        await self._talk(browser, self.leg)

    async def _call_back(self, browser: aiohttp.ClientSession, call: str) -> None:
        """Somebody who asked for it is called back; the page of call-backs notes how it went."""
        await self.exchange.pace.sleep(5 + self.random.expovariate(1 / TALK_SECONDS))
        url, form = f"{self.base}/desk/call-backs/{call}/attempt", {"result": "reached", "note": "模拟回拨"}
        async with browser.post(url, data=form, headers=self._headers(), allow_redirects=False) as answer:
            if answer.status not in (303, 409):
                raise HouseRefused(f"call-back {answer.status}")

    async def _unless_late(self, browser: aiohttp.ClientSession, verb: str, **body: Any) -> dict[str, Any] | None:
        """None when somebody was quicker: a colleague who answered, a caller who hung up. No fault of the house."""
        try:
            return await self._post(browser, verb, **body)
        except HouseRefused as refused:
            if not str(refused).endswith(" 409"):
                raise
            return None

    async def _talk(self, browser: aiohttp.ClientSession, leg: Leg) -> None:
        ends = asyncio.get_running_loop().time() + self.exchange.pace.real(
            20 + self.random.expovariate(1 / TALK_SECONDS)
        )
        while not leg.over and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.2)
        line = await self._get(browser, "/desk/line")
        if line["talk"]:
            await self._unless_late(browser, "finish")

    async def _log(self, browser: aiohttp.ClientSession, call: str | None) -> None:
        """A short complete registration, as the form sends it; a form somebody began before is gone on with."""
        if call is None:
            return
        await self.exchange.pace.sleep(5 + self.random.expovariate(1 / WRITE_SECONDS))
        category = self.random.choice(CATEGORIES)
        topics = await self._get(browser, f"/desk/topics?category={category}")
        form = {
            "version": 0,
            "category": category,
            "topic_id": self.random.choice(topics["items"])["id"],
            "content": "模拟来电：咨询就诊流程。",
            "reply": "已告知就诊流程。",
        }
        status, told = await self._complete(browser, call, form)
        if status == 409:
            status, told = await self._complete(browser, call, {**form, "version": told["facts"]["version"]})
        if status not in (200, 409):
            raise HouseRefused(f"registration {status}")

    async def _complete(self, browser: aiohttp.ClientSession, call: str, form: dict[str, Any]) -> tuple[int, Any]:
        url = f"{self.base}/desk/calls/{call}/complete"
        async with browser.post(url, json=form, headers=self._headers()) as answer:
            return answer.status, await answer.json(content_type=None)

    async def _sign_in(self, browser: aiohttp.ClientSession) -> None:
        page = await self._page(browser, "/sign-in")
        form = {"login": self.login, "password": self.password, "csrf_token": _token(page), "next": ""}
        async with browser.post(f"{self.base}/sign-in", data=form) as answer:
            if answer.status != 200:
                raise HouseRefused(f"sign-in {answer.status}")
            self.csrf = _token(await answer.text())

    async def _page(self, browser: aiohttp.ClientSession, path: str) -> str:
        async with browser.get(self.base + path) as answer:
            return await answer.text()

    async def _get(self, browser: aiohttp.ClientSession, path: str) -> dict[str, Any]:
        async with browser.get(self.base + path, headers=self._headers()) as answer:
            return await self._read(path, answer)

    async def _post(self, browser: aiohttp.ClientSession, verb: str, **body: Any) -> dict[str, Any]:
        path = f"/desk/line/{verb}"
        async with browser.post(self.base + path, json=body, headers=self._headers()) as answer:
            return await self._read(path, answer)

    async def _read(self, path: str, answer: aiohttp.ClientResponse) -> dict[str, Any]:
        if answer.status != 200:
            raise HouseRefused(f"{path} {answer.status}")
        told: dict[str, Any] = await answer.json()
        return told

    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.csrf, "Accept": "application/json", "Referer": self.base + "/"}


def _token(page: str) -> str:
    found = CSRF.search(page)
    if found is None:
        raise HouseRefused("a page without a CSRF token")
    return found[1]
