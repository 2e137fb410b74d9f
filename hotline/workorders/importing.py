"""Orders from a file, for platforms that only export: read, judged row by row, written only when wanted.

A file is planned first; a plan says of each row whether it is new, known or refused and why. Writing is done in
short portions, so that callers never wait behind a large file; what was written once is known the next time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, HotlineError, Invalid
from hotline.jobs import Job, enqueue
from hotline.sheets import Unusable, read_sheets
from hotline.workorders import delivery, duplicates, emergencies, import_columns, registering, repeats
from hotline.workorders.codes import Source
from hotline.workorders.exchange_models import Delivery, Platform
from hotline.workorders.import_columns import FIELDS, Columns, Line
from hotline.workorders.import_values import Reader, plain
from hotline.workorders.models import Order
from hotline.workorders.registering import Demand

PORTION = 200
EVENT = "import"
KNOWN = "此前已登记，不重复写入"

Key = tuple[Source, str]
"""A source and a number of its own."""


@dataclass(frozen=True)
class Row:
    """One row of a file: its number as the office program shows it, what becomes of it, and why."""

    number: int
    status: str
    external_no: str = ""
    own_no: str = ""
    reason: str = ""
    demand: Demand | None = None

    def report(self) -> dict[str, Any]:
        """What is shown of the row; nothing personal."""
        shown = {"row": self.number, "status": self.status, "external_no": self.external_no}
        return shown | {name: value for name, value in (("own_no", self.own_no), ("reason", self.reason)) if value}


def remember(platform: Platform, mapping: Mapping[str, str]) -> None:
    """Keep the platform's own headings; empty means the usual ones."""
    strangers = set(mapping) - set(FIELDS)
    if strangers:
        raise Invalid(f"没有这些字段：{'、'.join(sorted(strangers))}")
    platform.mapping = {name: heading.strip() for name, heading in mapping.items() if heading.strip()}


def read(stream: BinaryIO, filename: str, platform: Platform) -> list[Row]:
    """Judge a file: the one sheet that holds orders, wherever it stands. Raises Invalid when none does, or several."""
    sheets = read_sheets(stream, filename)
    fitting = [title for title, rows in sheets.items() if import_columns.fits(rows, platform.mapping)]
    if len(fitting) > 1:
        raise Invalid(f"文件有几张含工单的工作表（{'、'.join(fitting)}），请分成几个文件导入")
    return plan(sheets[fitting[0] if fitting else next(iter(sheets))], platform)


def plan(rows: Sequence[Line], platform: Platform) -> list[Row]:
    """Judge every row below the header; writes nothing. Raises Invalid for rows without any, Conflict for a platform
    that is disabled."""
    if platform.disabled_at:
        raise Conflict(f"平台“{platform.name}”已停用，不能导入")
    columns = import_columns.found(rows, platform.mapping)
    reader = Reader(platform.source)
    judged = [_judge(number, cells, columns, reader) for number, cells in columns.lines]
    if not judged:
        raise Invalid("文件只有表头，没有工单")
    return _pressing(list(_settled(judged)))


def with_duplicates(rows: Sequence[Row]) -> list[Row]:
    """The rows as planned, those that look like a duplicate of an open order with a word of it; for a preview."""
    wanted = [row.demand for row in rows if row.demand]
    told = iter(duplicates.likely([registering.draft(demand) for demand in wanted]))
    return [_doubting(row, found.told if (found := next(told)) else "") if row.demand else row for row in rows]


def _doubting(row: Row, doubt: str) -> Row:
    return replace(row, reason="；".join(part for part in (row.reason, doubt) if part))


def _judge(number: int, cells: list[str], columns: Columns, reader: Reader) -> Row:
    values = {name: plain(cells[place]) if place < len(cells) else "" for name, place in columns.places.items()}
    external_no = values.get("external_no", "")
    try:
        _check_usable(cells, columns)
        if len(cells) > columns.width:
            raise Invalid(f"该行有 {len(cells)} 列，表头只有 {columns.width} 列，请检查分隔符和引号")
        demand = reader.demand(values)
        doubt = registering.unsettled(demand.accused_as_told) if demand.accused_as_told else ""
        return Row(number, "new", external_no, reason=doubt, demand=demand)
    except HotlineError as fault:
        return Row(number, "refused", external_no[:64], reason=fault.message)


def _check_usable(cells: Sequence[str], columns: Columns) -> None:
    """A column that is no field's may hold what it likes."""
    for place in columns.places.values():
        cell = cells[place] if place < len(cells) else ""
        if isinstance(cell, Unusable):
            raise Invalid(cell.why)


