"""The dated code lists (性质, 渠道, 紧急程度, …). An entry ends and another begins; none is renamed.

In force on the days `[valid_from, valid_to)`, so that a month of the past keeps its names.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from hotline import audit
from hotline.calls.list_models import CodeItem
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound


def in_force(model: Any, on: date) -> ColumnElement[bool]:
    """The condition that a dated row is valid on a day."""
    condition: ColumnElement[bool] = (model.valid_from <= on) & or_(model.valid_to.is_(None), model.valid_to > on)
    return condition


def choices(list_name: str, on: date) -> dict[str, str]:
    """Code → name of every entry in force on a day, in the list's order."""
    rows = session.execute(
        select(CodeItem.code, CodeItem.name)
        .where(CodeItem.list_name == list_name, in_force(CodeItem, on))
        .order_by(CodeItem.position, CodeItem.code)
    )
    return {row.code: row.name for row in rows}


def check(list_name: str, code: str, on: date, field: str) -> None:
    """Refuse a code that the list does not have on that day; empty means nothing chosen."""
    if code and code not in choices(list_name, on):
        raise Invalid("有一项选择已不在用，请重新选择。", fields={field: ["该选项在来电当日不可用"]})


def add(list_name: str, code: str, name: str, valid_from: date) -> CodeItem:
    """Begin an entry. Raises Conflict while the code is still in force on that day."""
    if code in choices(list_name, valid_from):
        raise Conflict(f"代码 {code} 已在使用，请先停用。")
    position = len(choices(list_name, valid_from))
    item = CodeItem(list_name=list_name, code=code, name=name, position=position, valid_from=valid_from)
    session.add(item)
    session.flush()
    audit.record("code.begin", f"code:{list_name}:{code}", name=name, valid_from=str(valid_from))
    return item


def end(list_name: str, code: str, valid_to: date) -> None:
    """End the entry on a day: from that day on it can no longer be chosen."""
    item = session.scalar(
        select(CodeItem).where(CodeItem.list_name == list_name, CodeItem.code == code, CodeItem.valid_to.is_(None))
    )
    if item is None:
        raise NotFound("没有正在使用的这个代码。")
    if valid_to <= item.valid_from:
        raise Invalid("停用日期必须晚于启用日期。", fields={"valid_to": ["必须晚于启用日期"]})
    item.valid_to = valid_to
    session.flush()
    audit.record("code.end", f"code:{list_name}:{code}", valid_to=str(valid_to))


def succeed(list_name: str, code: str, name: str, on: date) -> CodeItem:
    """Give a code another name from a day on: the old entry ends, the new one begins."""
    end(list_name, code, on)
    return add(list_name, code, name, on)
