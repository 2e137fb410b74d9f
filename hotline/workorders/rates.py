"""The five rates a handling unit is assessed by, each with its formula and the orders behind it; counts per source.

A duty belongs to the month its limit falls in; a verdict to the month of the revisit. Orders that are not assessed
(`assessing`) count in none.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, case, func, select

from hotline import clock
from hotline.db import session
from hotline.workorders import assessing
from hotline.workorders.codes import Clock, Source, State
from hotline.workorders.deadline_models import OrderClock
from hotline.workorders.models import Order, Revisit
from hotline.workorders.revisit_codes import Solved


class Rate(StrEnum):
    SIGNED_IN_TIME = "signed_in_time"
    ANSWERED_IN_TIME = "answered_in_time"
    SATISFIED = "satisfied"
    SOLVED = "solved"
    PROVINCE_SATISFIED = "province_satisfied"


RATE_LABEL: dict[Rate, str] = {
    Rate.SIGNED_IN_TIME: "及时签收率",
    Rate.ANSWERED_IN_TIME: "按时办结率",
    Rate.SATISFIED: "回访满意率",
    Rate.SOLVED: "解决率",
    Rate.PROVINCE_SATISFIED: "省派满意率",
}

FORMULA: dict[Rate, str] = {
    Rate.SIGNED_IN_TIME: "当月签收到期的工单中按时签收数 ÷ 当月签收到期数（退单、作废的不计）",
    Rate.ANSWERED_IN_TIME: "当月答复到期的工单中按时答复数 ÷ 当月答复到期数（经批准延期的按新时限）",
    Rate.SATISFIED: "当月回访评价承办单位3至5分数 ÷ 当月有承办单位评分数",
    Rate.SOLVED: "当月回访“已解决”数 ÷ 当月回访“已解决”与“未解决”数（未表态的不计）",
    Rate.PROVINCE_SATISFIED: "省12345工单当月回访评价承办单位3至5分数 ÷ 当月有承办单位评分数",
}
CLOCK_OF = {Rate.SIGNED_IN_TIME: Clock.SIGN, Rate.ANSWERED_IN_TIME: Clock.REPLY}
GOOD = 3


@dataclass(frozen=True)
class Share:
    """A numerator and a denominator; no value when there is nothing to divide by."""

    good: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.good / self.whole if self.whole else None


def of_units(month: clock.Month, unit_id: int | None = None) -> dict[int, dict[Rate, Share]]:
    """The five rates of the month per unit; of one unit when asked for."""
    table: dict[int, dict[Rate, Share]] = {}
    for rate in Rate:
        good = case((_good(rate), 1), else_=0)
        unit = OrderClock.unit_id if rate in CLOCK_OF else Revisit.unit_id
        table_of = OrderClock if rate in CLOCK_OF else Revisit
        counted = select(unit, func.sum(good), func.count()).join(Order, Order.id == table_of.order_id)
        counted = counted.where(*_whole(rate, month), unit.is_not(None))
        if unit_id is not None:
            counted = counted.where(unit == unit_id)
        for row in session.execute(counted.group_by(unit)):
            table.setdefault(row[0], {})[rate] = Share(int(row[1]), row[2])
    return {unit: {rate: row.get(rate, Share(0, 0)) for rate in Rate} for unit, row in table.items()}


def behind(rate: Rate, month: clock.Month, unit_id: int, *, good: bool | None = None) -> Select[Order]:
    """The orders a rate counts; with `good` only those for or against it. One row per duty or verdict."""
    table = OrderClock if rate in CLOCK_OF else Revisit
    found = select(Order).join(table, table.order_id == Order.id)
    found = found.where(*_whole(rate, month), table.unit_id == unit_id)
    if good is not None:
        found = found.where(_good(rate) if good else ~_good(rate))
    return found.order_by(Order.registered_at.desc(), Order.id.desc())


def _whole(rate: Rate, month: clock.Month) -> list[ColumnElement[bool]]:
    """The condition a duty or a verdict counts by; what is not assessed counts in none."""
    start, end = month.bounds
    if rate in CLOCK_OF:
        until = min(end, clock.now())
        return [
            assessing.counts(),
            OrderClock.clock == CLOCK_OF[rate],
            OrderClock.due_at >= start,
            OrderClock.due_at < end,
            ~OrderClock.dropped,
            OrderClock.ended_at.is_not(None) | (OrderClock.due_at < until),
        ]
    within: list[ColumnElement[bool]] = [assessing.counts(), Revisit.at >= start, Revisit.at < end]
    if rate is Rate.SOLVED:
        return [*within, Revisit.solved.in_((Solved.YES, Solved.NO))]
    within.append(Revisit.sat_unit.is_not(None))
    return [*within, Revisit.source == Source.PROV] if rate is Rate.PROVINCE_SATISFIED else within


def _good(rate: Rate) -> ColumnElement[bool]:
    if rate in CLOCK_OF:
        return OrderClock.met.is_(True)
    return Revisit.solved == Solved.YES if rate is Rate.SOLVED else Revisit.sat_unit >= GOOD


def per_source(month: clock.Month) -> dict[Source, int]:
    """Orders received in the month by source, as the bulletin counts them: by `registered_on`, without drafts and
    void orders (a withdrawn complaint is no complaint); a bundled order counts, it was received."""
    rows = session.execute(select(Order.source, func.count()).where(*counted(month)).group_by(Order.source))
    found = {row[0]: row[1] for row in rows}
    return {source: found.get(source, 0) for source in Source}


def counted(month: clock.Month) -> list[ColumnElement[bool]]:
    """The condition an order counts in a month by."""
    return [
        Order.registered_on >= month.first,
        Order.registered_on <= month.last,
        Order.state.not_in((State.VOID, State.DRAFT)),
    ]
