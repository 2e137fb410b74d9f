"""`/metrics` for Prometheus, read from database and Redis at the moment of asking.

Counters kept in a process would be wrong with several web processes and forking workers, so there are none.
"""

from collections.abc import Iterator

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from hotline import backlog, clock, heartbeats, timetable
from hotline.calls import provider_clock
from hotline.calls.models import Call, CallState
from hotline.db import session
from hotline.web import gate
from hotline.web.ops import door


class House(Collector):
    """Everything worth watching, as gauges."""

    def collect(self) -> Iterator[Metric]:
        yield from _queues()
        yield from _processes()
        yield from _calls()


def _gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hotline_{name}", text, labels=labels)


def _queues() -> Iterator[Metric]:
    opened = _gauge("jobs_open", "Jobs wanted and not done", ("queue",))
    failed = _gauge("jobs_given_up", "Jobs nobody tries any more", ("queue",))
    oldest = _gauge("jobs_oldest_seconds", "Age of the oldest open job", ("queue",))
    waiting = _gauge("jobs_in_redis", "Jobs lying in Redis", ("queue",))
    for state in backlog.queues():
        name = [state.queue.value]
        opened.add_metric(name, state.open)
        failed.add_metric(name, state.failed)
        oldest.add_metric(name, state.age.total_seconds())
        if state.in_redis is not None:
            waiting.add_metric(name, state.in_redis)
    up = _gauge("redis_up", "Whether Redis answers")
    up.add_metric([], float(backlog.in_redis() is not None))
    yield from (opened, failed, oldest, waiting, up)


def _processes() -> Iterator[Metric]:
    age = _gauge("heartbeat_age_seconds", "Since a process was last seen", ("kind", "process"))
    memory = _gauge("process_memory_bytes", "Resident memory", ("kind", "process"))
    for process in heartbeats.seen():
        age.add_metric([process.kind.value, process.name], process.age.total_seconds())
        memory.add_metric([process.kind.value, process.name], process.memory_kb * 1024)
    memory.add_metric(["web", "web"], heartbeats.memory_kb() * 1024)
    late = _gauge("schedule_last_period_seconds", "Since the latest period a schedule ran for", ("schedule",))
    for name, period in timetable.last_claims().items():
        late.add_metric([name], (clock.now() - period).total_seconds())
    yield from (age, memory, late)


def _calls() -> Iterator[Metric]:
    live = _gauge("calls_live", "Calls under way", ("state",))
    longest = _gauge("calls_longest_wait_seconds", "Longest wait in a queue")
    rows = session.execute(
        select(Call.state, func.count(), func.min(Call.queued_at))
        .where(Call.state != CallState.ENDED)
        .group_by(Call.state)
    ).all()
    for state, count, _ in rows:
        live.add_metric([state.value], count)
    since = next((first for state, _, first in rows if state is CallState.QUEUED and first), clock.now())
    longest.add_metric([], (clock.now() - since).total_seconds())
    ahead = _gauge("provider_clock_ahead_seconds", "The provider's clock against ours, by its notices of the last hour")
    difference = provider_clock.ahead(gate.provider().name)
    if difference is not None:
        ahead.add_metric([], difference.total_seconds())
    yield from (live, longest, ahead)


@door.get("/metrics")
def metrics() -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(House())
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
