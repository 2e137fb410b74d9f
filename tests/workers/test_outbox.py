"""The life of a row, step by step and with several hands at once; no process needed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text

from hotline import clock, errors, heartbeats, jobs, outbox
from hotline.db import session
from hotline.heartbeats import ProcessKind
from hotline.jobs import Job, Outbox, Queue
from tests.workers import laboratory
from workers import runner, tasks


@pytest.fixture
def home(committed_app, monkeypatch):
    """A committed database with the laboratory's task, and a clock that can be put forward."""
    monkeypatch.setattr(tasks, "count_days", laboratory.leave_effect, raising=False)
    monkeypatch.setenv("RQ_WORKER_ID", "worker@here:1")
    moment = [clock.now()]
    clock.use(lambda: moment[0])
    with committed_app.app_context():
        session.execute(text(laboratory.EFFECT_TABLE))
        session.execute(delete(Outbox))
        session.commit()
        yield lambda seconds: moment.__setitem__(0, moment[0] + timedelta(seconds=seconds))
    clock.use(None)


def effects() -> int:
    count = session.scalar(text("SELECT count(*) FROM effect"))
    session.rollback()
    return count


def the_row() -> Outbox:
    session.rollback()
    return session.scalars(select(Outbox)).one()


def take() -> list[outbox.Ticket]:
    tickets = outbox.claim()
    session.commit()
    return tickets


def test_a_job_is_handed_over_once_and_runs_once(home):
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.commit()
    (ticket,) = take()
    assert (ticket.queue, ticket.attempt, ticket.seconds) == (Queue.STATISTICS, 1, outbox.limit_of(Job.COUNT_DAYS))
    assert take() == []
    for _ in range(3):
        runner.run(ticket.outbox_id, ticket.attempt)
    assert effects() == 1
    assert the_row().done_at is not None


def test_nothing_is_wanted_by_a_transaction_that_is_rolled_back(home):
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.rollback()
    assert not outbox.anything_due()


def test_a_key_is_wanted_only_once(home):
    for _ in range(3):
        jobs.enqueue(Job.COUNT_DAYS, key="day:1", marker=1)
        session.commit()
    assert session.scalar(select(func.count()).select_from(Outbox)) == 1


def test_a_failing_job_leaves_nothing_waits_longer_each_time_and_is_given_up_with_a_reason(home):
    jobs.enqueue(Job.COUNT_DAYS, marker=1, how="fail")
    session.commit()
    pauses = []
    for attempt in range(1, outbox.USUAL_TRIES + 1):
        (ticket,) = take()
        assert ticket.attempt == attempt
        runner.run(ticket.outbox_id, attempt)
        row = the_row()
        pauses.append((row.not_before - clock.now()).total_seconds())
        assert take() == []
        home(pauses[-1])
    assert pauses == [10, 20, 40, 80, 160]
    assert row.failed_at is not None
    assert take() == []
    assert effects() == 0
    assert row.reason == "ValueError: … [number] cannot be counted"  # nobody's name, nobody's number


def test_a_given_up_job_can_be_run_again_by_one_person_only(home):
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.execute(text("UPDATE outbox SET tries = 5, failed_at = wanted_at, reason = 'x'"))
    session.commit()
    id = the_row().id
    outbox.run_again(id)
    session.commit()
    with pytest.raises(errors.Conflict):
        outbox.run_again(id)
    with pytest.raises(errors.NotFound):
        outbox.run_again(id + 1)
    session.rollback()
    (ticket,) = take()
    runner.run(ticket.outbox_id, ticket.attempt)
    assert effects() == 1


def test_a_try_whose_worker_is_gone_fails_and_comes_again(home):
    heartbeats.beat("worker@here:1", ProcessKind.WORKER)
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.commit()
    (ticket,) = take()
    assert outbox.start(ticket.outbox_id, 1, "worker@here:1")
    session.commit()
    assert outbox.fail_lost() == 0  # the worker is well
    home(heartbeats.SILENCE.total_seconds() + 1)
    assert outbox.fail_lost() == 1
    session.commit()
    home(10)
    (again,) = take()
    assert again.attempt == 2
    runner.run(again.outbox_id, 1)  # the first try turns up late: it has been counted out
    assert effects() == 0
    runner.run(again.outbox_id, 2)
    assert effects() == 1


def test_a_try_far_beyond_its_time_is_lost_although_its_worker_lives(home):
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.commit()
    (ticket,) = take()
    outbox.start(ticket.outbox_id, 1, "worker@here:1")
    home(ticket.seconds + outbox.GRACE.total_seconds() + 1)
    heartbeats.beat("worker@here:1", ProcessKind.WORKER)
    assert outbox.fail_lost() == 1


def test_an_old_try_that_ends_after_the_new_one_has_no_effect(home):
    """The horse of a killed worker lives on: whoever writes the receipt first has the effect, the other none."""
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.commit()
    (ticket,) = take()
    outbox.start(ticket.outbox_id, 1, "gone")
    session.commit()
    outbox.fail(ticket.outbox_id, 1, "gone")
    session.commit()
    assert outbox.receive(ticket.outbox_id)  # try 1, still alive
    session.commit()
    home(10)
    assert take() == []
    runner.run(ticket.outbox_id, 2)
    assert effects() == 0


def test_rows_that_redis_lost_are_found_and_those_still_waiting_are_left_alone(home):
    for marker in range(3):
        jobs.enqueue(Job.COUNT_DAYS, marker=marker)
    session.commit()
    tickets = take()
    waiting = {tickets[0].job_id}
    assert outbox.lost_by_redis(waiting) == []  # too early to tell
    home(outbox.SETTLING.total_seconds() + 1)
    lost = outbox.lost_by_redis(waiting)
    assert lost == [ticket.outbox_id for ticket in tickets[1:]]
    outbox.put_back(lost)
    session.commit()
    assert [(ticket.outbox_id, ticket.attempt) for ticket in take()] == [(id, 1) for id in lost]


def test_eight_dispatchers_at_once_take_every_row_once(committed_app):
    def dispatch() -> list[int]:
        with committed_app.app_context():
            found = []
            while tickets := outbox.claim(limit=7):
                session.commit()
                found += [ticket.outbox_id for ticket in tickets]
            session.commit()
            return found

    with committed_app.app_context():
        session.execute(delete(Outbox))
        for marker in range(200):
            jobs.enqueue(Job.COUNT_DAYS, marker=marker)
        session.commit()
    with ThreadPoolExecutor(8) as pool:
        taken = [id for ids in pool.map(lambda _: dispatch(), range(8)) for id in ids]
    assert len(taken) == 200
    assert len(set(taken)) == 200
