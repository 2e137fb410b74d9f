"""The only module that asks what time it is.

Instants are aware datetimes in UTC. The business day is the calendar date in `ZONE`
(Asia/Shanghai): a call belongs to the day and the month of its `offered_at`.
Ranges are half-open: `[start, end)`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")

_source: Callable[[], datetime] | None = None


def use(source: Callable[[], datetime] | None) -> None:
    """Take the time from `source` (the simulator's compressed clock, tests); None restores the wall clock."""
    global _source
    _source = source


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Work as if it were `moment`: for histories that are invented. For the whole process."""
    source = _source
    use(lambda: moment)
    try:
        yield
    finally:
        use(source)


def now() -> datetime:
    """The present instant, aware, in UTC, microsecond resolution."""
    return _source() if _source else datetime.now(UTC)


def monotonic() -> float:
    """Seconds of a clock that never goes back; only differences mean anything."""
    return time.monotonic()


def local(at: datetime) -> datetime:
    """The same instant on the wall clock of the business zone."""
    return at.astimezone(ZONE)


def business_day(at: datetime) -> date:
    """The business date an instant falls on."""
    return local(at).date()


def today() -> date:
    return business_day(now())


def day_start(day: date) -> datetime:
    """Local midnight at the start of `day`, as an instant in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """`[start, end)` of a business day in UTC."""
    return day_start(day), day_start(day + timedelta(days=1))


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """The instant of a wall-clock time of the business zone, in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


YEARS = range(1900, 2900)
"""The years a person may name: days in them can be moved to any zone, and months compared with the year before."""


class Month:
    """A calendar month of the business zone, written `YYYY-MM`.

    Raises ValueError for any other spelling.
    """

    __slots__ = ("number", "year")

    def __init__(self, text: str) -> None:
        year, dash, number = text.partition("-")
        well_formed = dash and len(year) == 4 and len(number) == 2 and (year + number).isascii()
        if not (well_formed and (year + number).isdigit() and 1 <= int(number) <= 12 and int(year) >= 2000):
            raise ValueError(f"not a month in the form YYYY-MM: {text!r}")
        self.year, self.number = int(year), int(number)

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(f"{day.year:04d}-{day.month:02d}")

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def next(self) -> "Month":
        return Month.of(self.first + timedelta(days=31))

    @property
    def previous(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    @property
    def year_ago(self) -> "Month":
        return Month(f"{self.year - 1:04d}-{self.number:02d}")

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.last.day)]

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """`[start, end)` in UTC."""
        return day_start(self.first), day_start(self.next.first)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def __repr__(self) -> str:
        return f"Month({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Month) and str(self) == str(other)

    def __lt__(self, other: "Month") -> bool:
        return str(self) < str(other)

    def __hash__(self) -> int:
        return hash(str(self))
