"""Time inside the simulator: waits are compressed by the speed, instants are told by the house's clock."""

import asyncio
from datetime import datetime

from hotline import clock


class Pace:
    """`speed` 10 lets ten seconds of a call pass in one."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed

    def now(self) -> datetime:
        return clock.now()

    def real(self, seconds: float) -> float:
        """How long `seconds` of a call really take."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real(seconds))
