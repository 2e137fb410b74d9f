"""What RQ is allowed to do here: run one function of ours with a row number, and nothing else.

A JSON serializer alone still runs any importable name that somebody writes into Redis (`os.system`), and a job
may carry callbacks and webhooks. This class refuses and drops all of it, so writing to Redis gains nobody anything.
"""

from collections.abc import Callable
from typing import Any

from redis import Redis
from rq import Queue as RedisQueue
from rq.job import Job as RedisJob
from rq.serializers import JSONSerializer

from hotline.outbox import Ticket
from workers.runner import run

RUN = "workers.runner.run"


class RefusedJob(Exception):
    """A job that was not put into Redis by the dispatcher."""


class OutboxJob(RedisJob):
    """An RQ job that can only be `run(outbox_id, attempt)`."""

    @property
    def func(self) -> Callable[..., Any]:
        if self.func_name != RUN or self.instance is not None or not _two_numbers(self.args, self.kwargs):
            raise RefusedJob(f"{self.id}: only {RUN}(outbox_id, attempt) runs here")
        return run

    def restore(self, raw_data: Any) -> Any:
        allowed = {key: value for key, value in raw_data.items() if key.split(b"_callback")[0] not in _EXTRAS}
        return super().restore(allowed)


_EXTRAS = (b"success", b"failure", b"stopped", b"webhooks", b"retries_left", b"repeats_left", b"dependency_ids")


def _two_numbers(args: Any, kwargs: Any) -> bool:
    return not kwargs and len(args) == 2 and all(type(value) is int for value in args)


def queue(name: str, connection: Redis) -> RedisQueue:
    """The RQ queue of that name, JSON only."""
    return RedisQueue(name, connection=connection, job_class=OutboxJob, serializer=JSONSerializer)


def hand_over(tickets: list[Ticket], connection: Redis) -> None:
    """Put the tickets into their queues. Results are kept in the database, not in Redis."""
    with connection.pipeline() as pipe:
        for ticket in tickets:
            queue(ticket.queue.value, connection).enqueue_call(
                RUN,
                args=(ticket.outbox_id, ticket.attempt),
                timeout=ticket.seconds,
                result_ttl=0,
                failure_ttl=86_400,
                job_id=ticket.job_id,
                description=ticket.job_id,
                pipeline=pipe,
            )
        pipe.execute()
