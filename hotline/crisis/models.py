"""The crisis line's records: the risk sheet of a call, its scale, alerts, linkage, follow-ups, and who looked.

Basis: 《心理援助热线技术指南（试行）》 (registration, process and assessment kept three years or longer).
"""

from datetime import date, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base, BigId
from hotline.privacy import Encrypted

RETENTION_YEARS = 3


class Level(IntEnum):
    """Risk, computed from the sheet and never typed."""

    NONE = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3


LEVEL_LABEL: dict[Level, str] = {
    Level.NONE: "未评估",
    Level.LOW: "低危",
    Level.MODERATE: "中危",
    Level.HIGH: "高危",
}


class ScaleItem(Base):
    """One element of the scale. `points` 0 marks an immediate sign: present means high, whatever the score."""

    __tablename__ = "crisis_scale_item"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint("points BETWEEN 0 AND 4", name="points"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(String(60))
    points: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class CutOff(Base):
    """From this total on, the level is this one."""

    __tablename__ = "crisis_cut_off"
    __table_args__ = (
        UniqueConstraint("level", "valid_from"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
    from_score: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Step(Base):
    """A step of the follow-up ladder of a level: hours after the sheet was submitted."""

    __tablename__ = "crisis_step"
    __table_args__ = (UniqueConstraint("level", "hours", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
    name: Mapped[str] = mapped_column(String(20))
    hours: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class RiskSheet(Base):
    """风险评估表 of one call. `answers` are codes with points; everything a caller said is encrypted.

    `submitted_at` empty: still a draft that is saved as the agent types. `keep_until` is the retention class.
    """

    __tablename__ = "risk_sheet"
    __table_args__ = (
        Index("ix_risk_sheet_level", "level", "submitted_at"),
        Index("ix_risk_sheet_keep", "keep_until"),
        CheckConstraint("level BETWEEN 0 AND 3", name="level"),
        CheckConstraint("score IS NULL OR score BETWEEN 0 AND 16", name="score"),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    saved_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    level: Mapped[int] = mapped_column(default=0)
    score: Mapped[int | None]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    flag: Mapped[str] = mapped_column(String(10), default="")
    ratings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    followup_consent: Mapped[bool] = mapped_column(default=True)
    alias: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.alias"))
    whereabouts: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.whereabouts"))
    people_around: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.people_around"))
    emergency_contact: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.emergency_contact"))
    plan: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.plan"))
    method: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.method"))
    state_of_mind: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.state_of_mind"))
    safety_plan: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.safety_plan"))
    referral: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.referral"))
    breach_reason: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.breach_reason"))
    breach_approved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    supervisor_remark: Mapped[str | None] = mapped_column(Encrypted("risk_sheet.supervisor_remark"))
    keep_until: Mapped[date]

    __mapper_args__ = {"version_id_col": version}


class Alert(Base):
    """A high-risk call that a supervisor must see at once. One per call; open until somebody takes it."""

    __tablename__ = "crisis_alert"
    __table_args__ = (
        Index("ix_crisis_alert_open", "raised_at", postgresql_where=text("taken_at IS NULL")),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_by_somebody"),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    raised_at: Mapped[datetime]
    raised_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Linkage(Base):
    """联动: police, ambulance, family or a hospital were called, when and with what result; append-only."""

    __tablename__ = "crisis_linkage"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    target: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    result: Mapped[str] = mapped_column(Encrypted("crisis_linkage.result"))


db.append_only(Linkage.__table__)


class FollowUp(Base):
    """One follow-up of a call: due, owned, done with an outcome, or still open."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("call_id", "due_at"),
        Index("ix_follow_up_due", "done_at", "due_at"),
        CheckConstraint("(done_at IS NULL) = (outcome = '')", name="done_with_outcome"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    name: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime]
    owner_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[str] = mapped_column(String(10), default="")
    note: Mapped[str | None] = mapped_column(Encrypted("follow_up.note"))

    __mapper_args__ = {"version_id_col": version}


class BrokenGlass(Base):
    """Somebody without the right opened a crisis record in need: why, and until when it holds; append-only."""

    __tablename__ = "broken_glass"
    __table_args__ = (Index("ix_broken_glass_grant", "account_id", "call_id", "until"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))


db.append_only(BrokenGlass.__table__)
