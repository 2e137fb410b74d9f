"""The rows of an export, streamed from the database in the order of time; numbers masked unless revealed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, String, func, select, type_coerce
from sqlalchemy.types import LargeBinary

from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, OUTCOME_LABEL, Call
from hotline.clock import ZONE
from hotline.people.models import Account
from hotline.privacy import decrypt, mask_phone
from hotline.queues.models import Line
from hotline.statistics.exports_models import ExportKind
from hotline.workorders.codes import NATURE_LABEL, SOURCE_LABEL, STATE_LABEL
from hotline.workorders.models import Order

BLOCK = 5000
"""Rows fetched at once."""

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
ORDER_HEADER = ("工单号", "来源编号", "来源", "性质", "登记时间", "业务日", "来电号码", "状态", "派单时间", "办结时间")
HEADERS: dict[ExportKind, tuple[str, ...]] = {ExportKind.CALLS: CALL_HEADER, ExportKind.ORDERS: ORDER_HEADER}


def _calls(filters: Mapping[str, Any]) -> list[Any]:
    first, last = date.fromisoformat(filters["first"]), date.fromisoformat(filters["last"])
    wanted: list[Any] = [Call.business_day.between(first, last)]
    if filters.get("category"):
        wanted.append(Call.category == filters["category"])
    return wanted


def _orders(filters: Mapping[str, Any]) -> list[Any]:
    first, last = date.fromisoformat(filters["first"]), date.fromisoformat(filters["last"])
    wanted: list[Any] = [Order.registered_on.between(first, last)]
    if filters.get("source"):
        wanted.append(Order.source == filters["source"])
    return wanted


def count(kind: ExportKind, filters: Mapping[str, Any]) -> Select[int]:
    """How many rows the export has."""
    if kind is ExportKind.CALLS:
        return select(func.count()).select_from(Call).where(*_calls(filters))
    return select(func.count()).select_from(Order).where(*_orders(filters))


def rows(
    connection: Connection, kind: ExportKind, filters: Mapping[str, Any], revealed: bool
) -> Iterator[Sequence[Any]]:
    """Every row of the export. The connection streams: memory does not grow with their number."""
    if kind is ExportKind.CALLS:
        yield from _call_rows(connection, filters, revealed)
    else:
        yield from _order_rows(connection, filters, revealed)


def _shown(revealed: bool, label: str) -> Callable[[Any], str]:
    """From the stored bytes of a number to what the export may say of it."""

    def show(blob: Any) -> str:
        if blob is None:
            return ""
        number = decrypt(bytes(blob), label)
        return number if revealed else mask_phone(number)

    return show


def _local(at: datetime | None) -> str:
    return at.astimezone(ZONE).isoformat(" ", "seconds")[:19] if at else ""


@lru_cache(maxsize=4096)
def _day(day: date) -> str:
    return day.isoformat()


def _seconds(ms: int | None) -> float | str:
    return "" if ms is None else ms / 1000


def _streamed(connection: Connection, statement: Any) -> Iterator[Any]:
    return iter(connection.execution_options(yield_per=BLOCK).execute(statement))


def _words(labels: Mapping[Any, str]) -> dict[str | None, str]:
    """Stored value → label; nothing stays empty."""
    return {None: "", "": "", **{member.value: label for member, label in labels.items()}}


def _raw(column: Any) -> Any:
    """The column as it is stored, without the cost of turning it into a member of its enum."""
    return type_coerce(column, String)


_CALL_COLUMNS = (
    Call.opened_on,
    Call.id,
    Call.offered_at,
    Call.business_day,
    type_coerce(Call.caller, LargeBinary),
    Call.queue,
    _raw(Call.outcome),
    _raw(Call.category),
    _raw(Call.invalid_type),
    Call.agent_id,
    Call.wait_ms,
    Call.talk_ms,
    Call.hold_ms,
    Call.wrap_ms,
    Call.satisfaction,
)


def _call_rows(connection: Connection, filters: Mapping[str, Any], revealed: bool) -> Iterator[Sequence[Any]]:
    outcomes, categories, kinds = _words(OUTCOME_LABEL), _words(CATEGORY_LABEL), _words(INVALID_LABEL)
    lines = {"": "", **dict(connection.execute(select(Line.code, Line.name)).all())}
    agents = _agents(connection)
    show = _shown(revealed, "call.caller")
    statement = select(*_CALL_COLUMNS).where(*_calls(filters)).order_by(Call.business_day, Call.id)
    for opened, number, at, day, caller, line, outcome, category, invalid, agent, *durations, said in _streamed(
        connection, statement
    ):
        yield (
            f"{_day(opened).replace('-', '')}{number:08d}",
            _local(at),
            _day(day),
            show(caller),
            lines.get(line, line),
            outcomes[outcome],
            categories[category],
            kinds[invalid],
            agents.get(agent, ""),
            *map(_seconds, durations),
            said,
        )


def _agents(connection: Connection) -> dict[int | None, str]:
    """How agents are told apart: by number, else by name."""
    known = connection.execute(select(Account.id, Account.agent_no, Account.name))
    return {None: "", **{row.id: row.agent_no or row.name for row in known}}


def _order_rows(connection: Connection, filters: Mapping[str, Any], revealed: bool) -> Iterator[Sequence[Any]]:
    show = _shown(revealed, "work_order.caller_phone")
    sources, natures, states = _words(SOURCE_LABEL), _words(NATURE_LABEL), _words(STATE_LABEL)
    statement = (
        select(
            Order.own_no,
            Order.external_no,
            _raw(Order.source),
            _raw(Order.nature),
            Order.registered_at,
            Order.registered_on,
            type_coerce(Order.caller_phone, LargeBinary),
            Order.confidential,
            _raw(Order.state),
            Order.dispatched_at,
            Order.closed_at,
        )
        .where(*_orders(filters))
        .order_by(Order.registered_on, Order.id)
    )
    for own, other, source, nature, at, day, phone, secret, state, dispatched, closed in _streamed(
        connection, statement
    ):
        yield (
            own,
            other or "",
            sources[source],
            natures[nature],
            _local(at),
            _day(day),
            "保密" if secret and not revealed else show(phone),
            states[state],
            _local(dispatched),
            _local(closed),
        )
