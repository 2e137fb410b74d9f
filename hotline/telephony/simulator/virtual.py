"""An event loop on which time jumps to the next thing to happen: a night's calls in a moment, the same every time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hotline import clock

T = TypeVar("T")
MOST_STEPS = 200_000


class _Jumping(selectors.SelectSelector):
    """Instead of waiting for sockets it tells the loop to put its clock forward."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self.jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`start` is the instant at which its time begins; `clock.now()` follows it inside `telling_time`."""

    def __init__(self, start: datetime | None = None) -> None:
        self._elapsed = 0.0
        self.start = start or datetime(2024, 2, 5, 1, 0, tzinfo=UTC)
        super().__init__(_Jumping(self._jump))

    def _jump(self, seconds: float) -> None:
        self._elapsed += seconds

    def time(self) -> float:
        return self._elapsed

    def now(self) -> datetime:
        return self.start + timedelta(microseconds=round(self._elapsed * 1e6))

    @contextmanager
    def telling_time(self) -> Iterator[None]:
        clock.use(self.now)
        try:
            yield
        finally:
            clock.use(None)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.run_until_complete(work)

    def pass_time(self, seconds: float) -> None:
        """Let `seconds` go by, with everything that happens in them."""
        self.run(asyncio.sleep(seconds))

    def reach(self, condition: Callable[[], bool], within: float, step: float = 0.05) -> bool:
        """Let time go by until `condition`; False when it did not come true `within` seconds."""
        deadline = self.time() + within

        async def watch() -> bool:
            for _ in range(MOST_STEPS):
                if condition():
                    return True
                if self.time() >= deadline:
                    return False
                await asyncio.sleep(step)
            return False

        return self.run(watch())

    def close(self) -> None:
        pending = asyncio.all_tasks(self)
        for task in pending:
            task.cancel()
        if pending:
            self.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        super().close()
