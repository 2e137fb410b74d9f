"""Where events come in: written once, folded into the call's row, in one transaction.

The call's row is locked before its events are read, so that events that arrive at the same moment are all
in the fold of whoever comes last.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, insert, select, update

from hotline import clock, db, live
from hotline.calls.events import Event
from hotline.calls.fold import fold
from hotline.calls.models import Call, CallEvent, Category, EventKind, InvalidType, Registration
from hotline.calls.numbers import normalise
from hotline.calls.settle import settle
from hotline.db import Base, session


@dataclass(frozen=True)
class Report:
    """One event as it came in. `provider_ref` is the provider's id of the caller's leg."""

    provider: str
    provider_ref: str
    key: str
    kind: EventKind
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    caller: str | None = None
    called: str = ""


@dataclass(frozen=True)
class Receipt:
    """What became of a report: `new` is False for a repetition, whose first answer is `reply`."""

    call_id: int
    ref: str
    new: bool
    reply: str | None = None


def receive(report: Report, city_code: str, reply: str | None = None, call: Call | None = None) -> Receipt:
    """Write the event once and fold it in. A repetition changes nothing and gets the first reply.

    A ring is expected to open the call, anything else to find it there; either may be the first to come.
    `call` is the event's call where the caller of this function holds it already.
    """
    rings = report.kind is EventKind.OFFERED
    found = (call.id, call.ref) if call else None if rings else _existing(report)
    opened = None if found else _open(report, city_code)
    known = found or opened or _existing(report)
    assert known is not None  # noqa: S101  opened by somebody else in between
    call_id, ref = known
    if not _write_event(call_id, report, reply):
        return Receipt(call_id, ref, False, earlier_reply(report.provider, report.key))
    if opened:
        live.touch()
    elif report.kind is not EventKind.STEP:
        refold(call_id)
    return Receipt(call_id, ref, True, reply)


def _open(report: Report, city_code: str) -> tuple[int, str] | None:
    """Insert the call's row if this is the first that is heard of it."""
    event = Event(report.key, report.kind, report.at, report.data)
    row = {
        "ref": uuid4().hex,
        "provider": report.provider,
        "provider_ref": report.provider_ref,
        "opened_on": clock.business_day(clock.now()),
        "city_code": city_code,
        "channel": "TEL",
        **_caller_columns(report.caller, report.called),
        **_row([event], None, None),
    }
    made = session.execute(_once(Call, "provider", "provider_ref"), row).one_or_none()
    return (made.id, str(row["ref"])) if made else None


def _once(model: type[Base], *unique: str) -> Any:
    """An INSERT that gives the new row's id, or nothing where the row is there; built and compiled once."""
    return _once_on(session.get_bind().dialect.name, model, unique)


@lru_cache
def _once_on(_dialect: str, model: type[Base], unique: tuple[str, ...]) -> Any:
    table = model.__table__
    return db.insert(table).on_conflict_do_nothing(index_elements=list(unique)).returning(table.c.id)


def _existing(report: Report) -> tuple[int, str] | None:
    statement = select(Call.id, Call.ref).where(
        Call.provider == report.provider, Call.provider_ref == report.provider_ref
    )
    row = session.execute(statement.with_for_update(key_share=True)).one_or_none()
    return (row.id, row.ref) if row else None


def _write_event(call_id: int, report: Report, reply: str | None) -> bool:
    row = {
        "call_id": call_id,
        "provider": report.provider,
        "key": report.key,
        "kind": report.kind,
        "occurred_at": report.at,
        "received_at": clock.now(),
        "data": {**report.data, "called": report.called} if report.called else report.data,
        "caller": report.caller,
        "reply": reply,
    }
    return session.execute(_once(CallEvent, "provider", "key"), row).one_or_none() is not None


def earlier_reply(provider: str, key: str) -> str | None:
    """The document an event was answered with, or None if it was never seen."""
    return session.scalar(select(CallEvent.reply).where(CallEvent.provider == provider, CallEvent.key == key))


def seen(provider: str, provider_ref: str, key: str) -> tuple[Call | None, str | None]:
    """The call of a leg, locked until the transaction ends, and the document its event `key` was answered with."""
    this_event = (CallEvent.call_id == Call.id) & (CallEvent.provider == provider) & (CallEvent.key == key)
    statement = (
        select(Call, CallEvent.reply)
        .join(CallEvent, this_event, isouter=True)
        .where(Call.provider == provider, Call.provider_ref == provider_ref)
        .with_for_update(of=Call, key_share=True)
        .execution_options(populate_existing=True)
    )
    row = session.execute(statement).one_or_none()
    return (row.Call, row.reply) if row else (None, None)


def _caller_columns(caller: str | None, called: str) -> dict[str, Any]:
    if caller is None:
        return {"called": called[:32]}
    number = normalise(caller)
    return {"caller": number.display, "caller_hash": number.hash, "called": called[:32]}


