"""Regular work: due in Shanghai time, claimed once, made up after an outage."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from hotline import clock, timetable
from hotline.db import session
from hotline.jobs import Job, Outbox
from hotline.timetable import Entry, ScheduleClaim
from workers import timekeeper

NIGHTLY = Entry(
    "nightly", "30 2 * * *", Job.COUNT_DAYS, make_up=3, arguments=lambda at: {"day": f"{clock.local(at):%F}"}
)
FIRST = Entry("first", "0 3 1 * *", Job.COUNT_MONTH, make_up=2)
OFTEN = Entry("often", "*/5 * * * *", Job.RECONCILE_CALLS)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=clock.ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("entry", "since", "at", "periods"),
    [
        (NIGHTLY, (2024, 2, 28, 2, 30), (2024, 2, 29, 2, 29, 59), []),
        (NIGHTLY, (2024, 2, 28, 2, 30), (2024, 2, 29, 2, 30), [(2024, 2, 29, 2, 30)]),
        (NIGHTLY, (2024, 2, 28, 2, 30), (2024, 3, 1, 9), [(2024, 2, 29, 2, 30), (2024, 3, 1, 2, 30)]),
        # three at most are made up, the latest
        (
            NIGHTLY,
            (2024, 1, 1, 2, 30),
            (2024, 3, 1, 9),
            [(2024, 2, 28, 2, 30), (2024, 2, 29, 2, 30), (2024, 3, 1, 2, 30)],
        ),
        # a house that was never open runs the latest period only
        (NIGHTLY, None, (2024, 3, 1, 9), [(2024, 3, 1, 2, 30)]),
        (FIRST, (2023, 12, 1, 3), (2024, 1, 1, 2, 59), []),
        (FIRST, (2023, 12, 1, 3), (2024, 1, 1, 3), [(2024, 1, 1, 3)]),
        (OFTEN, (2024, 3, 1, 9), (2024, 3, 1, 11, 2), [(2024, 3, 1, 11, 0)]),
    ],
)
def test_what_is_due(entry, since, at, periods):
    found = timetable.due(entry, shanghai(*since) if since else None, shanghai(*at))
    assert found == [shanghai(*period) for period in periods]


def wanted() -> list[dict]:
    return list(session.scalars(select(Outbox.arguments).where(Outbox.name == Job.COUNT_DAYS).order_by(Outbox.id)))


@pytest.fixture
def empty(app):
    session.execute(delete(Outbox))
    session.execute(delete(ScheduleClaim))
    yield
    clock.use(None)


def test_a_clock_that_was_down_makes_up_what_it_missed(empty):
    def keep(*at: int) -> int:
        clock.use(lambda: shanghai(*at))
        return timekeeper.keep_timetable([NIGHTLY], "clock")

    assert keep(2024, 2, 28, 12) == 1
    assert keep(2024, 2, 28, 13) == 0
    assert keep(2024, 3, 1, 12) == 2
    assert keep(2024, 3, 1, 12, 0, 5) == 0
    assert wanted() == [{"day": "2024-02-28"}, {"day": "2024-02-29"}, {"day": "2024-03-01"}]


def test_a_clock_put_back_repeats_nothing(empty):
    for at in ((2024, 3, 1, 12), (2024, 2, 29, 12), (2024, 3, 1, 12)):
        clock.use(lambda at=at: shanghai(*at))
        timekeeper.keep_timetable([NIGHTLY], "clock")
    assert wanted() == [{"day": "2024-03-01"}]


def test_eight_clocks_at_once_want_each_period_once(committed_app):
    with committed_app.app_context():
        session.execute(delete(Outbox))
        session.commit()

    def keep(_number: int) -> int:
        with committed_app.app_context():
            return sum(timekeeper.keep_timetable([NIGHTLY, FIRST, OFTEN], "clock") for _ in range(3))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(keep, range(8))) == 3
    with committed_app.app_context():
        assert session.scalar(select(func.count()).select_from(Outbox)) == 3


def test_old_claims_go_but_never_the_latest(empty):
    today = clock.day_start(date(2024, 3, 1))
    for name, days in (("a", 100), ("a", 1), ("b", 100)):
        at = today - timedelta(days=days)
        session.add(ScheduleClaim(schedule=name, period=at, claimed_at=at, claimed_by="clock"))
    session.flush()
    timetable.forget(today - timedelta(days=30))
    left = session.execute(select(ScheduleClaim.schedule, ScheduleClaim.period)).all()
    assert {(row.schedule, (today - row.period).days) for row in left} == {("a", 1), ("b", 100)}
