"""Orders from a file, for platforms that only export: read, judged row by row, written only when wanted.

A file is planned first; a plan says of each row whether it is new, known or refused and why. Writing is done in
short portions, so that callers never wait behind a large file; what was written once is known the next time.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.jobs import Job, enqueue
from hotline.places import institutions
from hotline.workorders import delivery, import_columns, registering
from hotline.workorders.codes import NATURE_LABEL, SOURCE_LABEL, URGENCY_LABEL, Nature, Source, Urgency
from hotline.workorders.exchange_models import Delivery, Platform
from hotline.workorders.import_columns import FIELDS, REQUIRED, Columns, Line
from hotline.workorders.models import Order
from hotline.workorders.registering import Demand

PORTION = 200
EVENT = "import"
KNOWN = "此前已登记，不重复写入"
KEPT_TEXT = re.compile('="([^"]*)"')
POWER = re.compile(r"\d(\.\d+)?[Ee]\+?\d+")

LONGEST = {
    "external_no": 64,
    "title": 200,
    "content": 10_000,
    "caller_name": 40,
    "caller_phone": 40,
    "contact_phone": 40,
    "address": 200,
    "accused": 80,
}
NATURES = {name: nature for nature, name in NATURE_LABEL.items()} | {nature.value: nature for nature in Nature}
URGENCIES = {name: grade for grade, name in URGENCY_LABEL.items()} | {grade.value: grade for grade in Urgency}
SOURCES = {name: source for source, name in SOURCE_LABEL.items()} | {source.value: source for source in Source}
TRUTHS = {"是": True, "1": True, "true": True, "保密": True, "否": False, "0": False, "false": False, "": None}


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


def plan(rows: Sequence[Line], platform: Platform) -> list[Row]:
    """Judge every row below the header; writes nothing. Raises Invalid for a file without any."""
    columns = import_columns.found(rows, platform.mapping)
    named = lru_cache(maxsize=1000)(_institution)
    judged = [_judge(number, cells, columns, platform, named) for number, cells in columns.lines]
    if not judged:
        raise Invalid("文件只有表头，没有工单")
    return list(_settled(judged))


Named = Callable[[str], int | None]


def _institution(name: str) -> int | None:
    found = institutions.by_name(name)
    return found.id if found else None


def _judge(number: int, cells: list[str], columns: Columns, platform: Platform, named: Named) -> Row:
    values = {name: _plain(cells[place]) if place < len(cells) else "" for name, place in columns.places.items()}
    external_no = values.get("external_no", "")
    try:
        if len(cells) > columns.width:
            raise Invalid(f"该行有 {len(cells)} 列，表头只有 {columns.width} 列，请检查分隔符和引号")
        demand = _demand(values, platform, named)
        doubt = registering.unsettled(demand.accused_as_told) if demand.accused_as_told else ""
        return Row(number, "new", external_no, reason=doubt, demand=demand)
    except HotlineError as fault:
        return Row(number, "refused", external_no[:64], reason=fault.message)


def _plain(cell: str) -> str:
    """The cell without blanks around it; `="0012"`, by which exports keep leading zeros, is 0012."""
    text = cell.strip()
    kept = KEPT_TEXT.fullmatch(text)
    return kept[1].strip() if kept else text


def _demand(values: Mapping[str, str], platform: Platform, named: Named) -> Demand:
    for name in REQUIRED:
        if not values.get(name):
            raise Invalid(f"“{FIELDS[name][0]}”为空")
    for name, most in LONGEST.items():
        if len(values.get(name, "")) > most:
            raise Invalid(f"“{FIELDS[name][0]}”超过 {most} 字")
    _check_plain(values)
    accused = values.get("accused", "")
    accused_id = named(accused) if accused else None
    made = Demand(
        source=_coded("source", values, SOURCES, platform.source),
        external_no=values["external_no"],
        nature=_coded("nature", values, NATURES, Nature.OTHER),
        urgency=_coded("urgency", values, URGENCIES, Urgency.NORMAL),
        title=values.get("title") or values["content"][:40],
        content=values["content"],
        caller_name=values.get("caller_name") or None,
        caller_phone=values.get("caller_phone") or None,
        contact_phone=values.get("contact_phone") or None,
        address=values.get("address") or None,
        accused_id=accused_id,
        accused_as_told="" if accused_id else accused,
        confidential=_truth("confidential", values, otherwise=False),
        reply_required=_truth("reply_required", values, otherwise=True),
        registered_at=_moment("registered_at", values),
        reply_due=_moment("reply_due", values),
    )
    if made.source is Source.SELF:
        raise Invalid("自接工单不能导入")
    registering.check_times(made)
    return made


def _check_plain(values: Mapping[str, str]) -> None:
    for name, text in values.items():
        if text.startswith("="):
            raise Invalid(f"“{FIELDS[name][0]}”是公式，请粘贴为数值")
    if POWER.fullmatch(values["external_no"]):
        raise Invalid("“工单编号”成了科学计数法，请把该列设为文本后重新导出")
    if not re.fullmatch(registering.EXTERNAL_NO, values["external_no"]):
        raise Invalid("“工单编号”含有不能使用的字符")


def _coded(name: str, values: Mapping[str, str], codes: Mapping[str, Any], usual: Any) -> Any:
    text = values.get(name, "")
    if text and text not in codes:
        raise Invalid(f"“{FIELDS[name][0]}”无法识别：{text[:20]}")
    return codes[text] if text else usual


def _truth(name: str, values: Mapping[str, str], *, otherwise: bool) -> bool:
    text = values.get(name, "").lower()
    if text not in TRUTHS:
        raise Invalid(f"“{FIELDS[name][0]}”应填是或否")
    told = TRUTHS[text]
    return otherwise if told is None else told


def _moment(name: str, values: Mapping[str, str]) -> datetime | None:
    text = values.get(name, "")
    try:
        return import_columns.moment(text) if text else None
    except ValueError as fault:
        raise Invalid(f"“{FIELDS[name][0]}”不是日期时间：{text[:20]}") from fault


def _settled(rows: list[Row]) -> Iterator[Row]:
    """Rows known before, or named twice in the file, are told apart."""
    known = _known_numbers({(row.demand.source, row.external_no) for row in rows if row.demand})
    seen: dict[tuple[Source, str], int] = {}
    for row in rows:
        if row.demand is None:
            yield row
            continue
        key = (row.demand.source, row.external_no)
        if key in known:
            yield replace(row, status="known", own_no=known[key], reason=KNOWN, demand=None)
        elif key in seen:
            yield replace(row, status="refused", reason=f"与第 {seen[key]} 行的工单编号重复", demand=None)
        else:
            seen[key] = row.number
            yield row


def _known_numbers(keys: set[tuple[Source, str]]) -> dict[tuple[Source, str], str]:
    found = {}
    for source in {source for source, _ in keys}:
        numbers = sorted(number for of, number in keys if of is source)
        for start in range(0, len(numbers), 500):
            wanted = select(Order.external_no, Order.own_no).where(
                Order.source == source, Order.external_no.in_(numbers[start : start + 500])
            )
            found.update({(source, str(row[0])): row[1] for row in session.execute(wanted)})
    return found


def portions(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows to be written, in portions that each deserve a transaction."""
    fresh = [row for row in rows if row.demand]
    for start in range(0, len(fresh), PORTION):
        yield fresh[start : start + PORTION]


def write(rows: Sequence[Row], platform: Platform) -> list[Row]:
    """Register a portion; a number that came in meanwhile by another way is known, not new."""
    wanted = [(row, row.demand) for row in rows if row.demand]
    for source in sorted({demand.source for _, demand in wanted}):
        registering.lock(source)
    known = _known_numbers({(demand.source, row.external_no) for row, demand in wanted})
    fresh = [(row, demand) for row, demand in wanted if (demand.source, row.external_no) not in known]
    orders = registering.register_new([demand for _, demand in fresh], delivery.by_platform(platform.name))
    session.add_all(_delivered(order, platform) for order in orders)
    session.flush()
    if orders:
        ids = [order.id for order in orders]
        enqueue(Job.MATCH_ORDERS, key=f"orders:{ids[0]}-{ids[-1]}", order_ids=ids)
    own = known | {(order.source, order.external_no or ""): order.own_no for order in orders}
    return [
        replace(
            row,
            status="known" if (demand.source, row.external_no) in known else "new",
            reason=KNOWN if (demand.source, row.external_no) in known else row.reason,
            own_no=own[demand.source, row.external_no],
            demand=None,
        )
        for row, demand in wanted
    ]


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
