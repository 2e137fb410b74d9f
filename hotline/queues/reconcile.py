"""The sweep against the provider's own list: calls we never heard of, and ends that were never told.

Status notices have no second chance with the provider after fifteen seconds; this sweep is theirs, and the roll
call's while a call lives. It has two halves, so that no transaction waits for the provider: `gather` asks,
`settle` writes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Call, CallState, EventKind
from hotline.db import session
from hotline.queues import callbacks, parting
from hotline.queues.acts import Act
from hotline.telephony.provider import LegSnapshot, Provider


@dataclass(frozen=True)
class Settled:
    """What a leg told: that its call had never been heard of, that its end had not been told, and what follows."""

    missing: bool
    ended: bool
    acts: list[Act]


def gather(provider: Provider, since: datetime, until: datetime) -> list[LegSnapshot]:
    """The callers' legs of `[since, until)` by the provider's list."""
    return [leg for leg in provider.list_legs(since, until) if _is_callers(leg)]


def _is_callers(leg: LegSnapshot) -> bool:
    return leg.inbound and not leg.parent and not leg.caller.startswith("client:")


def settle(provider_name: str, city_code: str, legs: Sequence[LegSnapshot]) -> Iterator[Settled]:
    """Write down what the legs tell that we did not know. The caller commits after each, for each locks its call."""
    for leg in legs:
        known, over = _known(provider_name, leg.ref)
        if over or (known and not leg.status.terminal):
            continue
        call_id = known or _insert(provider_name, leg, city_code)
        acts = _end(provider_name, call_id, leg)
        yield Settled(known is None, acts is not None, acts or [])


def _known(provider_name: str, ref: str) -> tuple[int | None, bool]:
    """The call of a leg, if we have heard of it, and whether it has ended."""
    statement = select(Call.id, Call.state).where(Call.provider == provider_name, Call.provider_ref == ref)
    row = session.execute(statement).one_or_none()
    return (row.id, row.state is CallState.ENDED) if row else (None, False)


def _insert(provider_name: str, leg: LegSnapshot, city_code: str) -> int:
    at = leg.started_at or clock.now()
    report = intake.Report(
        provider_name, leg.ref, f"reconciled:{leg.ref}", EventKind.OFFERED, at, {}, leg.caller, leg.called
    )
    return intake.receive(report, city_code).call_id


def _end(provider_name: str, call_id: int, leg: LegSnapshot) -> list[Act] | None:
    """End our call if the provider says that its leg is over and we did not know; None when nothing changed."""
    call = session.get_one(Call, call_id, with_for_update={"key_share": True}, populate_existing=True)
    if call.state is CallState.ENDED or not leg.status.terminal:
        return None
    report = intake.Report(
        provider_name,
        leg.ref,
        f"reconciled-end:{leg.ref}",
        EventKind.RECONCILED,
        leg.ended_at or clock.now(),
        {"status": leg.status.value, "seconds": leg.seconds},
    )
    intake.receive(report, call.city_code)
    return ended(call_id)


def ended(call_id: int) -> list[Act]:
    """What follows once a call has ended: free agents and lines, and note whom to call back."""
    call = session.get_one(Call, call_id, populate_existing=True)
    if call.state is not CallState.ENDED:
        return []
    acts = parting.caller_gone(call_id)
    callbacks.after_end(call)
    return acts
