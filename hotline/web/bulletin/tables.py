"""Reported tables of a month: handing in a file or pasted rows, preview, names confirmed, kept, left out."""

import re
from io import BytesIO
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import sheets
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, Invalid, NotFound, TooLarge
from hotline.people.models import Role
from hotline.sheets.reading import MAX_BYTES
from hotline.statistics import datasets, datasets_import, layouts
from hotline.statistics.datasets_models import DatasetDraft, DatasetVersion
from hotline.statistics.edition import Kind
from hotline.statistics.layouts import Layout
from hotline.web import gate
from hotline.web.bulletin import door, statisticians
from hotline.web.bulletin.months import around, month_of
from hotline.web.bulletin.reporting import XLSX
from hotline.web.gate.attachments import attachment

readers = gate.allow(Role.STATISTICIAN, Role.SUPERVISOR, Role.AUDITOR)


SPARE = 5
"""Empty rows at the end of a table that is filled in."""

_CELL = re.compile(r"cell-([1-9]\d{0,3})-([1-9]\d?)", re.ASCII)


class TableForm(Schema):
    file = gate.Upload()
    pasted = fields.String(load_default="", validate=validate.Length(max=1_000_000))
    cumulative = fields.String(load_default="", validate=validate.Length(max=18))


class SwitchForm(Schema):
    present = fields.Boolean(required=True)
    reason = fields.String(required=True, validate=validate.Length(2, 300))


@door.get("/<month>/tables", endpoint="tables")
@readers
def show_tables(month: str) -> ResponseReturnValue:
    this = month_of(month)
    found = [(one, datasets.latest(this, one.id)) for one in layouts.all_of(this)]
    return gate.page("bulletin/tables.html", tables=found, **around(this))


@door.get("/<month>/tables/<dataset_id>")
@readers
def table(month: str, dataset_id: str) -> ResponseReturnValue:
    return table_page(month_of(month), dataset_id)


def table_page(
    month: Month,
    dataset_id: str,
    fault: HotlineError | None = None,
    pasted: str = "",
    filled: list[list[str]] | None = None,
) -> ResponseReturnValue:
    layout = layouts.of(month, dataset_id)
    body = gate.page(
        "bulletin/table.html",
        layout=layout,
        version=datasets.latest(month, dataset_id),
        earlier=[one for one in datasets.versions(month) if one.dataset_id == dataset_id],
        counter=datasets.cumulative(month, dataset_id) if layout.counter and not layout.unit else None,
        pasted=pasted,
        to_fill=filled or datasets.to_fill(month, layout),
        spare=SPARE,
        fault=fault,
        **around(month),
    )
    return (body, fault.status) if fault else body


@door.post("/<month>/tables/<dataset_id>")
@statisticians
def hand_in(month: str, dataset_id: str) -> ResponseReturnValue:
    """Read a file or pasted rows into a draft, and show it."""
    this, pasted = month_of(month), ""
    try:
        form = gate.load(TableForm())
        pasted = form["pasted"]
        draft = _read(this, dataset_id, form)
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return table_page(this, dataset_id, fault, pasted)
    return redirect(url_for(".draft", month=this, draft_id=draft.id))


def _read(month: Month, dataset_id: str, form: dict[str, Any]) -> DatasetDraft:
    if upload := form.get("file"):
        data, name = upload.stream.read(MAX_BYTES + 1), upload.filename
        if len(data) > MAX_BYTES:
            raise TooLarge("文件超过 5 MB")
    elif form["pasted"].strip():
        data, name = form["pasted"].encode(), "粘贴.csv"
    else:
        raise Invalid("请选择文件，或粘贴带表头的表格", fields={"file": ["请选择文件"]})
    return datasets_import.read(month, dataset_id, BytesIO(data), name, cumulative=form["cumulative"], source=data)


@door.post("/<month>/tables/<dataset_id>/rows")
@statisticians
def fill_in(month: str, dataset_id: str) -> ResponseReturnValue:
    """Read a table filled in cell by cell into a draft: `cell-1-1` is the first column of the first row."""
    this, rows = month_of(month), None
    layout = layouts.of(this, dataset_id)
    try:
        cell = fields.String(validate=validate.Length(max=200))
        sent = {name: cell for name in request.form if _CELL.fullmatch(name)}
        form = gate.load(Schema.from_dict({"cumulative": fields.String(load_default=""), **sent})())
        rows = _rows(layout, form)
        draft = datasets_import.draft(
            this, dataset_id, rows, cumulative=form["cumulative"].strip(), source_name="逐格填写"
        )
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return table_page(this, dataset_id, fault, filled=rows)
    return redirect(url_for(".draft", month=this, draft_id=draft.id), 303)


