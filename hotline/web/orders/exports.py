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
from hotline.web.orders import facts, forms
from hotline.web.orders.entrance import desks, door, unit_of_viewer
from hotline.web.orders.facts import YES_NO, Facts
from hotline.web.orders.inbox import wanted_of
from hotline.workorders import desk, secrecy
from hotline.workorders.codes import NATURE_LABEL, SOURCE_LABEL, STATE_LABEL, URGENCY_LABEL
from hotline.workorders.desk import VIEW_LABEL, View, Wanted
from hotline.workorders.models import Order
from hotline.workorders.revisit_codes import SOLVED_LABEL

MOST = 5000
CUT = f"只列出前 {MOST} 张：请缩小筛选范围，或请统计员在“导出”中取得全部工单"
HEAD = (
    *("本地编号", "外部编号", "来源", "来源等级", "渠道", "受理员", "类别", "类型", "受理类型", "分类", "紧急程度"),
    *("标题", "诉求人", "来电主体", "发生地", "保密", "要求回复", "重复诉求", "承办单位", "派单员", "状态"),
    *("登记时间", "时限", "派单时间", "签收时间", "按时签收", "先行联系时间", "及时反馈", "答复时间", "按时答复"),
    *("办结时间", "超期事项", "退单次数", "延期次数", "催办次数", "是否解决", "第几次解决", "结果满意度"),
    *("单位满意度", "话务员满意度", "答复契合度", "不合理诉求", "考核申诉", "纳入考核"),
)


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
        known = facts.of_list(page.orders, unit_id, now)
        for one in page.orders:
            yield _row(one, known[one.id], secrecy.text(one, one.title, unit_id), units.get(one.unit_id or 0, ""))
        given += len(page.orders)
        if not page.after:
            return
        wanted = replace(wanted, after=page.after)
    yield (CUT,)


def _row(order: Order, known: Facts, title: str, unit: str) -> tuple[Cell, ...]:
    derived = known.derived
    return (
        *(order.own_no, order.external_no, SOURCE_LABEL[order.source], known.level, known.channel, known.acceptor),
        *(NATURE_LABEL[order.nature], known.kind, known.accept_mode, known.category, URGENCY_LABEL[order.urgency]),
        *(title, known.who.name, known.who.subject, known.place),
        *(
            YES_NO[order.confidential],
            YES_NO[order.reply_required],
            "" if known.who.hidden else YES_NO[order.is_repeat],
        ),
        *(unit, str(derived.dispatcher), STATE_LABEL[order.state], order.registered_at, order.due_at),
        *(order.dispatched_at, order.signed_at, YES_NO[derived.signed_in_time]),
        *(order.contacted_at, YES_NO[derived.feedback_in_time], order.replied_at, YES_NO[derived.replied_in_time]),
        *(order.closed_at, derived.late_words, order.returns, order.extensions, order.urged),
        *(SOLVED_LABEL[order.solved] if order.solved else "", derived.solved_round),
        *(order.sat_result, order.sat_unit, order.sat_agent, known.fit),
        *(YES_NO[order.nonsense], known.appeal, known.assessed),
    )
