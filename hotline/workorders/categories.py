"""问题分类: a platform's levels in its own words, and which topic of ours they mean."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select

from hotline.calls import topics
from hotline.calls.codes import in_force
from hotline.calls.list_models import Topic
from hotline.calls.models import Category
from hotline.db import session
from hotline.errors import Invalid

Levels = Sequence[str]

OF_ORDERS = (Category.CONSULTATION, Category.COMPLAINT)
"""Whose topics an order may have; bookings and crises are no orders."""


def topic_of(levels: Levels, on: date) -> int | None:
    """The topic in force that the deepest level with only one meaning names, by code or name; None in doubt.

    A name that several topics carry (`其他`) means the one below another level that was told.
    """
    if not levels:
        return None
    known = _named(levels, on)
    parents = {topic.id: topic for topic in known}
    for level in reversed(levels):
        meant = [topic for topic in known if level in (topic.code, topic.name)]
        below = [topic for topic in meant if topic.parent_id in parents]
        if len(below or meant) == 1:
            return (below or meant)[0].id
    return None


def _named(levels: Levels, on: date) -> list[Topic]:
    ways = or_(Topic.code.in_(levels), Topic.name.in_(levels))
    return list(
        session.scalars(
            select(Topic).where(in_force(Topic, on), Topic.category.in_(OF_ORDERS), ways).order_by(Topic.id)
        )
    )


def check(topic_id: int | None, on: date) -> None:
    """Raise Invalid for a topic that no order may have on that day."""
    usable = select(Topic.id).where(Topic.id == topic_id, Topic.category.in_(OF_ORDERS), in_force(Topic, on))
    if topic_id is not None and session.scalar(usable) is None:
        raise Invalid("该分类在当日不可用", fields={"topic_id": ["该分类在当日不可用"]})


def choices(on: date, has: int | None = None) -> list[tuple[str, list[tuple[int, str]]]]:
    """What a form offers on a day: each first level with itself and what is below it; first what an order `has` that
    ended since."""
    tree = [topic for topic in topics.tree(on) if topic.category in OF_ORDERS]
    groups: dict[int, tuple[str, list[tuple[int, str]]]] = {
        topic.id: (topic.name, [(topic.id, topic.name)]) for topic in tree if topic.parent_id is None
    }
    for topic in tree:
        if topic.parent_id in groups:
            group, entries = groups[topic.parent_id]
            entries.append((topic.id, f"{group} ▸ {topic.name}"))
    offered = {topic_id for _, entries in groups.values() for topic_id, _ in entries}
    ended = [("已停用", [(has, topics.path(has))])] if has is not None and has not in offered else []
    return ended + list(groups.values())
