"""What goes wrong on purpose, each with its probability, drawn from the seed."""

from dataclasses import dataclass, fields, replace
from random import Random

USUAL = {
    "reorder": 0.15,
    "duplicate": 0.10,
    "drop": 0.05,
    "delay": 0.15,
    "slow": 0.02,
    "race": 0.02,
    "lost_create": 0.10,
    "vanish": 0.05,
    "stale_lists": 0.5,
}


@dataclass(frozen=True)
class Faults:
    """reorder, duplicate, drop, delay: status callbacks. slow: a control webhook is late on its way.

    race: the leg hangs up just before a REST update (21220). lost_create: the call is placed, the answer lost.
    vanish: an agent's browser dies. stale_lists: the newest entries are missing from a REST list.
    """

    reorder: float = 0.0
    duplicate: float = 0.0
    drop: float = 0.0
    delay: float = 0.0
    slow: float = 0.0
    race: float = 0.0
    lost_create: float = 0.0
    vanish: float = 0.0
    stale_lists: float = 0.0

    @classmethod
    def named(cls, names: str) -> "Faults":
        """`none`, `all`, or some of the names with commas; each with its usual probability."""
        known = {field.name for field in fields(cls)}
        if not names.strip(","):
            raise ValueError("no fault named; for none at all write none")
        wanted = {"none": set(), "all": known}.get(names, set(filter(None, names.split(","))))
        if unknown := wanted - known:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        return replace(cls(), **{name: USUAL[name] for name in wanted})


class Fate:
    """Draws the faults."""

    def __init__(self, faults: Faults, random: Random) -> None:
        self.faults = faults
        self.random = random

    def strikes(self, fault: str) -> bool:
        chance: float = getattr(self.faults, fault)
        return chance > 0 and self.random.random() < chance

    def between(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)
