"""Other systems: platforms with their tokens, what they delivered, what is pushed back to them, files."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline import db
from hotline.db import Base, BigId, enum_by_value
from hotline.privacy import Encrypted
from hotline.workorders.codes import Party, Source


class Platform(Base):
    """A system orders come from and answers go to. `mapping` says which of its columns is which field."""

    __tablename__ = "platform"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    source: Mapped[Source] = mapped_column(enum_by_value(Source))
    callback_url: Mapped[str] = mapped_column(String(300), default="")
    secret: Mapped[str | None] = mapped_column(Encrypted("platform.secret"))
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    city_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"))
    disabled_at: Mapped[datetime | None]


class PlatformToken(Base):
    """A key to the exchange door: only its hash is kept, with what it may do and until when."""

    __tablename__ = "platform_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    label: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Delivery(Base):
    """What was delivered once, by (source, external number, event), and what was answered; asked again, told again."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("source", "external_no", "event"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[Source] = mapped_column(enum_by_value(Source))
    external_no: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("platform.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]


db.append_only(Delivery.__table__)


class OutgoingEvent(Base):
    """One move to be told to the order's platform. The body is made when it is sent; nothing personal waits here."""

    __tablename__ = "outgoing_event"
    __table_args__ = (
        UniqueConstraint("platform_id", "move_id"),
        Index(
            "ix_outgoing_event_open",
            "id",
            postgresql_where=text("delivered_at IS NULL"),
            sqlite_where=text("delivered_at IS NULL"),
        ),
        CheckConstraint("delivered_at IS NULL OR failed_at IS NULL", name="delivered_or_failed"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    move_id: Mapped[int] = mapped_column(ForeignKey("order_move.id"))
    kind: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(200), default="")


class Attachment(Base):
    """A file of an order, kept outside the web root under `ref`. `unit_id`: the unit that gave it; `for_unit`: the
    handling unit may open it."""

    __tablename__ = "order_attachment"
    __table_args__ = (UniqueConstraint("order_id", "sha256", "unit_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(Encrypted("order_attachment.name"))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    party: Mapped[Party] = mapped_column(enum_by_value(Party))
    added_at: Mapped[datetime]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    for_unit: Mapped[bool] = mapped_column(default=True)


class ImportFile(Base):
    """An uploaded file between preview and acceptance, encrypted; emptied when accepted, refused or a day old."""

    __tablename__ = "import_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    name: Mapped[str] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Encrypted("import_file.body"))
    uploaded_at: Mapped[datetime] = mapped_column(index=True)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    accepted_at: Mapped[datetime | None]
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
