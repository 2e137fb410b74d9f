"""The work order, its append-only moves, its links to calls, its revisits."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.calls.names import FoundByName
from hotline.db import Base, BigId, enum_by_value
from hotline.privacy import Encrypted
from hotline.workorders.codes import Clock, Move, Nature, NotAccepted, Party, Source, State, Urgency
from hotline.workorders.field_codes import Appeal, CallerSubject, SourceLevel
from hotline.workorders.revisit_codes import ReplyFit, RevisitFailure, Solved

RUNNING = text("due_at IS NOT NULL")
"""An order with a duty against time; archives of years do not slow the desk down."""

CLOSED = text("state = 'closed'")
APPEALED = text("appeal = 'pending'")
DOUBTFUL = text("similar_id IS NOT NULL AND state = 'registered'")


class Order(FoundByName, Base):
    """A work order. `state` changes only by `moves.move`; its history is `OrderMove`, its deadlines `OrderClock`.

    SELF orders belong to exactly one complaint call, for ever (`call_id` is unique also when void).
    `registered_on` is the business day the order counts on: of the call for SELF, of receipt for the others.
    `due_at`, `due_clock`, `near_at`, `due_provisional` repeat the next running duty of `OrderClock`.
    `similar_id` is the open order that it looked like a duplicate of when it came; told to no unit.
    `accused_id` is the unit complained about; it never sees the person, nor does any unit when `confidential`, nor
    while nobody has made out who is complained about: `accused_told`, the name as it was told.
    `categories` are the platform's own levels, `topic_id` ours; `acceptor` is somebody of the platform, ours is
    `acceptor_id`. `former`: places and numbers before a correction, a line each; texts may still name them.
    `exempt`: not assessed by somebody's word; `assessing.assessed` weighs it with the other reasons.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        UniqueConstraint("source", "external_no"),
        CheckConstraint("(source = 'SELF') = (call_id IS NOT NULL)", name="self_has_its_call"),
        CheckConstraint("source <> 'SELF' OR external_no IS NULL", name="self_has_no_external_no"),
        CheckConstraint(
            "unit_id IS NOT NULL OR state NOT IN "
            "('dispatched','signed','processing','suspended','extension_requested')",
            name="unit_state_has_unit",
        ),
        CheckConstraint("state <> 'merged' OR parent_id IS NOT NULL", name="merged_has_parent"),
        CheckConstraint("parent_id IS NULL OR state IN ('merged','closed','archived')", name="parent_of_bundled"),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
        CheckConstraint(
            "due_at IS NOT NULL OR state IN ('draft','merged','closed','archived','void')", name="open_has_due"
        ),
        CheckConstraint("supervision BETWEEN 0 AND 3", name="supervision_level"),
        CheckConstraint("urged_order_id IS NULL OR (is_repeat AND urged_order_id <> id)", name="repeat_urges_another"),
        Index("ix_work_order_running", "due_at", "id", postgresql_where=RUNNING, sqlite_where=RUNNING),
        Index(
            "ix_work_order_running_state",
            "state",
            "due_at",
            "id",
            "near_at",
            postgresql_where=RUNNING,
            sqlite_where=RUNNING,
        ),
        Index("ix_work_order_running_unit", "unit_id", "due_at", "id", postgresql_where=RUNNING, sqlite_where=RUNNING),
        Index("ix_work_order_closed", "closed_at", postgresql_where=CLOSED, sqlite_where=CLOSED),
        Index("ix_work_order_appealed", "registered_at", "id", postgresql_where=APPEALED, sqlite_where=APPEALED),
        Index("ix_work_order_doubtful", "due_at", "id", postgresql_where=DOUBTFUL, sqlite_where=DOUBTFUL),
        Index("ix_work_order_list", "registered_at", "id"),
        Index("ix_work_order_unit", "unit_id", "registered_at", "id"),
        Index("ix_work_order_accused", "accused_id", "registered_at"),
        Index("ix_work_order_caller", "caller_hash", "registered_at"),
        Index("ix_work_order_contact", "contact_hash", "registered_at"),
        Index("ix_work_order_name", "name_hash", "registered_at"),
        Index("ix_work_order_count", "registered_on", "source", "state"),
        Index("ix_work_order_changed", "source", "changed_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    own_no: Mapped[str] = mapped_column(String(20), unique=True)
    source: Mapped[Source] = mapped_column(enum_by_value(Source))
    source_level: Mapped[SourceLevel | None] = mapped_column(enum_by_value(SourceLevel))
    external_no: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), unique=True)
    channel: Mapped[str] = mapped_column(String(10), default="TEL")
    kind: Mapped[str] = mapped_column(String(2), default="1")
    nature: Mapped[Nature] = mapped_column(enum_by_value(Nature))
    urgency: Mapped[Urgency] = mapped_column(enum_by_value(Urgency), default=Urgency.NORMAL)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    categories: Mapped[list[str]] = mapped_column(default=list)
    district_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    registered_at: Mapped[datetime]
    registered_on: Mapped[date]
    acceptor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    acceptor: Mapped[str | None] = mapped_column(String(40))
    acceptor_no: Mapped[str | None] = mapped_column(String(20))
    is_repeat: Mapped[bool] = mapped_column(default=False)
    urged_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)

    title: Mapped[str] = mapped_column(Encrypted("work_order.title"))
    content: Mapped[str] = mapped_column(Encrypted("work_order.content"))
    address: Mapped[str | None] = mapped_column(Encrypted("work_order.address"))
    caller_name: Mapped[str | None] = mapped_column(Encrypted("work_order.caller_name"))
    caller_phone: Mapped[str | None] = mapped_column(Encrypted("work_order.caller_phone"))
    caller_hash: Mapped[str | None] = mapped_column(String(64))
    contact_phone: Mapped[str | None] = mapped_column(Encrypted("work_order.contact_phone"))
    contact_hash: Mapped[str | None] = mapped_column(String(64))
    former: Mapped[str | None] = mapped_column(Encrypted("work_order.former"))
    caller_subject: Mapped[CallerSubject | None] = mapped_column(enum_by_value(CallerSubject))
    confidential: Mapped[bool] = mapped_column(default=False)
    reply_required: Mapped[bool] = mapped_column(default=True)

    state: Mapped[State] = mapped_column(enum_by_value(State))
    changed_at: Mapped[datetime]
    accused_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    accused_told: Mapped[str | None] = mapped_column(Encrypted("work_order.accused_told"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    direct: Mapped[bool] = mapped_column(default=False)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)
    similar_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    due_at: Mapped[datetime | None]
    due_clock: Mapped[Clock | None] = mapped_column(enum_by_value(Clock))
    near_at: Mapped[datetime | None]
    due_provisional: Mapped[bool] = mapped_column(default=False)

    dispatched_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(Encrypted("work_order.result"))
    reply: Mapped[str | None] = mapped_column(Encrypted("work_order.reply"))
    not_accepted: Mapped[NotAccepted | None] = mapped_column(enum_by_value(NotAccepted))
    rounds: Mapped[int] = mapped_column(default=1)
    returns: Mapped[int] = mapped_column(default=0)
    extensions: Mapped[int] = mapped_column(default=0)
    urged: Mapped[int] = mapped_column(default=0)
    supervision: Mapped[int] = mapped_column(default=0)
    revisits: Mapped[int] = mapped_column(default=0)
    solved: Mapped[Solved | None] = mapped_column(enum_by_value(Solved))
    sat_result: Mapped[int | None]
    sat_unit: Mapped[int | None]
    sat_agent: Mapped[int | None]
    reply_fit: Mapped[ReplyFit | None] = mapped_column(enum_by_value(ReplyFit))
    nonsense: Mapped[bool] = mapped_column(default=False)
    exempt: Mapped[bool] = mapped_column(default=False)
    appeal: Mapped[Appeal | None] = mapped_column(enum_by_value(Appeal))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class OrderMove(Base):
    """One line of an order's history: who did what, when and why. `internal` lines are the hotline's own.

    `result`: beside an answer, which is the reason of its line, what was done; each round keeps its own.
    """

    __tablename__ = "order_move"
    __table_args__ = (Index("ix_order_move_order", "order_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    at: Mapped[datetime]
    move: Mapped[Move] = mapped_column(enum_by_value(Move))
    from_state: Mapped[State | None] = mapped_column(enum_by_value(State, column="from_state"))
    to_state: Mapped[State] = mapped_column(enum_by_value(State, column="to_state"))
    party: Mapped[Party] = mapped_column(enum_by_value(Party))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor_name: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    reason: Mapped[str | None] = mapped_column(Encrypted("order_move.reason"))
    result: Mapped[str | None] = mapped_column(Encrypted("order_move.result"))
    internal: Mapped[bool] = mapped_column(default=False)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


db.append_only(OrderMove.__table__)


class CoUnit(Base):
    """协办: a unit that helps the leading one; it sees the order and may leave notes."""

    __tablename__ = "order_co_unit"

    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), primary_key=True, index=True)


class OrderNumber(Base):
    """The last number given out per prefix and day."""

    __tablename__ = "order_number"

    prefix: Mapped[str] = mapped_column(String(2), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class OrderLink(Base):
    """A call and an order that belong together: why, how sure, by whom; undone rather than removed."""

    __tablename__ = "order_link"
    __table_args__ = (
        Index(
            "uq_order_link_standing",
            "order_id",
            "call_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
            sqlite_where=text("undone_at IS NULL"),
        ),
        Index("ix_order_link_call", "call_id"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_range"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    confidence: Mapped[float]
    automatic: Mapped[bool]
    evidence: Mapped[list[str]]
    reason: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    undone_reason: Mapped[str] = mapped_column(String(200), default="")


class Revisit(Base):
    """回访: one attempt to reach the person after an answer; `failure` or a verdict, never both."""

    __tablename__ = "order_revisit"
    __table_args__ = (
        UniqueConstraint("order_id", "round", "attempt"),
        Index("ix_order_revisit_unit", "unit_id", "at"),
        CheckConstraint("(failure IS NULL) = (solved IS NOT NULL)", name="failure_or_verdict"),
        CheckConstraint("failure IS NULL OR reply_fit IS NULL", name="failure_has_no_fit"),
        *(CheckConstraint(f"{name} BETWEEN 1 AND 5", name=name) for name in ("sat_result", "sat_unit", "sat_agent")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    round: Mapped[int]
    attempt: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    source: Mapped[Source] = mapped_column(enum_by_value(Source))
    failure: Mapped[RevisitFailure | None] = mapped_column(enum_by_value(RevisitFailure))
    solved: Mapped[Solved | None] = mapped_column(enum_by_value(Solved))
    sat_result: Mapped[int | None]
    sat_unit: Mapped[int | None]
    sat_agent: Mapped[int | None]
    reply_fit: Mapped[ReplyFit | None] = mapped_column(enum_by_value(ReplyFit))
    remark: Mapped[str | None] = mapped_column(Encrypted("order_revisit.remark"))


db.append_only(Revisit.__table__)


class Handover(Base):
    """危及生命: never an order; handed to 110, 119, 120 or 122 at once, and written down each time."""

    __tablename__ = "emergency_handover"
    __table_args__ = (
        Index("ix_emergency_handover_number", "source", "external_no"),
        CheckConstraint("service IN ('110','119','120','122')", name="service"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime]
    service: Mapped[str] = mapped_column(String(3))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    source: Mapped[Source | None] = mapped_column(enum_by_value(Source))
    external_no: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Encrypted("emergency_handover.facts"))


db.append_only(Handover.__table__)
