"""Queues, the people who serve them, and everything that happens between asking for a person and getting one.

The database owns the queue and the claim; the provider only parks and mixes.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base, BigId, enum_by_value
from hotline.privacy import Encrypted


class Line(Base):
    """A queue (受理线路). `priority` 0 is served first; a crisis line rings everybody when its offer is missed."""

    __tablename__ = "line"
    __table_args__ = (CheckConstraint("offer_seconds BETWEEN 5 AND 60", name="offer_seconds"),)

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    priority: Mapped[int] = mapped_column(default=5)
    crisis: Mapped[bool] = mapped_column(default=False)
    offer_seconds: Mapped[int] = mapped_column(default=15)
    reserved: Mapped[int] = mapped_column(default=0)
    overflow_after: Mapped[int | None]
    overflow_to: Mapped[str | None] = mapped_column(ForeignKey("line.code"))
    taken_over_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    position: Mapped[int] = mapped_column(default=0)


class Skill(Base):
    """An agent may serve a line; a lower `level` is asked first."""

    __tablename__ = "skill"

    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    line: Mapped[str] = mapped_column(ForeignKey("line.code"), primary_key=True)
    level: Mapped[int] = mapped_column(default=1)


class WaitState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    CONNECTED = "connected"
    LEFT = "left"


class Waiting(Base):
    """One turn of one caller in a line. `ranked_at` decides the place and survives missed offers and overflow.

    `noticed`: the caller has heard to the end what is said before the waiting room, so that talks are recorded, too.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        UniqueConstraint("call_id", "turn"),
        Index(
            "ix_waiting_open",
            "line",
            "ranked_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    turn: Mapped[int]
    line: Mapped[str] = mapped_column(ForeignKey("line.code"))
    state: Mapped[WaitState] = mapped_column(enum_by_value(WaitState), default=WaitState.WAITING)
    queued_at: Mapped[datetime]
    ranked_at: Mapped[datetime]
    preferred_agent_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    preferred_until: Mapped[datetime | None]
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    left_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(20), default="")
    noticed: Mapped[bool] = mapped_column(default=False)


class OfferOutcome(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    MISSED = "missed"
    REFUSED = "refused"
    REVOKED = "revoked"


class Offer(Base):
    """A caller who waits, or one to be called back, offered to an agent until `expires_at`.

    An agent has one open offer at most.
    """

    __tablename__ = "offer"
    __table_args__ = (
        Index(
            "uq_offer_open_agent",
            "agent_id",
            unique=True,
            postgresql_where=text("outcome = 'open'"),
            sqlite_where=text("outcome = 'open'"),
        ),
        Index("ix_offer_waiting", "waiting_id"),
        Index("ix_offer_call_back", "call_back_id"),
        CheckConstraint("(waiting_id IS NULL) <> (call_back_id IS NULL)", name="one_caller"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    waiting_id: Mapped[int | None] = mapped_column(ForeignKey("waiting.id"))
    call_back_id: Mapped[int | None] = mapped_column(ForeignKey("call_back.call_id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[OfferOutcome] = mapped_column(enum_by_value(OfferOutcome), default=OfferOutcome.OPEN)
    ended_at: Mapped[datetime | None]


class StintState(StrEnum):
    CONNECTING = "connecting"
    TALKING = "talking"
    ENDED = "ended"


class Part(StrEnum):
    """What somebody is in a conversation."""

    AGENT = "agent"
    CONSULTED = "consulted"
    OUTSIDE = "outside"
    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class Stint(Base):
    """One person's time in one conversation. The room is named by the first stint of a turn, never by a person.

    `unrecorded`: the recording of the room is paused, for everybody in it.
    """

    __tablename__ = "stint"
    __table_args__ = (
        Index("ix_stint_call", "call_id"),
        Index("ix_stint_live", "state", postgresql_where=text("state <> 'ended'")),
        Index(
            "uq_stint_open_agent",
            "agent_id",
            unique=True,
            postgresql_where=text("state <> 'ended' AND agent_id IS NOT NULL"),
            sqlite_where=text("state <> 'ended' AND agent_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    turn: Mapped[int]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    endpoint: Mapped[str | None] = mapped_column(Encrypted("stint.endpoint"))
    part: Mapped[Part] = mapped_column(enum_by_value(Part), default=Part.AGENT)
    state: Mapped[StintState] = mapped_column(enum_by_value(StintState), default=StintState.CONNECTING)
    room: Mapped[str] = mapped_column(String(64))
    room_ref: Mapped[str] = mapped_column(String(64), default="")
    leg_ref: Mapped[str] = mapped_column(String(64), default="", index=True)
    claimed_at: Mapped[datetime]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    finished: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)
    holds: Mapped[int] = mapped_column(default=0)
    unrecorded: Mapped[bool] = mapped_column(default=False)


class AgentState(StrEnum):
    """What an agent is doing, as the server knows it."""

    OFFLINE = "offline"
    READY = "ready"
    OFFERED = "offered"
    TALKING = "talking"
    HOLD = "hold"
    WRAP_UP = "wrap_up"
    BREAK = "break"


AGENT_STATE_LABEL: dict[AgentState, str] = {
    AgentState.OFFLINE: "离线",
    AgentState.READY: "就绪",
    AgentState.OFFERED: "振铃",
    AgentState.TALKING: "通话",
    AgentState.HOLD: "保持",
    AgentState.WRAP_UP: "话后整理",
    AgentState.BREAK: "小休",
}


class Presence(Base):
    """The present state of one agent. `heard_at` is the page's last heartbeat."""

    __tablename__ = "presence"
    __table_args__ = (Index("ix_presence_ready", "state", "since"),)

    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    state: Mapped[AgentState] = mapped_column(enum_by_value(AgentState), default=AgentState.OFFLINE)
    reason: Mapped[str] = mapped_column(String(10), default="")
    since: Mapped[datetime]
    heard_at: Mapped[datetime]
    missed: Mapped[int] = mapped_column(default=0)
    hand_raised_at: Mapped[datetime | None]


class AgentInterval(Base):
    """A finished stretch of one agent in one state; append-only. Milliseconds follow from the two instants."""

    __tablename__ = "agent_interval"
    __table_args__ = (
        Index("ix_agent_interval_agent", "agent_id", "started_at"),
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    state: Mapped[AgentState] = mapped_column(enum_by_value(AgentState))
    reason: Mapped[str] = mapped_column(String(10), default="")
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]


db.append_only(AgentInterval.__table__)


class Shift(Base):
    """排班: an agent is planned to be signed in for `[starts_at, ends_at)`; `day` is the business day it begins on.

    A day's plan is removed and written anew (`roster.py`), each time with a line in the trail.
    """

    __tablename__ = "shift"
    __table_args__ = (
        UniqueConstraint("agent_id", "starts_at"),
        Index("ix_shift_day", "day"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
