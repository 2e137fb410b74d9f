"""The audit trail: read by auditors only, filtered, paged by key, verified, and taken away as CSV."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import Select, select

from hotline import audit, clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.sheets.writing import Cell, csv_chunks
from hotline.web import gate
from hotline.web.admin.entrance import auditors, door
from hotline.web.admin.trail_words import in_words

PAGE = 50
MOST_EXPORTED = 20_000
HEADER = ("序号", "时间", "人员", "网络地址", "操作", "代码", "对象", "内容", "请求编号", "哈希")


class TrailQuery(Schema):
    actor = fields.String(load_default="", validate=validate.Length(max=80))
    action = fields.String(load_default="", validate=validate.Length(max=60))
    subject = fields.String(load_default="", validate=validate.Length(max=120))
    start = fields.Date(load_default=None)
    end = fields.Date(load_default=None)
    before = fields.Integer(load_default=None, validate=validate.Range(min=1))


@door.get("/trail")
@auditors
def trail() -> ResponseReturnValue:
    query = gate.query(TrailQuery())
    entries = session.scalars(_filtered(query).limit(PAGE + 1)).all()
    shown = entries[:PAGE]
    kept = {name: value for name, value in query.items() if value and name != "before"}
    older = url_for("admin.trail", **kept, before=shown[-1].id) if len(entries) > PAGE else None
    first = url_for("admin.trail", **kept) if query["before"] else None
    return gate.page(
        "admin/trail.html", entries=shown, query=query, older=older, first=first, kept=kept, in_words=in_words
    )


def _filtered(query: dict[str, Any]) -> Select[AuditEntry]:
    wanted = select(AuditEntry).order_by(AuditEntry.id.desc())
    for name, column in (
        ("actor", AuditEntry.actor_name),
        ("action", AuditEntry.action),
        ("subject", AuditEntry.subject),
    ):
        if query[name]:
            wanted = wanted.where(column.startswith(query[name], autoescape=True))
    if query["start"]:
        wanted = wanted.where(AuditEntry.at >= clock.day_start(query["start"]))
    if query["end"]:
        wanted = wanted.where(AuditEntry.at < clock.day_bounds(query["end"])[1])
    if query["before"]:
        wanted = wanted.where(AuditEntry.id < query["before"])
    return wanted


@door.get("/trail/verify")
@auditors
def verify_trail() -> ResponseReturnValue:
    """Recompute the whole chain now."""
    started = clock.monotonic()
    result = audit.verify()
    return gate.page("admin/trail_verified.html", result=result, seconds=clock.monotonic() - started, at=clock.now())


@door.post("/trail/export")
@auditors
def export_trail() -> ResponseReturnValue:
    """The filtered entries as CSV, at most so many; taking them away is itself recorded."""
    query = gate.query(TrailQuery())
    gate.load(gate.Nothing())
    rows = session.scalars(_filtered(query).limit(MOST_EXPORTED)).all()
    text = b"".join(csv_chunks(HEADER, _rows(rows)))
    kept = {name: str(value) for name, value in query.items() if value}
    audit.record("audit.exported", "audit", rows=len(rows), filter=kept)
    session.commit()
    name = f"12320_audit_{clock.local(clock.now()):%Y%m%d_%H%M%S}.csv"
    return Response(text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _rows(entries: Iterable[AuditEntry]) -> Iterator[tuple[Cell, ...]]:
    for each in entries:
        detail = json.dumps(each.detail, ensure_ascii=False)
        told = (each.actor_name, each.address, in_words(each.action), each.action, each.subject, detail)
        yield (each.id, each.at, *told, each.request_id, each.hash)
