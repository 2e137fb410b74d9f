"""The orders of an export with every field that a table can hold; who asked stays masked or hidden."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, case, select, type_coerce
from sqlalchemy.types import LargeBinary

from hotline.calls.list_models import Topic
from hotline.calls.topics import paths
from hotline.places.models import Area, Institution
from hotline.statistics.export_cells import agents, day, local, raw, shown, streamed, words
from hotline.workorders import assessing
from hotline.workorders.codes import NATURE_LABEL, SOURCE_LABEL, STATE_LABEL, URGENCY_LABEL
from hotline.workorders.field_codes import (
    APPEAL_LABEL,
    CALLER_SUBJECT_LABEL,
    CHANNEL_LABEL,
    KIND_LABEL,
    SOURCE_LEVEL_LABEL,
)
from hotline.workorders.models import Order
from hotline.workorders.revisit_codes import FIT_LABEL, SOLVED_LABEL

HEADER = (
    *("工单号", "来源编号", "来源", "性质", "登记时间", "业务日", "来电号码", "状态", "派单时间", "办结时间"),
    *("来源等级", "渠道", "类型", "紧急程度", "分类", "区", "来电主体", "受理员", "承办单位", "签收时间"),
    *("先行联系时间", "答复时间", "保密", "要求回复", "重复诉求", "退单次数", "延期次数", "催办次数", "是否解决"),
    *("结果满意度", "单位满意度", "话务员满意度", "答复契合度", "不合理诉求", "考核申诉", "纳入考核"),
)
HIDDEN = "保密"
YES_NO = {True: "是", False: "否"}
COLUMNS = (
    *(Order.own_no, Order.external_no, Order.registered_at, Order.registered_on, Order.confidential, Order.channel),
    *(Order.kind, Order.topic_id, Order.district_code, Order.acceptor_id, Order.acceptor, Order.unit_id),
    *(Order.dispatched_at, Order.closed_at, Order.signed_at, Order.contacted_at, Order.replied_at),
    *(Order.reply_required, Order.is_repeat, Order.returns, Order.extensions, Order.urged, Order.nonsense),
    *(Order.sat_result, Order.sat_unit, Order.sat_agent),
    type_coerce(Order.caller_phone, LargeBinary).label("phone"),
    case((assessing.counts(), 1), else_=0).label("assessed"),
)
CODED: dict[str, Mapping[Any, str]] = {
    "source": SOURCE_LABEL,
    "nature": NATURE_LABEL,
    "state": STATE_LABEL,
    "source_level": SOURCE_LEVEL_LABEL,
    "urgency": URGENCY_LABEL,
    "caller_subject": CALLER_SUBJECT_LABEL,
    "solved": SOLVED_LABEL,
    "reply_fit": FIT_LABEL,
    "appeal": APPEAL_LABEL,
}


def wanted(filters: Mapping[str, Any]) -> list[Any]:
    """The condition of the orders asked for."""
    first, last = date.fromisoformat(filters["first"]), date.fromisoformat(filters["last"])
    found: list[Any] = [Order.registered_on.between(first, last)]
    if filters.get("source"):
        found.append(Order.source == filters["source"])
    return found


def rows(connection: Connection, filters: Mapping[str, Any], revealed: bool) -> Iterator[Sequence[Any]]:
    """Every order asked for, in the order of time."""
    names = _Names(connection)
    show = shown(revealed, "work_order.caller_phone")
    coded = {name: words(labels) for name, labels in CODED.items()}
    raws = [raw(getattr(Order, name)).label(name) for name in CODED]
    statement = select(*COLUMNS, *raws).where(*wanted(filters)).order_by(Order.registered_on, Order.id)
    for row in streamed(connection, statement):
        hidden = row.confidential and not revealed
        said = {name: labels[getattr(row, name)] for name, labels in coded.items()}
        yield (
            *(row.own_no, row.external_no or "", said["source"], said["nature"], local(row.registered_at)),
            *(day(row.registered_on), HIDDEN if hidden else show(row.phone), said["state"]),
            *(local(row.dispatched_at), local(row.closed_at), said["source_level"]),
            *(CHANNEL_LABEL.get(row.channel, row.channel), KIND_LABEL.get(row.kind, row.kind), said["urgency"]),
            *(names.topics.get(row.topic_id, ""), names.areas.get(row.district_code, "")),
            HIDDEN if hidden else said["caller_subject"],
            *(names.agents.get(row.acceptor_id) or row.acceptor or "", names.units.get(row.unit_id, "")),
            *(local(row.signed_at), local(row.contacted_at), local(row.replied_at)),
            *(YES_NO[row.confidential], YES_NO[row.reply_required], YES_NO[row.is_repeat]),
            *(row.returns, row.extensions, row.urged, said["solved"], row.sat_result, row.sat_unit, row.sat_agent),
            *(said["reply_fit"], YES_NO[row.nonsense], said["appeal"], YES_NO[bool(row.assessed)]),
        )


class _Names:
    """What stands behind the ids of the rows, read once."""

    def __init__(self, connection: Connection) -> None:
        self.topics = paths(connection.scalars(select(Topic.id)).all())
        self.areas = {row.code: row.name for row in connection.execute(select(Area.code, Area.name))}
        self.units = {row.id: row.name for row in connection.execute(select(Institution.id, Institution.name))}
        self.agents = agents(connection)
