"""Callers who behave like callers: some wait long, some press wrong keys, some press none."""

import asyncio
from dataclasses import dataclass
from random import Random

from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.legs import Leg
from hotline.telephony.simulator.witness import Witness, partners

LONGEST_CALL = 1800.0
MOST_PRESSES = 4
GIVES_AGENT = 120.0
ATTENTIVE, AT_EASE = 1.0, 3.0
"""Every so many seconds a caller looks up: in the menu, and waiting or talking."""


@dataclass(frozen=True)
class Manners:
    """Shares between 0 and 1, means in seconds of call time."""

    wrong_key: float = 0.05
    no_input: float = 0.25
    early_hangup: float = 0.04
    patience: float = 150.0
    talk: float = 180.0
    waits_for_agent: float = 0.6
    keys: str = "0122234455"


class Person:
    """One caller; everything drawn from a seed of its own."""

    def __init__(self, exchange: Exchange, witness: Witness, manners: Manners, seed: int) -> None:
        self.exchange = exchange
        self.manners = manners
        self.random = Random(seed)
        self.number = f"1380000{self.random.randrange(10_000):04d}"
        self.witness = witness
        self.patience = 5 + self.random.expovariate(1 / manners.patience)
        self.talk = 5 + self.random.expovariate(1 / manners.talk)
        self.waits_for_agent = self.random.random() < manners.waits_for_agent
        self.presses = 0

    async def call(self) -> None:
        leg = self.exchange.dial(self.number)
        self.witness.follow(leg)
        if self.random.random() < self.manners.early_hangup:
            await self.exchange.pace.sleep(self.random.uniform(0, 8))
            self.exchange.hang_up(leg)
        spent = waited = talked = 0.0
        heard = 0
        while not leg.over and spent < LONGEST_CALL:
            moment = ATTENTIVE if not (leg.waiter or leg.participant) else AT_EASE
            await self.exchange.pace.sleep(moment)
            spent += moment
            if partners(leg):
                talked = self._talk(leg, talked + moment)
            elif leg.waiter or leg.participant:
                waited += moment
                if waited > self.patience:
                    self.exchange.hang_up(leg)
            elif len(leg.lines) > heard:
                heard = len(leg.lines)
                await self._answer_menu(leg)
        self.exchange.hang_up(leg)
        while not leg.over:
            await asyncio.sleep(0.05)

    def _talk(self, leg: Leg, talked: float) -> float:
        """Hangs up when all is said, or leaves that to the agent for a while."""
        if talked > self.talk + (GIVES_AGENT if self.waits_for_agent else 0):
            self.exchange.hang_up(leg)
        return talked

    async def _answer_menu(self, leg: Leg) -> None:
        """A key after some thought; sometimes a wrong one, sometimes none; now and then a message."""
        draw = self.random.random()
        if self.presses >= MOST_PRESSES or draw < self.manners.no_input:
            return
        await self.exchange.pace.sleep(self.random.uniform(0.5, 4))
        if leg.over or leg.waiter or leg.participant:
            return
        self.presses += 1
        wrong = draw < self.manners.no_input + self.manners.wrong_key
        self.exchange.press(leg, self.random.choice("789#" if wrong else self.manners.keys))
        if self.random.random() < 0.1:
            self.exchange.speak(leg, "请回电", 3)
