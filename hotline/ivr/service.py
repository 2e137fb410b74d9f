"""What a caller hears and where a key leads, by the menu in force."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from hotline import audit, clock, db
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.ivr.faults import Fault, Lines, faults, minutes, parts, speech_faults
from hotline.ivr.models import EventLine, Menu
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


def published(at: datetime | None = None) -> Menu:
    """The menu in force at `at`. Raises Conflict before the first one is published."""
    statement = select(Menu).where(Menu.valid_from <= (at or clock.now())).order_by(Menu.valid_from.desc()).limit(1)
    menu = session.scalars(statement).one_or_none()
    if menu is None:
        raise Conflict("尚未发布语音导航")
    return menu


def listing() -> list[Menu]:
    """Every published menu, the latest to come into force first."""
    return list(session.scalars(select(Menu).order_by(Menu.valid_from.desc())))


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
    """The menu in force at `at`, checked, with the keys of the event lines that are on."""
    at = at or clock.now()
    row, known = published(at), lines()
    key = (row.id, row.published_at, known)
    if key not in _parsed:
        _parsed[key] = Tree(row.tree, known)
    return with_event_lines(_parsed[key], event_lines(at))


def event_lines(at: datetime) -> list[EventLine]:
    """The temporary lines that are on at `at`."""
    ended = EventLine.ends_at.is_(None) | (EventLine.ends_at > at)
    return list(session.scalars(select(EventLine).where(EventLine.starts_at <= at, ended).order_by(EventLine.key)))


def every_event_line(most: int) -> list[EventLine]:
    """The latest temporary lines, on or not."""
    return list(session.scalars(select(EventLine).order_by(EventLine.starts_at.desc()).limit(most)))


def with_event_lines(menu: Tree, on: list[EventLine]) -> Tree:
    """The same tree with each event line's key spoken after the crisis key. The menu's own keys stay its own."""
    entry = menu.nodes[menu.entry]
    on = [line for line in on if line.key not in entry.keys]
    if not on:
        return menu
    says = parts(entry.body["say"])
    spoken = [f"{line.name}请按{line.key}。" for line in on]
    keys = {**entry.keys, **{line.key: f"event-{line.id}" for line in on}}
    body = {**entry.body, "say": [says[0], *spoken, *says[1:]], "keys": keys}
    added = [Node(f"event-{line.id}", "queue", {"say": line.announcement, "line": line.line}) for line in on]
    return menu.with_nodes(Node(entry.id, entry.kind, body), *added)


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


def publish(document: dict[str, Any], *, by: int | None, at: datetime, note: str = "") -> Menu:
    """Put a new tree in force from `at`. A broken one is refused with every fault named by node."""
    checked(document)
    if by is not None and at < clock.now() - CLOCK_SLACK:
        raise Invalid("生效时间不能早于现在", fields={"valid_from": ["不能早于现在"]})
    db.lock("menu")
    if session.scalar(select(Menu.id).where(Menu.valid_from == at)):
        raise Conflict("这一时刻已有一份语音导航生效，请换一个时间")
    menu = Menu(valid_from=at, tree=document, published_at=clock.now(), published_by=by, note=note)
    session.add(menu)
    session.flush()
    audit.record("menu.publish", f"menu:{menu.id}", note=note)
    forget()
    return menu


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
        publish(document, by=None, at=clock.day_start(clock.Month("2018-01").first))


def switch_on(
    key: str, name: str, line: str, announcement: str, until: datetime | None, by: int, since: datetime | None = None
) -> EventLine:
    """Open a temporary line on `key`, now or from `since`. Refused where the key has another use in that time."""
    db.lock("event_line")
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
    menu = published(at).tree
    if key in menu["nodes"][menu["entry"]]["keys"]:
        raise Conflict(f"{key}号键在语音导航中已有用途")
    ends_later = EventLine.ends_at.is_(None) | (EventLine.ends_at > at)
    meeting = select(EventLine.id).where(EventLine.key == key, ends_later)
    if until is not None:
        meeting = meeting.where(EventLine.starts_at < until)
    if session.scalar(meeting.limit(1)):
        raise Conflict(f"{key}号键上已有一条专线")


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
