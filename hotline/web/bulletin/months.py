"""The month in an address, and what every page of a month shows around itself."""

from typing import Any

from hotline import clock
from hotline.clock import Month
from hotline.errors import NotFound
from hotline.statistics import history, months

EARLIEST = 2001
"""No page can be asked for a month of this year or before: it is compared with a year earlier."""


def month_of(text: str) -> Month:
    """The month written in an address. Raises NotFound."""
    try:
        month = Month(text)
    except ValueError as error:
        raise NotFound("没有这个月份，应写成 2024-02 这样的形式") from error
    if not EARLIEST < month.year <= clock.YEARS[-1]:
        raise NotFound("没有这个月份")
    return month


def around(month: Month) -> dict[str, Any]:
    """The shelf of months and this month's versions, for the left of the page."""
    return {"month": month, "shelf": history.shelf(), "versions": months.versions(month)}
