"""Drafts of the bulletin, made by the house on the first day of the next month and kept as they were."""

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import Base, session
from hotline.errors import NotFound
from hotline.statistics import bulletin, codec, sealing
from hotline.statistics.checks import Severity
from hotline.statistics.figures import Source
from hotline.statistics.outputs import plain


class BulletinDraft(Base):
    """The text of a month as it stood when it was drafted, and what the checks said then."""

    __tablename__ = "bulletin_draft"
    __table_args__ = (UniqueConstraint("month", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)
    errors: Mapped[int]
    warnings: Mapped[int]


db.append_only(BulletinDraft.__table__)


def prepare(month: Month) -> BulletinDraft | None:
    """Draft `month`; the same figures twice are one draft. None when the house has no records of it."""
    try:
        issue = bulletin.of(month)
    except NotFound:
        return None
    if issue.version or issue.figures.source is Source.PRINTED:
        return None
    digest = sealing.digest(codec.to_json(issue.figures))
    db.lock(f"draft:{month}")
    known = session.scalar(select(BulletinDraft).filter_by(month=str(month), digest=digest))
    return known or _keep(month, digest, issue)


def _keep(month: Month, digest: str, issue: bulletin.Issue) -> BulletinDraft:
    severities = [one.finding.severity for one in sealing.unsettled(sealing.check(month))]
    made = BulletinDraft(
        month=str(month),
        digest=digest,
        made_at=clock.now(),
        text=plain.render(bulletin.document(issue)).decode(),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
    )
    session.add(made)
    session.flush()
    audit.record("bulletin.draft", f"month:{month}", errors=made.errors, warnings=made.warnings)
    return made


def latest(month: Month) -> BulletinDraft | None:
    query = select(BulletinDraft).filter_by(month=str(month)).order_by(BulletinDraft.id.desc()).limit(1)
    return session.scalar(query)
