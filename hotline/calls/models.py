"""The call: its append-only events, the row folded from them, and the agent's registration (受理单)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.calls.names import FoundByName
from hotline.db import Base, BigId, enum_by_value
from hotline.privacy import Encrypted


class Category(StrEnum):
    """The bulletin's exclusive categories. The last two were retired after 2022; MANUAL is printed from 2023."""

    CONSULTATION = "consultation"
    COMPLAINT = "complaint"
    PHONE_BOOKING = "phone_booking"
    MANUAL = "manual"
    CRISIS = "crisis"
    IVR = "ivr"
    EXPERT_QA = "expert_qa"
    SATISFACTION_INBOUND = "satisfaction_inbound"


CATEGORY_LABEL: dict[Category, str] = {
    Category.CONSULTATION: "咨询",
    Category.COMPLAINT: "投诉",
    Category.PHONE_BOOKING: "电话预约",
    Category.MANUAL: "人工服务",
    Category.CRISIS: "心理危机干预",
    Category.IVR: "自助语音问答",
    Category.EXPERT_QA: "专家在线答疑",
    Category.SATISFACTION_INBOUND: "医院满意度调查（呼入）",
}


class CallState(StrEnum):
    """How far a call has come; ENDED is terminal and sticks."""

    OFFERED = "offered"
    MENU = "menu"
    QUEUED = "queued"
    TALKING = "talking"
    CLOSING = "closing"
    ENDED = "ended"


class Outcome(StrEnum):
    """How a call ended, exactly one per ended call; OPEN until then.

    ANSWERED: a person talked. SELF_SERVICE: the menu gave an answer and no person was asked for.
    ABANDONED: left the queue unheard. MENU_HANGUP: left before an answer or a queue.
    """

    OPEN = "open"
    ANSWERED = "answered"
    SELF_SERVICE = "self_service"
    ABANDONED = "abandoned"
    MENU_HANGUP = "menu_hangup"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    BLOCKED = "blocked"
    CLOSED_HOURS = "closed_hours"
    FAILED = "failed"


OUTCOME_LABEL: dict[Outcome, str] = {
    Outcome.OPEN: "进行中",
    Outcome.ANSWERED: "人工接通",
    Outcome.SELF_SERVICE: "自助语音完成",
    Outcome.ABANDONED: "排队放弃",
    Outcome.MENU_HANGUP: "语音导航中挂机",
    Outcome.VOICEMAIL: "留言",
    Outcome.CALLBACK: "预约回拨",
    Outcome.BLOCKED: "拦截",
    Outcome.CLOSED_HOURS: "非服务时间",
    Outcome.FAILED: "线路故障",
}


class EventKind(StrEnum):
    """Neutral telephone events (see docs/telephony.md); data fields in parentheses."""

    OFFERED = "offered"  # (caller, called)
    MENU_KEY = "menu_key"  # (node, key, to)
    SERVED = "served"  # (node): a self-service answer was played
    QUEUED = "queued"  # (queue, priority)
    OFFER_MADE = "offer_made"  # (agent)
    OFFER_MISSED = "offer_missed"  # (agent)
    CONNECTED = "connected"  # (agent, queue)
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"  # (target, mode)
    AGENT_LEFT = "agent_left"  # (agent, finished)
    WRAPPED = "wrapped"  # (agent)
    QUEUE_LEFT = "queue_left"  # (reason)
    VOICEMAIL = "voicemail"
    CALLBACK_ASKED = "callback_asked"
    BLOCKED = "blocked"
    CLOSED_HOURS = "closed_hours"
    SURVEYED = "surveyed"  # (score 1-5)
    LEG_STATUS = "leg_status"  # (status, seconds, cause)
    STEP = "step"  # (path): a control webhook that was answered and changed nothing by itself
    RECONCILED = "reconciled"  # (status, seconds): told by the provider's call list
    OVERFLOWED = "overflowed"  # (turn, from, to): waited too long and went on to another line, the place kept


class InvalidType(StrEnum):
    """Calls that are answered but are nobody's concern; never in 受理, counted apart."""

    SILENT = "silent"
    NUISANCE = "nuisance"
    WRONG_NUMBER = "wrong_number"
    TEST = "test"
    BROKEN = "broken"


INVALID_LABEL: dict[InvalidType, str] = {
    InvalidType.SILENT: "沉默",
    InvalidType.NUISANCE: "骚扰",
    InvalidType.WRONG_NUMBER: "误拨",
    InvalidType.TEST: "测试",
    InvalidType.BROKEN: "中断",
}


