"""The roll call: who is on the line by our books and by the provider's, compared every few seconds.

A notice that a leg has ended can be lost, and so can a redirect, between the commit that decided it and the
provider. Either would leave a caller alone in silence, or a ghost in the line until the sweep. `books` reads,
`ask` asks the provider between transactions, `settle` writes; `untold` repeats what a caller was never told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ScalarSelect, Select, exists, func, select

from hotline import clock
from hotline.calls.models import Call, CallEvent, CallState, EventKind
from hotline.db import session
from hotline.queues import conversation, parting, reconcile
from hotline.queues.acts import Act, HangUp, Redirect
from hotline.queues.models import Stint, StintState, Waiting, WaitState
from hotline.telephony.notices import LegStatus
from hotline.telephony.provider import LegGone, LegSnapshot, Provider

YOUNG = timedelta(seconds=10)
"""So long may a notice or a redirect be on its way, and a new leg be missing from the provider's list."""

LINGERS = timedelta(seconds=30)
"""A leg may outlive its ended stint so long before it is put out of its empty room."""

MOST = 50
"""Legs asked for one by one in a round; the others wait for the next."""

DEMANDS = frozenset({EventKind.QUEUED, EventKind.AGENT_LEFT})
"""What happens to a caller and sends them elsewhere."""

HEARD = frozenset(
    {
        EventKind.OFFERED,
        EventKind.MENU_KEY,
        EventKind.STEP,
        EventKind.BLOCKED,
        EventKind.SURVEYED,
        EventKind.CALLBACK_ASKED,
        EventKind.VOICEMAIL,
    }
)
"""What shows that the caller's leg has asked for its next plan."""

LIVE = frozenset(CallState) - {CallState.ENDED}
PRESENT = frozenset(StintState) - {StintState.ENDED}
"""Named one by one, and alone in their query: an index serves equality, and SQLite would prefer a worse one."""

log = structlog.get_logger()

Books = Mapping[str, int | None]
"""Legs that should be live: of which stint, or None for a caller's."""


@dataclass(frozen=True)
class Roll:
    """What the provider says: the legs that are live, and of those on our books the ones that are over."""

    live: frozenset[str]
    over: list[LegSnapshot]


def books(provider_name: str) -> Books:
    """The legs of live calls, by our books, that are no longer young."""
    before = clock.now() - YOUNG
    callers = select(Call.provider, Call.provider_ref).where(Call.state.in_(LIVE), Call.offered_at < before)
    people = (
        select(Stint.leg_ref, Stint.id)
        .join(Call, Call.id == Stint.call_id)
        .where(Stint.state.in_(PRESENT), Stint.leg_ref != "", Stint.claimed_at < before)
        .where(Call.provider == provider_name)
    )
    known: dict[str, int | None] = {leg: None for name, leg in session.execute(callers) if name == provider_name}
    return known | {leg: stint for leg, stint in session.execute(people)}


def ask(provider: Provider, known: Books) -> Roll:
    """Ask the provider. A leg missing from its list, which may lag behind, is over only by its own word."""
    live = frozenset(leg.ref for leg in provider.live_legs())
    missing = sorted(known.keys() - live)[:MOST]
    asked = [_word_on(provider, ref) for ref in missing]
    return Roll(live, [leg for leg in asked if leg.status.terminal])


def _word_on(provider: Provider, ref: str) -> LegSnapshot:
    """A leg the provider has never heard of, or no longer knows, is on no line."""
    try:
        return provider.fetch_leg(ref)
    except LegGone:
        return LegSnapshot(ref, "", "", "", False, LegStatus.COMPLETED, None, None, None)


def settle(provider_name: str, city_code: str, known: Books, roll: Roll) -> Iterator[list[Act]]:
    """Free what belonged to legs that are over, and end what lingers; the caller commits after each."""
    for leg in roll.over:
        stint_id = known[leg.ref]
        if stint_id is not None:
            yield _without(stint_id)
    callers = [leg for leg in roll.over if known[leg.ref] is None]
    for settled in reconcile.settle(provider_name, city_code, callers):
        log.info("rollcall.ended")
        yield settled.acts
    yield [HangUp(leg) for leg in _lingering(roll.live)]


def _without(stint_id: int) -> list[Act]:
    """The leg of a person in a conversation is over and nobody told us."""
    stint = conversation.by_id(stint_id)
    if stint is None or stint.state is StintState.ENDED:
        return []
    log.info("rollcall.left", part=stint.part.value)
    return parting.lost(stint)


def _lingering(live: frozenset[str]) -> list[str]:
    """Live legs of people whose part in the conversation ended a while ago."""
    long_ago = Stint.state == StintState.ENDED, Stint.ended_at < clock.now() - LINGERS
    return list(session.scalars(select(Stint.leg_ref).where(Stint.leg_ref.in_(live), *long_ago)))


def untold(provider_name: str) -> list[Act]:
    """Send callers again where the last thing that happened to them should have sent them, if they never came."""
    acts: list[Act] = []
    for call in session.scalars(_alone(clock.now() - YOUNG)):
        onward = _onward(call.id) if call.provider == provider_name else ""
        if onward:
            log.info("rollcall.untold")
            acts.append(Redirect(call.provider_ref, onward))
    return acts


def _alone(before: datetime) -> Select[Call]:
    """Live calls that nobody talks with, sent elsewhere before `before`, whose leg has asked for nothing since."""
    company = exists().where(
        Stint.call_id == Call.id, Stint.state == StintState.TALKING, Stint.part.in_(parting.COMPANY)
    )
    return (
        select(Call)
        .join(CallEvent, CallEvent.id == _latest(DEMANDS))
        .where(Call.state.in_(LIVE), ~company)
        .where(CallEvent.id > func.coalesce(_latest(HEARD), 0), CallEvent.occurred_at < before)
    )


def _latest(kinds: frozenset[EventKind]) -> ScalarSelect[int]:
    mine = CallEvent.call_id == Call.id, CallEvent.kind.in_(kinds)
    return select(func.max(CallEvent.id)).where(*mine).correlate(Call).scalar_subquery()


def _onward(call_id: int) -> str:
    """Where the caller belongs: into the line, or to the farewell. Somebody who is on the way fetches them anyway."""
    turn = session.execute(
        select(Waiting.turn, Waiting.state).where(Waiting.call_id == call_id).order_by(Waiting.turn.desc()).limit(1)
    ).one_or_none()
    if turn is not None and turn.state is WaitState.WAITING:
        return f"/phone/again?turn={turn.turn}"
    stints = select(Stint).where(Stint.call_id == call_id, Stint.part.in_(parting.COMPANY))
    last = session.scalars(stints.order_by(Stint.id.desc()).limit(1)).one_or_none()
    if last is not None and last.state is StintState.CONNECTING and parting.handed(last):
        return f"/phone/hand-over?stint={last.id}"
    if last is None or last.state is not StintState.ENDED or not last.finished:
        return ""
    return f"/phone/farewell?stint={last.id}"
