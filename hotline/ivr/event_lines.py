"""Temporary lines on keys of the entry menu (9号键 疫情专线): which are on, and the menu with their keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict
from hotline.ivr.faults import parts
from hotline.ivr.models import EventLine
from hotline.ivr.tree import Node, Tree


def on(at: datetime) -> list[EventLine]:
    """The temporary lines that are on at `at`."""
    ended = EventLine.ends_at.is_(None) | (EventLine.ends_at > at)
    return list(session.scalars(select(EventLine).where(EventLine.starts_at <= at, ended).order_by(EventLine.key)))


def between(since: datetime, until: datetime | None) -> list[EventLine]:
    """Those that are on at some time of a stretch, which `until=None` leaves open."""
    ends_later = EventLine.ends_at.is_(None) | (EventLine.ends_at > since)
    statement = select(EventLine).where(ends_later).order_by(EventLine.key, EventLine.starts_at)
    return list(session.scalars(statement.where(EventLine.starts_at < until) if until else statement))


def latest(most: int) -> list[EventLine]:
    """The latest temporary lines, on or not."""
    return list(session.scalars(select(EventLine).order_by(EventLine.starts_at.desc()).limit(most)))


def node_id(line_id: int) -> str:
    """The node that stands for a temporary line wherever keys are counted."""
    return f"event-{line_id}"


def refuse_taken(document: Mapping[str, Any], lines: Sequence[EventLine]) -> None:
    """Raise Conflict where the entry menu uses the key of one of these lines: callers would hear the line no more."""
    entry = document["entry"]
    taken = [
        f"{entry}：{line.key}号键用于专线“{line.name}”（{_told(line)}），请换一个键，或先关闭专线"
        for line in lines
        if line.key in document["nodes"][entry]["keys"]
    ]
    if taken:
        raise Conflict("语音导航用了临时专线的按键", fields={"tree": taken})


def _told(line: EventLine) -> str:
    """From when till when."""
    until = f"{clock.local(line.ends_at):%Y-%m-%d %H:%M}" if line.ends_at else "手动关闭"
    return f"{clock.local(line.starts_at):%Y-%m-%d %H:%M} 至{until}"


def joined(menu: Tree, lines: Sequence[EventLine]) -> Tree:
    """The same tree with each line's key spoken after the crisis key. The menu's own keys stay its own."""
    entry = menu.nodes[menu.entry]
    free = [line for line in lines if line.key not in entry.keys]
    if not free:
        return menu
    says = parts(entry.body["say"])
    spoken = [f"{line.name}请按{line.key}。" for line in free]
    keys = {**entry.keys, **{line.key: node_id(line.id) for line in free}}
    body = {**entry.body, "say": [says[0], *spoken, *says[1:]], "keys": keys}
    added = [Node(node_id(line.id), "queue", {"say": line.announcement, "line": line.line}) for line in free]
    return menu.with_nodes(Node(entry.id, entry.kind, body), *added)
