"""Which edition a month is printed in: those that come with the product, and those an administrator made."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from sqlalchemy import ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, SessionTransaction, mapped_column

from hotline import db
from hotline.clock import Month
from hotline.db import Base, session
from hotline.errors import NotFound
from hotline.statistics.edition import Edition
from hotline.statistics.edition_schema import read

DATA = Path(__file__).parent / "data" / "editions"


class EditionVersion(Base):
    """An edition as an administrator saved it; the latest row covering a month wins. Never changed, only followed."""

    __tablename__ = "edition_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), index=True)
    valid_from: Mapped[str] = mapped_column(String(7))
    valid_to: Mapped[str | None] = mapped_column(String(7))
    body: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")


db.append_only(EditionVersion.__table__)


@cache
def delivered_bodies() -> tuple[dict[str, Any], ...]:
    """The product's own editions, oldest first; a part that is not named is taken over from the `base`."""
    bodies: dict[str, dict[str, Any]] = {}
    for path in sorted(DATA.glob("*.json")):
        own = json.loads(path.read_text(encoding="utf-8"))
        bodies[own["code"]] = {**bodies.get(own.pop("base", ""), {}), **own}
    return tuple(bodies.values())


@cache
def delivered() -> tuple[Edition, ...]:
    return tuple(read(body) for body in delivered_bodies())


def saved() -> list[EditionVersion]:
    """Every edition an administrator saved, newest first."""
    return list(session.scalars(select(EditionVersion).order_by(EditionVersion.id.desc())))


_asked: WeakKeyDictionary[SessionTransaction, dict[Month, EditionVersion | None]] = WeakKeyDictionary()


def _saved_for(month: Month) -> EditionVersion | None:
    """Asked once in a transaction: everything that is read in it is worded alike."""
    transaction = session().get_transaction()
    known = _asked.get(transaction, {}) if transaction else {}
    if month not in known:
        known = {**known, month: _newest_for(month)}
        _asked[cast(SessionTransaction, session().get_transaction())] = known
    return known[month]


def forget() -> None:
    """An edition was saved: ask again."""
    _asked.clear()


def _newest_for(month: Month) -> EditionVersion | None:
    open_end = or_(EditionVersion.valid_to.is_(None), EditionVersion.valid_to >= str(month))
    query = select(EditionVersion).where(EditionVersion.valid_from <= str(month), open_end)
    return session.scalar(query.order_by(EditionVersion.id.desc()).limit(1))


def _delivered_for(month: Month) -> int:
    """The place of the product's own edition. Raises NotFound for a month before the first."""
    for place, made in enumerate(delivered()):
        if made.covers(month):
            return place
    raise NotFound(f"没有适用于 {month} 的版式")


def body_of(month: Month) -> dict[str, Any]:
    """The edition of `month` as JSON. Raises NotFound for a month before the first edition."""
    row = _saved_for(month)
    return row.body if row else delivered_bodies()[_delivered_for(month)]


def of(month: Month) -> Edition:
    """The edition of `month`. Raises NotFound for a month before the first edition."""
    row = _saved_for(month)
    return read(row.body) if row else delivered()[_delivered_for(month)]


@cache
def channel_codes() -> dict[str, str]:
    """Every printed channel name the product knows → the channel's lasting code."""
    return {channel.name: channel.code for one in delivered() for channel in one.channels.names}


def channel_group(edition: Edition, name: str) -> str:
    """The channel group of a printed channel name, also of a name used in another edition."""
    listed = {channel.name: channel.group for channel in edition.channels.names}
    by_code = {channel.code: channel.group for channel in edition.channels.names}
    code = channel_codes().get(name, "")
    return listed.get(name) or by_code.get(code) or edition.channels.other_group
