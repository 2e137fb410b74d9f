"""When regular work is due: rules in Shanghai time, and one row for every period that was taken.

A rule is a cron line read on the wall clock of the business zone. A period is the instant it names. Whoever writes
the row `(schedule, period)` first does the work, so two clocks never do it twice, and a clock that was down makes
up what it missed, as many periods as the entry allows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import croniter
from sqlalchemy import String, delete, exists, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from hotline import clock, db, jobs
from hotline.db import Base, session
from hotline.jobs import Job


class ScheduleClaim(Base):
    """A period of a schedule that some clock has taken."""

    __tablename__ = "schedule_claim"

    schedule: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[datetime] = mapped_column(primary_key=True)
    claimed_at: Mapped[datetime]
    claimed_by: Mapped[str] = mapped_column(String(80))


@dataclass(frozen=True)
class Entry:
    """One line of the timetable.

    `rule` is a cron line (minute hour day month weekday) in Shanghai time. `make_up` is how many missed
    periods are run after an outage, the latest ones. `arguments` gives the job's arguments for a period.
    """

    name: str
    rule: str
    job: Job
    make_up: int = 1
    arguments: Callable[[datetime], dict[str, Any]] = field(default=lambda period: {})


def due(entry: Entry, since: datetime | None, at: datetime) -> list[datetime]:
    """Periods in `(since, at]` that are to be run, oldest first; without `since` the latest one."""
    ticks = croniter(entry.rule, clock.local(at) + timedelta(microseconds=1))
    found: list[datetime] = []
    while len(found) < (entry.make_up if since else 1):
        period = ticks.get_prev(datetime).astimezone(UTC)
        if since and period <= since:
            break
        found.append(period)
    return found[::-1]


def last_claims() -> dict[str, datetime]:
    """The latest period taken of every schedule."""
    query = select(ScheduleClaim.schedule, func.max(ScheduleClaim.period)).group_by(ScheduleClaim.schedule)
    return {schedule: period for schedule, period in session.execute(query)}


def claim(entry: Entry, period: datetime, by: str) -> bool:
    """Take one period and want its job, in one transaction. False: another clock has it."""
    row = {"schedule": entry.name, "period": period, "claimed_at": clock.now(), "claimed_by": by}
    taking = db.insert(ScheduleClaim).values(row).on_conflict_do_nothing().returning(ScheduleClaim.schedule)
    if session.scalar(taking) is None:
        return False
    jobs.enqueue(entry.job, **entry.arguments(period))
    return True


def forget(before: datetime) -> None:
    """Remove old claims; the latest of each schedule always stays, because catching up starts from it."""
    later = aliased(ScheduleClaim)
    superseded = exists().where(later.schedule == ScheduleClaim.schedule, later.period > ScheduleClaim.period)
    session.execute(
        delete(ScheduleClaim)
        .where(ScheduleClaim.period < before, superseded)
        .execution_options(synchronize_session=False)
    )
