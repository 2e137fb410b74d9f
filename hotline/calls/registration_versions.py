"""The versions of a registration: each completed or corrected state whole, and what changed between two."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.calls import codes, topics
from hotline.calls.models import (
    CATEGORY_LABEL,
    INVALID_LABEL,
    Category,
    InvalidType,
    Registration,
    RegistrationVersion,
)
from hotline.db import session
from hotline.people.models import Account
from hotline.places.models import Area, Institution
from hotline.privacy import mask_name, mask_phone

FIELDS: dict[str, str] = {
    "category": "类别",
    "invalid_type": "无效类型",
    "nature": "性质",
    "topic_id": "主题",
    "institution_id": "机构",
    "district_code": "区",
    "handling": "处理方式",
    "urgency": "紧急程度",
    "confidential": "保密",
    "reply_required": "要求回复",
    "caller_name": "姓名",
    "contact_phone": "联系电话",
    "sex": "性别",
    "age_group": "年龄段",
    "content": "内容",
    "demand": "诉求",
    "reply": "答复",
    "remark": "备注",
}
"""What the agent fills in, with the word on the form."""


@dataclass(frozen=True)
class Change:
    """One field that differs, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Version:
    """One kept version and what it changed against the one before."""

    number: int
    at: datetime
    by: str
    reason: str
    changes: list[Change]


def plain(value: Any) -> Any:
    """The value as JSON has it."""
    return value.value if isinstance(value, StrEnum) else value


def body_of(registration: Registration) -> dict[str, Any]:
    return {name: plain(getattr(registration, name)) for name in FIELDS}


def difference(registration: Registration, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Field → what was sent (`mine`) and what is stored (`theirs`), where they differ."""
    stored = body_of(registration)
    return {
        name: {"label": FIELDS[name], "mine": plain(value), "theirs": stored[name]}
        for name, value in values.items()
        if (plain(value) or None) != (stored[name] or None)
    }


def keep(registration: Registration, by_id: int, reason: str) -> None:
    """Write down the registration as it now stands."""
    session.add(
        RegistrationVersion(
            call_id=registration.call_id,
            version=registration.version,
            at=clock.now(),
            by_id=by_id,
            reason=reason,
            body=json.dumps(body_of(registration), ensure_ascii=False),
        )
    )
    session.flush()


def versions(call_id: int, on: date) -> list[Version]:
    """All versions, newest first, each with its changes in words of the day of the call."""
    rows = session.execute(
        select(RegistrationVersion, Account.name)
        .join(Account, Account.id == RegistrationVersion.by_id)
        .where(RegistrationVersion.call_id == call_id)
        .order_by(RegistrationVersion.version)
    ).all()
    found, before = [], dict[str, Any]()
    for row, name in rows:
        body = json.loads(row.body)
        found.append(Version(row.version, row.at, name, row.reason, _changes(before, body, on)))
        before = body
    return found[::-1]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], on: date) -> list[Change]:
    changed = [name for name in FIELDS if (before.get(name) or None) != (after.get(name) or None)]
    return [Change(FIELDS[n], in_words(n, before.get(n), on), in_words(n, after.get(n), on)) for n in changed]


def in_words(name: str, value: Any, on: date) -> str:
    """A field's value as people read it, persons masked; empty for nothing."""
    if value in (None, "", False):
        return ""
    if value is True:
        return "是"
    if name in _MASKS:
        return _MASKS[name](value)
    if name == "category":
        return CATEGORY_LABEL[Category(value)]
    if name == "invalid_type":
        return INVALID_LABEL[InvalidType(value)]
    if name == "topic_id":
        return topics.path(value)
    if name in ("nature", "handling", "urgency", "sex", "age_group"):
        return codes.choices(name, on).get(value, str(value))
    return _place_name(name, value) or str(value)


_MASKS: dict[str, Callable[[str], str]] = {"caller_name": mask_name, "contact_phone": mask_phone}


def _place_name(name: str, value: Any) -> str | None:
    columns = {
        "institution_id": select(Institution.name).where(Institution.id == value),
        "district_code": select(Area.name).where(Area.code == value),
    }
    return session.scalar(columns[name]) if name in columns else None
