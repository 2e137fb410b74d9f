"""Real workers, a real clock, a real Redis: killed, wiped, poisoned, and in the end every effect had once."""

import os
import pickle
import signal
import time
import zlib
from pathlib import Path

import pytest
from rq import Queue as RedisQueue
from rq.job import Callback
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer

from hotline import clock, jobs
from hotline.db import session
from hotline.jobs import Job, Outbox
from tests.workers.conftest import effects, open_rows, wait_for, want

pytestmark = pytest.mark.processes


def test_of_a_thousand_transactions_half_rolled_back_exactly_the_others_have_their_effect(house):
    house.run("clock")
    house.run("work")
    for marker in range(1000):
        jobs.enqueue(Job.COUNT_DAYS, marker=marker)
        session.commit() if marker % 2 else session.rollback()
    wait_for(lambda: len(effects()) >= 500, 300)
    wait_for(lambda: open_rows() == 0)
    assert effects() == list(range(1, 1000, 2))


def test_redis_lost_with_its_disk_and_five_hundred_jobs_in_it(house, redis_server):
    house.run("clock")
    want(500)
    wait_for(lambda: redis_server.client.llen("rq:queue:statistics") == 500)
    redis_server.lose()
    want(20, start=500)  # Redis is away: the wish is in the database
    redis_server.start()
    house.run("work")
    wait_for(lambda: open_rows() == 0, 120)
    assert effects() == list(range(520))


def test_the_queue_survives_a_killed_redis(house, redis_server):
    clock_process = house.run("clock")
    want(50)
    wait_for(lambda: redis_server.client.llen("rq:queue:statistics") == 50)
    clock_process.kill()
    time.sleep(1.1)  # appendfsync everysec
    redis_server.kill()
    redis_server.start()
    house.run("work")
    wait_for(lambda: len(effects()) == 50)
    assert effects() == list(range(50))


def test_killed_workers_parents_and_horses(house, tmp_path):
    """Three ways to die; the work is taken up by another worker within 120 seconds, once in effect."""
    house.run("clock")
    notes = {name: tmp_path / f"{name}.note" for name in ("group", "parent", "horse")}
    began = time.monotonic()
    for marker, name in enumerate(("group", "parent")):
        victim = house.run("work")
        want(1, start=marker, how="slow", note=str(notes[name]))
        wait_for(notes[name].exists)
        victim.kill()
        if name == "group":
            os.kill(int(notes[name].read_text()), signal.SIGKILL)
    house.run("work")
    want(1, start=2, how="die", note=str(notes["horse"]))
    want(5, start=3)
    wait_for(lambda: len(effects()) >= 6, 90)  # the others do not wait for the lost ones
    wait_for(lambda: open_rows() == 0, 120)
    assert time.monotonic() - began < 120
    assert effects() == list(range(8))


def test_a_poisoned_queue_does_not_hold_up_the_urgent_one(house):
    house.run("clock")
    house.run("work", "urgent", "default")
    house.run("work", "statistics", "bulk")
    want(3, how="hang")
    want(20, start=10, how="fail")
    waits = []  # until a try has begun and ended; the laboratory's arguments are not the task's own
    for marker in range(20):
        began = time.monotonic()
        want(1, start=100 + marker, job=Job.OPEN_SELF_ORDER)
        wait_for(lambda: open_rows(Outbox.name == Job.OPEN_SELF_ORDER, Outbox.tries == 0) == 0, every=0.05)
        waits.append(time.monotonic() - began)
    assert sorted(waits)[18] < 5


def test_two_clocks_and_two_workers_do_nothing_twice(house):
    for _ in range(2):
        house.run("clock")
        house.run("work")
    want(200)
    wait_for(lambda: open_rows() == 0, 300)
    assert effects() == list(range(200))


def test_a_stopped_worker_finishes_its_job_and_takes_its_sign_away(house, tmp_path):
    house.run("clock")
    worker, note = house.run("work"), tmp_path / "note"
    want(1, how="slow", note=str(note))
    wait_for(note.exists)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(40) == 0
    assert effects() == [0]


@pytest.mark.once
class TestForeignJobs:
    """Whoever can write to Redis gains nothing by it."""

    @pytest.fixture
    def refused(self, house, redis_server, tmp_path):
        """Put a job into the queue by hand, let a worker look at it, and return what was refused."""

        def check(put) -> list[str]:
            queue = RedisQueue("urgent", connection=redis_server.client, serializer=JSONSerializer)
            put(queue)
            house.run("work", "urgent")
            registry = FailedJobRegistry("urgent", connection=redis_server.client, serializer=JSONSerializer)
            wait_for(lambda: not redis_server.client.llen("rq:queue:urgent") and registry.get_job_ids(cleanup=False))
            assert not (tmp_path / "harm").exists()
            wait_for(lambda: "job refused" in house.logs())
            return registry.get_job_ids(cleanup=False)

        return check

    def test_a_foreign_function(self, refused, tmp_path):
        assert len(refused(lambda queue: queue.enqueue("os.system", f"touch {tmp_path}/harm"))) == 1

    def test_our_own_function_with_other_arguments(self, refused):
        assert len(refused(lambda queue: queue.enqueue("workers.runner.run", "1; DROP", 1))) == 1

    def test_one_of_our_tasks_by_name(self, refused):
        assert len(refused(lambda queue: queue.enqueue("workers.tasks.count_days", marker=1))) == 1

    def test_callbacks_are_dropped(self, refused, tmp_path):
        def put(queue):
            queue.enqueue("os.system", "true", on_failure=Callback(os.system), on_success=Callback(os.system))

        assert len(refused(put)) == 1

    def test_a_pickled_job(self, refused, tmp_path, redis_server):
        class Harm:
            def __reduce__(self):
                return Path.touch, (tmp_path / "harm",)

        def put(queue):
            data = zlib.compress(pickle.dumps(("os.system", None, (Harm(),), {})))
            created = clock.now().isoformat().replace("+00:00", "Z")
            job = {"data": data, "origin": "urgent", "created_at": created, "status": "queued", "timeout": 60}
            redis_server.client.hset("rq:job:bad", mapping=job)
            redis_server.client.rpush("rq:queue:urgent", "bad")

        assert refused(put) == ["bad"]


@pytest.mark.once
def test_nothing_pickled_is_ever_in_redis(house, redis_server):
    house.run("clock")
    want(30)
    wait_for(lambda: redis_server.client.llen("rq:queue:statistics") == 30)
    for key in redis_server.client.scan_iter("*"):
        kind = redis_server.client.type(key)
        values = redis_server.client.hvals(key) if kind == b"hash" else []
        for value in values:
            plain = zlib.decompress(value) if value[:1] == b"x" else value
            assert plain[:2] not in (b"\x80\x04", b"\x80\x05")
