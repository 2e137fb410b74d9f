from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from hotline import clock
from hotline.bookings import rules, service
from hotline.bookings.models import Booking, BookingRule, HalfDay, Status, Suspension
from hotline.bookings.service import Wish
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places.models import Institution
from tests.matters.calls_made import answered, house_of_three

NOW = clock.at_local(date(2026, 11, 2), 9)
TOMORROW = date(2026, 11, 3)


def identity(stem):
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(stem))
    return stem + "10X98765432"[total % 11]


@pytest.fixture
def booking(app):
    with time_machine.travel(NOW, tick=False):
        agent, _, supervisor, hospital = house_of_three()
        yield agent, supervisor, hospital


def hospital_of(name):
    return session.query(Institution).filter_by(name=name).one().id


def wish(hospital, **changes):
    values = {
        "institution_id": hospital,
        "department": "呼吸内科",
        "visit_day": TOMORROW,
        "half_day": HalfDay.MORNING,
        "patient_name": "测试患者",
        "document_type": "ID",
        "document_no": identity("32010219900101123"),
        "phone": "138 0000 1234",
    }
    return Wish(**{**values, **changes})


def test_a_visit_is_booked_under_the_true_name_beside_the_call(booking):
    agent, _, hospital = booking
    call_id = answered(agent)
    made = service.book(wish(hospital), agent.id, call_id)
    assert (made.status, made.channel, made.booked_on) == (Status.BOOKED, "PHONE", date(2026, 11, 2))
    assert made.phone == "13800001234"
    assert service.of_call(call_id) == [made]
    assert service.find(phone="+8613800001234") == [made]
    assert service.find(visit_day=TOMORROW, status=Status.CANCELLED) == []
    stored = session.connection().exec_driver_sql("SELECT patient_name, document_no FROM booking").one()
    assert b"3201" not in bytes(stored[1])
    assert "测试".encode() not in bytes(stored[0])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document_no": "320102199001011230"}, "document_no"),
        ({"document_no": "abc"}, "document_no"),
        ({"phone": "025-83206620"}, "phone"),
        ({"channel": "PIGEON"}, "channel"),
        ({"institution_id": 999999}, "institution_id"),
        ({"document_no": identity("32010220190101123")}, "guardian_name"),
        ({"document_type": "HUKOU", "document_no": "无号"}, "guardian_name"),
        ({"visit_day": date(2026, 11, 2)}, "visit_day"),
        ({"visit_day": date(2026, 11, 10)}, "visit_day"),
    ],
)
def test_a_visit_that_breaks_a_rule_is_refused_by_name(booking, changes, field):
    agent, _, hospital = booking
    with pytest.raises(Invalid) as told:
        service.book(wish(hospital, **changes), agent.id)
    assert field in told.value.fields


def test_a_child_is_booked_with_its_guardian(booking):
    agent, _, hospital = booking
    child = wish(hospital, document_no=identity("32010220190101123"), guardian_name="测试家长")
    assert service.book(child, agent.id).guardian_name == "测试家长"


def test_one_slot_a_day_in_a_department_until_it_is_cancelled(booking):
    agent, _, hospital = booking
    first = service.book(wish(hospital), agent.id)
    with pytest.raises(Conflict):
        service.book(wish(hospital, half_day=HalfDay.AFTERNOON), agent.id)
    service.book(wish(hospital, department="眼科"), agent.id)
    service.cancel(first.id, first.version, "PATIENT")
    assert service.book(wish(hospital), agent.id).status is Status.BOOKED


def test_the_database_itself_refuses_a_second_slot(booking):
    agent, _, hospital = booking
    made = service.book(wish(hospital), agent.id)
    columns = {c.name: getattr(made, c.name) for c in Booking.__table__.columns if c.name != "id"}
    session.add(Booking(**columns))
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize(
    ("name", "hour", "minute", "first", "last"),
    [
        ("", 11, 59, 1, 7),
        ("", 12, 0, 2, 7),
        ("南京鼓楼医院", 16, 29, 1, 7),
        ("南京鼓楼医院", 16, 30, 2, 7),
        ("江苏省人民医院", 6, 29, 1, 6),
        ("江苏省人民医院", 6, 30, 1, 7),
    ],
)
def test_the_window_closes_and_opens_at_the_hospital_s_minute(booking, name, hour, minute, first, last):
    _, _, hospital = booking
    today = date(2026, 11, 2)
    at = clock.at_local(today, hour, minute)
    days = rules.bookable_days(rules.rule_of(hospital_of(name) if name else hospital, today), at)
    assert (days[0], days[-1]) == (today + timedelta(days=first), today + timedelta(days=last))


