"""Accounts: who they are and what they may do. Every verb leaves a mark in the audit trail."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, or_, select

from hotline import audit, clock
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.people import passwords, sessions, signing_in
from hotline.people.models import BESIDE_UNIT, ROLE_LABEL, Account, AccountRole, FormerPassword, Role

LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")

NEVER_TOGETHER: tuple[frozenset[Role], ...] = (
    frozenset({Role.ADMIN, Role.AUDITOR}),
    *(frozenset({Role.UNIT, role}) for role in Role if role not in BESIDE_UNIT),
)
"""Roles that watch or direct one another are never held by one person; a unit's person has no role of the hotline."""

INDISPENSABLE = frozenset({Role.ADMIN, Role.AUDITOR})
"""Roles that some account always has."""


def find(account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("没有这个账户。")
    return account


def by_login(login: str) -> Account | None:
    return session.scalar(select(Account).where(Account.login == login.strip().lower()))


def names(ids: Iterable[int | None], *, numbered: bool = False) -> dict[int, str]:
    """How these accounts are called; `numbered` with the agent's number behind."""
    wanted = {each for each in ids if each is not None}
    rows = session.execute(select(Account.id, Account.name, Account.agent_no).where(Account.id.in_(wanted)))
    return {row.id: f"{row.name} {row.agent_no or ''}".strip() if numbered else row.name for row in rows}


def listing(text: str = "", role: Role | None = None, disabled: bool = False) -> Sequence[Account]:
    """Accounts by login; `text` is found in login, name or agent number."""
    query = select(Account).order_by(Account.login)
    if text:
        query = query.where(
            or_(*(column.contains(text, autoescape=True) for column in (Account.login, Account.name, Account.agent_no)))
        )
    if role:
        query = query.where(Account.id.in_(select(AccountRole.account_id).where(AccountRole.role == role)))
    if not disabled:
        query = query.where(Account.disabled_at.is_(None))
    return session.scalars(query).all()


def roles_of(accounts: Iterable[Account]) -> dict[int, list[Role]]:
    """The roles of each account, in the order of the enumeration."""
    found: dict[int, list[Role]] = {account.id: [] for account in accounts}
    rows = session.execute(select(AccountRole.account_id, AccountRole.role).where(AccountRole.account_id.in_(found)))
    for account_id, role in rows:
        found[account_id].append(role)
    order = list(Role)
    return {account_id: sorted(roles, key=order.index) for account_id, roles in found.items()}


def check_roles(roles: Iterable[Role], institution_id: int | None, city_code: str | None) -> frozenset[Role]:
    """Raise Invalid for roles that must not meet, or that lack what they are bound to."""
    wanted = frozenset(roles)
    if not wanted:
        raise Invalid("至少选择一个角色。", fields={"roles": ["至少选择一个角色"]})
    for pair in NEVER_TOGETHER:
        if pair <= wanted:
            names = "与".join(ROLE_LABEL[role] for role in Role if role in pair)
            raise Invalid(f"{names}不得由同一人兼任。", fields={"roles": [f"{names}不得由同一人兼任"]})
    if Role.UNIT in wanted and institution_id is None:
        raise Invalid("承办单位账户须指定机构。", fields={"institution_id": ["请选择机构"]})
    if Role.REPORTER in wanted and not city_code:
        raise Invalid("地市填报员须指定设区市。", fields={"city_code": ["请选择设区市"]})
    return wanted


def create(
    login: str,
    name: str,
    password: str,
    roles: Iterable[Role],
    *,
    agent_no: str | None = None,
    institution_id: int | None = None,
    city_code: str | None = None,
    must_change: bool = True,
) -> Account:
    """A new account. Its first password is changed at the first sign-in unless it was chosen by the person."""
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        message = "登录名须以字母开头，3–40 位小写字母、数字或 . _ -"
        raise Invalid(message, fields={"login": [message]})
    if by_login(login):
        raise Conflict(f"登录名 {login} 已被使用。", fields={"login": ["已被使用"]})
    wanted = check_roles(roles, institution_id, city_code)
    _check_agent_no(agent_no, None)
    passwords.judge(password, login)
    account = Account(
        login=login,
        name=name.strip(),
        agent_no=agent_no or None,
        password_hash=passwords.hash_of(password),
        password_set_at=clock.now(),
        must_change=must_change,
        institution_id=institution_id,
        city_code=city_code or None,
    )
    session.add(account)
    session.flush()
    session.add_all(AccountRole(account_id=account.id, role=role) for role in wanted)
    session.flush()
    audit.record("account.created", f"account:{account.id}", login=login, roles=sorted(wanted))
    return account


def _check_agent_no(agent_no: str | None, own_id: int | None) -> None:
    if not agent_no:
        return
    holder = session.scalar(select(Account).where(Account.agent_no == agent_no))
    if holder is not None and holder.id != own_id:
        raise Conflict(f"工号 {agent_no} 已由 {holder.name} 使用。", fields={"agent_no": ["已被使用"]})


def describe(account: Account, name: str, agent_no: str | None) -> None:
    """Change how the person is called."""
    _check_agent_no(agent_no, account.id)
    account.name, account.agent_no = name.strip(), agent_no or None
    session.flush()
    audit.record("account.described", f"account:{account.id}")


def set_roles(
    account: Account, roles: Iterable[Role], institution_id: int | None = None, city_code: str | None = None
) -> None:
    """Replace the roles and what they are bound to; every open session of the account ends."""
    if audit.actor().id == account.id:
        raise Refused("不能变更自己的角色，请由另一位系统管理员办理。")
    wanted = check_roles(roles, institution_id, city_code)
    before = frozenset(roles_of([account])[account.id])
    _keep_one(account, before - wanted)
    session.execute(delete(AccountRole).where(AccountRole.account_id == account.id))
    session.add_all(AccountRole(account_id=account.id, role=role) for role in wanted)
    account.institution_id, account.city_code = institution_id, city_code or None
    session.flush()
    sessions.end_all(account.id, "roles")
    audit.record("account.roles", f"account:{account.id}", before=sorted(before), after=sorted(wanted))


def disable(account: Account) -> None:
    """Shut the account; every open session ends at once. Nobody shuts out themselves."""
    if audit.actor().id == account.id:
        raise Refused("不能停用自己的账户。")
    _keep_one(account, roles_of([account])[account.id])
    account.disabled_at = clock.now()
    session.flush()
    sessions.end_all(account.id, "disabled")
    audit.record("account.disabled", f"account:{account.id}")


def _keep_one(leaving: Account, roles: Iterable[Role]) -> None:
    """Refuse to lose the last person who can administer or audit."""
    for role in INDISPENSABLE.intersection(roles):
        others = select(Account.id).join(AccountRole, AccountRole.account_id == Account.id)
        others = others.where(AccountRole.role == role, Account.disabled_at.is_(None), Account.id != leaving.id)
        if session.scalar(others.limit(1)) is None:
            raise Refused(f"这是最后一个可用的{ROLE_LABEL[role]}账户，请先建立另一个。")


def enable(account: Account) -> None:
    account.disabled_at, account.failures, account.locked_until = None, 0, None
    session.flush()
    audit.record("account.enabled", f"account:{account.id}")


def unlock(account: Account) -> None:
    account.failures, account.locked_until = 0, None
    session.flush()
    audit.record("account.unlocked", f"account:{account.id}")


def end_sessions(account: Account) -> int:
    """Send the person out of every open session."""
    ended = sessions.end_all(account.id, "administrator")
    audit.record("account.sessions_ended", f"account:{account.id}", sessions=ended)
    return ended


def set_preference(account: Account, name: str, value: Any) -> None:
    account.preferences = {**account.preferences, name: value}
    session.flush()


def reset_password(account: Account, password: str) -> None:
    """An administrator gives a new first password; the person must change it at the next sign-in."""
    _set_password(account, password, must_change=True)
    account.failures, account.locked_until = 0, None
    session.flush()
    audit.record("account.password_reset", f"account:{account.id}")


def change_password(account: Account, new: str) -> None:
    """The person changes their own password; every session ends, the caller opens a new one."""
    _set_password(account, new, must_change=False)
    audit.record("account.password_changed", f"account:{account.id}")


def _set_password(account: Account, password: str, *, must_change: bool) -> None:
    passwords.judge(password, account.login)
    newest = select(FormerPassword).where(FormerPassword.account_id == account.id).order_by(FormerPassword.id.desc())
    former = [row.password_hash for row in session.scalars(newest.limit(passwords.REMEMBERED - 1))]
    if any(passwords.matches(old, password) for old in [account.password_hash, *former]):
        message = f"不能使用最近 {passwords.REMEMBERED} 次用过的密码"
        raise Invalid(message, fields={"password": [message]})
    session.add(
        FormerPassword(account_id=account.id, password_hash=account.password_hash, set_at=account.password_set_at)
    )
    account.password_hash, account.password_set_at = passwords.hash_of(password), clock.now()
    account.must_change = must_change
    session.flush()
    sessions.end_all(account.id, "password")


def confirms(account: Account, proven: str | None) -> bool:
    """Whether it really is the person; `proven` is the hash that the password was found to match.

    A wrong answer counts towards the lock, so the caller commits.
    """
    if account.locked_until is not None and account.locked_until > clock.now():
        return False
    if account.password_hash == proven:
        return True
    signing_in.note_wrong_proof(account)
    return False
