"""What the workers do with the telephone provider. The provider is asked between transactions, never inside one."""

from contextlib import suppress
from datetime import datetime

from flask import current_app

from hotline import clock
from hotline.config import Config
from hotline.crisis import access
from hotline.db import session
from hotline.queues import reconcile, recordings, rollcall, ticker
from hotline.queues.acts import carry_out
from hotline.telephony.provider import LegGone, Provider, provider_for


def house() -> Config:
    config: Config = current_app.config["HOTLINE"]
    return config


def tick() -> None:
    """The one-second ticker of the lines."""
    for acts in ticker.tick():
        session.commit()
        carry_out(provider_for(house()), acts)


def call_the_roll() -> None:
    """Who is on the line, by our books and by the provider's."""
    provider = provider_for(house())
    books, untold = rollcall.books(provider.name), rollcall.untold(provider.name)
    session.commit()
    carry_out(provider, untold)
    if not books:
        return
    for acts in rollcall.settle(provider.name, house().home_city, books, rollcall.ask(provider, books)):
        session.commit()
        carry_out(provider, acts)


def sweep(since: datetime) -> None:
    """Reconcile every call since `since` with the provider's list."""
    provider = provider_for(house())
    legs = reconcile.gather(provider, since, clock.now())
    for settled in reconcile.settle(provider.name, house().home_city, legs):
        session.commit()
        carry_out(provider, settled.acts)


def fetch_recording(recording_id: int) -> None:
    """Bring one recording home; only then is it taken away from the provider, at this try or the next."""
    there = recordings.at_provider(recording_id)
    session.commit()
    if there is None:
        return
    provider = provider_for(house())
    if not there.kept:
        recordings.keep(recording_id, provider.fetch_recording(there.ref), house().recording_dir)
        session.commit()
    _delete_there(provider, there.ref)


def purge_recordings() -> int:
    """What is over is deleted, here and with the provider; how many recordings were looked at."""
    provider, unfetched = provider_for(house()), recordings.never_fetched()
    session.commit()
    for ref in unfetched:
        _delete_there(provider, ref)
    return recordings.purge(house().recording_dir, access.is_crisis)


def _delete_there(provider: Provider, ref: str) -> None:
    with suppress(LegGone):
        provider.delete_recording(ref)
