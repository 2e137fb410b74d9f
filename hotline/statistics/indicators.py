"""Service indicators of the telephone line: each with its formula, from the measures of `metrics.py`.

Five conventions of service level are in use and give different figures for the same day; all are here and
`Config.service_level` names the one that is shown. A transfer never adds a call: every figure counts calls,
not stays in a line. Sources: GB/T 33358-2016 (15 s, 95 % in any 24 hours), docs/glossary.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, extract, func, or_, select

from hotline import clock
from hotline.calls.models import Call, Outcome
from hotline.db import session
from hotline.statistics.metrics import COUNTS, SHORT_MS, measured_columns

CONNECT_TARGET = 0.95
"""接通率 over any 24 hours, GB/T 33358-2016."""


class Share(NamedTuple):
    """A quotient with both its parts; `value` is None where there is nothing to divide by."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


Counts = Mapping[str, int]
"""Measures of one group: those of `metrics.COUNTS` and `SUMS`, with `answered` and `abandoned` beside them."""


ASKED = COUNTS["asked"]
ANSWERED = Call.outcome == Outcome.ANSWERED
ABANDONED = Call.outcome == Outcome.ABANDONED


def _stayed(milliseconds: int) -> ColumnElement[bool]:
    """Not one who left the queue within this time."""
    return or_(Call.outcome.is_distinct_from(Outcome.ABANDONED), Call.wait_ms.is_(None), Call.wait_ms > milliseconds)


@dataclass(frozen=True)
class Indicator:
    """One indicator. `unit` is `%` or `秒`; an average divides milliseconds and is told in seconds.

    `calls` are those it divides by: as many as the whole of its share.
    """

    id: str
    name: str
    formula: str
    calls: ColumnElement[bool]
    of: Callable[[Counts], Share]
    unit: str = "%"

    def told(self, counts: Counts) -> float | None:
        """Percent to two places, or seconds to one; None where there is nothing to divide by."""
        value = self.of(counts).value
        if value is None:
            return None
        return round(value * 100, 2) if self.unit == "%" else round(value / 1000, 1)


def _level(seconds: int) -> list[Indicator]:
    """The five conventions for one threshold."""
    inside, left = f"answered_in_{seconds}", f"left_in_{seconds}"
    name = f"{seconds}秒接通率"
    return [
        Indicator(
            f"sl_a_{seconds}", name, f"{seconds}秒内接通 ÷ 人工请求", ASKED, lambda c: Share(c[inside], c["asked"])
        ),
        Indicator(
            f"sl_b_{seconds}",
            name,
            f"{seconds}秒内接通 ÷（人工请求 − 短时放弃）",
            and_(ASKED, _stayed(SHORT_MS)),
            lambda c: Share(c[inside], c["asked"] - c["short_abandoned"]),
        ),
        Indicator(
            f"sl_c_{seconds}",
            name,
            f"{seconds}秒内接通 ÷（接通 + {seconds}秒后放弃）",
            or_(ANSWERED, and_(ABANDONED, _stayed(seconds * 1000))),
            lambda c: Share(c[inside], c["answered"] + c["abandoned"] - c[left]),
        ),
        Indicator(
            f"sl_d_{seconds}",
            name,
            f"（{seconds}秒内接通 + {seconds}秒内放弃）÷ 人工请求",
            ASKED,
            lambda c: Share(c[inside] + c[left], c["asked"]),
        ),
        Indicator(
            f"sl_e_{seconds}", name, f"{seconds}秒内接通 ÷ 接通", ANSWERED, lambda c: Share(c[inside], c["answered"])
        ),
    ]