def test_a_hospital_may_forbid_cancelling_and_nobody_cancels_on_the_day(booking):
    agent, _, hospital = booking
    eye = service.book(wish(hospital_of("南京医科大学附属眼科医院")), agent.id)
    with pytest.raises(Invalid, match="不能取消"):
        service.cancel(eye.id, eye.version, "PATIENT")
    made = service.book(wish(hospital), agent.id)
    with time_machine.travel(clock.at_local(TOMORROW, 8)), pytest.raises(Invalid, match="就诊当日"):
        service.cancel(made.id, made.version, "PATIENT")


def test_a_stale_or_unknown_booking_is_refused(booking):
    agent, _, hospital = booking
    made = service.book(wish(hospital), agent.id)
    service.cancel(made.id, made.version, "PATIENT", answered(agent))
    with pytest.raises(Conflict):
        service.cancel(made.id, made.version, "PATIENT")
    with pytest.raises(Conflict):
        service.mark(made.id, 1, Status.COLLECTED)
    with pytest.raises(NotFound):
        service.get(999999)


def miss(agent, hospital, day):
    with time_machine.travel(clock.at_local(day - timedelta(days=1), 9)):
        made = service.book(wish(hospital, visit_day=day), agent.id)
    with time_machine.travel(clock.at_local(day + timedelta(days=1), 9)):
        service.mark(made.id, made.version, Status.NO_SHOW)


def test_the_third_missed_visit_suspends_and_an_appeal_lifts_it(booking):
    agent, supervisor, hospital = booking
    for week in range(3):
        assert service.suspended(NOW.date()) == []
        miss(agent, hospital, TOMORROW + timedelta(weeks=week))
    with time_machine.travel(clock.at_local(TOMORROW + timedelta(weeks=4), 9)):
        again = wish(hospital, visit_day=TOMORROW + timedelta(weeks=4, days=1))
        with pytest.raises(Invalid, match="爽约"):
            service.book(again, agent.id)
        (suspension,) = service.suspended(clock.today())
        assert (suspension.until - suspension.since).days == 180
        with pytest.raises(Invalid):
            service.lift(suspension.id, supervisor.id, " ")
        service.lift(suspension.id, supervisor.id, "系统故障，核实无误")
        with pytest.raises(Conflict):
            service.lift(suspension.id, supervisor.id, "再次")
        assert service.book(again, agent.id).status is Status.BOOKED


def test_missed_visits_further_apart_than_the_window_do_not_suspend(booking):
    agent, _, hospital = booking
    for days in (0, 100, 200):
        miss(agent, hospital, TOMORROW + timedelta(days=days))
    assert session.query(Suspension).count() == 0


def test_a_visit_is_not_missed_before_its_day_and_not_after_it_was_attended(booking):
    agent, _, hospital = booking
    made = service.book(wish(hospital), agent.id)
    with pytest.raises(Invalid):
        service.mark(made.id, made.version, Status.NO_SHOW)
    service.mark(made.id, made.version, Status.ATTENDED)
    with pytest.raises(Conflict):
        service.mark(made.id, made.version, Status.NO_SHOW)


def test_the_month_counts_bookings_by_hospital_and_channel_group(booking):
    agent, _, hospital = booking
    service.book(wish(hospital), agent.id)
    gone = service.book(wish(hospital, department="眼科", channel="QUICK"), agent.id)
    service.cancel(gone.id, gone.version, "PATIENT")
    counted = service.totals(date(2026, 11, 1), date(2026, 12, 1))
    assert [(t.institution_id, t.grouping, t.channel, t.count) for t in counted] == [
        (hospital, "电话预约", "PHONE", 1),
        (hospital, "快速预约", "QUICK", 1),
    ]
    assert service.totals(date(2026, 10, 1), date(2026, 11, 1)) == []


def test_a_later_rule_takes_over_on_its_day(booking):
    _, _, hospital = booking
    session.query(BookingRule).filter_by(institution_name="").one().valid_to = date(2027, 1, 1)
    session.add(BookingRule(institution_name="", window_days=14, valid_from=date(2027, 1, 1)))
    session.flush()
    assert rules.rule_of(hospital, date(2026, 12, 31)).window_days == 7
    assert rules.rule_of(hospital, date(2027, 1, 1)).window_days == 14


@given(st.from_regex(r"[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True))
def test_one_check_digit_of_eleven_is_right(stem):
    right = identity(stem)
    assert service.identity_is_valid(right)
    assert [d for d in "0123456789X" if service.identity_is_valid(stem + d)] == [right[-1]]
