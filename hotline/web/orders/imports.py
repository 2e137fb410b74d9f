"""Files from platforms: a preview first, row by row; nothing is written unless all is right or the rest is accepted."""

import base64
import io

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline import audit, clock
from hotline.db import session
from hotline.errors import Conflict, HotlineError, NotFound
from hotline.sheets.reading import MAX_BYTES
from hotline.web import gate
from hotline.web.orders import forms
from hotline.web.orders.entrance import dispatchers, door
from hotline.workorders import import_columns, importing, platforms
from hotline.workorders.exchange_models import ImportFile

SHOWN = 500


@door.get("/import")
@dispatchers
def import_page() -> ResponseReturnValue:
    return gate.page("orders/import.html", platforms=platforms.every(), fields=import_columns.FIELDS)


@door.post("/import")
@dispatchers
def preview() -> ResponseReturnValue:
    """Judge a file and keep it, encrypted, until it is accepted."""
    sent = gate.load(forms.Import())
    platform = platforms.find(sent["platform_id"])
    upload = sent["file"]
    data = upload.read(MAX_BYTES + 1)
    try:
        rows = importing.read(io.BytesIO(data), upload.filename or "", platform)
    except HotlineError as fault:
        session.rollback()
        return gate.refill(fault, "orders/import.html", platforms=platforms.every(), fields=import_columns.FIELDS)
    kept = ImportFile(
        platform_id=platform.id,
        name=(upload.filename or "")[-200:],
        body=base64.b64encode(data).decode(),
        uploaded_at=clock.now(),
        uploaded_by_id=gate.person().id,
        summary=importing.summary(rows),
    )
    session.add(kept)
    session.flush()
    audit.record("order.import.preview", f"import:{kept.id}", **kept.summary)
    session.commit()
    return redirect(url_for("orders.import_preview", import_id=kept.id), 303)


@door.get("/import/<int:import_id>")
@dispatchers
def import_preview(import_id: int) -> ResponseReturnValue:
    kept = _mine(import_id)
    platform = platforms.find(kept.platform_id)
    rows = _rows(kept) if kept.body else []
    first = importing.with_duplicates(sorted(rows, key=lambda row: row.status != "refused")[:SHOWN])
    return gate.page(
        "orders/import_preview.html",
        kept=kept,
        platform=platform,
        rows=first,
        summary=importing.summary(rows) if rows else kept.summary,
    )


@door.post("/import/<int:import_id>")
@dispatchers
def accept(import_id: int) -> ResponseReturnValue:
    """Write the good rows; with refused ones among them only if the person accepts the rest."""
    kept, sent = _mine(import_id), gate.load(forms.Accept())
    platform, rows = platforms.find(kept.platform_id), _rows(kept)
    if any(row.status == "refused" for row in rows) and not sent["accept_rest"]:
        raise Conflict("文件有不合格的行：请更正后重新上传，或选择只导入合格的行")
    written = 0
    for portion in importing.portions(rows):
        written += sum(row.status == "new" for row in importing.write(portion, platform))
        session.commit()
    kept = _mine(import_id)
    kept.accepted_at, kept.body = clock.now(), None
    kept.summary = {**importing.summary(rows), "written": written}
    audit.record("order.import", f"import:{kept.id}", **kept.summary)
    session.commit()
    flash(f"已导入 {written} 张工单")
    return redirect(url_for("orders.import_preview", import_id=import_id), 303)


def _mine(import_id: int) -> ImportFile:
    """A person's own upload. Raises NotFound for any other."""
    kept = session.get(ImportFile, import_id)
    if kept is None or kept.uploaded_by_id != gate.person().id:
        raise NotFound("没有这个导入文件")
    return kept


def _rows(kept: ImportFile) -> list[importing.Row]:
    if kept.body is None:
        raise Conflict("该文件已导入或已过期，请重新上传")
    return importing.read(io.BytesIO(base64.b64decode(kept.body)), kept.name, platforms.find(kept.platform_id))


@door.post("/import/mapping/<int:platform_id>")
@dispatchers
def remember_mapping(platform_id: int) -> ResponseReturnValue:
    """Keep which of the platform's columns is which field."""
    platform = platforms.find(platform_id)
    importing.remember(platform, gate.load(forms.mapping_form(import_columns.FIELDS)()))
    audit.record("platform.mapping", f"platform:{platform.id}")
    session.commit()
    flash("列对应关系已保存")
    return redirect(url_for("orders.import_page"), 303)
