"""The voice menu: what was published, how it is used, and the editor that checks, plays and publishes a draft."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, jsonify, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.ivr import counts, event_lines, files, preview, prompts, service
from hotline.ivr.counts import NodeCount
from hotline.ivr.faults import KEYS, SCORES, in_order
from hotline.ivr.models import EventLine, Menu
from hotline.people import service as people
from hotline.queues import waiting
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door
from hotline.web.admin.menu_words import DAYS_LABEL, KEYPAD, KIND_ICON, KIND_LABEL

MOST_EVENT_LINES = 12
USUAL_DAYS = 7
RUNG_BEFORE = timedelta(hours=1)
"""Calls that rang so long before an event line was switched on may still come to its key."""


class PeriodQuery(Schema):
    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None)


class EditorQuery(Schema):
    menu = fields.Integer(load_default=None)


class CheckForm(Schema):
    tree = fields.Raw(required=True, allow_none=True)


class PreviewForm(Schema):
    """`keys`: what was pressed so far; an empty one is a wait without a key."""

    tree = fields.Raw(required=True)
    keys = fields.List(
        fields.String(validate=validate.OneOf(["", *KEYS])), load_default=list, validate=validate.Length(max=60)
    )
    at = fields.NaiveDateTime(load_default=None, allow_none=True)


class PublishForm(Schema):
    tree = fields.Raw(required=True)
    valid_from = fields.NaiveDateTime(load_default=None, allow_none=True)
    note = fields.String(required=True, validate=validate.Length(2, 200))
    base = fields.Integer(required=True)


class MenuFile(Schema):
    file = gate.Upload(required=True)


@dataclass(frozen=True)
class Edition:
    """A published menu with the time it is in force; one that was withdrawn has none."""

    menu: Menu
    until: datetime | None
    by: str
    withdrawn: str = ""


@door.get("/menus")
@administrators
def menus() -> ResponseReturnValue:
    return show()


def show(fault: HotlineError | None = None) -> ResponseReturnValue:
    """The overview; after a refused form, with what was wrong."""
    query = {} if fault else gate.query(PeriodQuery())
    today = clock.today()
    until: date = query.get("until") or today
    since: date = query.get("since") or until - timedelta(days=USUAL_DAYS - 1)
    period = clock.day_start(since), clock.day_bounds(until)[1]
    now, lines_on_keys = service.published(), event_lines.latest(MOST_EVENT_LINES)
    context = {
        "now": now,
        "at": clock.now(),
        "editions": _editions(),
        "since": since,
        "until": until,
        "counts": _counts(now.tree, counts.by_node(*period)),
        "event_lines": [(line, _pressed(line)) for line in lines_on_keys],
        "event_names": {event_lines.node_id(line.id): line.name for line in lines_on_keys},
        "prompts": prompts.listing(gate.config().prompts_dir),
        "lines": waiting.lines(),
        "line_choices": [(code, line.name) for code, line in waiting.lines().items()],
        "free_keys": [(key, key) for key in KEYPAD if key not in now.tree["nodes"][now.tree["entry"]]["keys"]],
        "kinds": KIND_LABEL,
        "icons": KIND_ICON,
    }
    return gate.refill(fault, "admin/menus.html", **context) if fault else gate.page("admin/menus.html", **context)


def _editions() -> list[Edition]:
    published, withdrawn = service.listing(), service.withdrawn()
    authors = [menu.published_by for menu in [*published, *(menu for menu, _ in withdrawn)]]
    names = people.names([*authors, *(back.by_id for _, back in withdrawn)])
    following = [None, *(menu.valid_from for menu in published)]
    found = [
        Edition(menu, until, names.get(menu.published_by or 0, "系统"))
        for menu, until in zip(published, following, strict=False)
    ]
    found += [
        Edition(menu, None, names.get(menu.published_by or 0, "系统"), names.get(back.by_id, ""))
        for menu, back in withdrawn
    ]
    return sorted(found, key=lambda each: each.menu.valid_from, reverse=True)


def _counts(tree: dict[str, Any], found: dict[str, NodeCount]) -> list[tuple[str, dict[str, Any], NodeCount]]:
    """Every node of the menu in force, then those of earlier ones and of event lines that were counted."""
    nodes = tree["nodes"]
    names = [*in_order(tree), *(name for name in found if name not in nodes)]
    return [(name, nodes.get(name, {}), found.get(name, NodeCount())) for name in names]


def _pressed(line: EventLine) -> int:
    """How often a key led callers to an event line: told by where it led, for a key may have had other uses."""
    found = counts.by_node(line.starts_at - RUNG_BEFORE, line.ends_at or clock.now())
    return found.get(event_lines.node_id(line.id), NodeCount()).came


@door.get("/menus/editor")
@administrators
def menu_editor() -> ResponseReturnValue:
    wanted = gate.query(EditorQuery())["menu"]
    menu = service.find(wanted) if wanted else service.published()
    known = waiting.lines()
    data = {
        "id": menu.id,
        "base": service.newest(),
        "tree": menu.tree,
        "kinds": KIND_LABEL,
        "icons": KIND_ICON,
        "days": DAYS_LABEL,
        "scores": list(SCORES),
        "keypad": KEYPAD,
        "lines": {code: line.name for code, line in known.items()},
        "prompts": [each.name for each in prompts.listing(gate.config().prompts_dir)],
    }
    return gate.page("admin/menu_editor.html", menu=menu, data=data, now=clock.local(clock.now()))


@door.post("/menus/check")
@administrators
def check_menu() -> Response:
    found = service.check(gate.load(CheckForm())["tree"])
    return jsonify(faults=[fault._asdict() for fault in found])


@door.post("/menus/preview")
@administrators
def preview_menu() -> Response:
    form = gate.load(PreviewForm())
    return jsonify(asdict(preview.play(form["tree"], form["keys"], instant(form["at"]), gate.config())))


@door.post("/menus")
@administrators
def publish_menu() -> Response:
    form = gate.load(PublishForm())
    at = instant(form["valid_from"])
    menu = service.publish(form["tree"], by=gate.person().id, at=at, note=form["note"], base=form["base"])
    told = f"语音导航已发布，{clock.local(menu.valid_from):%Y-%m-%d %H:%M} 起生效。"
    session.commit()
    gate.done(told)
    return jsonify(url=url_for("admin.menus"))


@door.post("/menus/<int:menu_id>/withdraw")
@administrators
def withdraw_menu(menu_id: int) -> ResponseReturnValue:
    def do() -> str:
        gate.load(gate.Nothing())
        service.withdraw(menu_id, gate.person().id)
        return "语音导航已撤回，不会生效。"

    return gate.act(do, show, url_for("admin.menus"))


@door.post("/menus/import")
@administrators
def import_menu() -> Response:
    """What a file holds, for the editor; a file that names something twice would lose one of the two."""
    document, twice = files.read(gate.load(MenuFile())["file"].read())
    if twice:
        raise Invalid("文件有重复的内容", fields={"tree": [f"{fault.node}：{fault.message}" for fault in twice]})
    if not files.is_editable(document):
        wrong = [f"{fault.node}：{fault.message}" for fault in service.check(document)]
        raise Invalid("文件不是可以编辑的菜单", fields={"tree": wrong})
    return jsonify(tree=document)


def instant(typed: datetime | None) -> datetime:
    """A typed wall-clock time as an instant; nothing typed is now."""
    return clock.at_local(typed.date(), typed.hour, typed.minute) if typed else clock.now()
