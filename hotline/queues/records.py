"""What remains after and beside the live line: contacts, call-backs, blocked numbers, recordings."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base, BigId, enum_by_value
from hotline.privacy import Encrypted


class Contact(Base):
    """An outside party that a conversation can be joined to (110, 120, partner crisis line, a hospital's desk)."""

    __tablename__ = "contact"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    endpoint: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)


class CallBackSource(StrEnum):
    ABANDONED = "abandoned"
    ASKED = "asked"
    VOICEMAIL = "voicemail"
    CLOSED = "closed"
    MISSED = "missed"


class CallBackState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    GIVEN_UP = "given_up"


OPEN_CALL_BACK = text("state IN ('open', 'taken')")


class CallBack(Base):
    """漏接回拨: a caller who did not get a person, to be called back by `due_at`. `call_id`: the call that opened it.

    One is open per caller and line; the calls it stands for are its `CallBackCall`. `asked_at` is the kept place.
    """

    __tablename__ = "call_back"
    __table_args__ = (
        Index("ix_call_back_open", "state", "due_at"),
        Index(
            "uq_call_back_caller",
            "caller_hash",
            "line",
            unique=True,
            postgresql_where=OPEN_CALL_BACK,
            sqlite_where=OPEN_CALL_BACK,
        ),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    source: Mapped[CallBackSource] = mapped_column(enum_by_value(CallBackSource))
    state: Mapped[CallBackState] = mapped_column(enum_by_value(CallBackState), default=CallBackState.OPEN)
    line: Mapped[str] = mapped_column(String(20))
    caller_hash: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(20), default="")
    done_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class CallBackCall(Base):
    """A call for which a call-back stands."""

    __tablename__ = "call_back_call"

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    of_id: Mapped[int] = mapped_column(ForeignKey("call_back.call_id"), index=True)


class CallBackAttempt(Base):
    """One attempt to reach a caller again; append-only. One too soon after another does not count (`counts`)."""

    __tablename__ = "call_back_attempt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call_back.call_id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    result: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200), default="")
    counts: Mapped[bool] = mapped_column(default=True)


db.append_only(CallBackAttempt.__table__)


class Blocked(Base):
    """A nuisance number, blocked until `until` once a second person has approved. Never for a crisis line."""

    __tablename__ = "blocked_number"
    __table_args__ = (CheckConstraint("approved_by IS NULL OR approved_by <> asked_by", name="two_persons"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(Encrypted("blocked_number.number"))
    number_hash: Mapped[str] = mapped_column(String(64), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    until: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ClosedOrphan(Base):
    """Stray events of a call whose ring was never told, and why nothing more can be found out; append-only."""

    __tablename__ = "closed_orphan"

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(200))


db.append_only(ClosedOrphan.__table__)


class Recording(Base):
    """A recording of one call: announced first, fetched by a job, kept by class, played only with a trace."""

    __tablename__ = "recording"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    provider_ref: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(12), default="talk")
    started_at: Mapped[datetime]
    seconds: Mapped[int] = mapped_column(default=0)
    file: Mapped[str] = mapped_column(String(80), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    fetched_at: Mapped[datetime | None]
    delete_after: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
