"""Calls of known outcome for the tests of counting, made through the intake like any others."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select

from hotline.calls import intake
from hotline.calls.events import Event
from hotline.calls.models import EventKind as K
from hotline.db import session
from hotline.people.models import Account
from hotline.places.models import Area, AreaKind

HOME = "320100"
_number = count(1)


def places() -> None:
    """The cities the tests speak of, where the reference data are not loaded yet."""
    for code, name, short in (
        ("320000", "江苏省", "江苏"),
        (HOME, "南京市", "南京"),
        ("320500", "苏州市", "苏州"),
        ("320600", "南通市", "南通"),
        ("320800", "淮安市", "淮安"),
    ):
        if session.get(Area, code) is None:
            kind = AreaKind.PROVINCE if code == "320000" else AreaKind.CITY
            session.add(
                Area(
                    code=code,
                    gb_code=code,
                    kind=kind,
                    name=name,
                    short=short,
                    parent_code=None if code == "320000" else "320000",
                )
            )
            session.flush()


def account(login: str = "counter") -> Account:
    known = session.scalar(select(Account).where(Account.login == login))
    if known is None:
        from hotline import clock

        known = Account(login=login, name=login, password_hash="x", password_set_at=clock.now(), preferences={})
        session.add(known)
        session.flush()
    return known


def events(
    at: datetime, outcome: str, *, wait: float = 8, talk: float = 60, queue: str = "health", agent: int = 0
) -> tuple[Event, ...]:
    n = next(_number)

    def event(kind: K, seconds: float, **data: object) -> Event:
        return Event(f"{n}-{kind}", kind, at + timedelta(seconds=seconds), data)

    told = [event(K.OFFERED, 0)]
    end = 3.0
    if outcome in ("answered", "abandoned", "voicemail"):
        told.append(event(K.QUEUED, 2, queue=queue, turn=1))
        end = 2 + wait
    if outcome == "answered":
        told.append(event(K.CONNECTED, 2 + wait, agent=agent, stint=1, turn=1, queue=queue))
        end = 2 + wait + talk
        told.append(event(K.AGENT_LEFT, end, agent=agent, stint=1, turn=1, finished=True))
    if outcome == "voicemail":
        told.append(event(K.VOICEMAIL, end))
    if outcome == "self_service":
        told.append(event(K.SERVED, 1, node="hours"))
    told.append(event(K.LEG_STATUS, end, status="completed"))
    return tuple(told)


def history(
    at: datetime, outcome: str = "answered", *, caller: str = "13800001234", category=None, invalid=None, **told
) -> intake.History:
    return intake.History(
        provider="made",
        provider_ref=f"M{next(_number)}",
        events=events(at, outcome, **told),
        caller=caller,
        called="12320",
        category=category,
        invalid_type=invalid,
    )
