"""A month's bulletin: counted by this house or imported as printed; its document, its charts, what is known of it."""

from dataclasses import dataclass

from hotline.clock import Month
from hotline.errors import NotFound
from hotline.statistics import chart_data, codec, counted, editions, house, months, published
from hotline.statistics.cells import place_of
from hotline.statistics.chart_data import Chart
from hotline.statistics.counted import Range
from hotline.statistics.document import Document, build
from hotline.statistics.figures import MonthFigures, Source
from hotline.statistics.sealing_models import SealedMonth


@dataclass(frozen=True)
class Issue:
    """The bulletin of a month in one state: its figures and the version they belong to (0: a draft)."""

    figures: MonthFigures
    version: int
    marks: tuple[str, ...]


def of(month: Month, source: Source | None = None) -> Issue:
    """The month as it stands: sealed or counted where this house has records of it, otherwise as printed.

    Raises NotFound when there is neither.
    """
    version = months.sealed(month)
    if source is not Source.PRINTED:
        if version is not None:
            return of_version(version)
        draft = months.figures(month)
        if source is Source.COUNTED or draft.hotline.total or any(draft.hotline.orders.values()):
            return Issue(draft, 0, (months.mark(None),))
    return _printed(month)


def of_version(version: SealedMonth) -> Issue:
    """A sealed version, however old."""
    return Issue(codec.from_json(version.figures), version.number, (months.mark(version),))


def _printed(month: Month) -> Issue:
    row, figures = published.latest(month), published.figures(month)
    if row is None or figures is None:
        raise NotFound(f"{month} 还没有数据：既没有统计，也没有导入")
    return Issue(figures, row.number, ())


def as_checked(month: Month) -> Issue:
    """A published month with its corrections applied and each of them marked. Raises NotFound."""
    row, figures = published.latest(month), published.as_checked(month)
    if row is None or figures is None:
        raise NotFound(f"{month} 没有导入过已发布的月报")
    marks = [
        f"更正：{place_of(one.subject, month)} 原印 {one.printed}，应为 {one.checked}。{one.reason}"
        for one in published.corrections(month)
    ]
    return Issue(figures, row.number, tuple(marks))


def charts(figures: MonthFigures) -> tuple[Chart, ...]:
    """The charts of a month with the twelve months behind it and the same month a year ago."""
    month = figures.month
    past = months.counted_before(month) | {one.month: one for one in months.past(month)}
    hours = () if figures.source is Source.PRINTED else counted.heat(Range.of(month), house.current().home_city)
    return chart_data.of_month(figures, editions.of(month), past, hours)


def document(one: Issue, *, with_charts: bool = False) -> Document:
    """The bulletin of one state of a month, ready to be written out."""
    drawn = charts(one.figures) if with_charts else ()
    return build(one.figures, editions.of(one.figures.month), one.marks, drawn)
