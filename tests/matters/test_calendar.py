"""The work calendar as a value: vectors from the field, and laws that hold for every instant 2018-2026."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline import clock
from hotline.places.calendar import Hours, WorkCalendar
from hotline.places.calendar_book import reference

CALENDAR = reference()

VECTORS = [
    ("2018-12-28", 1, "2018-12-29"),
    ("2022-12-30", 1, "2023-01-03"),
    ("2024-02-07", 3, "2024-02-18"),
    ("2024-09-30", 5, "2024-10-12"),
    ("2024-10-03", 1, "2024-10-08"),
    ("2024-11-29", 5, "2024-12-06"),
    ("2025-01-27", 5, "2025-02-10"),
    ("2025-04-30", 1, "2025-05-06"),
    ("2026-02-13", 5, "2026-02-27"),
    ("2026-09-18", 3, "2026-09-22"),
    ("2026-09-30", 5, "2026-10-13"),
]
WORKDAYS = {2019: 250, 2020: 249, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248}

instants = st.datetimes(datetime.fromisoformat("2018-01-02"), datetime.fromisoformat("2026-12-01")).map(
    lambda at: at.replace(tzinfo=UTC)
)
minutes = st.integers(0, 20_000)


@pytest.mark.parametrize(("received", "count", "due"), VECTORS)
def test_limits_in_working_days(received, count, due):
    answer = CALENDAR.add_workdays(date.fromisoformat(received), count)
    assert str(answer.day) == due
    assert len(answer.counted) == count
    assert not answer.provisional


def test_a_limit_into_a_year_without_notice_is_provisional():
    answer = CALENDAR.add_workdays(date(2026, 12, 30), 3)
    assert str(answer.day) == "2027-01-05"
    assert answer.provisional


def test_the_last_days_of_a_year_wait_for_the_next_notice():
    assert CALENDAR.add_workdays(date(2026, 12, 30), 1).provisional
    assert not CALENDAR.add_workdays(date(2025, 12, 30), 1).provisional


@pytest.mark.parametrize(("year", "count"), WORKDAYS.items())
def test_working_days_of_a_year(year, count):
    assert CALENDAR.workdays_between(date(year - 1, 12, 31), date(year, 12, 31)) == count


def test_fixed_holidays_stand_in_for_a_missing_notice():
    assert [day for day in (date(2027, 5, n) for n in range(1, 8)) if CALENDAR.is_workday(day)] == [
        date(2027, 5, n) for n in (3, 4, 5, 6, 7)
    ]


def test_lunch_and_closing_are_outside_working_time():
    day = date(2026, 3, 4)
    assert [CALENDAR.open_at(clock.at_local(day, *at)) for at in ((8, 59), (9, 0), (11, 59))] == [False, True, True]
    assert [CALENDAR.open_at(clock.at_local(day, *at)) for at in ((12, 0), (13, 29), (13, 30), (17, 30))] == [
        False,
        False,
        True,
        False,
    ]
    assert CALENDAR.add_working_minutes(clock.at_local(day, 11, 30), 60) == clock.at_local(day, 14, 0)


def test_a_half_day_is_a_period_of_one_day():
    whole = Hours(date(2000, 1, 1), None, ((540, 720), (810, 1050)))
    half = Hours(date(2026, 3, 8), date(2026, 3, 9), ((540, 720),))
    calendar = WorkCalendar({date(2026, 3, 8): True}, frozenset({2026}), (whole, half))
    assert calendar.closing(date(2026, 3, 8)) == clock.at_local(date(2026, 3, 8), 12)
    assert calendar.closing(date(2026, 3, 9)) == clock.at_local(date(2026, 3, 9), 17, 30)


def test_a_calendar_without_hours_refuses_to_count():
    with pytest.raises(ValueError, match="no working hours"):
        WorkCalendar({}, frozenset(), ()).add_working_minutes(datetime(2026, 3, 4, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="before the first"):
        CALENDAR.add_working_minutes(datetime(2000, 1, 5, tzinfo=UTC), -100_000)


@settings(max_examples=300, deadline=None)
@given(instants, minutes)
def test_adding_is_measured_back(at, amount):
    assert CALENDAR.working_minutes_between(at, CALENDAR.add_working_minutes(at, amount)) == amount


@settings(max_examples=300, deadline=None)
@given(instants, minutes)
def test_subtracting_undoes_adding(at, amount):
    start = CALENDAR.next_opening(at)
    assert CALENDAR.add_working_minutes(CALENDAR.add_working_minutes(start, amount), -amount) == start


@settings(max_examples=200, deadline=None)
@given(instants, st.integers(0, 60 * 24 * 40))
def test_measuring_is_antisymmetric_and_adds_up(at, length):
    middle, end = at + timedelta(minutes=length // 2), at + timedelta(minutes=length)
    whole = CALENDAR.working_minutes_between(at, end)
    parts = CALENDAR.working_minutes_between(at, middle) + CALENDAR.working_minutes_between(middle, end)
    assert 0 <= whole - parts <= 1
    assert CALENDAR.working_minutes_between(end, at) == -whole


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2018, 1, 1), date(2026, 11, 30)), st.integers(1, 30))
def test_a_limit_ends_on_a_working_day_with_exactly_its_days_before(day, count):
    due = CALENDAR.add_workdays(day, count)
    assert CALENDAR.is_workday(due.day)
    assert CALENDAR.workdays_between(day, due.day) == count
    assert day not in due.counted