_TOLD = (
    select(
        CallEvent.key,
        CallEvent.kind,
        CallEvent.occurred_at,
        CallEvent.data,
        CallEvent.caller,
        Registration.category,
        Registration.invalid_type,
    )
    .join(Registration, Registration.call_id == CallEvent.call_id, isouter=True)
    .where(CallEvent.kind != EventKind.STEP)
)
"""A call's events beside what its registration says; answered steps that changed nothing are left out."""


_WRITTEN = update(Call.__table__).where(Call.__table__.c.id == bindparam("of_call"))  # type: ignore[arg-type]
"""A call's row written anew; one statement for all, so that it is compiled once."""


def _row(events: Sequence[Event], chosen: Category | None, invalid: InvalidType | None) -> dict[str, Any]:
    folded = fold(events)
    place = settle(folded.outcome, chosen, invalid)
    return {**asdict(folded), **place._asdict(), "business_day": clock.business_day(folded.offered_at)}


@contextmanager
def folding_once() -> Iterator[None]:
    """Fold the calls that get events inside once, at the end. Inside, their rows still stand as they were before."""
    waiting: set[int] = set()
    session.info["unfolded"] = waiting
    try:
        yield
    finally:
        del session.info["unfolded"]
    for call_id in sorted(waiting):
        refold(call_id)


def refold(call_id: int) -> None:
    """Compute the call's row anew from its events and its registration. The caller holds the row's lock."""
    if "unfolded" in session.info:
        session.info["unfolded"].add(call_id)
        return
    told = session.execute(_TOLD.where(CallEvent.call_id == call_id)).all()
    if not told:
        return
    events = [Event(row.key, row.kind, row.occurred_at, row.data) for row in told]
    values = _row(events, told[0].category, told[0].invalid_type)
    rings = sorted((row for row in told if row.kind is EventKind.OFFERED), key=lambda row: row.key)
    if rings:
        values |= _caller_columns(rings[0].caller, str(rings[0].data.get("called", "")))
    session.execute(_WRITTEN, values | {"of_call": call_id})
    live.touch()
    if values["agent_id"] is not None:
        live.touch(live.agent_topic(values["agent_id"]))
    _expire(call_id)


def lock_call(call_id: int) -> None:
    """Hold the call's row until the transaction ends: before any row of its line, its conversation or its agents."""
    session.execute(select(Call.id).where(Call.id == call_id).with_for_update(key_share=True))


def resettle(call_id: int) -> None:
    """Give the call its place anew after its registration changed (flushed, not yet committed)."""
    lock_call(call_id)
    refold(call_id)


def _expire(call_id: int) -> None:
    known = session.identity_map.get(session.identity_key(Call, call_id))
    if known is not None:
        session.expire(known)


def append(call_id: int, kind: EventKind, key: str, *, at: datetime | None = None, **data: Any) -> bool:
    """Add an event of our own to a known call; False when it was already told."""
    held = select(Call.provider, Call.provider_ref).where(Call.id == call_id).with_for_update(key_share=True)
    call = session.execute(held).one()
    report = Report(call.provider, call.provider_ref, f"{call_id}:{key}", kind, at or clock.now(), data)
    if not _write_event(call_id, report, None):
        return False
    refold(call_id)
    return True


@dataclass(frozen=True)
class History:
    """A whole call at once: entered by hand (补录), or made in bulk by the demonstration."""

    provider: str
    provider_ref: str
    events: tuple[Event, ...]
    caller: str | None = None
    called: str = ""
    channel: str = "TEL"
    category: Category | None = None
    invalid_type: InvalidType | None = None


def record(histories: Sequence[History], city_code: str) -> list[int]:
    """Write whole calls through the same fold and settlement; ids in the order given.

    Registrations are written by their own service afterwards; `category` and `invalid_type` are what they will say.
    """
    if not histories:
        return []
    now = clock.now()
    rows = [_whole(history, city_code, now) for history in histories]
    ids = list(session.scalars(insert(Call).returning(Call.id, sort_by_parameter_order=True), rows))
    pairs = zip(ids, histories, strict=True)
    session.execute(
        insert(CallEvent), [row for call_id, history in pairs for row in _event_rows(call_id, history, now)]
    )
    return ids


def _whole(history: History, city_code: str, now: datetime) -> dict[str, Any]:
    return {
        "ref": uuid4().hex,
        "provider": history.provider,
        "provider_ref": history.provider_ref,
        "opened_on": clock.business_day(now),
        "city_code": city_code,
        "channel": history.channel,
        "caller": None,
        "caller_hash": None,
        **_caller_columns(history.caller, history.called),
        **_row(history.events, history.category, history.invalid_type),
    }


def _event_rows(call_id: int, history: History, now: datetime) -> Iterator[dict[str, Any]]:
    for event in history.events:
        yield {
            "call_id": call_id,
            "provider": history.provider,
            "key": event.key,
            "kind": event.kind,
            "occurred_at": event.at,
            "received_at": now,
            "data": dict(event.data),
            "caller": history.caller if event.kind is EventKind.OFFERED else None,
            "reply": None,
        }
