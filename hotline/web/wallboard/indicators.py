"""Indicators over days, by line, agent, hour or day, each with its formula."""

from datetime import timedelta
from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from hotline import clock
from hotline.config import Config
from hotline.errors import Invalid
from hotline.people import service as people
from hotline.queues import waiting
from hotline.statistics import indicators
from hotline.statistics.indicators import INDICATORS, By
from hotline.web import gate
from hotline.web.wallboard import door

LONGEST = timedelta(days=366)
BY_LABEL = {By.LINE: "线路", By.AGENT: "坐席", By.HOUR: "时段", By.DAY: "日期"}
ALWAYS = ("connect", "connect_net", "abandon", "wait", "talk", "handle")


class RangeSchema(Schema):
    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)
    by = fields.Enum(By, by_value=True, load_default=By.LINE)


@door.get("/indicators")
def figures() -> str:
    """The table of indicators; the conventions of service level stand side by side."""
    asked = gate.query(RangeSchema())
    last = asked["last"] or clock.today()
    first = asked["first"] or last
    if first > last or last - first > LONGEST:
        raise Invalid("起止日期有误，范围不超过366天", fields={"first": ["起始日期应不晚于截止日期"]})
    groups = indicators.counts(asked["by"], first, last)
    config: Config = current_app.config["HOTLINE"]
    shown = [*ALWAYS[:3], *(f"sl_{which}_15" for which in "abcde"), f"sl_{config.service_level}_30", *ALWAYS[3:]]
    return gate.page(
        "wallboard/indicators.html",
        groups=groups,
        total=indicators.add(groups.values()) if groups else None,
        names=_names(asked["by"], list(groups)),
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
