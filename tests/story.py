"""Calls told as a story, over the real application and the real simulator in virtual time.

    def test_a_caller_reaches_a_person(town):
        agent = town.agent("zuoxi01").ready()
        caller = town.dial("13800001234")
        caller.hears("心理危机")
        caller.presses("2")
        agent.answers(caller)
        caller.talks(60)
        agent.finishes()
        caller.hears("再见")

A night passes in a moment; the same seed gives the same night.
"""

import asyncio
from contextvars import Context
from itertools import count

import pytest
from sqlalchemy import select

from hotline.calls.models import Call
from hotline.db import session
from hotline.people.models import Account
from hotline.queues import waiting
from hotline.queues.models import Skill
from hotline.telephony.provider import provider_for
from hotline.telephony.simulator.direct import DirectHttpClient
from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.faults import Faults
from hotline.telephony.simulator.transport import WsgiTransport
from hotline.telephony.simulator.virtual import VirtualLoop
from workers import telephone

BEAT_SECONDS = 10
PATIENCE = 120


class Town:
    """Everybody who telephones, and the house they ring."""

    def __init__(self, app, enter, *, start=None, seed=0, faults=None) -> None:
        self.app = app
        self.enter = enter
        self.loop = VirtualLoop(start)
        self.transport = WsgiTransport(app)
        config = app.config["HOTLINE"]
        self.exchange = Exchange(config, self.transport, seed=seed, faults=faults or Faults())
        self.provider = provider_for(config)
        self._time = self.loop.telling_time()

    def __enter__(self):
        asyncio.set_event_loop(self.loop)
        self._time.__enter__()
        self._http = self.provider.http
        self.provider.connect(DirectHttpClient(self.exchange))
        self.exchange.spawn(self._tick())
        return self

    def __exit__(self, *_):
        self.loop.run(self.exchange.close())
        self.provider.connect(self._http)
        self._time.__exit__(None, None, None)
        self.loop.close()

    def faults(self, **chances):
        """From now on these go wrong."""
        self.exchange.fate.faults = Faults(**chances)

    def dial(self, number):
        return Caller(self, self.exchange.dial(number))

    def outside(self, number):
        """A telephone elsewhere, which rings until it is answered."""
        return Outside(self, number)

    def agent(self, login, *lines):
        """Signed in at the desk, skilled for `lines`; without any for all but crisis, for which agents are reserved."""
        account = session.scalars(select(Account).where(Account.login == login)).one()
        for line in lines or [line.code for line in waiting.lines().values() if not line.crisis]:
            session.merge(Skill(agent_id=account.id, line=line, level=1))
        session.commit()
        self.app.test_client_class = type(self.enter.client)
        return Agent(self, account, self.enter(self.app.test_client(), account))

    def passes(self, seconds):
        """Time goes by, with all that happens in it."""
        session.flush()
        self.loop.pass_time(seconds)
        self._settled()

    def until(self, condition, within=PATIENCE, why="it", step=0.05):
        session.flush()
        came = self.loop.reach(condition, within, step)
        self._settled()
        assert came, f"{why} did not happen within {within} s"

    def _settled(self):
        session.expire_all()
        assert self.exchange.failures == [], self.exchange.failures

    async def _tick(self):
        """What the clock process does every second, and every five."""

        def once(chore):
            with self.app.app_context():
                chore()

        for second in count(1):
            await asyncio.sleep(1)
            Context().run(once, telephone.tick)
            if second % 5 == 0:
                Context().run(once, telephone.call_the_roll)


class Caller:
    """One person on a telephone."""

    def __init__(self, town, leg) -> None:
        self.town = town
        self.leg = leg
        self._listened = 0

    def hears(self, text, within=PATIENCE):
        """Goes on listening until `text` is said, in order with what was heard before."""

        def heard():
            for place, line in enumerate(self.leg.lines[self._listened :], self._listened):
                if line.kind in ("say", "play", "talk", "music") and text in line.text:
                    self._listened = place + 1
                    return True
            return False

        self.town.until(heard, within, f"hearing “{text}” (heard: {self.heard})")
        return self

    @property
    def heard(self):
        return [line.text for line in self.leg.lines if line.kind in ("say", "play", "talk", "music")]

    def presses(self, keys, after=0.3):
        self.town.passes(after)
        self.town.exchange.press(self.leg, keys)
        self.town.passes(0.5)
        return self

    def says(self, text, seconds=2.0):
        self.town.exchange.speak(self.leg, text, seconds)
        self.town.passes(seconds)
        return self

    def waits(self, seconds):
        self.town.passes(seconds)
        return self

    talks = waits

    def hangs_up(self):
        self.town.exchange.hang_up(self.leg)
        self.town.passes(3)
        return self

    def is_cut_off(self, within=PATIENCE):
        """The house ends the call."""
        self.town.until(lambda: self.leg.over, within, "the end of the call")
        return self

    @property
    def waiting(self):
        return self.leg.waiter is not None

    @property
    def with_agents(self):
        """How many browser legs are in the caller's room."""
        participant = self.leg.participant
        if participant is None:
            return 0
        return sum(1 for member in participant.room.members.values() if member.leg.identity)

    @property
    def call(self):
        """The record the house keeps of this call."""
        return session.scalars(select(Call).where(Call.provider_ref == self.leg.sid)).one()


