"""Whose turn it is to be called back: who asked keeps the place and is offered to a ready agent like a caller."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from hotline.db import session
from hotline.queues import decide, unanswered
from hotline.queues.models import Line, Offer, OfferOutcome
from hotline.queues.records import CallBack, CallBackAttempt, CallBackSource, CallBackState

ATTEMPTS_APART = timedelta(minutes=30)
"""An attempt sooner after one that counted is kept and does not count; so long nobody is asked to try again."""


def callers(at: datetime) -> list[decide.Caller]:
    """Call-backs that can be offered now: asked for, nobody's, and not tried or given back within half an hour."""
    offers = select(Offer.id).where(Offer.call_back_id == CallBack.call_id)
    lately = (Offer.outcome == OfferOutcome.ACCEPTED) & (Offer.ended_at > at - ATTEMPTS_APART)
    tried = select(CallBackAttempt.id).where(
        CallBackAttempt.call_id == CallBack.call_id, CallBackAttempt.at > at - ATTEMPTS_APART
    )
    rows = session.execute(
        select(CallBack.call_id, CallBack.line, CallBack.asked_at)
        .join(Line, Line.code == CallBack.line)
        .where(
            CallBack.state == CallBackState.OPEN,
            CallBack.source == CallBackSource.ASKED,
            ~offers.where(or_(Offer.outcome == OfferOutcome.OPEN, lately)).exists(),
            ~tried.exists(),
        )
    ).all()
    missed = unanswered.by_agents(Offer.call_back_id, [row.call_id for row in rows])
    return [
        decide.Caller(row.call_id, row.line, row.asked_at, missed_by=missed[row.call_id], call_back=True)
        for row in rows
    ]