def _rows(layout: Layout, form: dict[str, str]) -> list[list[str]]:
    """The rows that say a figure, in their order; a name alone says none."""
    numbers = sorted({int(found[1]) for name in form if (found := _CELL.fullmatch(name))})
    width = range(1, len(layout.columns) + 1)
    rows = [[form.get(f"cell-{row}-{n}", "").strip() for n in width] for row in numbers]
    telling = [n for n, column in enumerate(layout.columns) if column.kind is not Kind.TEXT]
    return [row for row in rows if any(row[n] for n in telling or range(len(row)))]


@door.get("/<month>/tables/<dataset_id>/template.xlsx")
@readers
def table_template(month: str, dataset_id: str) -> ResponseReturnValue:
    this, out = month_of(month), BytesIO()
    layout = layouts.of(this, dataset_id)
    sheets.write_xlsx(out, "报表", datasets_import.template(layout), [])
    return attachment(f"{layout.title}.xlsx", XLSX, out.getvalue())


@door.post("/<month>/tables/<dataset_id>/switch")
@statisticians
def switch_table(month: str, dataset_id: str) -> ResponseReturnValue:
    """Leave a table out of the month, or take it in again."""
    this = month_of(month)
    try:
        form = gate.load(SwitchForm())
        datasets.switch(this, dataset_id, form["present"], form["reason"])
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return table_page(this, dataset_id, fault)
    gate.done("已刊登" if form["present"] else "本月不刊登")
    return redirect(url_for(".table", month=this, dataset_id=dataset_id))


@door.get("/<month>/tables/versions/<int:version_id>/file")
@readers
def table_file(month: str, version_id: int) -> ResponseReturnValue:
    """The file a version came from."""
    found = session.get(DatasetVersion, version_id)
    if found is None or found.month != str(month_of(month)) or not found.source_file:
        raise NotFound("没有原文件")
    return attachment(found.source_name or f"{found.id}", "application/octet-stream", found.source_file)


def _draft_of(month: Month, draft_id: int) -> DatasetDraft:
    found = datasets_import.find(draft_id)
    if found.month != str(month):
        raise NotFound("没有这份待确认的表")
    return found


@door.get("/<month>/drafts/<int:draft_id>")
@statisticians
def draft(month: str, draft_id: int) -> ResponseReturnValue:
    return draft_page(month_of(month), draft_id)


def draft_page(month: Month, draft_id: int, fault: HotlineError | None = None) -> ResponseReturnValue:
    one = _draft_of(month, draft_id)
    body = gate.page(
        "bulletin/draft.html",
        draft=one,
        layout=layouts.of(month, one.dataset_id),
        names=datasets_import.names(one),
        before=datasets.latest(month, one.dataset_id),
        fault=fault,
        **around(month),
    )
    return (body, fault.status) if fault else body


@door.post("/<month>/drafts/<int:draft_id>/keep")
@statisticians
def keep_draft(month: str, draft_id: int) -> ResponseReturnValue:
    """Keep the draft with the names as a person decided them: fields `name-1`, `name-2`, … in the order shown."""
    this = month_of(month)
    try:
        one = _draft_of(this, draft_id)
        dataset_id = one.dataset_id
        datasets_import.confirm(one, _chosen(one))
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return draft_page(this, draft_id, fault)
    gate.done("报表已保存")
    return redirect(url_for(".table", month=this, dataset_id=dataset_id))


def _chosen(one: DatasetDraft) -> dict[str, int]:
    asked = [choice.name for choice in datasets_import.names(one) if choice.asks]
    chosen = {}
    for number, name in enumerate(asked, 1):
        sent = request.form.get(f"name-{number}", "")
        if sent.isascii() and sent.isdigit() and len(sent) < 10:
            chosen[name] = int(sent)
    return chosen


@door.post("/<month>/drafts/<int:draft_id>/discard")
@statisticians
def discard_draft(month: str, draft_id: int) -> ResponseReturnValue:
    this = month_of(month)
    one = _draft_of(this, draft_id)
    dataset_id = one.dataset_id
    datasets_import.discard(one)
    session.commit()
    gate.done("已放弃这次导入")
    return redirect(url_for(".table", month=this, dataset_id=dataset_id))
