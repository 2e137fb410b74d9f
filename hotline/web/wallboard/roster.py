"""排班: the plan that signing in is measured against, read from a table or entered by hand."""

import io
from datetime import timedelta
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from hotline import clock
from hotline.errors import HotlineError
from hotline.people import service as people
from hotline.queues import roster
from hotline.sheets.reading import MAX_BYTES
from hotline.statistics import agent_lists
from hotline.statistics.agent_time import RATIOS
from hotline.web import gate
from hotline.web.wallboard import door
from hotline.web.wallboard.agent_time import NarrowSchema, narrowed

AHEAD = timedelta(days=6)
"""How far ahead the page looks where nobody says."""


class ShiftForm(Schema):
    agent = fields.Integer(required=True)
    day = fields.Date(required=True)
    starts = fields.Time(required=True)
    ends = fields.Time(required=True)


class FileForm(Schema):
    file = gate.Upload(required=True)


@door.get("/roster")
def shifts() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    """Every shift of the days asked for, with what was kept of it by now."""
    asked = gate.query(NarrowSchema())
    today = clock.today()
    asked["first"] = asked["first"] or today
    asked["last"] = asked["last"] or asked["first"] + AHEAD
    span = narrowed(asked)
    rows = agent_lists.kept(span)
    context: dict[str, Any] = {
        "rows": rows,
        "names": people.names((row.shift.agent_id for row in rows), numbered=True),
        "agents": roster.agents(),
        "columns": roster.COLUMNS,
        "span": span,
        "now": clock.now(),
        "today": today,
        "formula": RATIOS["adherence"].formula,
    }
    if fault:
        return gate.refill(fault, "wallboard/roster.html", **context)
    return gate.page("wallboard/roster.html", **context)


@door.post("/roster")
def add_shift() -> ResponseReturnValue:
    """One shift by hand."""

    def do() -> str:
        sent = gate.load(ShiftForm())
        roster.add(sent["agent"], sent["day"], roster.Span(sent["starts"], sent["ends"]))
        return f"{people.names([sent['agent']])[sent['agent']]} {sent['day']} 的班次已保存。"

    return gate.act(do, _show, _back())


@door.post("/roster/import")
def load_roster() -> ResponseReturnValue:
    """A table of shifts: all of it, or nothing and what is wrong."""

    def do() -> str:
        upload = gate.load(FileForm())["file"]
        data = upload.read(MAX_BYTES + 1)
        return f"已导入 {roster.load(io.BytesIO(data), upload.filename or '')} 个班次。"

    return gate.act(do, _show, _back())


@door.post("/roster/<int:shift_id>/remove")
def remove_shift(shift_id: int) -> ResponseReturnValue:
    def do() -> str:
        gate.load(gate.Nothing())
        return f"{roster.remove(shift_id).day} 的班次已取消。"

    return gate.act(do, _show, _back())


def _back() -> str:
    return url_for("wallboard.shifts")
