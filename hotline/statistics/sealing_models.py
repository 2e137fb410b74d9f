"""The month's way from draft to published: waivers, seals, publications, proposed revisions. Mostly append-only."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base, enum_by_value


class MonthState(StrEnum):
    DRAFT = "draft"
    CHECKED = "checked"
    SEALED = "sealed"
    PUBLISHED = "published"


MONTH_LABEL: dict[MonthState, str] = {
    MonthState.DRAFT: "草稿",
    MonthState.CHECKED: "已校验",
    MonthState.SEALED: "已封存",
    MonthState.PUBLISHED: "已发布",
}


class Kind(StrEnum):
    """FIRST seal of a month; REVISION: facts came later; CORRECTION: the published figure was an error."""

    FIRST = "first"
    REVISION = "revision"
    CORRECTION = "correction"


KIND_LABEL: dict[Kind, str] = {Kind.FIRST: "首次封存", Kind.REVISION: "修订", Kind.CORRECTION: "更正"}


class SealedMonth(Base):
    """One sealed version of a month. `hash` is over figures, inputs, rules and code version; nothing ever changes.

    `differences` maps a figure's name to [before, after] for a version after the first; `approved_by` is a
    second person then.
    """

    __tablename__ = "sealed_month"
    __table_args__ = (
        UniqueConstraint("month", "number"),
        CheckConstraint("(kind = 'first') = (number = 1)", name="first_is_number_one"),
        CheckConstraint("number = 1 OR (reason <> '' AND approved_by_id IS NOT NULL)", name="later_with_reason"),
        CheckConstraint("approved_by_id IS NULL OR approved_by_id <> sealed_by_id", name="two_persons"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    number: Mapped[int]
    kind: Mapped[Kind] = mapped_column(enum_by_value(Kind))
    figures: Mapped[dict[str, Any]]
    inputs: Mapped[dict[str, Any]]
    rules_version: Mapped[str] = mapped_column(String(64))
    code_version: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    differences: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500), default="")
    sealed_at: Mapped[datetime]
    sealed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    sealed_by: Mapped[str] = mapped_column(String(80))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_by: Mapped[str] = mapped_column(String(80), default="")


class Publication(Base):
    """The moment a sealed version went out."""

    __tablename__ = "publication"

    sealed_id: Mapped[int] = mapped_column(ForeignKey("sealed_month.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))


class Waiver(Base):
    """One person's written reason why a finding may stand. An error needs those of two persons.

    It holds for the finding exactly as it was (`finding` is a digest of rule, subject and difference).
    """

    __tablename__ = "waiver"
    __table_args__ = (
        UniqueConstraint("month", "finding", "by_id"),
        CheckConstraint("reason <> ''", name="with_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    finding: Mapped[str] = mapped_column(String(64))
    rule: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))


class Check(Base):
    """A person (or the house) has checked these very figures; other figures are a draft again."""

    __tablename__ = "month_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    errors: Mapped[int]
    warnings: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    by: Mapped[str] = mapped_column(String(80))


class ProposalState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"


class Proposal(Base):
    """A difference between a sealed month and what its records say now, waiting for a second person."""

    __tablename__ = "revision_proposal"
    __table_args__ = (
        UniqueConstraint("sealed_id", "digest"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="two_persons"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    sealed_id: Mapped[int] = mapped_column(ForeignKey("sealed_month.id"))
    digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[Kind] = mapped_column(enum_by_value(Kind))
    differences: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[ProposalState] = mapped_column(enum_by_value(ProposalState))
    found_at: Mapped[datetime]
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposed_by: Mapped[str] = mapped_column(String(80), default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


for _model in (SealedMonth, Publication, Waiver, Check):
    db.append_only(_model.__table__)
