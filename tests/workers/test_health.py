"""`/live`, `/ready` and `/metrics` tell the truth about database, Redis, workers and clock."""

import signal
from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError

from hotline import backlog, broker, clock, heartbeats, jobs, live
from hotline.db import session
from hotline.heartbeats import Heartbeat, ProcessKind
from hotline.jobs import Job, Outbox, Queue
from hotline.web.ops import health

EVERY_QUEUE = tuple(queue.value for queue in Queue)


@pytest.fixture
def staffed(app, redis_server):
    """A worker of every queue, a clock and a Redis."""
    broker.configure(redis_server.url)
    session.execute(delete(Outbox))
    heartbeats.beat("worker@a:1", ProcessKind.WORKER, EVERY_QUEUE)
    heartbeats.beat("clock@a:2", ProcessKind.CLOCK)
    session.commit()
    yield
    broker.configure("unix:///nowhere")


def ready(client) -> dict:
    return client.get("/ready").json


def silence(kind: ProcessKind) -> None:
    old = clock.now() - heartbeats.SILENCE - timedelta(seconds=1)
    session.execute(update(Heartbeat).where(Heartbeat.kind == kind).values(beat_at=old))
    session.commit()


def test_a_living_process_says_so(client):
    assert client.get("/live").json["alive"] is True


def test_everything_there(staffed, client):
    told = ready(client)
    assert (told["ready"], told["degraded"]) == (True, [])
    assert told["workers"]["count"] == 1


def test_without_redis_calls_are_taken_and_it_is_said(staffed, client, redis_server):
    redis_server.kill()
    response = client.get("/ready")
    assert response.status_code == 200
    assert response.json["degraded"] == ["redis"]


def test_a_redis_that_hangs_is_as_one_that_is_not_there(staffed, client, redis_server):
    live.touch()
    session.commit()
    redis_server.process.send_signal(signal.SIGSTOP)
    live.touch()
    session.commit()
    assert ready(client)["degraded"] == ["redis"]
    redis_server.process.send_signal(signal.SIGCONT)
    assert ready(client)["degraded"] == []


@pytest.mark.parametrize(("kind", "part"), [(ProcessKind.WORKER, "workers"), (ProcessKind.CLOCK, "clock")])
def test_a_silent_process_is_missed(staffed, client, kind, part):
    silence(kind)
    assert ready(client)["degraded"] == [part]


def test_a_queue_that_nobody_works_is_named(staffed, client):
    heartbeats.beat("worker@a:1", ProcessKind.WORKER, ("urgent", "default"))
    session.commit()
    assert ready(client)["workers"]["unserved"] == ["statistics", "bulk"]


def test_work_that_piles_up_is_named(staffed, client):
    jobs.enqueue(Job.COUNT_DAYS, marker=1)
    session.execute(update(Outbox).values(wanted_at=clock.now() - health.SLOW - timedelta(seconds=1)))
    session.commit()
    told = ready(client)
    assert told["degraded"] == ["queues"]
    assert told["queues"]["slow"] == ["statistics"]


def test_without_a_database_the_house_is_not_ready_but_alive(staffed, client, monkeypatch):
    def away(*_args, **_options):
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(health.session, "execute", away)
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.json["ready"] is False
    assert client.get("/live").status_code == 200


def test_metrics_are_for_the_monitoring_only(staffed, app, client, monkeypatch):
    assert client.get("/metrics").status_code == 403
    config = app.config["HOTLINE"]
    monkeypatch.setitem(app.config, "HOTLINE", type(config)(**{**vars(config), "metrics_token": "s3cret"}))
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    told = client.get("/metrics", headers={"Authorization": "Bearer s3cret"}).text
    for line in (
        'hotline_jobs_open{queue="urgent"} 0.0',
        "hotline_redis_up 1.0",
        'process="clock@a:2"',
        "hotline_calls_live",
    ):
        assert line in told


def test_looking_at_the_queues_reads_four_lengths_and_nothing_else(staffed, redis_server):
    redis_server.client.config_resetstat()
    backlog.queues()
    used = {name for name in redis_server.client.info("commandstats") if name.startswith("cmdstat_")}
    connecting = {"cmdstat_ping", "cmdstat_info", "cmdstat_hello", "cmdstat_client|setinfo", "cmdstat_config|resetstat"}
    assert used - connecting == {"cmdstat_llen"}


def test_a_process_is_named_once_and_takes_its_sign_away(app):
    heartbeats.beat("worker@b:1", ProcessKind.WORKER, ("bulk",))
    heartbeats.beat("worker@b:1", ProcessKind.WORKER, ("bulk", "urgent"))
    (found,) = heartbeats.seen(ProcessKind.WORKER)
    assert found.well
    assert found.serves == ("bulk", "urgent")
    assert found.memory_kb > 1000
    heartbeats.forget("worker@b:1")
    assert heartbeats.seen(ProcessKind.WORKER) == []
