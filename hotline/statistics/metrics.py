"""Every figure of the house: its id, name, definition, how its value is counted and which records it counts.

Page, export, API and bulletin read figures from here and nowhere else. A figure is a *measure* (what is added
up, one condition on a call) narrowed by *dimensions*; daily facts store measures by the same dimensions, so
the sum of facts, the live count and the list of records follow from one definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import aliased

from hotline import db
from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, OUTCOME_LABEL, Call, Category, InvalidType, Outcome
from hotline.errors import NotFound

THRESHOLDS = (10, 15, 20, 30)
"""Seconds of waiting for which service levels are kept; 15 is the norm of GB/T 33358-2016."""

SHORT_MS = 5000
"""A caller who leaves the queue within this time is a short abandon."""


class Matter(StrEnum):
    """Which records a figure counts."""

    CALLS = "calls"
    ORDERS = "orders"


def _earlier_same_day() -> ColumnElement[bool]:
    other = aliased(Call)
    return (
        select(other.id)
        .where(
            other.caller_hash == Call.caller_hash,
            other.offered_at <= Call.offered_at,
            other.business_day == Call.business_day,
            (other.offered_at < Call.offered_at) | (other.id < Call.id),
        )
        .exists()
    )


def _within(seconds: int, outcome: Outcome) -> ColumnElement[bool]:
    return and_(Call.outcome == outcome, Call.wait_ms <= seconds * 1000)


COUNTS: dict[str, ColumnElement[bool]] = {
    "calls": true(),
    "asked": Call.wait_ms.is_not(None),
    "short_abandoned": and_(Call.outcome == Outcome.ABANDONED, Call.wait_ms <= SHORT_MS),
    **{f"answered_in_{t}": _within(t, Outcome.ANSWERED) for t in THRESHOLDS},
    **{f"left_in_{t}": _within(t, Outcome.ABANDONED) for t in THRESHOLDS},
}
"""Measures that count calls, all answered by the covering index `ix_call_count`."""

SUMS: dict[str, Any] = {
    "wait_ms": Call.wait_ms,
    "talk_ms": Call.talk_ms,
    "hold_ms": Call.hold_ms,
    "wrap_ms": Call.wrap_ms,
}
"""Measures that add up milliseconds."""

RARE: dict[str, ColumnElement[bool]] = {
    "under_5s": and_(Call.ended_at.is_not(None), db.seconds_between(Call.offered_at, Call.ended_at) < 5),
    "repeat": and_(Call.caller_hash.is_not(None), _earlier_same_day()),
}
"""Measures that need the call's whole row."""

ANY = "*"
"""A dimension that must be present, whatever its value."""


class Cell(NamedTuple):
    """One metric summed over days for one combination of dimensions; a dimension that does not apply is empty."""

    metric: str
    value: int
    line: str = ""
    category: str = ""
    outcome: str = ""
    invalid_type: str = ""
    source: str = ""


@dataclass(frozen=True)
class Figure:
    """One figure. `dimensions` maps a column name to a value or ANY; `measure` is a key of COUNTS or RARE."""

    id: str
    name: str
    definition: str
    unit: str = "个"
    matter: Matter = Matter.CALLS
    measure: str = "calls"
    dimensions: Mapping[str, str] = field(default_factory=dict)

    def matches(self, cell: "Cell") -> bool:
        """Whether a cell of facts is part of the figure."""
        if cell.metric != self.measure:
            return False
        found = ((getattr(cell, name), value) for name, value in self.dimensions.items())
        return all(present != "" if value == ANY else present == value for present, value in found)

    def of_calls(self) -> ColumnElement[bool]:
        """Which calls the figure counts."""
        parts = [(COUNTS | RARE)[self.measure]]
        for name, value in self.dimensions.items():
            column = getattr(Call, "queue" if name == "line" else name)
            parts.append(column.is_not(None) if value == ANY else column == value)
        return and_(*parts)


_CATEGORY_DEFINITION = {
    Category.MANUAL: "由坐席接听、不属于其他类别的受理来电",
    Category.IVR: "由自助语音应答完成、未转人工的来电",
}


def _calls(id_: str, name: str, definition: str, measure: str = "calls", **dimensions: str) -> Figure:
    return Figure(id_, name, definition, "个", Matter.CALLS, measure, dimensions)


def _orders(id_: str, name: str, source: str) -> Figure:
    definition = f"当月登记的{name}件数，按登记时刻的业务日计"
    return Figure(id_, name, definition, "件", Matter.ORDERS, "orders", {"source": source})


_FIGURES: tuple[Figure, ...] = (
    _calls("total", "受理咨询电话", "当月受理的来电总数 = 各类别之和；业务日按来电时刻（北京时间）计", category=ANY),
    *(
        _calls(
            category.value,
            CATEGORY_LABEL[category],
            _CATEGORY_DEFINITION.get(category, f"由坐席接听、类别登记为“{CATEGORY_LABEL[category]}”的受理来电"),
            category=category.value,
        )
        for category in Category
    ),
    _calls("offered", "来电总量", "进入系统的全部来电，含未受理"),
    _calls("asked", "人工请求量", "进入人工排队且已有结果的来电", "asked"),
    *(
        _calls(
            f"outcome_{outcome.value}",
            OUTCOME_LABEL[outcome],
            f"结果为“{OUTCOME_LABEL[outcome]}”的来电",
            outcome=outcome.value,
        )
        for outcome in Outcome
    ),
    _calls("short_abandoned", "短时放弃", "排队 5 秒以内即挂机的来电，含于排队放弃", "short_abandoned"),
    *(
        _calls(f"answered_in_{t}", f"{t}秒内接通", f"排队不超过 {t} 秒即由坐席接听的来电", f"answered_in_{t}")
        for t in THRESHOLDS
    ),
    *(_calls(f"left_in_{t}", f"{t}秒内放弃", f"排队不超过 {t} 秒即挂机的来电", f"left_in_{t}") for t in THRESHOLDS),
    _calls("under_5s", "5秒内结束", "从呼入到结束不足 5 秒的来电，任何结果", "under_5s"),
    _calls("repeat", "同日重复来电", "同一号码当日第二次及以后的来电，任何结果", "repeat"),
    _calls("invalid", "无效来电", "接听后登记为沉默、骚扰、误拨、测试、中断的来电，不计入受理", invalid_type=ANY),
    *(
        _calls(
            f"invalid_{kind.value}",
            INVALID_LABEL[kind],
            f"接听后登记为“{INVALID_LABEL[kind]}”的来电，不计入受理",
            invalid_type=kind.value,
        )
        for kind in InvalidType
    ),
    _orders("wo_municipal", "市12345工单", "CITY"),
    _orders("wo_provincial", "省12345工单", "PROV"),
    _orders("wo_self", "自接工单", "SELF"),
)

FIGURES: dict[str, Figure] = {figure.id: figure for figure in _FIGURES}


def figure(figure_id: str) -> Figure:
    """The figure of that id. Raises NotFound."""
    found = FIGURES.get(figure_id)
    if found is None:
        raise NotFound("没有这个指标")
    return found


def measured_columns() -> list[ColumnElement[Any]]:
    """Every measure of the covering index as one aggregate column each, labelled by its key."""
    counts = [
        (func.count() if key == "calls" else func.count().filter(condition)).label(key)
        for key, condition in COUNTS.items()
    ]
    return [*counts, *(func.coalesce(func.sum(column), 0).label(key) for key, column in SUMS.items())]
