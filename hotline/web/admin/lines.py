"""受理线路: how long they ring, whom they keep free, where late callers go; a new one for an event line."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline.errors import HotlineError
from hotline.queues import lines as book
from hotline.queues import waiting
from hotline.queues.lines import Terms
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door


class TermsForm(Schema):
    name = fields.String(required=True, validate=validate.Length(2, 40))
    priority = fields.Integer(required=True)
    offer_seconds = fields.Integer(required=True)
    reserved = fields.Integer(load_default=0)
    overflow_after = fields.Integer(load_default=None)
    overflow_to = fields.String(load_default=None, validate=validate.Length(max=20))


class NewLineForm(TermsForm):
    code = fields.String(required=True, validate=validate.Length(2, 20))


def _terms(form: dict[str, Any]) -> Terms:
    return Terms(**form | {"overflow_to": form["overflow_to"] or None})


@door.get("/lines")
@administrators
def lines() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    rows = list(waiting.lines().values())
    targets = [(line.code, line.name) for line in rows if not line.crisis]
    context = {"rows": rows, "targets": targets, "agents": book.agents(), "longest": waiting.CRISIS_OFFER_SECONDS}
    return gate.refill(fault, "admin/lines.html", **context) if fault else gate.page("admin/lines.html", **context)


@door.post("/lines")
@administrators
def add_line() -> ResponseReturnValue:
    def do() -> str:
        form = gate.load(NewLineForm())
        made = book.add(form.pop("code"), _terms(form))
        return f"已增加线路“{made.name}”，请班长在监控页为坐席勾选这条线路。"

    return gate.act(do, _show, url_for("admin.lines"))


@door.post("/lines/<line_code>")
@administrators
def change_line(line_code: str) -> ResponseReturnValue:
    def do() -> str:
        kept = book.change(line_code, _terms(gate.load(TermsForm())))
        return f"已保存线路“{kept.name}”，即刻生效。"

    return gate.act(do, _show, url_for("admin.lines"))
