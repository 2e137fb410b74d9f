"""Who let an offer ring out or refused it: the same caller is not offered to them again at once."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from hotline.db import session
from hotline.queues.models import Offer, OfferOutcome


def by_agents(what: InstrumentedAttribute[int | None], ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The agents per turn or call-back, of those in `ids`; `what` is the column of the offer that names it."""
    missed = Offer.outcome.in_([OfferOutcome.MISSED, OfferOutcome.REFUSED])
    found: dict[int | None, set[int]] = {one: set() for one in ids}
    if found:
        for one, agent_id in session.execute(select(what, Offer.agent_id).where(what.in_(ids), missed)):
            found[one].add(agent_id)
    return {one: frozenset(found[one]) for one in ids}
