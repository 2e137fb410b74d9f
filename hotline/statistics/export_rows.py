"""The rows of an export, streamed from the database in the order of time; numbers masked unless revealed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select, type_coerce
from sqlalchemy.types import LargeBinary

from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, OUTCOME_LABEL, Call
from hotline.queues.models import Line
from hotline.statistics import export_cells as cells
from hotline.statistics import export_orders
from hotline.statistics.exports_models import ExportKind
from hotline.workorders.models import Order

CALL_HEADER = (
    "流水号",
    "来电时间",
    "业务日",
    "来电号码",
    "线路",
    "结果",
    "类别",
    "无效类型",
    "坐席",
    "等待秒",
    "通话秒",
    "保持秒",
    "整理秒",
    "满意度",
)
HEADERS: dict[ExportKind, tuple[str, ...]] = {ExportKind.CALLS: CALL_HEADER, ExportKind.ORDERS: export_orders.HEADER}


def _calls(filters: Mapping[str, Any]) -> list[Any]:
    first, last = date.fromisoformat(filters["first"]), date.fromisoformat(filters["last"])
    wanted: list[Any] = [Call.business_day.between(first, last)]
    if filters.get("category"):
        wanted.append(Call.category == filters["category"])
    return wanted


def count(kind: ExportKind, filters: Mapping[str, Any]) -> Select[int]:
    """How many rows the export has."""
    if kind is ExportKind.CALLS:
        return select(func.count()).select_from(Call).where(*_calls(filters))
    return select(func.count()).select_from(Order).where(*export_orders.wanted(filters))


def rows(
    connection: Connection, kind: ExportKind, filters: Mapping[str, Any], revealed: bool
) -> Iterator[Sequence[Any]]:
    """Every row of the export. The connection streams: memory does not grow with their number."""
    if kind is ExportKind.CALLS:
        yield from _call_rows(connection, filters, revealed)
    else:
        yield from export_orders.rows(connection, filters, revealed)


_CALL_COLUMNS = (
    Call.opened_on,
    Call.id,
    Call.offered_at,
    Call.business_day,
    type_coerce(Call.caller, LargeBinary),
    Call.queue,
    cells.raw(Call.outcome),
    cells.raw(Call.category),
    cells.raw(Call.invalid_type),
    Call.agent_id,
    Call.wait_ms,
    Call.talk_ms,
    Call.hold_ms,
    Call.wrap_ms,
    Call.satisfaction,
)


def _call_rows(connection: Connection, filters: Mapping[str, Any], revealed: bool) -> Iterator[Sequence[Any]]:
    outcomes, categories, kinds = cells.words(OUTCOME_LABEL), cells.words(CATEGORY_LABEL), cells.words(INVALID_LABEL)
    lines = {"": "", **dict(connection.execute(select(Line.code, Line.name)).all())}
    agents = cells.agents(connection)
    show = cells.shown(revealed, "call.caller")
    statement = select(*_CALL_COLUMNS).where(*_calls(filters)).order_by(Call.business_day, Call.id)
    for opened, number, at, day, caller, line, outcome, category, invalid, agent, *durations, said in cells.streamed(
        connection, statement
    ):
        yield (
            f"{cells.day(opened).replace('-', '')}{number:08d}",
            cells.local(at),
            cells.day(day),
            show(caller),
            lines.get(line, line),
            outcomes[outcome],
            categories[category],
            kinds[invalid],
            agents.get(agent, ""),
            *map(cells.seconds, durations),
            said,
        )