def _settled(rows: list[Row]) -> Iterator[Row]:
    """Rows known before, handed over, or named twice in the file, are told apart."""
    keys = {(row.demand.source, row.external_no) for row in rows if row.demand}
    known, handed_over = _known_numbers(keys), _handed_over(keys)
    seen: dict[Key, int] = {}
    for row in rows:
        if row.demand is None:
            yield row
            continue
        key = (row.demand.source, row.external_no)
        if key in known:
            yield replace(row, status="known", own_no=known[key], reason=KNOWN, demand=None)
        elif key in handed_over:
            yield replace(row, status="refused", reason=handed_over[key], demand=None)
        elif key in seen:
            yield replace(row, status="refused", reason=f"与第 {seen[key]} 行的工单编号重复", demand=None)
        else:
            seen[key] = row.number
            yield row


def _pressing(rows: list[Row]) -> list[Row]:
    """Rows that press an order nobody knows, here or in the file, say so."""
    told = [(row.demand.source, row.demand.urged_no) for row in rows if row.demand and row.demand.urged_no]
    known = {
        (source, number)
        for source in {source for source, _ in told}
        for number in repeats.of_source(source, [number for of, number in told if of is source])
    } | {(row.demand.source, row.external_no) for row in rows if row.demand}
    return [_doubted(row, known) for row in rows]


def _doubted(row: Row, known: set[tuple[Source, str]]) -> Row:
    if row.demand is None or not row.demand.urged_no or (row.demand.source, row.demand.urged_no) in known:
        return row
    return _doubting(row, repeats.unsettled(row.demand.urged_no))


def _by_source(keys: set[Key]) -> Iterator[tuple[Source, list[str]]]:
    """The numbers of each source, so many as one question holds."""
    for source in sorted({source for source, _ in keys}):
        numbers = sorted(number for of, number in keys if of is source)
        yield from ((source, numbers[start : start + 500]) for start in range(0, len(numbers), 500))


def _known_numbers(keys: set[Key]) -> dict[Key, str]:
    found = {}
    for source, numbers in _by_source(keys):
        wanted = select(Order.external_no, Order.own_no).where(Order.source == source, Order.external_no.in_(numbers))
        found.update({(source, str(row[0])): row[1] for row in session.execute(wanted)})
    return found


def _handed_over(keys: set[Key]) -> dict[Key, str]:
    """Numbers that are no orders, with the reason."""
    told = ((source, emergencies.handed_over(source, numbers)) for source, numbers in _by_source(keys))
    return {(source, number): why for source, found in told for number, why in found.items()}


def portions(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows to be written, in portions that each deserve a transaction."""
    fresh = [row for row in rows if row.demand]
    for start in range(0, len(fresh), PORTION):
        yield fresh[start : start + PORTION]


def write(rows: Sequence[Row], platform: Platform) -> list[Row]:
    """Register a portion; a number that came in meanwhile by another way is known, not new."""
    for source in sorted({row.demand.source for row in rows if row.demand}):
        registering.lock(source)
    settled = list(_settled([row for row in rows if row.demand]))
    demands = [row.demand for row in settled if row.demand]
    orders = registering.register_new(demands, delivery.by_platform(platform.name))
    session.add_all(_delivered(order, platform) for order in orders)
    session.flush()
    if orders:
        ids = [order.id for order in orders]
        enqueue(Job.MATCH_ORDERS, key=f"orders:{ids[0]}-{ids[-1]}", order_ids=ids)
    made = {(order.source, order.external_no or ""): order for order in orders}
    doubts = duplicates.told(orders)
    return [_written(row, made, doubts) for row in settled]


def _written(row: Row, made: Mapping[Key, Order], doubts: Mapping[int, str]) -> Row:
    if row.demand is None:
        return row
    order = made[row.demand.source, row.external_no]
    return _doubting(replace(row, own_no=order.own_no, demand=None), doubts.get(order.id, ""))


def _delivered(order: Order, platform: Platform) -> Delivery:
    return Delivery(
        source=order.source,
        external_no=order.external_no or "",
        event=EVENT,
        platform_id=platform.id,
        order_id=order.id,
        digest="",
        received_at=clock.now(),
    )


def summary(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows became what."""
    return {"rows": len(rows)} | {
        status: sum(row.status == status for row in rows) for status in ("new", "known", "refused")
    }
