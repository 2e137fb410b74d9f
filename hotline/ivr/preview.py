"""A draft played to nobody: the provider's documents, the simulator's player, no network and no row written.

The call is placed anew for every look: `keys` are what the administrator has pressed so far, one after the other,
an empty one standing for a wait without a key; in a queue, for the whole conversation with a person. Time is
virtual, so a minute of speech takes a moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hotline.config import Config
from hotline.ivr import event_lines, plans, service
from hotline.ivr.tree import Node, Tree
from hotline.telephony.provider import provider_for
from hotline.telephony.simulator.exchange import Exchange
from hotline.telephony.simulator.legs import Leg
from hotline.telephony.simulator.transport import Answer
from hotline.telephony.simulator.twiml import Verb, parse
from hotline.telephony.simulator.virtual import VirtualLoop
from hotline.telephony.steps import Collect, Hangup, Plan

CALLER = "13800000000"
STEP_SECONDS = 0.25
LONGEST_SECONDS = 3600.0
TALK_OVER = "人工通话结束"
TOLD = frozenset({"say", "play", "key", "wait"})


@dataclass(frozen=True)
class Heard:
    """Something the caller hears or does (`say`, `play`, `key`, `wait`), and the node he is at."""

    node: str
    kind: str
    text: str


@dataclass(frozen=True)
class Played:
    """A call so far: what was heard, the nodes passed because they were closed, and where the caller is now.

    `kind` is that of the node; `over`: pressing keys changes nothing any more; `line`: the one he waits in.
    """

    heard: list[Heard]
    closed: list[str]
    node: str
    kind: str
    line: str
    over: bool


@dataclass
class _House:
    """Answers the simulator's webhooks from the draft alone."""

    tree: Tree
    config: Config
    instead: Callable[[Node], str]
    here: Node = field(init=False)
    closed: list[str] = field(default_factory=list)
    asked: bool = False
    listens: bool = False
    expected: int = 0
    arrivals: list[tuple[int, str]] = field(default_factory=list)
    leg: Leg | None = None

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: tuple[float, float]
    ) -> Answer:
        parts = urlsplit(url)
        if parts.path == "/phone/status" or self.leg is None:
            return Answer(204)
        plan = self._answer(parts.path, dict(parse_qsl(parts.query)), dict(parse_qsl(body.decode())))
        document = provider_for(self.config).render(plan)
        content = document.body.encode()
        verbs = parse(content, document.content_type)
        self.asked = True
        asking = next((place for place, verb in enumerate(verbs, 1) if verb.name == "Gather"), None)
        self.listens = asking is not None
        self.expected = _spoken(self.leg) + sum(map(_prompts, verbs[:asking]))
        return Answer(200, {"content-type": document.content_type}, content)

    def _answer(self, path: str, query: Mapping[str, str], told: Mapping[str, str]) -> Plan:
        if path == "/phone/voice":
            return self._arrive(self.tree.nodes[self.tree.entry], 1)
        if path == "/phone/menu":
            here = self.tree.nodes[query.get("node", self.here.id)]
            node = plans.led_to(here, self.tree, told.get("Digits", ""), query.get("to", ""))
            return self._arrive(node, int(query["n"]) + 1)
        survey, key = self.tree.survey, told.get("Digits", "")
        ways: dict[str, Callable[[], Plan]] = {
            "/phone/message": lambda: plans.message(int(query.get("n", 1))),
            "/phone/call-back": plans.call_back,
            "/phone/farewell": lambda: self._arrive(survey, 1) if survey else plans.goodbye(),
            "/phone/score": lambda: plans.rated(survey.score(key) if survey else None),
        }
        return ways.get(path, lambda: [Hangup()])()

    def _arrive(self, node: Node, step: int) -> Plan:
        *closed, self.here = plans.passed_closed(self.tree, node, self.instead)
        self.closed += [passed.id for passed in closed]
        if self.leg:
            self.arrivals.append((len(self.leg.lines), self.here.id))
        plan = plans.plan_of(self.here, self.config.line_name, step + len(closed))
        return [*plan, Collect((), "/phone/farewell", on_empty=True)] if self._is_rated() else plan

    def _is_rated(self) -> bool:
        """Whether the conversation this queue leads to ends with the survey."""
        ordinary = self.here.kind == "queue" and self.here.text("line") not in self.tree.lines.crisis
        return ordinary and self.tree.survey is not None

    def settled(self) -> bool:
        """Everything of the present document is said, and only a key, a wait or the end can follow."""
        if self.leg is None or self.leg.over or not self.asked:
            return self.leg is not None and self.leg.over
        stays = self.listens or self.here.kind in ("queue", "transfer")
        return stays and _spoken(self.leg) >= self.expected


def _spoken(leg: Leg) -> int:
    return sum(line.kind in ("say", "play") for line in leg.lines)


def _prompts(verb: Verb) -> int:
    return sum(map(_prompts, verb.inside)) + (verb.name in ("Say", "Play"))


def play(document: Any, keys: Sequence[str], at: datetime, config: Config) -> Played:
    """Call the draft at `at` and press `keys`. Raises Invalid, naming its faults, for a broken draft, and
    Conflict for one that uses the key of a temporary line that is on then."""
    checked, on = service.checked(document), event_lines.on(at)
    event_lines.refuse_taken(document, on)
    tree = event_lines.joined(checked, on)
    house = _House(tree, config, lambda node: service.instead(tree, node, at))
    loop = VirtualLoop()
    try:
        return _told(house, _call(loop, house, keys))
    finally:
        loop.close()


def _call(loop: VirtualLoop, house: _House, keys: Sequence[str]) -> Leg:
    exchange = Exchange(house.config, house)

    async def dial() -> Leg:
        return exchange.dial(CALLER)

    leg = house.leg = loop.run(dial())
    loop.reach(house.settled, LONGEST_SECONDS, STEP_SECONDS)
    for key in keys:
        if leg.over or not house.listens:
            break
        house.asked = False
        exchange.press(leg, key)
        if not key:
            leg.hear("wait", TALK_OVER if house.here.kind == "queue" else "")
        loop.reach(house.settled, LONGEST_SECONDS, STEP_SECONDS)
    for failure in exchange.failures:
        raise failure
    return leg


def _told(house: _House, leg: Leg) -> Played:
    heard = []
    arrivals = iter([*house.arrivals[1:], (len(leg.lines) + 1, "")])
    node, (until, following) = house.arrivals[0][1], next(arrivals)
    for index, line in enumerate(leg.lines):
        while index >= until:
            node, (until, following) = following, next(arrivals)
        if line.kind in TOLD:
            heard.append(Heard(node, line.kind, line.text))
    here = house.here
    return Played(heard, house.closed, here.id, here.kind, here.text("line"), leg.over or not house.listens)
