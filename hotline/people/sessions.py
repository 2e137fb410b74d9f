"""Sessions on the server: opened at sign-in, recognised by a token, ended at once when they must be."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update

from hotline import clock
from hotline.db import session
from hotline.people.models import BESIDE_UNIT, Account, AccountRole, Role, SignIn, SignInFailure

PENDING_FOR = timedelta(minutes=5)
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Person:
    """Who is signed in; a value, safe to keep after the transaction that read it."""

    id: int
    login: str
    name: str
    agent_no: str | None
    roles: frozenset[Role]
    institution_id: int | None
    city_code: str | None
    preferences: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Visit:
    """A live session: whose it is and what it still lacks."""

    person: Person
    sign_in_id: int
    pending: bool
    password_due: bool
    touch_due: bool


@dataclass(frozen=True)
class Lifetime:
    """How long a session lives without a sign of its person, and at most."""

    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=12)


def token_hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def open_session(account: Account, address: str, *, pending: bool = False, password_due: bool = False) -> str:
    """A new session for `account`; returns the token, which is kept nowhere else."""
    token, at = secrets.token_urlsafe(32), clock.now()
    session.add(
        SignIn(
            token_hash=token_hash(token),
            account_id=account.id,
            started_at=at,
            seen_at=at,
            address=address,
            pending=pending,
            password_due=password_due,
        )
    )
    session.flush()
    return token


def _person(account: Account, roles: Iterable[Role]) -> Person:
    """Whoever belongs to a handling unit is that here, whatever else the account may hold."""
    held = frozenset(roles)
    return Person(
        id=account.id,
        login=account.login,
        name=account.name,
        agent_no=account.agent_no,
        roles=held & BESIDE_UNIT if Role.UNIT in held else held,
        institution_id=account.institution_id,
        city_code=account.city_code,
        preferences=dict(account.preferences),
    )


def alive(sign_in: SignIn, lifetime: Lifetime) -> bool:
    """Whether a session that nobody ended is still within its time."""
    at = clock.now()
    idle = PENDING_FOR if sign_in.pending else lifetime.idle
    return sign_in.ended_at is None and at - sign_in.seen_at <= idle and at - sign_in.started_at <= lifetime.absolute


def recognise(token: str, lifetime: Lifetime) -> Visit | None:
    """The live session of `token`, or None. Only reads."""
    rows = session.execute(
        select(SignIn, Account, AccountRole.role)
        .join(Account, Account.id == SignIn.account_id)
        .join(AccountRole, AccountRole.account_id == Account.id, isouter=True)
        .where(SignIn.token_hash == token_hash(token), SignIn.ended_at.is_(None), Account.disabled_at.is_(None))
    ).all()
    if not rows:
        return None
    sign_in, account = rows[0].SignIn, rows[0].Account
    if not alive(sign_in, lifetime):
        return None
    at = clock.now()
    touch_due = not sign_in.pending and at - sign_in.seen_at >= TOUCH_EVERY
    person = _person(account, (row.role for row in rows if row.role is not None))
    return Visit(person, sign_in.id, sign_in.pending, sign_in.password_due, touch_due)


def touch(sign_in_id: int) -> None:
    """Note that the person is still there."""
    session.execute(
        update(SignIn).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None)).values(seen_at=clock.now())
    )


def end(token: str, reason: str) -> None:
    """End the session of `token`, if it is still open."""
    _end(SignIn.token_hash == token_hash(token), reason)


def end_all(account_id: int, reason: str) -> int:
    """End every session of an account; returns how many were open."""
    return _end(SignIn.account_id == account_id, reason)


def _end(which: Any, reason: str) -> int:
    ended = session.execute(
        update(SignIn).where(which, SignIn.ended_at.is_(None)).values(ended_at=clock.now(), end_reason=reason)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def is_in(account_id: int, lifetime: Lifetime) -> bool:
    """Whether an account is signed in anywhere."""
    still = select(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    return any(alive(each, lifetime) for each in session.scalars(still))


def forget(before: datetime) -> None:
    """Remove sessions that ended, and failed attempts that happened, before `before`."""
    session.execute(delete(SignIn).where(SignIn.ended_at < before))
    session.execute(delete(SignInFailure).where(SignInFailure.at < before))
