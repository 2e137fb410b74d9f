"""The charts of a month as plain series, before they are drawn for the page, the document or the workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hotline.clock import Month
from hotline.statistics import house
from hotline.statistics.edition import Edition
from hotline.statistics.figures import MonthFigures

CATEGORY_ORDER = (
    "consultation",
    "complaint",
    "phone_booking",
    "manual",
    "crisis",
    "ivr",
    "expert_qa",
    "satisfaction_inbound",
)
"""A category keeps its colour for ever, printed in the month or not."""

CATEGORY_NAME = {
    "consultation": "咨询",
    "complaint": "投诉",
    "phone_booking": "电话预约",
    "manual": "人工服务",
    "crisis": "心理危机干预",
    "ivr": "自助语音",
    "expert_qa": "专家答疑",
    "satisfaction_inbound": "满意度（呼入）",
}


class Shape(StrEnum):
    STACKED = "stacked"
    GROUPED = "grouped"
    BARS = "bars"
    HEAT = "heat"


@dataclass(frozen=True)
class Series:
    """`values` follow the chart's labels; None: no figure. `colour` is the number of its CSS class."""

    name: str
    values: tuple[int | None, ...]
    colour: int


@dataclass(frozen=True)
class Chart:
    """`labels` are the places along the axis; a heat map has one series per weekday."""

    id: str
    title: str
    shape: Shape
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = "个"


def trend(month: Month, months: Mapping[Month, MonthFigures]) -> Chart:
    """Twelve months by category; a month without figures stays a gap."""
    span = [month]
    while len(span) < 12:
        span.insert(0, span[0].previous)
    known = [months.get(one) for one in span]
    series = [
        Series(CATEGORY_NAME[code], tuple(one.hotline.categories.get(code) if one else None for one in known), number)
        for number, code in enumerate(CATEGORY_ORDER, 1)
    ]
    series.append(Series("未列明", tuple(max(one.hotline.residual, 0) if one else None for one in known), 9))
    used = tuple(one for one in series if any(value for value in one.values))
    labels = tuple(
        f"{one.year}年{one.number}月" if one.number == 1 or one == span[0] else f"{one.number}月" for one in span
    )
    return Chart("trend", "近十二个月受理量（按分类）", Shape.STACKED, labels, used)


def share(figures: MonthFigures, edition: Edition) -> Chart:
    """The month by category as the edition labels them."""
    hotline = figures.hotline
    items = [(item.label, hotline.categories.get(item.code, 0)) for item in edition.hotline.categories]
    if hotline.residual > 0:
        items.append(("未列明", hotline.residual))
    return _bars("share", "各分类占比", items)


def _bars(chart_id: str, title: str, items: Sequence[tuple[str, int]], unit: str = "个") -> Chart:
    labels, values = tuple(name for name, _ in items), tuple(count for _, count in items)
    return Chart(chart_id, title, Shape.BARS, labels, (Series("数量", values, 1),), unit)


def year_ago(figures: MonthFigures, before: MonthFigures | None, title: str = "与上年同月相比") -> Chart | None:
    """This month beside the same month last year, category by category."""
    if before is None:
        return None
    codes = [c for c in CATEGORY_ORDER if figures.hotline.categories.get(c) or before.hotline.categories.get(c)]
    series = tuple(
        Series(
            f"{one.month.year}年{one.month.number}月", tuple(one.hotline.categories.get(code) for code in codes), colour
        )
        for one, colour in ((before, 9), (figures, 1))
    )
    return Chart("year_ago", title, Shape.GROUPED, tuple(CATEGORY_NAME[code] for code in codes), series)


def cities(figures: MonthFigures) -> Chart | None:
    """Calls by city, home first; cities without a return are not drawn."""
    if figures.province is None:
        return None
    items = [(city.city, city.count) for city in figures.province.cities if city.count is not None]
    return _bars("cities", f"{house.current().province_line}各市电话量", items, "人次")


WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def heat(table: Sequence[Sequence[int]]) -> Chart | None:
    """Calls by weekday and hour; None when no call was counted (imported months have no hours)."""
    if not any(map(any, table)):
        return None
    hours = tuple(f"{hour}时" for hour in range(24))
    series = tuple(Series(day, tuple(row), n) for n, (day, row) in enumerate(zip(WEEKDAYS, table, strict=True), 1))
    return Chart("heat", "来电时段（星期 × 小时）", Shape.HEAT, hours, series)


def shade(value: int, most: int, colour: str) -> str:
    """`colour` (RRGGBB) as light as `value` is small beside `most`: the ground of a printed heat map's cell."""
    part = 0.8 * value / (most or 1)
    return "".join(f"{round(255 - (255 - int(colour[at : at + 2], 16)) * part):02X}" for at in (0, 2, 4))


def most_of(chart: Chart) -> int:
    """The largest value of a chart."""
    return max((value or 0 for one in chart.series for value in one.values), default=0)


def of_month(
    figures: MonthFigures,
    edition: Edition,
    months: Mapping[Month, MonthFigures],
    hours: Sequence[Sequence[int]] = (),
) -> tuple[Chart, ...]:
    """Every chart that the month has figures for."""
    month = figures.month
    made = (
        trend(month, {**months, month: figures}),
        share(figures, edition),
        year_ago(figures, months.get(month.year_ago)),
        cities(figures),
        heat(hours),
    )
    return tuple(chart for chart in made if chart is not None)
