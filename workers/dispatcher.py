"""Hands outbox rows to RQ and finds out what got lost. Two at once do no harm."""

import structlog
from redis import Redis
from redis.exceptions import RedisError

from hotline import db, outbox
from hotline.db import session
from hotline.jobs import Queue
from workers.rq_job import hand_over

log = structlog.get_logger(__name__)


def dispatch(connection: Redis) -> int:
    """Hand over what is due; returns how many rows. Nothing is claimed while Redis does not answer."""
    with db.reading():
        due = outbox.anything_due()
        session.rollback()
    if not due or not _answers(connection):
        return 0
    tickets = outbox.claim()
    session.commit()
    try:
        hand_over(tickets, connection)
    except RedisError:
        outbox.put_back([ticket.outbox_id for ticket in tickets])
        session.commit()
        return 0
    return len(tickets)


def sweep(connection: Redis) -> None:
    """Find tries whose worker is gone, and rows that Redis forgot; they run again."""
    lost = outbox.fail_lost()
    session.commit()
    if lost:
        log.warning("jobs lost with their worker", count=lost)
    if not _answers(connection):
        return
    forgotten = outbox.lost_by_redis(waiting_ids(connection))
    if forgotten:
        log.warning("jobs lost by redis", count=len(forgotten))
        outbox.put_back(forgotten)
    session.commit()


def waiting_ids(connection: Redis) -> set[str]:
    """Job ids lying in the queues: four list reads, no registry is touched."""
    with connection.pipeline(transaction=False) as pipe:
        for queue in Queue:
            pipe.lrange(f"rq:queue:{queue.value}", 0, -1)
        return {job_id.decode() for ids in pipe.execute() for job_id in ids}


def _answers(connection: Redis) -> bool:
    try:
        return bool(connection.ping())
    except RedisError:
        return False
