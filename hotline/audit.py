"""The audit trail: who did what to which record, when and from where. Append-only, hash-chained.

Entries are collected while a transaction runs and written just before it commits, under one named lock,
so that the chain has no gaps and the lock is held for the shortest time.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import String, event, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from hotline import clock, db
from hotline.db import Base, BigId, session


@dataclass(frozen=True)
class Actor:
    """Who acts in this context: a person, a machine with a token, or the house itself."""

    id: int | None = None
    name: str = "system"
    address: str = ""
    request_id: str = ""


_actor: ContextVar[Actor] = ContextVar("actor", default=Actor())  # noqa: B039  frozen


def actor() -> Actor:
    return _actor.get()


def set_actor(who: Actor) -> None:
    _actor.set(who)


@contextmanager
def acting(who: Actor) -> Iterator[None]:
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)


class AuditEntry(Base):
    """One link of the chain. `detail` holds no personal data, only which fields and why."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    detail: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


db.append_only(AuditEntry.__table__)

GENESIS = "0" * 64


def record(action: str, subject: str, **detail: Any) -> None:
    """Note `action` on `subject` (`call:12`, `account:3`); written with the transaction under way."""
    who = actor()
    session.info.setdefault("audit", []).append(
        {
            "at": clock.now(),
            "actor_id": who.id,
            "actor_name": who.name,
            "address": who.address,
            "request_id": who.request_id,
            "action": action,
            "subject": subject,
            "detail": detail,
        }
    )


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode


def _digest(entry: dict[str, Any], previous: str) -> str:
    body = {**entry, "at": entry["at"].isoformat(), "previous": previous}
    return sha256(_canonical(body).encode()).hexdigest()


@event.listens_for(Session, "before_commit")
def _write(current: Session) -> None:
    pending = current.info.pop("audit", None)
    if not pending:
        return
    db.lock("audit")
    previous = current.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or GENESIS
    for entry in pending:
        digest = _digest(entry, previous)
        current.add(AuditEntry(**entry, previous=previous, hash=digest))
        current.flush()
        previous = digest


@event.listens_for(Session, "after_rollback")
def _forget(current: Session) -> None:
    current.info.pop("audit", None)


@dataclass(frozen=True)
class Verification:
    """Result of reading the whole chain: how many links, and the first that does not hold (None: all hold)."""

    entries: int
    broken_at: int | None
    head: str


_FIELDS = ("at", "actor_id", "actor_name", "address", "request_id", "action", "subject", "detail")
_BATCH = 5000


def verify() -> Verification:
    """Recompute every hash from the first entry on; a batch of rows is held at a time, however long the chain is."""
    previous, count = GENESIS, 0
    columns = AuditEntry.__table__.c
    wanted = select(*(columns[name] for name in (*_FIELDS, "id", "previous", "hash"))).order_by(columns.id)
    rows = session.connection().execute(wanted.execution_options(yield_per=_BATCH))
    for *values, number, before, digest in rows:
        entry = dict(zip(_FIELDS, values, strict=True))
        if before != previous or digest != _digest(entry, previous):
            rows.close()
            return Verification(count, number, previous)
        previous, count = digest, count + 1
    return Verification(count, None, previous)
