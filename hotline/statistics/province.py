"""The province's total with a line per city: home first, then those that reported, descending, missing ones last."""

from collections.abc import Callable
from dataclasses import dataclass

from hotline.clock import Month
from hotline.db import session
from hotline.jobs import Job, enqueue
from hotline.statistics import counted, counting, house, returns
from hotline.statistics.counted import Range
from hotline.statistics.facts_models import CountRun, RunState
from hotline.statistics.returns_models import ReturnState


@dataclass(frozen=True)
class CityLine:
    """One city's calls; None while it has not reported: never zero."""

    city: str
    state: ReturnState
    count: int | None


def lines(month: Month, total_of: Callable[[str], int]) -> list[CityLine]:
    """Every city of the month. `total_of` counts the accepted calls of a city that runs on this system."""
    home, found = house.current(), []
    for city in returns.overview(month):
        counted_here = city.state is ReturnState.COUNTED
        count = total_of(city.city_code) if counted_here else city.total
        found.append(CityLine(home.home if city.city_code == home.home_city else city.city, city.state, count))
    return sorted(found, key=lambda line: (line.city != home.home, line.count is None, -(line.count or 0)))


def from_facts(month: Month) -> list[CityLine]:
    return lines(month, lambda city_code: counted.value("total", Range.of(month), city_code))


def advance(run_id: int) -> CountRun:
    """A job's part of a counting run: a few seconds of it, then the wish for the next part, or the province's lines."""
    run = counting.step(run_id, seconds=3)
    if run.state is RunState.RUNNING:
        enqueue(Job.COUNT_MONTH, run_id=run_id)
    else:
        conclude(run)
    return run


def conclude(run: CountRun) -> None:
    """Write the province's lines, as they are now, beside the finished run."""
    run.lines = [[line.city, line.count] for line in from_facts(Month(run.month))]
    session.flush()
