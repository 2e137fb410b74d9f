"""A list taken along as a table: the filters of the inbox, persons masked or hidden as on the page, on record."""

from collections.abc import Iterator
from dataclasses import replace

from flask import Response

from hotline import audit, clock
from hotline.db import session
from hotline.places import institutions
from hotline.sheets import csv_chunks
from hotline.sheets.writing import Cell
from hotline.web import gate
from hotline.web.gate.attachments import attachment
from hotline.web.orders import forms
from hotline.web.orders.entrance import desks, door, unit_of_viewer
from hotline.web.orders.inbox import wanted_of
from hotline.workorders import desk, secrecy
from hotline.workorders.codes import NATURE_LABEL, SOURCE_LABEL, STATE_LABEL, URGENCY_LABEL
from hotline.workorders.desk import VIEW_LABEL, View, Wanted

MOST = 5000
CUT = f"只列出前 {MOST} 张：请缩小筛选范围，或请统计员在“导出”中取得全部工单"
HEAD = ("本地编号", "外部编号", "来源", "类别", "紧急程度", "标题", "诉求人", "承办单位", "状态", "登记时间", "时限")


@door.post("/export")
@desks
def export() -> Response:
    """The list as CSV, at most 5,000 orders; a list that is cut says so in its last row."""
    query, unit_id = gate.load(forms.Inbox()), unit_of_viewer()
    view = View(query["view"] or View.RUNNING)
    rows = list(_rows(view, wanted_of(query, unit_id), unit_id))
    audit.record(
        "order.export", f"view:{view}", rows=min(len(rows), MOST), filters={name: bool(query[name]) for name in query}
    )
    session.commit()
    name = f"工单_{VIEW_LABEL[view]}_{clock.today():%Y%m%d}.csv"
    return attachment(name, "text/csv; charset=utf-8", b"".join(csv_chunks(HEAD, rows)))


def _rows(view: View, wanted: Wanted, unit_id: int | None) -> Iterator[tuple[Cell, ...]]:
    now, given = clock.now(), 0
    while given < MOST:
        page = desk.listed(view, wanted, now, unit_id)
        units = institutions.names(one.unit_id for one in page.orders)
        for one in page.orders:
            yield (
                one.own_no,
                one.external_no,
                SOURCE_LABEL[one.source],
                NATURE_LABEL[one.nature],
                URGENCY_LABEL[one.urgency],
                secrecy.text(one, one.title, unit_id),
                secrecy.person(one, unit_id).name,
                units.get(one.unit_id or 0, ""),
                STATE_LABEL[one.state],
                one.registered_at,
                one.due_at,
            )
        given += len(page.orders)
        if not page.after:
            return
        wanted = replace(wanted, after=page.after)
    yield (CUT,)
