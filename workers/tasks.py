"""Every job of the house: a few lines each, calling one service. Names are those of `hotline.jobs.Job`.

A task runs inside the transaction that already holds its receipt, so it never commits; work too long for one
transaction wants its next part with `jobs.enqueue`. Arguments are JSON.
"""

from datetime import timedelta

from hotline import clock, heartbeats, jobs, outbox, timetable
from hotline.clock import Month
from hotline.db import session
from hotline.people import sessions
from hotline.queues import recordings
from hotline.statistics import counting, drafts, exports, province, returns_reminded, revisions
from hotline.workorders import chores as order_chores
from hotline.workorders import deadlines, ladder, posting, pushing, self_orders
from workers import telephone

KEEP_SESSIONS = timedelta(days=190)
"""网络安全法 asks for logs of six months, and 180 days are not six months."""


def count_days() -> None:
    """Nightly: the finished days of this month and the one before are counted again."""
    jobs.enqueue(jobs.Job.COUNT_MONTH, run_id=counting.start_recent("定时任务").id)


def count_month(run_id: int) -> None:
    """A few seconds of a counting run; wants its next part until the run is done."""
    province.advance(run_id)


def remind_returns() -> None:
    """Cities that have not filed are told before and after the due day."""
    returns_reminded.remind()


def compare_sealed() -> None:
    """Sealed months against their records: what came late becomes a proposed revision."""
    revisions.detect_tonight()


def draft_bulletin(month: str) -> None:
    """The month that has just ended is drafted for the statistician."""
    drafts.prepare(Month(month))


def reconcile_calls(hours: int) -> None:
    """Calls of the last hours against the provider's own list; the receipt is committed first."""
    session.commit()
    telephone.sweep(clock.now() - timedelta(hours=hours))


def fetch_recording(recording_id: int) -> None:
    """A recording that the provider has ready; the receipt is committed first, `tidy` wants again what was lost."""
    telephone.fetch_recording(recording_id)


def purge_recordings() -> None:
    """Recordings whose time is over, a portion at a time; the receipt is committed first."""
    session.commit()
    if telephone.purge_recordings():
        jobs.enqueue(jobs.Job.PURGE_RECORDINGS)


def open_self_order(call_id: int) -> None:
    """A complaint opens its order; a call that is none any more voids it."""
    self_orders.settle(call_id)


def match_orders(order_ids: list[int]) -> None:
    """Calls that surely belong to orders just arrived are linked."""
    order_chores.match_orders(order_ids)


def recount_deadlines() -> None:
    """A notice or other hours came: limits that had been provisional are counted again."""
    deadlines.recount()


def supervise_orders() -> None:
    """Near-due reminders, 催办 and 督办; outside working time nobody is bothered."""
    ladder.climb(clock.now())


def archive_orders() -> None:
    """Orders closed long ago go to the archive, a portion at a time; uploads nobody accepted are emptied."""
    order_chores.sweep_uploads()
    if order_chores.archive():
        jobs.enqueue(jobs.Job.ARCHIVE_ORDERS)


def push_event(event_id: int) -> None:
    """Tell a platform of one move. The receipt is committed first: no transaction waits for another house."""
    parcel = pushing.prepare(event_id)
    session.commit()
    if parcel:
        pushing.note(event_id, posting.send(parcel))


def export_records(run_id: int) -> None:
    """Write one export. It commits its progress as it goes: nobody waits for it, and it may be cancelled."""
    exports.produce(run_id, session.commit)


def purge_exports() -> None:
    """Files of exports are removed after a week."""
    exports.purge()


def tidy() -> None:
    """What nobody needs any more: done jobs, old periods, signs of dead processes, ended sessions."""
    at = clock.now()
    outbox.forget_done(at - timedelta(days=30))
    timetable.forget(at - timedelta(days=90))
    heartbeats.forget_dead()
    sessions.forget(at - KEEP_SESSIONS)
    recordings.want_again(at - timedelta(hours=1))
