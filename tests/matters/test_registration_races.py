"""Many writers at once, each in a transaction of its own: one wins, the others are told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hotline import clock
from hotline.bookings import service as bookings
from hotline.bookings.models import HalfDay
from hotline.bookings.service import Wish
from hotline.calls import registration, registration_versions
from hotline.calls.models import Category
from hotline.crisis import service as crisis
from hotline.db import session
from hotline.errors import Conflict
from tests.matters.calls_made import answered, house_of_three

WRITERS = 8


@pytest.fixture
def house(committed_app):
    with committed_app.app_context():
        agent, _, supervisor, hospital = house_of_three()
        call_id = answered(agent)
        registration.open_draft(call_id, agent.id)
        session.commit()
        session.remove()
    return committed_app, agent, supervisor, hospital, call_id


def at_once(app, work):
    """What became of the same work done by many at once: `won` or the kind of error."""

    def one(number):
        with app.app_context():
            try:
                work(number)
                session.commit()
                return "won"
            except Conflict:
                session.rollback()
                return "told"
            finally:
                session.remove()

    with ThreadPoolExecutor(WRITERS) as pool:
        return sorted(pool.map(one, range(WRITERS)))


ONE_WINS = ["told"] * (WRITERS - 1) + ["won"]


def test_one_of_many_saves_of_the_same_version_wins(house):
    app, agent, _, _, call_id = house
    assert at_once(app, lambda n: registration.save(call_id, agent, {"content": f"第{n}个"}, 1)) == ONE_WINS


def test_one_of_many_completions_wins_and_one_version_is_kept(house):
    app, agent, _, _, call_id = house
    values = {"category": Category.MANUAL, "content": "转120"}
    assert at_once(app, lambda n: registration.complete(call_id, agent, {**values, "remark": str(n)}, 1)) == ONE_WINS
    with app.app_context():
        assert len(registration_versions.versions(call_id, clock.today())) == 1
        session.remove()


def test_one_supervisor_takes_an_alert(house):
    app, agent, supervisor, _, call_id = house
    with app.app_context():
        crisis.save(call_id, agent.id, {"answers": {"H1": 1}}, 0)
        session.commit()
        session.remove()
    assert at_once(app, lambda n: crisis.take_alert(call_id, supervisor.id)) == ONE_WINS


def test_a_patient_gets_one_slot_of_a_department_a_day(house):
    app, agent, _, hospital, _ = house
    wish = Wish(
        hospital,
        "呼吸内科",
        clock.today() + timedelta(days=3),
        HalfDay.MORNING,
        "测试患者",
        "PASSPORT",
        "E00000000",
        "13800001234",
    )
    assert at_once(app, lambda n: bookings.book(wish, agent.id)) == ONE_WINS
