"""The worker: RQ's own, held to our rules. It recovers quickly because the database, not Redis, knows what is open."""

import os
from typing import Any

import structlog
from redis import Redis
from redis.client import Pipeline
from rq import Queue as RedisQueue
from rq import Worker
from rq.job import Job as RedisJob
from rq.serializers import JSONSerializer

from hotline import broker, clock, db, heartbeats, outbox
from hotline.db import session
from hotline.heartbeats import ProcessKind
from hotline.jobs import Queue
from workers.rq_job import OutboxJob

log = structlog.get_logger(__name__)


class HotlineWorker(Worker):
    """Takes no orders through Redis but `run(outbox_id, attempt)`, shows itself in the database, forks per job."""

    job_class = OutboxJob
    max_connection_wait_time = 5.0
    beaten_at = 0.0

    def subscribe(self) -> None:
        """RQ would listen for commands such as `shutdown`; nobody commands this worker but the supervisor."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        self.show()
        super().heartbeat(timeout, pipeline)

    def show(self) -> None:
        """Beat in the database, at most once per interval, and leave no connection open over a fork."""
        if clock.monotonic() - self.beaten_at < heartbeats.INTERVAL.total_seconds():
            return
        self._tell(lambda: heartbeats.beat(self.name, ProcessKind.WORKER, tuple(self.queue_names())))
        self.beaten_at = clock.monotonic()

    def handle_work_horse_killed(self, job: RedisJob, retpid: Any, ret_val: Any, rusage: Any) -> None:
        """The process of one job died under it: say so at once instead of waiting for the time limit."""
        outbox_id, attempt = job.args
        signal = os.WTERMSIG(ret_val) if ret_val and os.WIFSIGNALED(ret_val) else 0
        reason = f"任务进程被终止（信号 {signal}）" if signal else "任务进程意外退出"
        self._tell(lambda: outbox.fail(outbox_id, attempt, reason))

    def handle_exception(self, job: RedisJob, *exc_info: Any) -> None:
        """Only a job that is not ours, or a database that is away, gets here; the arguments are not logged."""
        log.error("job refused", rq_job_id=job.id, queue=job.origin, exc_info=exc_info[1])

    def teardown(self) -> None:
        super().teardown()  # type: ignore[no-untyped-call]
        if not self.is_horse:
            self._tell(lambda: heartbeats.forget(self.name))

    def _tell(self, write: Any) -> None:
        try:
            write()
            session.commit()
        except Exception:
            log.exception("the database did not take a note of the worker")
        finally:
            session.remove()
            db.db.engine.dispose()


def worker(queues: list[Queue], connection: Redis) -> HotlineWorker:
    """A worker of `queues`, most urgent first."""
    served: list[RedisQueue] = [
        RedisQueue(q.value, connection, job_class=OutboxJob, serializer=JSONSerializer) for q in queues
    ]
    return HotlineWorker(
        served,
        name=heartbeats.process_name(ProcessKind.WORKER),
        connection=connection,
        serializer=JSONSerializer,
        job_class=OutboxJob,
        worker_ttl=20,
        maintenance_interval=30,
        job_monitoring_interval=5,
        log_job_description=False,
    )


def serve(queues: list[Queue], url: str, *, burst: bool = False) -> None:
    """Work until told to stop; a job under way is finished first."""
    worker(queues, broker.connect(url, timeout=30)).work(burst=burst, logging_level="WARNING")
