"""A person's own views: the filters of the list under a name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from hotline import db
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.workorders.desk_models import SavedView

KEPT = ("view", "source", "nature", "unit", "month")
"""What a view keeps. Never a number: whose telephone was looked for is nobody's later business."""

MOST = 20


def of_person(account_id: int) -> Sequence[SavedView]:
    """A person's views in the order they were saved."""
    mine = select(SavedView).where(SavedView.account_id == account_id)
    return session.scalars(mine.order_by(SavedView.id)).all()


def filters_of(query: Mapping[str, Any]) -> dict[str, str]:
    """The filters that a view keeps of a list's query."""
    return {name: str(query[name]) for name in KEPT if query.get(name)}


def save(account_id: int, name: str, query: Mapping[str, Any]) -> SavedView:
    """Keep the filters under a name."""
    filters = filters_of(query)
    if not filters:
        raise Invalid("请先选择视图或筛选条件", fields={"name": ["没有可保存的筛选条件"]})
    if (session.scalar(select(func.count()).where(SavedView.account_id == account_id)) or 0) >= MOST:
        raise Invalid(f"每人最多保存 {MOST} 个视图", fields={"name": ["请先删除不用的视图"]})
    made = SavedView(account_id=account_id, name=_free(account_id, name), filters=filters)
    session.add(made)
    session.flush()
    return made


def rename(account_id: int, view_id: int, name: str) -> SavedView:
    found = _own(account_id, view_id)
    if found.name != name.strip():
        found.name = _free(account_id, name)
        session.flush()
    return found


def delete(account_id: int, view_id: int) -> None:
    session.delete(_own(account_id, view_id))


def _own(account_id: int, view_id: int) -> SavedView:
    found = session.scalar(select(SavedView).where(SavedView.id == view_id, SavedView.account_id == account_id))
    if found is None:
        raise NotFound("没有这个视图")
    return found


def _free(account_id: int, name: str) -> str:
    """The name without blanks around it. Raises Invalid when empty, Conflict when the person has it already."""
    db.lock(f"views:{account_id}")
    name = name.strip()
    if not name:
        raise Invalid("请填写视图名称", fields={"name": ["不能为空"]})
    if session.scalar(select(SavedView.id).where(SavedView.account_id == account_id, SavedView.name == name)):
        raise Conflict(f"您已有名为“{name}”的视图")
    return name
