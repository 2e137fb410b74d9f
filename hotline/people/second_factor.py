"""The second factor: a time-based code (RFC 6238) of the person's own device, or a recovery code, each good once."""

import secrets
from hashlib import sha256

import pyotp
from sqlalchemy import delete, func, select, update

from hotline import audit, clock
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.people import sessions
from hotline.people.models import Account, RecoveryCode

STEP_SECONDS = 30
RECOVERY_CODES = 8


def begin(account: Account) -> str:
    """A fresh secret for the person's device; it counts for nothing until `switch_on` has seen a code of it."""
    if account.totp_since is not None:
        raise Conflict("两步验证已启用，请先停用。")
    account.totp_secret, account.totp_step = pyotp.random_base32(), 0
    session.flush()
    return account.totp_secret


def address(account: Account, issuer: str) -> str:
    """What the QR code says to the authenticator application."""
    return pyotp.TOTP(account.totp_secret or "").provisioning_uri(name=account.login, issuer_name=issuer)


def switch_on(account: Account, code: str) -> list[str]:
    """Ask for the second factor from now on. Returns the recovery codes, which are shown once and never again."""
    if account.totp_since is not None or not account.totp_secret:
        raise Conflict("请重新开始设置两步验证。")
    if not _take_step(account, code):
        raise Invalid("验证码不正确，请核对手机时间后重试。", fields={"code": ["不正确"]})
    account.totp_since = clock.now()
    codes = _new_codes(account)
    audit.record("account.second_factor_on", f"account:{account.id}")
    return codes


def _new_codes(account: Account) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account.id, code_hash=_hash(account, code)) for code in codes)
    session.flush()
    return codes


def _hash(account: Account, code: str) -> str:
    return sha256(f"{account.id}:{code}".encode()).hexdigest()


def switch_off(account: Account) -> None:
    """Ask for the password alone again; every open session ends."""
    account.totp_secret, account.totp_since, account.totp_step = None, None, 0
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    session.flush()
    sessions.end_all(account.id, "second_factor")
    audit.record("account.second_factor_off", f"account:{account.id}")


def accepts(account: Account, code: str) -> bool:
    """Whether `code` is one of this moment or an unused recovery code; either is used up by asking."""
    code = code.strip().lower().replace(" ", "")
    return _take_step(account, code) or _take_recovery_code(account, code)


def _take_step(account: Account, code: str) -> bool:
    totp, present = pyotp.TOTP(account.totp_secret or ""), int(clock.now().timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()):
            taken = session.execute(
                update(Account).where(Account.id == account.id, Account.totp_step < step).values(totp_step=step)
            )
            session.refresh(account)
            return bool(taken.rowcount)  # type: ignore[attr-defined]
    return False


def _take_recovery_code(account: Account, code: str) -> bool:
    taken = session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.account_id == account.id, RecoveryCode.code_hash == _hash(account, code))
        .where(RecoveryCode.used_at.is_(None))
        .values(used_at=clock.now())
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        return False
    audit.record("account.recovery_code_used", f"account:{account.id}")
    return True


def codes_left(account: Account) -> int:
    query = select(func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0
