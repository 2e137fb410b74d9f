"""The calendar in the database: loading, replacing, and changes noticed by a process that already knew it."""

from datetime import date

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Invalid
from hotline.jobs import Outbox
from hotline.places import calendar_book
from hotline.places.calendar_book import NoticeDay
from hotline.places.models import CalendarDay


@pytest.fixture
def book(app):
    calendar_book.load()
    return calendar_book


def test_what_is_delivered_equals_what_is_loaded(book):
    loaded, delivered = book.current(), book.reference()
    assert loaded.notices == delivered.notices
    assert loaded.years == delivered.years
    assert loaded.hours == delivered.hours
    book.load()
    assert book.current() is loaded


def test_a_new_notice_is_noticed_and_asks_for_a_recount(book):
    assert book.current().add_workdays(date(2026, 12, 30), 3).provisional
    book.load_year(2027, "https://www.gov.cn/2027", [NoticeDay(date(2027, 1, 1), False, "元旦")])
    due = book.current().add_workdays(date(2026, 12, 30), 3)
    assert (str(due.day), due.provisional) == ("2027-01-05", False)
    assert "recount_deadlines" in set(session.scalars(select(Outbox.name)))


def test_loading_again_replaces_the_notice_but_not_its_neighbours(book):
    book.load_year(2018, "again", [NoticeDay(date(2018, 1, 1), False, "元旦")])
    left = set(session.scalars(select(CalendarDay.day).where(CalendarDay.day < date(2019, 1, 1))))
    assert left == {date(2018, 1, 1), date(2018, 12, 29), date(2018, 12, 30), date(2018, 12, 31)}


def test_hours_of_one_day(book):
    book.set_hours(date(2026, 3, 9), [(540, 720)], valid_to=date(2026, 3, 10))
    assert book.current().closing(date(2026, 3, 9)) == clock.at_local(date(2026, 3, 9), 12)
    assert book.current().closing(date(2026, 3, 10)) == clock.at_local(date(2026, 3, 10), 17, 30)


@pytest.mark.parametrize("windows", [[], [(600, 540)], [(540, 720), (700, 800)], [(540, 1441)]])
def test_impossible_hours_are_refused(book, windows):
    with pytest.raises(Invalid):
        book.set_hours(date(2026, 3, 9), windows)


@pytest.mark.parametrize(
    "days",
    [
        [],
        [NoticeDay(date(2025, 6, 1), False, "x")],
        [NoticeDay(date(2027, 1, 1), False, "x"), NoticeDay(date(2027, 1, 1), True, "x")],
    ],
)
def test_impossible_notices_are_refused(book, days):
    with pytest.raises(Invalid):
        book.load_year(2027, "", days)
