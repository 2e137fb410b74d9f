"""Exports of calls and orders: asked for here, made by the worker, watched, cancelled, downloaded piece by piece."""

from collections.abc import Callable

from flask import request, send_file, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock, db
from hotline.calls.models import CATEGORY_LABEL
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, Refused
from hotline.people.models import Role
from hotline.statistics import exports
from hotline.statistics.counted import Range
from hotline.statistics.exports_models import EXPORT_LABEL, KIND_LABEL, ExportFormat, ExportKind, ExportRun, ExportState
from hotline.web import gate
from hotline.web.bulletin import door
from hotline.workorders.codes import SOURCE_LABEL

exporters = gate.allow(Role.STATISTICIAN, Role.SUPERVISOR)
approvers = gate.allow(Role.SUPERVISOR)


class ExportForm(Schema):
    kind = fields.Enum(ExportKind, by_value=True, required=True)
    format = fields.Enum(ExportFormat, by_value=True, required=True)
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    code = fields.String(load_default="", validate=validate.Length(max=24))
    revealed = fields.Boolean(load_default=False)
    reason = fields.String(load_default="", validate=validate.Length(max=300))
    current = fields.String(load_default="", validate=validate.Length(max=200))


def _supervises() -> bool:
    return Role.SUPERVISOR in gate.person().roles


def _found() -> dict[str, object]:
    runs = exports.recent(gate.person().id, everyone=_supervises())
    going_on = (ExportState.QUEUED, ExportState.RUNNING)
    return {
        "runs": runs,
        "words": EXPORT_LABEL,
        "kinds": KIND_LABEL,
        "interrupted": exports.interrupted,
        "running": any(run.state in going_on and not exports.interrupted(run) for run in runs),
        "supervises": _supervises(),
    }


@door.get("/exports", endpoint="exports")
@exporters
def show_exports() -> ResponseReturnValue:
    return exports_page()


def exports_page(fault: HotlineError | None = None) -> ResponseReturnValue:
    last = Month.of(clock.today()).previous
    body = gate.page(
        "bulletin/exports.html",
        sent=request.form,
        usual=(last.first, last.last),
        categories=CATEGORY_LABEL,
        sources=SOURCE_LABEL,
        alone=exports.ALONE,
        fault=fault,
        **_found(),
    )
    return (body, fault.status) if fault else body


@door.get("/exports/progress")
@exporters
def exports_progress() -> ResponseReturnValue:
    """The fragment with every export, asked for again and again while one is made."""
    return gate.page("bulletin/_exports.html", **_found())


def _act(act: Callable[[], object], done: str) -> ResponseReturnValue:
    def do() -> str:
        act()
        return done

    return gate.act(do, exports_page, url_for(".exports"))


@door.post("/exports")
@exporters
def ask_export() -> ResponseReturnValue:
    def act() -> None:
        form = gate.load(ExportForm())
        if form["revealed"]:
            gate.confirm_password(form["current"])
        exports.ask(
            form["kind"],
            form["format"],
            Range(form["first"], form["last"]),
            code=form["code"],
            revealed=form["revealed"],
            may_reveal=_supervises(),
            reason=form["reason"],
        )

    return _act(act, "已开始导出，完成后可在下方下载")


def _own(run_id: int) -> ExportRun:
    """An export of one's own, or any for a supervisor. Raises Refused."""
    run = exports.find(run_id)
    if run.asked_by_id != gate.person().id and not _supervises():
        raise Refused("这是别人的导出")
    return run


@door.post("/exports/<int:run_id>/approve")
@approvers
def approve_export(run_id: int) -> ResponseReturnValue:
    return _act(lambda: exports.approve(run_id), "已同意导出")


@door.post("/exports/<int:run_id>/cancel")
@exporters
def cancel_export(run_id: int) -> ResponseReturnValue:
    return _act(lambda: exports.cancel(_own(run_id).id), "已取消")


@door.post("/exports/<int:run_id>/restart")
@exporters
def restart_export(run_id: int) -> ResponseReturnValue:
    return _act(lambda: exports.restart(_own(run_id).id), "已重新开始")


@door.get("/exports/<int:run_id>/file")
@exporters
def download_export(run_id: int) -> ResponseReturnValue:
    """The file, whole or from where a broken download stopped (Range). Only the person who asked; each time noted."""
    run = exports.find(run_id)
    if run.asked_by_id != gate.person().id:
        raise Refused("只有申请人可以下载")
    name, path = run.file_name, exports.finished(run)
    session.rollback()
    db.declare_reader(False)
    exports.note_download(run_id)
    session.commit()
    return send_file(path, as_attachment=True, download_name=name, conditional=True, max_age=0)
