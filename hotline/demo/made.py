"""How far a demonstration month is."""

from dataclasses import dataclass, field

from hotline.clock import Month


@dataclass
class Made:
    """What has been made so far."""

    month: Month
    scale: float = 1.0
    seed: int = 0
    calls: int = 0
    accepted: int = 0
    orders: dict[str, int] = field(default_factory=dict)
    returns: int = 0
    tables: int = 0
    left_out: list[str] = field(default_factory=list)

    @property
    def batch(self) -> str:
        """What the numbers of these invented calls and orders begin with."""
        return f"{self.month}-{self.seed}"
