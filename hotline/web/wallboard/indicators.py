"""Indicators over days, by line, agent, hour or day, each with its formula."""

from datetime import date, timedelta
from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from hotline import clock
from hotline.config import Config
from hotline.errors import Invalid
from hotline.people import service as people
from hotline.queues import waiting
from hotline.statistics import agent_time, indicators
from hotline.statistics.agent_time import RATIOS, Range
from hotline.statistics.indicators import INDICATORS, By, Share
from hotline.web import gate
from hotline.web.wallboard import door

LONGEST = timedelta(days=366)
BY_LABEL = {By.LINE: "线路", By.AGENT: "坐席", By.HOUR: "时段", By.DAY: "日期"}
COUNTED = (
    ("asked", "asked"),
    ("answered", "outcome_answered"),
    ("abandoned", "outcome_abandoned"),
    ("short_abandoned", "short_abandoned"),
)
"""Counts of a group, each with the figure that lists its calls."""

ALWAYS = ("connect", "connect_net", "abandon", "wait", "talk", "hold", "wrap", "handle")


class DaysSchema(Schema):
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)


class RangeSchema(DaysSchema):
    by = fields.Enum(By, by_value=True, load_default=By.LINE)


def days_of(asked: dict[str, Any]) -> tuple[date, date]:
    """The first and the last day asked for, today where none is named. Raises Invalid."""
    last = asked["last"] or clock.today()
    first = asked["first"] or last
    if first > last or last - first > LONGEST:
        raise Invalid("起止日期有误，范围不超过366天", fields={"first": ["起始日期应不晚于截止日期"]})
    return first, last


@door.get("/indicators")
def figures() -> str:
    """The table of indicators; the conventions of service level stand side by side."""
    asked = gate.query(RangeSchema())
    first, last = days_of(asked)
    groups = indicators.counts(asked["by"], first, last)
    rung = {key: Share(missed, ended) for key, ended, missed in agent_time.offered(asked["by"], Range(first, last))}
    total = indicators.add(groups.values())
    groups = {**groups, **{key: dict.fromkeys(total, 0) for key in rung if key not in groups}} if groups else groups
    config: Config = current_app.config["HOTLINE"]
    shown = [*ALWAYS[:3], *(f"sl_{which}_15" for which in "abcde"), f"sl_{config.service_level}_30", *ALWAYS[3:]]
    return gate.page(
        "wallboard/indicators.html",
        groups=groups,
        total=total,
        names=_names(asked["by"], list(groups)),
        rung=rung,
        rung_total=Share(sum(each.part for each in rung.values()), sum(each.whole for each in rung.values())),
        none_rung=Share(0, 0),
        counted=COUNTED,
        unanswered=RATIOS["unanswered"],
        narrow={key: _narrow(asked["by"], key, first, last) for key in groups},
        shown=[INDICATORS[each] for each in shown],
        chosen=f"sl_{config.service_level}_15",
        first=first,
        last=last,
        by=asked["by"],
        by_label=BY_LABEL,
    )


def _names(by: By, keys: list[object]) -> dict[Any, str]:
    if by is By.LINE:
        return {"": "未进入排队", **{line.code: line.name for line in waiting.lines().values()}}
    if by is By.AGENT:
        called = people.names((key for key in keys if isinstance(key, int)), numbered=True)
        return {None: "无坐席", **called}
    if by is By.HOUR:
        return {hour: f"{hour:02d}:00–{hour:02d}:59" for hour in keys}
    return {day: str(day) for day in keys}


def _narrow(by: By, key: Any, first: date, last: date) -> dict[str, Any] | None:
    """The part of the address that a group's lists share; None where calls of no line are no list of their own."""
    if by is By.DAY:
        return {"first": key, "last": key}
    if by is By.LINE and not key:
        return None
    return {"first": first, "last": last, by.value: key or 0}
