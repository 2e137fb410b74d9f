"""Counting: the facts of a day are removed and written anew in one transaction under a lock.

Whatever is repeated, killed or run several times at once, the last transaction that commits leaves the same
rows, because they depend on the calls and orders alone. A month is counted in steps of a few days, each its own
transaction: progress is seen, and no transaction is long.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, extract, func, insert, select

from hotline import clock, db
from hotline.calls.models import Call
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid, NotFound
from hotline.statistics import orders_counted
from hotline.statistics.facts_models import CountedDay, CountRun, Fact, HourFact, RunState
from hotline.statistics.metrics import COUNTS, RARE, SUMS, Cell, measured_columns

_DIMENSIONS = (Call.city_code, Call.queue, Call.category, Call.outcome, Call.invalid_type)


def _of_days(statement: Any, first: date, last: date) -> Any:
    return statement.where(Call.business_day >= first, Call.business_day <= last).group_by(*_DIMENSIONS)


def cells(first: date, last: date) -> Iterator[tuple[str, Cell]]:
    """City and cell of everything that calls and orders of the days `first` to `last` add up to, from the records."""
    for row in session.execute(_of_days(select(*_DIMENSIONS, *measured_columns()), first, last)):
        yield from _unpacked(row, (*COUNTS, *SUMS))
    for row in session.execute(_rare(first, last)):
        yield from _unpacked(row, tuple(RARE))
    yield from _order_cells(first, last)


def published_cells(first: date, last: date) -> Iterator[tuple[str, Cell]]:
    """The cells that a bulletin prints, and no others: what a published month is proved with."""
    for row in session.execute(_of_days(select(*_DIMENSIONS, func.count().label("calls")), first, last)):
        yield from _unpacked(row, ("calls",))
    yield from _order_cells(first, last)


def _unpacked(row: Any, metrics: tuple[str, ...]) -> Iterator[tuple[str, Cell]]:
    dimensions = _dimensions(row)
    for metric in metrics:
        if value := getattr(row, metric):
            yield row.city_code, Cell(metric, int(value), *dimensions)


def _order_cells(first: date, last: date) -> Iterator[tuple[str, Cell]]:
    for city_code, source, value in orders_counted.by_source(first, last):
        yield city_code, Cell("orders", value, source=source)


def _rare(first: date, last: date) -> Any:
    """The measures that need the whole row, in one pass: a caller's calls of a day are numbered in order."""
    nth = func.row_number().over(
        partition_by=(Call.business_day, Call.caller_hash), order_by=(Call.offered_at, Call.id)
    )
    calls = (
        select(*_DIMENSIONS, Call.caller_hash, RARE["under_5s"].label("under_5s"), nth.label("nth"))
        .where(Call.business_day >= first, Call.business_day <= last)
        .subquery()
    )
    dimensions = [calls.c[column.key] for column in _DIMENSIONS]
    again = calls.c.caller_hash.is_not(None) & (calls.c.nth > 1)
    under = func.count().filter(calls.c.under_5s)
    return select(*dimensions, under.label("under_5s"), func.count().filter(again).label("repeat")).group_by(
        *dimensions
    )


def _dimensions(row: Any) -> tuple[str, str, str, str]:
    return (row.queue, row.category or "", row.outcome, row.invalid_type or "")


def hours(first: date, last: date) -> Iterator[tuple[date, str, int, int, int]]:
    """Day, city, hour of the day, calls and accepted calls, from the records."""
    offset = int(clock.local(clock.day_start(first)).utcoffset() / timedelta(hours=1))  # type: ignore[operator]
    hour = extract("hour", Call.offered_at)
    statement = (
        select(Call.business_day, Call.city_code, hour.label("hour"), func.count(), func.count(Call.category))
        .where(Call.business_day >= first, Call.business_day <= last)
        .group_by(Call.business_day, Call.city_code, hour)
    )
    for day, city_code, utc_hour, calls, accepted in session.execute(statement):
        yield day, city_code, (int(utc_hour) + offset) % 24, calls, accepted


def count_day(day: date) -> int:
    """Rewrite the facts of one finished day; how many facts there are now. Raises Invalid for today and later."""
    if day >= clock.today():
        raise Invalid("当日及以后的日期尚未结束，按实时数据计算")
    db.lock(f"facts:{day}")
    for model in (Fact, HourFact, CountedDay):
        session.execute(delete(model).where(model.day == day))
    facts = [{"day": day, "city_code": city, **cell._asdict()} for city, cell in cells(day, day)]
    _insert(Fact, facts)
    names = ("day", "city_code", "hour", "calls", "accepted")
    _insert(HourFact, [dict(zip(names, row, strict=True)) for row in hours(day, day)])
    session.execute(insert(CountedDay).values(day=day, counted_at=clock.now()))
    return len(facts)


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(model), rows)


def finished_days(month: Month) -> list[date]:
    """The days of the month that are over."""
    today = clock.today()
    return [day for day in month.days if day < today]


def start(month: Month, started_by: str) -> CountRun:
    """Open a run over the finished days of the month. Nothing is counted yet."""
    return _open(finished_days(month), str(month), started_by)


def start_recent(started_by: str) -> CountRun:
    """Open a run over the finished days of this month and the one before, where late facts are still usual."""
    this = Month.of(clock.today())
    return _open([*finished_days(this.previous), *finished_days(this)], str(this), started_by)


def _open(days: list[date], label: str, started_by: str) -> CountRun:
    if not days:
        raise Invalid("这个月还没有结束的日子，无可统计")
    now = clock.now()
    run = CountRun(
        month=label,
        first=days[0],
        started_by=started_by,
        started_at=now,
        touched_at=now,
        days_total=len(days),
        days_done=0,
        state=RunState.RUNNING,
    )
    session.add(run)
    session.flush()
    return run


def step(run_id: int, seconds: float = 0) -> CountRun:
    """Count the run's next day, and further ones while `seconds` last. Finished runs stay as they are."""
    run = session.scalars(select(CountRun).where(CountRun.id == run_id).with_for_update()).one_or_none()
    if run is None:
        raise NotFound("没有这次统计")
    until = clock.monotonic() + seconds
    while run.state is RunState.RUNNING:
        count_day(run.first + timedelta(days=run.days_done))
        run.days_done += 1
        run.touched_at = clock.now()
        if run.days_done == run.days_total:
            run.state, run.finished_at = RunState.DONE, run.touched_at
        if clock.monotonic() >= until:
            break
    session.flush()
    return run


def runs(month: Month, limit: int = 10) -> list[CountRun]:
    """The newest countings of a month."""
    return list(
        session.scalars(select(CountRun).where(CountRun.month == str(month)).order_by(CountRun.id.desc()).limit(limit))
    )
