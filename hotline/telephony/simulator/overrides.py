"""Connection overrides: the `#ct=…&rt=…&rc=…&rp=…` fragment of a webhook address."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag

CAP = 15.0
_RANGE = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


class BadOverride(ValueError):
    """Twilio's 11243 and its neighbours."""


@dataclass(frozen=True)
class Overrides:
    """Times in seconds."""

    connect: float = 5.0
    read: float = CAP
    total: float = CAP
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})

    def again(self, reason: str) -> bool:
        return reason in self.policy or "all" in self.policy


def split(url: str) -> tuple[str, Overrides]:
    """The address as it is requested and signed, and what its fragment asks for."""
    address, fragment = urldefrag(url)
    given = dict(parse_qsl(fragment))
    numbers = {}
    for name, (low, high) in _RANGE.items():
        if name in given:
            if not given[name].isdigit() or not low <= int(given[name]) <= high:
                raise BadOverride(f"{name}={given[name]}")
            numbers[name] = int(given[name])
    policy = frozenset(given.get("rp", "ct").split(","))
    if policy - _POLICIES:
        raise BadOverride(f"rp={given['rp']}")
    usual = Overrides()
    return address, Overrides(
        connect=numbers.get("ct", 5000) / 1000,
        read=numbers.get("rt", 15_000) / 1000,
        total=numbers.get("tt", 15_000) / 1000,
        retries=numbers.get("rc", usual.retries),
        policy=policy,
    )
