"""Logs: one JSON object per line on standard error, with request and job ids and without personal data.

What a person said, wrote or dialled is never logged on purpose. What may slip in by an error's text is taken
out here: numbers that look like telephones or identity cards, and Chinese text inside error messages.
"""

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

__all__ = ["bind_contextvars", "bound_contextvars", "clear_contextvars", "configure", "formatter", "scrub"]

_NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?:\+?86[- ]?)?\(?0\d{2,3}\)?[- ]?\d{7,8}(?![0-9A-Za-z])"
    r"|\+\d{8,15}(?!\d)"
    r"|(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])"
)
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


def scrub(text: str) -> str:
    """`text` without anything that looks like a telephone or identity number."""
    return _NUMBERS.sub("[number]", text)


def scrub_error(error: BaseException) -> str:
    """Kind and message of an error; Chinese text is a person's words or name, so it goes."""
    return f"{type(error).__name__}: {_CHINESE.sub('…', scrub(str(error)))}"[:500]


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def _tell_error(_logger: Any, _method: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Replace a traceback, whose text may quote data, by its places and the scrubbed messages."""
    found = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        entry["error"], entry["trace"] = scrub_error(error), _frames(error.__traceback__)
        cause = error.__cause__ or error.__context__
        if cause is not None:
            entry["cause"] = scrub_error(cause)
    return entry


def _scrub_values(_logger: Any, _method: str, entry: dict[str, Any]) -> dict[str, Any]:
    return {key: scrub(value) if isinstance(value, str) else value for key, value in entry.items()}


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    _tell_error,
    _scrub_values,
]


def formatter() -> logging.Formatter:
    """How every record is written, ours and those of the libraries alike."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def configure() -> None:
    """Send every record of this process through the formatter; safe to call again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("twilio.http_client", "urllib3", "rq.worker", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
