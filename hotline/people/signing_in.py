"""Signing in: one answer and one duration for every kind of failure, an account locked, an address slowed.

A failure is recorded by the caller's commit, so `attempt` answers None instead of raising.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from hotline import audit, clock
from hotline.db import session
from hotline.errors import TooMany
from hotline.people import passwords, second_factor, sessions
from hotline.people.models import Account, SignInFailure

FAILURES_BEFORE_LOCK = 5
LOCKED_FOR = timedelta(minutes=15)
ADDRESS_WINDOW = timedelta(minutes=15)
FAILURES_KEPT = timedelta(days=1)
ADDRESS_FREE = 20
ADDRESS_LONGEST_WAIT = 30
PASSWORD_LIVES = timedelta(days=90)

REFUSAL = "登录名或密码不正确，或账户已停用、已锁定（连续 5 次失败锁定 15 分钟）。"


def check_address(address: str) -> None:
    """Raise TooMany while an address that failed often must wait: longer with each failure, never for long."""
    at = clock.now()
    failures, latest = session.execute(
        select(func.count(), func.max(SignInFailure.at)).where(
            SignInFailure.address == address, SignInFailure.at > at - ADDRESS_WINDOW
        )
    ).one()
    if failures < ADDRESS_FREE:
        return
    wait = min(2 ** ((failures - ADDRESS_FREE) // 5), ADDRESS_LONGEST_WAIT)
    left = wait - int((at - latest).total_seconds())
    if left > 0:
        raise TooMany(f"此网络地址登录失败过多，请 {left} 秒后再试。", retry_after=left)


def hash_for(login: str) -> str | None:
    """The password hash of an account, to be weighed while no transaction is open: that takes a tenth of a second."""
    return session.scalar(select(Account.password_hash).where(Account.login == login.strip().lower()))


def attempt(login: str, password: str, address: str, proven: str | None) -> str | None:
    """Try to sign in; `proven` is the hash that the password was found to match.

    Returns the token of a new session, or None; the caller commits in both cases. Raises TooMany.
    """
    check_address(address)
    named = select(Account).where(Account.login == login.strip().lower())
    account = session.scalar(named.with_for_update(key_share=True))
    right = account is not None and proven is not None and account.password_hash == proven
    if account is None or not right or not _may_enter(account):
        _note_failure(account, right, address)
        return None
    return _open(account, password, address)


def _may_enter(account: Account) -> bool:
    locked = account.locked_until is not None and account.locked_until > clock.now()
    return account.disabled_at is None and not locked


def _note_failure(account: Account | None, right: bool, address: str) -> None:
    session.add(SignInFailure(at=clock.now(), address=address))
    audit.record("sign_in.failed", f"account:{account.id}" if account else "account:unknown")
    if account is not None and not right and _may_enter(account):
        note_wrong_proof(account)
    session.flush()


def note_wrong_proof(account: Account) -> None:
    """Count a wrong password or code against the account; the fifth in a row locks it."""
    failures = account.failures + 1
    values: dict[str, object] = {"failures": failures}
    if failures >= FAILURES_BEFORE_LOCK:
        values = {"failures": 0, "locked_until": clock.now() + LOCKED_FOR}
        audit.record("account.locked", f"account:{account.id}")
    session.execute(update(Account).where(Account.id == account.id).values(**values))
    session.refresh(account)


def _open(account: Account, password: str, address: str) -> str:
    if passwords.outdated(account.password_hash):
        account.password_hash = passwords.hash_of(password)
    if account.totp_since is not None:
        return sessions.open_session(account, address, pending=True)
    return admit(account, address)


def admit(account: Account, address: str) -> str:
    """Open the session of a person who has proved everything that is asked; returns its token."""
    account.failures, account.locked_until = 0, None
    session.execute(delete(SignInFailure).where(SignInFailure.at < clock.now() - FAILURES_KEPT))
    due = account.must_change or clock.now() - account.password_set_at > PASSWORD_LIVES
    with audit.acting(replace(audit.actor(), id=account.id, name=account.name)):
        audit.record("sign_in", f"account:{account.id}")
    return sessions.open_session(account, address, password_due=due)


def attempt_code(account_id: int, pending: str, code: str, address: str) -> str | None:
    """The second step of signing in; `pending` is the token of the first. None as for `attempt`."""
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update(key_share=True)).one()
    if _may_enter(account) and second_factor.accepts(account, code):
        sessions.end(pending, "second_step")
        return admit(account, address)
    session.add(SignInFailure(at=clock.now(), address=address))
    audit.record("sign_in.failed", f"account:{account.id}", step=2)
    if _may_enter(account):
        note_wrong_proof(account)
    if not _may_enter(account):
        sessions.end(pending, "locked")
    session.flush()
    return None
