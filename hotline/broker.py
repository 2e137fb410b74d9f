"""The connection to Redis. Redis carries jobs and live messages; it holds nothing that cannot be made again."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Broken
from redis.retry import Retry

_url = ""
_client: "Redis | None" = None


def connect(url: str, *, timeout: float = 0.5) -> Redis:
    """A client that gives up after `timeout` seconds instead of making a caller wait.

    A connection that broke is tried once more, because the server may just have come back; one that hangs is not.
    """
    return Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1, supported_errors=(Broken,)),
    )


def configure(url: str) -> None:
    """Say where Redis is; nothing is opened before the first use."""
    global _url, _client
    _url, _client = url, None


def redis() -> Redis:
    """The client of this process. Threads and forks may share it."""
    global _client
    if _client is None:
        _client = connect(_url)
    return _client
