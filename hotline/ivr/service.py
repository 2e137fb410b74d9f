"""What a caller hears and where a key leads, by the menu in force."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from hotline import audit, clock, db
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.ivr import event_lines
from hotline.ivr.faults import Fault, Lines, faults, minutes, speech_faults
from hotline.ivr.models import EventLine, Menu, MenuWithdrawal
from hotline.ivr.tree import Node, Tree
from hotline.places import calendar_book

DEFAULT = Path(__file__).parent / "data" / "menu.json"

CLOCK_SLACK = timedelta(minutes=1)

KEPT_SECONDS = 1.0

_newest: tuple[float, Tree] | None = None
_parsed: dict[tuple[int, datetime, Lines], Tree] = {}


def lines() -> Lines:
    """The lines a menu may lead to."""
    (key,) = EventLine.__table__.c.line.foreign_keys
    rows = session.execute(select(key.column, key.column.table.c.crisis)).all()
    return Lines(frozenset(code for code, _ in rows), frozenset(code for code, crisis in rows if crisis))


def _standing() -> Select[Any]:
    """The menus that nobody withdrew."""
    return select(Menu).where(Menu.id.not_in(select(MenuWithdrawal.menu_id)))


def published(at: datetime | None = None) -> Menu:
    """The menu in force at `at`. Raises Conflict before the first one is published."""
    begun = _standing().where(Menu.valid_from <= (at or clock.now()))
    menu: Menu | None = session.scalars(begun.order_by(Menu.valid_from.desc()).limit(1)).one_or_none()
    if menu is None:
        raise Conflict("尚未发布语音导航")
    return menu


def listing() -> list[Menu]:
    """Every published menu that nobody withdrew, the latest to come into force first."""
    return list(session.scalars(_standing().order_by(Menu.valid_from.desc())))


def withdrawn() -> list[tuple[Menu, MenuWithdrawal]]:
    """The menus that were withdrawn before they came into force, the latest first."""
    joined = select(Menu, MenuWithdrawal).join(MenuWithdrawal, MenuWithdrawal.menu_id == Menu.id)
    return [(row.Menu, row.MenuWithdrawal) for row in session.execute(joined.order_by(Menu.valid_from.desc()))]


def newest() -> int:
    """The menu that was published last, whenever it comes into force; 0 before the first one."""
    return session.scalar(select(func.max(Menu.id))) or 0


def find(menu_id: int) -> Menu:
    """One published menu. Raises NotFound."""
    menu = session.get(Menu, menu_id)
    if menu is None:
        raise NotFound("没有这份语音导航")
    return menu


def current() -> Tree:
    """The menu of this moment for the telephone: read once a second at most, for thousands of callers."""
    global _newest
    if _newest is None or clock.monotonic() - _newest[0] >= KEPT_SECONDS:
        _newest = (clock.monotonic(), tree())
    return _newest[1]


def forget() -> None:
    """Read the menu anew at the next call, because it was just changed here."""
    global _newest
    _newest = None


def tree(at: datetime | None = None) -> Tree:
    """The menu in force at `at`, with the keys of the event lines that are on."""
    at = at or clock.now()
    row, known = published(at), lines()
    key = (row.id, row.published_at, known)
    if key not in _parsed:
        _parsed[key] = Tree(row.tree, known)
    return event_lines.joined(_parsed[key], event_lines.on(at))


def instead(menu: Tree, node: Node, at: datetime) -> str:
    """The node a queue leads to when its hours, if it has any, do not include `at`; empty while it is open.

    Hours are wall clock, days by the work calendar with 调休.
    """
    name = node.text("hours")
    if not name:
        return ""
    local, days = clock.local(at), calendar_book.current()
    minute, day = local.hour * 60 + local.minute, local.date()
    kinds = ("all", "workday" if days.is_workday(day) else "holiday")
    if any(kind in kinds and minutes(start) <= minute < minutes(end) for kind, start, end in menu.hours[name]):
        return ""
    return days.is_holiday(day) and node.text("holiday") or node.text("closed")


def publish(document: dict[str, Any], *, by: int | None, at: datetime, note: str = "", base: int | None = None) -> Menu:
    """Put a new tree in force from `at`. A broken one is refused with every fault named by node.

    `base`: the newest menu its author knew of. Raises Conflict, telling of the other one, when a colleague has
    published since.
    """
    checked(document)
    if at < clock.now() - CLOCK_SLACK:
        raise Invalid("生效时间不能早于现在", fields={"valid_from": ["不能早于现在"]})
    db.lock("menu")
    if base is not None:
        _refuse_overtaken(base)
    event_lines.refuse_taken(document, event_lines.between(at, _next_after(at)))
    return _keep(document, by, at, note)


def _next_after(at: datetime) -> datetime | None:
    """When the menu that is in force at `at` gives way to the next one."""
    return session.scalar(_standing().with_only_columns(func.min(Menu.valid_from)).where(Menu.valid_from > at))


def _keep(document: dict[str, Any], by: int | None, at: datetime, note: str) -> Menu:
    if session.scalar(_standing().with_only_columns(Menu.id).where(Menu.valid_from == at)):
        raise Conflict("这一时刻已有一份语音导航生效，请换一个时间")
    menu = Menu(valid_from=at, tree=document, published_at=clock.now(), published_by=by, note=note)
    session.add(menu)
    session.flush()
    audit.record("menu.publish", f"menu:{menu.id}", note=note)
    forget()
    return menu


def _refuse_overtaken(base: int) -> None:
    """Somebody published while this draft was written: nothing is lost, and its author decides."""
    last = newest()
    if base == last:
        return
    other, known = find(last), session.get(Menu, base)
    names = sorted(_differing(known.tree, other.tree)) if known else []
    what = f"，改动了{'、'.join(names)}" if names else ""
    raise Conflict(
        f"您编辑期间已有新的语音导航发布（{other.note or '无说明'}{what}）。您的草稿仍保留，请核对后再发布。",
        menu=last,
    )


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """The nodes that are not alike in two trees."""
    left, right = one["nodes"], other["nodes"]
    return {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}


def withdraw(menu_id: int, by: int) -> None:
    """Take back a menu before it comes into force; the one before it stays in force instead."""
    db.lock("menu")
    menu = find(menu_id)
    if session.get(MenuWithdrawal, menu_id):
        raise Conflict("这份语音导航已经撤回")
    if menu.valid_from <= clock.now():
        raise Conflict("这份语音导航已经生效，不能撤回；请发布新的语音导航")
    session.add(MenuWithdrawal(menu_id=menu_id, at=clock.now(), by_id=by))
    session.flush()
    since = menu.valid_from
    event_lines.refuse_taken(published(since).tree, event_lines.between(since, _next_after(since)))
    audit.record("menu.withdraw", f"menu:{menu_id}", note=menu.note)
    forget()


def check(document: Any) -> list[Fault]:
    """Every fault of a candidate."""
    if not isinstance(document, dict):
        return [Fault("-", "不是一个菜单文件")]
    return faults(document, lines())


def checked(document: Any) -> Tree:
    """A candidate as a tree. Raises Invalid with every fault named by node."""
    found = check(document)
    if found:
        raise Invalid("语音导航有错误，请先改正", fields={"tree": [f"{f.node}：{f.message}" for f in found]})
    return Tree(document, lines())


def load_default() -> None:
    """Publish the menu the product comes with, once."""
    if session.scalar(select(Menu.id).limit(1)) is None:
        document = json.loads(DEFAULT.read_text("utf-8"))
        checked(document)
        _keep(document, None, clock.day_start(clock.Month("2018-01").first), "")


def switch_on(
    key: str, name: str, line: str, announcement: str, until: datetime | None, by: int, since: datetime | None = None
) -> EventLine:
    """Open a temporary line on `key`, now or from `since`. Refused where the key has another use in that time."""
    db.lock("menu")
    at = since or clock.now()
    _check_event_line(key, line, announcement, at, until)
    row = EventLine(
        key=key, name=name, line=line, announcement=announcement, starts_at=at, ends_at=until, switched_by=by
    )
    session.add(row)
    session.flush()
    audit.record("event_line.on", f"event_line:{row.id}", key=key, line=line)
    forget()
    return row


def _check_event_line(key: str, line: str, announcement: str, at: datetime, until: datetime | None) -> None:
    if until is not None and until <= at:
        raise Invalid("结束时间须晚于开始时间", fields={"until": ["须晚于开始时间"]})
    if line not in lines().codes:
        raise Invalid("没有这条受理线路", fields={"line": ["不存在"]})
    if found := [fault.message for fault in speech_faults("", announcement)]:
        raise Invalid("提示语不能使用", fields={"announcement": found})
    for menu in _in_force(at, until):
        if key in menu.tree["nodes"][menu.tree["entry"]]["keys"]:
            since = f"{clock.local(menu.valid_from):%Y-%m-%d %H:%M}"
            raise Conflict(f"{key}号键在 {since} 起的语音导航（{menu.tree['entry']}）中已有用途")
    if any(other.key == key for other in event_lines.between(at, until)):
        raise Conflict(f"{key}号键上已有一条专线")


def _in_force(since: datetime, until: datetime | None) -> list[Menu]:
    """The menus of a stretch of time."""
    later = _standing().where(Menu.valid_from > since)
    later = later.where(Menu.valid_from < until) if until else later
    return [published(since), *session.scalars(later.order_by(Menu.valid_from))]


def switch_off(line_id: int, by: int) -> None:
    """Close a temporary line now; its counts stay. One that has not begun is taken back."""
    at = clock.now()
    if db.changed(delete(EventLine).where(EventLine.id == line_id, EventLine.starts_at >= at)):
        audit.record("event_line.withdrawn", f"event_line:{line_id}")
        forget()
        return
    still_on = EventLine.ends_at.is_(None) | (EventLine.ends_at > at)
    off = (
        update(EventLine)
        .where(EventLine.id == line_id, still_on)
        .values(ends_at=at, switched_by=by, version=EventLine.version + 1)
    )
    if not db.changed(off):
        raise Conflict("这条专线已经关闭")
    audit.record("event_line.off", f"event_line:{line_id}")
    forget()
