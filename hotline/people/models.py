"""Accounts, what they may do, and their sessions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base, enum_by_value
from hotline.privacy import Encrypted


class Role(StrEnum):
    """What a person is in the house; an account may have several."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    STATISTICIAN = "statistician"
    DISPATCHER = "dispatcher"
    UNIT = "unit"
    REPORTER = "reporter"
    ADMIN = "admin"
    AUDITOR = "auditor"


ROLE_LABEL: dict[Role, str] = {
    Role.AGENT: "坐席",
    Role.SUPERVISOR: "班长",
    Role.STATISTICIAN: "统计员",
    Role.DISPATCHER: "派单员",
    Role.UNIT: "承办单位",
    Role.REPORTER: "地市填报员",
    Role.ADMIN: "系统管理员",
    Role.AUDITOR: "审计员",
}


BESIDE_UNIT = frozenset({Role.UNIT, Role.REPORTER})
"""Roles of other houses: what somebody of a handling unit may be at most. The hotline sees what units must not."""


class Account(Base):
    """A person who signs in. Never deleted, only disabled, because the trail refers to it."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    agent_no: Mapped[str | None] = mapped_column(String(12), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    password_set_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    locked_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    must_change: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None] = mapped_column(Encrypted("account.totp_secret"))
    totp_since: Mapped[datetime | None]
    totp_step: Mapped[int] = mapped_column(default=0)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    city_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    preferences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class AccountRole(Base):
    """One role of one account."""

    __tablename__ = "account_role"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_by_value(Role), primary_key=True)


class SignIn(Base):
    """A session on the server. The browser holds only the token; the database only its hash.

    `pending`: the password was right, the second factor is still awaited.
    `password_due`: nothing but a new password is accepted in this session.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_account", "account_id", "ended_at"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(20), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    pending: Mapped[bool] = mapped_column(default=False)
    password_due: Mapped[bool] = mapped_column(default=False)


class FormerPassword(Base):
    """The hash of a password that was used before, so that the last ones are not taken again."""

    __tablename__ = "former_password"
    __table_args__ = (Index("ix_former_password_account", "account_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code that stands in once for the second factor; only its hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A failed attempt, kept to slow down one address without locking out a whole unit."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_address", "address", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64))
