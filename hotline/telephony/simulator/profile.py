"""What a load run is asked to do."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Profile:
    """`agents` are sign-ins (login, password); `base_url` is where the agents' pages are."""

    calls: int
    concurrency: int
    base_url: str
    speed: float = 1.0
    seed: int = 0
    faults: str = "none"
    agents: list[tuple[str, str]] = field(default_factory=list)
