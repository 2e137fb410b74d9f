"""The work calendar as a pure value: which days are worked, when the doors are open, and how limits are counted.

A day is judged by its notice (holiday or make-up day), else by the fixed-date holidays when no notice is known
yet, else by its weekday. Limits in working days follow arts. 200-204 of the Civil Code: the day of receipt is
not counted, the count starts on the next day, and the last day is always a working day.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hotline import clock

Window = tuple[int, int]
"""Opening and closing of one working window, minutes after local midnight, half-open."""

FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
YEAR_END = (12, 28)
"""From this day on the next year's notice may still move days (2018-12-29 was worked, 2022-12-31 was not)."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Hours:
    """The working windows of the days `[valid_from, valid_to)`; a single half day is a period of one day."""

    valid_from: date
    valid_to: date | None
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class Due:
    """The last day of a limit and the days counted for it; provisional when a notice is still to come."""

    day: date
    counted: tuple[date, ...]
    provisional: bool


@dataclass(frozen=True)
class WorkCalendar:
    """Days by notice, the years whose notice is known, and the hours in force, ordered by `valid_from`."""

    notices: Mapping[date, bool]
    years: frozenset[int]
    hours: tuple[Hours, ...]
    _windows: dict[date, tuple[tuple[datetime, datetime], ...]] = field(default_factory=dict, compare=False, repr=False)

    def is_holiday(self, day: date) -> bool:
        """Whether a public holiday is kept on `day`; an ordinary weekend is none."""
        told = self.notices.get(day)
        if told is not None:
            return not told
        return day.year not in self.years and (day.month, day.day) in FIXED_HOLIDAYS

    def is_workday(self, day: date) -> bool:
        return not self.is_holiday(day) and (day in self.notices or day.weekday() < 5)

    def is_settled(self, day: date) -> bool:
        """Whether no notice can change this day any more."""
        if day in self.notices:
            return True
        last_days = (day.month, day.day) >= YEAR_END
        return day.year in self.years and (not last_days or day.year + 1 in self.years)

    def add_workdays(self, day: date, count: int) -> Due:
        """The `count`-th working day after `day`, which itself is not counted."""
        counted: list[date] = []
        settled, at = True, day
        while len(counted) < count:
            at += ONE_DAY
            settled = settled and self.is_settled(at)
            if self.is_workday(at):
                counted.append(at)
        return Due(at, tuple(counted), not settled)

    def workdays_between(self, start: date, end: date) -> int:
        """Working days in `(start, end]`; negative when `end` lies before `start`."""
        if end < start:
            return -self.workdays_between(end, start)
        return sum(self.is_workday(start + ONE_DAY * n) for n in range(1, (end - start).days + 1))

    def windows(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The working windows of `day` as instants, in order; none on a day off."""
        known = self._windows.get(day)
        if known is None:
            known = self._windows[day] = tuple(self._open(day)) if self.is_workday(day) else ()
        return known

    def _open(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        start = clock.day_start(day)
        for opens, closes in self._hours(day):
            yield start + timedelta(minutes=opens), start + timedelta(minutes=closes)

    def _hours(self, day: date) -> tuple[Window, ...]:
        upto = bisect_right(self.hours, day, key=lambda hours: hours.valid_from)
        for hours in reversed(self.hours[:upto]):
            if hours.valid_to is None or day < hours.valid_to:
                return hours.windows
        return ()

    def open_at(self, at: datetime) -> bool:
        """Whether `at` lies inside working time; the closing minute itself does not."""
        return any(opens <= at < closes for opens, closes in self.windows(clock.business_day(at)))

    def next_opening(self, at: datetime) -> datetime:
        """`at` itself when open, else the next opening."""
        opens, _ = next(self._from(at))
        return max(opens, at)

    def closing(self, day: date) -> datetime:
        """When a limit that runs out on `day` ends: close of business, or midnight on a day without hours."""
        windows = self.windows(day)
        return windows[-1][1] if windows else clock.day_bounds(day)[1]

    def add_working_minutes(self, at: datetime, minutes: int) -> datetime:
        """The earliest instant with `minutes` of working time after `at`; negative: the latest before it."""
        left = timedelta(minutes=abs(minutes))
        if minutes < 0:
            return self._back(at, left)
        if not left:
            return at
        for opens, closes in self._from(at):
            start = max(opens, at)
            if closes - start >= left:
                return start + left
            left -= closes - start
        raise ValueError("no working hours follow")

    def _back(self, at: datetime, left: timedelta) -> datetime:
        for opens, closes in self._before(at):
            end = min(closes, at)
            if end - opens >= left:
                return end - left
            left -= end - opens
        raise ValueError("before the first working hours known")

    def working_minutes_between(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time in `[start, end)`; negative when `end` lies before `start`."""
        if end < start:
            return -self.working_minutes_between(end, start)
        total = timedelta(0)
        for opens, closes in self._from(start):
            if opens >= end:
                break
            total += min(closes, end) - max(opens, start)
        return int(total / timedelta(minutes=1))

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Windows that close after `at`, onwards without end."""
        self._must_open()
        day = clock.business_day(at)
        while True:
            yield from (window for window in self.windows(day) if window[1] > at)
            day += ONE_DAY

    def _before(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Windows that open before `at`, backwards to the first hours known."""
        day = clock.business_day(at)
        while self.hours and day >= self.hours[0].valid_from:
            yield from (window for window in reversed(self.windows(day)) if window[0] < at)
            day -= ONE_DAY

    def _must_open(self) -> None:
        if not any(hours.windows and hours.valid_to is None for hours in self.hours):
            raise ValueError("the calendar has no working hours without an end")