class Outside:
    """An outside party at a telephone: a hospital, 110, 120, a partner line."""

    def __init__(self, town, number) -> None:
        self.town = town
        self.leg = None
        town.exchange.phones[number] = self._rings

    def _rings(self, leg):
        self.leg = leg

    def is_rung(self, within=PATIENCE):
        self.town.until(lambda: self.leg is not None and not self.leg.over, within, "the ringing")
        return self

    def answers(self):
        self.is_rung()
        self.town.exchange.pick_up(self.leg)
        self.town.passes(3)
        return self

    def declines(self):
        self.is_rung()
        self.town.exchange.decline(self.leg)
        self.town.passes(3)
        return self

    def hangs_up(self):
        self.town.exchange.hang_up(self.leg)
        self.town.passes(3)
        return self

    def says(self, text):
        self.town.exchange.speak(self.leg, text)
        self.town.passes(1)
        return self

    @property
    def heard(self):
        return [line.text for line in self.leg.lines if line.kind in ("say", "play", "talk", "music")]

    @property
    def rings(self):
        return self.leg is not None and not self.leg.over


class Agent:
    """One person at the desk: a signed-in browser with a softphone."""

    def __init__(self, town, account, client) -> None:
        self.town = town
        self.account = account
        self.client = client
        self.leg = None
        self.alive = True
        town.exchange.spawn(self._beat())

    async def _beat(self):
        while self.alive:
            self.client.post("/desk/line/beat", json={})
            await asyncio.sleep(BEAT_SECONDS)

    def asks(self, verb, **body):
        """One request of the desk page's line; the view it answers with."""
        answer = self.client.post(f"/desk/line/{verb}", json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    @property
    def line(self):
        return self.client.get("/desk/line").get_json()

    def ready(self):
        self.asks("state", state="ready")
        return self

    def breaks(self, reason="rest"):
        self.asks("state", state="break", reason=reason)
        return self

    def is_offered(self, caller, within=PATIENCE):
        """The offer of this caller on this agent's screen."""
        found = []

        def offered():
            found[:] = [each for each in self.line["offers"] if each["call"] == caller.call.ref]
            return bool(found)

        self.town.until(offered, within, f"an offer to {self.account.login}", 0.5)
        return found[0]

    def answers(self, caller, within=PATIENCE):
        """接听: claims the call, the softphone dials in, both are in one room."""
        view = self.asks("answer", offer=self.is_offered(caller, within)["id"])
        self.dials_in(view["stint"])
        self.town.until(lambda: caller.with_agents > 0, 20, "the connection")
        return self

    def dials_in(self, stint):
        params = {"stint": str(stint)}
        self.leg = self.town.exchange.connect_browser(f"agent_{self.account.id}", params)
        self.town.passes(1)
        return self

    def says(self, text):
        self.town.exchange.speak(self.leg, text)
        self.town.passes(1)
        return self

    def transfers(self, how, to, target):
        """转接、三方; the view after it."""
        view = self.asks("transfer", how=how, to=to, target=str(target))
        self.town.passes(1)
        return view

    def joins(self):
        """Takes part in the conversation this agent was asked into."""
        self.town.until(lambda: self.line["invited"], why="the invitation")
        return self.dials_in(self.line["invited"]["stint"])

    def accepts(self, caller):
        """接听 of a colleague's conversation, offered by the line that was asked in."""
        view = self.asks("answer", offer=self.is_offered(caller)["id"])
        return self.dials_in(view["stint"])

    def leaves(self):
        """离开: the others go on with the caller."""
        self.asks("leave")
        self.town.passes(2)
        return self

    def finishes(self):
        """完成; the softphone's leg ends."""
        self.asks("finish")
        self.town.passes(2)
        return self

    def wraps_up(self):
        self.asks("wrapped")
        return self

    def hangs_up(self):
        """Only the softphone, without 完成: as when the browser crashes and says so."""
        self.town.exchange.hang_up(self.leg)
        self.town.passes(2)
        return self

    def vanishes(self):
        """The browser dies without a word: no heartbeat, no hang-up."""
        self.alive = False
        if self.leg:
            self.town.exchange.vanish(self.leg)
        return self


@pytest.fixture
def town(app, client, sign_in):
    """A town whose house is the application under test."""
    sign_in.client = client
    with Town(app, sign_in) as made:
        yield made