INDICATORS: dict[str, Indicator] = {
    indicator.id: indicator
    for indicator in (
        Indicator("connect", "接通率", "接通 ÷ 人工请求", ASKED, lambda c: Share(c["answered"], c["asked"])),
        Indicator(
            "connect_net",
            "接通率（扣除短时放弃）",
            "接通 ÷（人工请求 − 短时放弃）",
            and_(ASKED, _stayed(SHORT_MS)),
            lambda c: Share(c["answered"], c["asked"] - c["short_abandoned"]),
        ),
        Indicator(
            "abandon",
            "放弃率",
            "（放弃 − 短时放弃）÷（人工请求 − 短时放弃）",
            and_(ASKED, _stayed(SHORT_MS)),
            lambda c: Share(c["abandoned"] - c["short_abandoned"], c["asked"] - c["short_abandoned"]),
        ),
        *_level(15),
        *_level(20),
        *_level(30),
        Indicator(
            "wait",
            "平均等待",
            "接通来电的等待时长之和 ÷ 接通",
            ANSWERED,
            lambda c: Share(c["answered_wait_ms"], c["answered"]),
            "秒",
        ),
        Indicator(
            "talk",
            "平均通话",
            "通话时长之和（不含保持）÷ 接通",
            ANSWERED,
            lambda c: Share(c["talk_ms"], c["answered"]),
            "秒",
        ),
        Indicator(
            "hold",
            "平均保持",
            "保持时长之和 ÷ 接通",
            ANSWERED,
            lambda c: Share(c["hold_ms"], c["answered"]),
            "秒",
        ),
        Indicator(
            "wrap",
            "平均整理",
            "话后整理时长之和 ÷ 接通",
            ANSWERED,
            lambda c: Share(c["wrap_ms"], c["answered"]),
            "秒",
        ),
        Indicator(
            "handle",
            "平均处理",
            "（通话 + 保持 + 话后整理）时长之和 ÷ 接通",
            ANSWERED,
            lambda c: Share(c["talk_ms"] + c["hold_ms"] + c["wrap_ms"], c["answered"]),
            "秒",
        ),
    )
}


def level(convention: str, seconds: int) -> Indicator:
    """The service level by the convention that the configuration names (`a` to `e`)."""
    return INDICATORS[f"sl_{convention}_{seconds}"]


class By(StrEnum):
    """What the indicators are grouped by."""

    LINE = "line"
    AGENT = "agent"
    HOUR = "hour"
    DAY = "day"


_COLUMN: dict[By, Any] = {
    By.LINE: Call.queue,
    By.AGENT: Call.agent_id,
    By.HOUR: extract("hour", Call.offered_at),
    By.DAY: Call.business_day,
}


def _measures() -> list[ColumnElement[Any]]:
    return [
        *measured_columns(),
        func.count().filter(ANSWERED).label("answered"),
        func.count().filter(ABANDONED).label("abandoned"),
        func.coalesce(func.sum(Call.wait_ms).filter(ANSWERED), 0).label("answered_wait_ms"),
    ]


def _counts(row: Any) -> dict[str, int]:
    return {key: int(value) for key, value in row._mapping.items() if key != "group"}


def counts(by: By, first: date, last: date) -> Mapping[Any, Counts]:
    """Measures of the days `first` to `last`, by line code, account id, hour of the local day, or day."""
    group = _COLUMN[by].label("group")
    statement = (
        select(group, *_measures())
        .where(Call.business_day >= first, Call.business_day <= last)
        .group_by(group)
        .order_by(group)
    )
    rows = {row.group: _counts(row) for row in session.execute(statement)}
    if by is By.HOUR:
        return dict(sorted((_local_hour(hour, first), counted) for hour, counted in rows.items()))
    return rows


def in_hour(hour: int) -> ColumnElement[bool]:
    """Calls offered in that hour of the local day."""
    return extract("hour", Call.offered_at) == (hour - _local_hour(0, clock.today())) % 24


def _local_hour(utc_hour: int, day: date) -> int:
    offset = clock.local(clock.day_start(day)).utcoffset() or timedelta(0)
    return (int(utc_hour) + int(offset / timedelta(hours=1))) % 24


def since(at: datetime) -> Counts:
    """Measures of every call offered since `at`."""
    return _counts(session.execute(select(*_measures()).where(Call.offered_at >= at)).one())


def add(groups: Iterable[Counts]) -> Counts:
    """Groups added up; shares are then taken of the sums, never of shares."""
    total: dict[str, int] = {}
    for group in groups:
        for key, value in group.items():
            total[key] = total.get(key, 0) + value
    return total
