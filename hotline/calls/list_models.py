"""The dated lists a call is described by: the topic tree and the code lists."""

from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.calls.models import Category
from hotline.db import Base, enum_by_value


class Topic(Base):
    """A node of the dated topic tree (一级/二级分类). Old months keep old names: rows end, they are not renamed."""

    __tablename__ = "topic"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(40))
    category: Mapped[Category] = mapped_column(enum_by_value(Category))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    pinyin: Mapped[str] = mapped_column(String(200), default="")
    initials: Mapped[str] = mapped_column(String(40), default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class CodeItem(Base):
    """One entry of a dated code list (nature, channel, urgency, handling, sex, age_group, …)."""

    __tablename__ = "code_item"
    __table_args__ = (UniqueConstraint("list_name", "code", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_name: Mapped[str] = mapped_column(String(30))
    code: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