class Call(Base):
    """One call. All times and the state are a pure fold of its events (`fold.py`); the rest is named apart.

    `business_day`, `accepted` and `category` follow from the fold and the registration by `settle`.
    Durations are whole milliseconds. `provider_ref` is the provider's id of the caller's leg.
    """

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("provider", "provider_ref"),
        Index("ix_call_list", "offered_at", "id"),
        Index("ix_call_caller", "caller_hash", "offered_at"),
        Index(
            "ix_call_count",
            "business_day",
            "city_code",
            "category",
            "outcome",
            "queue",
            "invalid_type",
            "wait_ms",
            "talk_ms",
            "hold_ms",
            "wrap_ms",
            "offered_at",
        ),
        Index("ix_call_agent", "agent_id", "offered_at"),
        Index("ix_call_category", "category", "offered_at", "id", postgresql_where=text("category IS NOT NULL")),
        Index("ix_call_outcome", "outcome", "offered_at", "id"),
        Index("ix_call_invalid", "invalid_type", "offered_at", postgresql_where=text("invalid_type IS NOT NULL")),
        Index("ix_call_unrung", "offered_at", postgresql_where=text("called = ''"), sqlite_where=text("called = ''")),
        Index("ix_call_live", "state", postgresql_where=text("state <> 'ended'")),
        CheckConstraint("accepted OR category IS NULL", name="category_needs_acceptance"),
        CheckConstraint("NOT accepted OR category IS NOT NULL", name="acceptance_needs_category"),
        CheckConstraint("NOT (accepted AND outcome = 'abandoned')", name="abandoned_never_accepted"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    provider: Mapped[str] = mapped_column(String(12))
    provider_ref: Mapped[str] = mapped_column(String(64))
    opened_on: Mapped[date]
    city_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    channel: Mapped[str] = mapped_column(String(10), default="TEL")

    state: Mapped[CallState] = mapped_column(enum_by_value(CallState))
    outcome: Mapped[Outcome] = mapped_column(enum_by_value(Outcome))
    caller: Mapped[str | None] = mapped_column(Encrypted("call.caller"))
    caller_hash: Mapped[str | None] = mapped_column(String(64))
    called: Mapped[str] = mapped_column(String(32), default="")
    offered_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    talk_ended_at: Mapped[datetime | None]
    wrapped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    queue: Mapped[str] = mapped_column(String(20), default="")
    menu_path: Mapped[str] = mapped_column(String(60), default="")
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    wait_ms: Mapped[int | None] = mapped_column(BigId)
    talk_ms: Mapped[int | None] = mapped_column(BigId)
    hold_ms: Mapped[int | None] = mapped_column(BigId)
    wrap_ms: Mapped[int | None] = mapped_column(BigId)
    satisfaction: Mapped[int | None]
    event_count: Mapped[int] = mapped_column(default=0)

    business_day: Mapped[date]
    accepted: Mapped[bool] = mapped_column(default=False)
    category: Mapped[Category | None] = mapped_column(enum_by_value(Category))
    invalid_type: Mapped[InvalidType | None] = mapped_column(enum_by_value(InvalidType))

    @property
    def call_no(self) -> str:
        """流水号: the day the row was opened and the row's number; never changes."""
        return f"{self.opened_on:%Y%m%d}{self.id:08d}"


class CallEvent(Base):
    """What the provider or the house reported, once each: unique by provider and key. `data` is neutral.

    `reply` keeps the document a control webhook was answered with, so that a retry gets the same one.
    Personal data is never in `data`; the caller's number goes encrypted into `caller`.
    """

    __tablename__ = "call_event"
    __table_args__ = (UniqueConstraint("provider", "key"), Index("ix_call_event_call", "call_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    provider: Mapped[str] = mapped_column(String(12))
    key: Mapped[str] = mapped_column(String(80))
    kind: Mapped[EventKind] = mapped_column(enum_by_value(EventKind))
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    caller: Mapped[str | None] = mapped_column(Encrypted("call_event.caller"))
    reply: Mapped[str | None] = mapped_column(Text)


db.append_only(CallEvent.__table__)


class RegistrationState(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    COMPLETE = "complete"


class Registration(FoundByName, Base):
    """受理单: what the agent wrote down about one call. `pending` is 待补录: the agent went on to the next call.

    `version` guards concurrent edits; every completed or corrected state is kept in RegistrationVersion. Code columns
    hold codes of the dated lists (`CodeItem`), topic ids those of the dated tree (`Topic`); names are found by hash.
    """

    __tablename__ = "registration"
    __table_args__ = (
        Index("ix_registration_state", "state", "agent_id"),
        Index("ix_registration_contact", "contact_hash"),
        Index("ix_registration_institution", "institution_id", "saved_at"),
        Index("ix_registration_name", "name_hash", "saved_at"),
        Index("ix_registration_nature", "nature", "saved_at"),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[RegistrationState] = mapped_column(enum_by_value(RegistrationState))
    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    saved_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    category: Mapped[Category | None] = mapped_column(enum_by_value(Category))
    invalid_type: Mapped[InvalidType | None] = mapped_column(enum_by_value(InvalidType))
    nature: Mapped[str] = mapped_column(String(4), default="")
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    handling: Mapped[str] = mapped_column(String(10), default="")
    urgency: Mapped[str] = mapped_column(String(2), default="0")
    confidential: Mapped[bool] = mapped_column(default=False)
    reply_required: Mapped[bool] = mapped_column(default=False)
    caller_name: Mapped[str | None] = mapped_column(Encrypted("registration.caller_name"))
    contact_phone: Mapped[str | None] = mapped_column(Encrypted("registration.contact_phone"))
    contact_hash: Mapped[str | None] = mapped_column(String(64))
    sex: Mapped[str] = mapped_column(String(2), default="")
    age_group: Mapped[str] = mapped_column(String(2), default="")
    content: Mapped[str | None] = mapped_column(Encrypted("registration.content"))
    demand: Mapped[str | None] = mapped_column(Encrypted("registration.demand"))
    reply: Mapped[str | None] = mapped_column(Encrypted("registration.reply"))
    remark: Mapped[str | None] = mapped_column(Encrypted("registration.remark"))

    __mapper_args__ = {"version_id_col": version}


class RegistrationVersion(Base):
    """A completed or corrected registration as it stood, whole and encrypted; append-only."""

    __tablename__ = "registration_version"
    __table_args__ = (UniqueConstraint("call_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    version: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Encrypted("registration_version.body"))


db.append_only(RegistrationVersion.__table__)
