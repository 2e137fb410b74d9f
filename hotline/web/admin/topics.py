"""The topic tree: dated; a topic ends and another begins, so old months keep their names."""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.calls import topics as tree
from hotline.calls.models import CATEGORY_LABEL, Category
from hotline.errors import HotlineError
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door


class TopicsQuery(Schema):
    on = fields.Date(load_default=None)


class BeginForm(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 8))
    name = fields.String(required=True, validate=validate.Length(1, 40))
    category = fields.Enum(Category, by_value=True, required=True)
    parent_code = fields.String(load_default="", validate=validate.Length(max=8))
    valid_from = fields.Date(required=True)


class SucceedForm(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 8))
    name = fields.String(required=True, validate=validate.Length(1, 40))
    on = fields.Date(required=True)


class EndForm(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 8))
    valid_to = fields.Date(required=True)


@door.get("/topics")
@administrators
def topics() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    on = (None if fault else gate.query(TopicsQuery())["on"]) or clock.today()
    found = tree.tree(on)
    context = {
        "on": on,
        "topics": [topic for topic in found if topic.parent_id is None],
        "children": {topic.id: [each for each in found if each.parent_id == topic.id] for topic in found},
        "categories": [(each.value, label) for each, label in CATEGORY_LABEL.items()],
        "label": CATEGORY_LABEL,
        "today": clock.today(),
    }
    return gate.refill(fault, "admin/topics.html", **context) if fault else gate.page("admin/topics.html", **context)


def _act(schema: Schema, act: Callable[[dict[str, Any]], object], told: str) -> ResponseReturnValue:
    def do() -> str:
        act(gate.load(schema))
        return told

    return gate.act(do, _show, url_for("admin.topics"))


def _begin(form: dict[str, Any]) -> None:
    tree.add(form["code"], form["name"], form["category"], form["valid_from"], form["parent_code"] or None)


@door.post("/topics")
@administrators
def begin_topic() -> ResponseReturnValue:
    return _act(BeginForm(), _begin, "主题已启用。")


@door.post("/topics/succeed")
@administrators
def succeed_topic() -> ResponseReturnValue:
    return _act(SucceedForm(), lambda form: tree.succeed(**form), "主题已更名，旧月份保留旧名。")


@door.post("/topics/end")
@administrators
def end_topic() -> ResponseReturnValue:
    return _act(EndForm(), lambda form: tree.end(**form), "主题已停用。")
