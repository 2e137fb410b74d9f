"""The dated topic tree (一级/二级分类) and finding a topic by characters, pinyin or initials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from hotline import audit
from hotline.calls.codes import in_force
from hotline.calls.list_models import Topic
from hotline.calls.models import Category
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places.spelling import spell


@dataclass(frozen=True)
class Found:
    """A topic as the agent picks it: `path` shows its parent."""

    id: int
    code: str
    path: str
    category: Category


def tree(on: date, category: Category | None = None) -> list[Topic]:
    """Every topic in force on a day, parents before their children."""
    wanted = select(Topic).where(in_force(Topic, on)).order_by(Topic.code)
    if category:
        wanted = wanted.where(Topic.category == category)
    return list(session.scalars(wanted))


def find(text: str, on: date, category: Category | None = None, limit: int = 12) -> list[Found]:
    """The topics that match what was typed, best first: code or name begins, initials, pinyin, then anywhere."""
    wanted = "".join(text.split()).lower()
    topics = tree(on, category)
    paths = _paths(topics)
    ranked = [(rank, topic) for topic in topics if (rank := _rank(topic, wanted)) is not None]
    ranked.sort(key=lambda pair: (pair[0], pair[1].code))
    return [Found(t.id, t.code, paths[t.id], t.category) for _, t in ranked[:limit]]


def path(topic_id: int) -> str:
    """`传染病防控 ▸ 结核病`, by the names the rows themselves carry."""
    topic = session.get(Topic, topic_id)
    if topic is None:
        raise NotFound("没有这个主题。")
    return _paths([topic])[topic_id]


def paths(topic_ids: Iterable[int]) -> dict[int, str]:
    """`path` of many topics at once; what is no topic is left out."""
    return _paths(session.scalars(select(Topic).where(Topic.id.in_(set(topic_ids)))).all())


def _paths(topics: Sequence[Topic]) -> dict[int, str]:
    known = {topic.id: topic.name for topic in topics}
    missing = {t.parent_id for t in topics if t.parent_id is not None} - known.keys()
    if missing:
        known |= {t.id: t.name for t in session.scalars(select(Topic).where(Topic.id.in_(missing)))}
    return {t.id: f"{known[t.parent_id]} ▸ {t.name}" if t.parent_id else t.name for t in topics}


def _rank(topic: Topic, wanted: str) -> int | None:
    if not wanted:
        return 0 if topic.parent_id is None else None
    tests = (
        topic.code.lower() == wanted,
        topic.name.lower().startswith(wanted),
        topic.initials.startswith(wanted),
        topic.pinyin.startswith(wanted),
        wanted in topic.name.lower(),
        wanted in topic.initials,
        len(wanted) > 2 and wanted in topic.pinyin,
        topic.code.lower().startswith(wanted),
    )
    return next((rank for rank, passed in enumerate(tests) if passed), None)


def add(code: str, name: str, category: Category, valid_from: date, parent_code: str | None = None) -> Topic:
    """Begin a topic. Raises Conflict while the code is in force on that day."""
    running = {topic.code: topic for topic in tree(valid_from)}
    if code in running:
        raise Conflict(f"主题代码 {code} 已在使用，请先停用。")
    parent = running.get(parent_code) if parent_code else None
    if parent_code and (parent is None or parent.parent_id is not None or parent.category is not category):
        raise Invalid("上级主题不可用。", fields={"parent_code": ["须是同一类别、正在使用的一级主题"]})
    full, initials = spell(name)
    topic = Topic(
        code=code,
        name=name,
        category=category,
        parent_id=parent.id if parent else None,
        pinyin=full,
        initials=initials,
        valid_from=valid_from,
    )
    session.add(topic)
    session.flush()
    audit.record("topic.begin", f"topic:{code}", name=name, valid_from=str(valid_from))
    return topic


def end(code: str, valid_to: date) -> list[Topic]:
    """End a topic and its children on a day. Returns the rows that ended."""
    topic = session.scalar(select(Topic).where(Topic.code == code, Topic.valid_to.is_(None)))
    if topic is None:
        raise NotFound("没有正在使用的这个主题。")
    if valid_to <= topic.valid_from:
        raise Invalid("停用日期必须晚于启用日期。", fields={"valid_to": ["必须晚于启用日期"]})
    children = select(Topic).where(Topic.parent_id == topic.id, Topic.valid_to.is_(None)).order_by(Topic.code)
    ended = [topic, *session.scalars(children)]
    for row in ended:
        row.valid_to = valid_to
    session.flush()
    audit.record("topic.end", f"topic:{code}", valid_to=str(valid_to), rows=len(ended))
    return ended


def succeed(code: str, name: str, on: date) -> Topic:
    """Give a topic another name from a day on; its children go on under the new row."""
    ended = end(code, on)
    old, children = ended[0], ended[1:]
    parent = session.get(Topic, old.parent_id) if old.parent_id else None
    new = add(code, name, old.category, on, parent.code if parent else None)
    for child in children:
        add(child.code, child.name, child.category, on, code)
    return new
