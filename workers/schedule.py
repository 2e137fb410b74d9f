"""The timetable of the house, in Shanghai time. One line per regular job; `docs/operations.md` explains them."""

from datetime import datetime
from typing import Any

from hotline import clock
from hotline.clock import Month
from hotline.jobs import Job
from hotline.timetable import Entry


def month_before(period: datetime) -> dict[str, Any]:
    """The month that ended before `period`."""
    return {"month": str(Month.of(clock.business_day(period)).previous)}


TIMETABLE: tuple[Entry, ...] = (
    Entry("reconcile calls", "*/2 * * * *", Job.RECONCILE_CALLS, arguments=lambda period: {"hours": 2}),
    Entry("reconcile two days", "0 3 * * *", Job.RECONCILE_CALLS, arguments=lambda period: {"hours": 48}),
    Entry("tidy", "15 * * * *", Job.TIDY),
    Entry("purge recordings", "20 2 * * *", Job.PURGE_RECORDINGS),
    Entry("supervise orders", "*/10 * * * *", Job.SUPERVISE_ORDERS),
    Entry("archive orders", "40 2 * * *", Job.ARCHIVE_ORDERS),
    Entry("count days", "30 1 * * *", Job.COUNT_DAYS),
    Entry("draft bulletin", "30 2 1 * *", Job.DRAFT_BULLETIN, arguments=month_before),
    Entry("compare sealed months", "30 3 * * *", Job.COMPARE_SEALED),
    Entry("remind of returns", "0 9 * * *", Job.REMIND_RETURNS),
    Entry("purge exports", "40 4 * * *", Job.PURGE_EXPORTS),
)
