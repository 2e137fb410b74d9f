"""The regular work on orders through a real clock and a real worker."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from hotline import clock, jobs
from hotline.db import session
from hotline.jobs import Job
from hotline.places.models import CalendarDay, WorkWindow
from hotline.workorders import revisits
from hotline.workorders.codes import Move, State
from hotline.workorders.desk_models import OrderNotice
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.revisit_codes import Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make
from tests.workers.conftest import open_rows, wait_for

pytestmark = pytest.mark.processes


@pytest.fixture
def open_all_day(house):
    """The house works round the clock these days, whenever the test runs."""
    days = [clock.today() + timedelta(days=n) for n in (-1, 0, 1)]
    session.execute(delete(CalendarDay).where(CalendarDay.day.in_(days)))
    for day in days:
        session.add(CalendarDay(day=day, is_workday=True, name="值班", notice_year=day.year))
    session.add(WorkWindow(valid_from=days[0], start_minute=0, end_minute=1440))
    session.commit()


def run(house, *wanted):
    house.run("clock")
    house.run("work")
    for job in wanted:
        jobs.enqueue(job)
    session.commit()
    wait_for(lambda: open_rows() == 0, 300)
    session.expire_all()


def test_late_orders_are_supervised_and_old_ones_archived(house, open_all_day):
    late = make.order(registered_at=clock.now() - timedelta(days=30))
    closed, here, _ = make.at_state(State.TO_REVISIT)
    revisits.answer(closed, here, Verdict(Solved.YES, 5, 5, 5))
    revisits.close(closed, here)
    closed.closed_at = clock.now() - timedelta(days=31)
    session.commit()
    late_id, closed_id = late.id, closed.id
    run(house, Job.SUPERVISE_ORDERS, Job.ARCHIVE_ORDERS)
    assert session.get(Order, closed_id).state is State.ARCHIVED
    told = session.scalars(select(OrderMove.move).where(OrderMove.order_id == late_id)).all()
    assert Move.SUPERVISE in told
    assert session.get(Order, late_id).supervision >= 1
    notices = session.scalars(select(OrderNotice).where(OrderNotice.order_id == late_id)).all()
    assert {one.move for one in notices} == {Move.SUPERVISE}

    jobs.enqueue(Job.SUPERVISE_ORDERS)
    session.commit()
    wait_for(lambda: open_rows() == 0, 300)
    session.expire_all()
    again = session.scalars(select(OrderNotice.id).where(OrderNotice.order_id == late_id)).all()
    assert len(again) == len(notices)
