"""What a printed figure opens: the calls, orders or bookings it counts, or the return or table it was reported in."""

from flask import url_for

from hotline.clock import Month
from hotline.statistics import house, phone_bookings, returns
from hotline.statistics.bulletin import Issue
from hotline.statistics.figures import Group, MonthFigures, Source
from hotline.statistics.layouts import BOOKINGS, CHANNELS
from hotline.statistics.metrics import FIGURES
from hotline.statistics.outputs.page import Link, no_link
from hotline.web import gate


def of(issue: Issue) -> Link:
    """The links of a month that this house counted; a printed one has no records here."""
    if issue.figures.source is Source.PRINTED or not gate.may("bulletin.records"):
        return no_link
    month, cities, booked = issue.figures.month, _counted_here(issue.figures.month), _booked_here(issue.figures)

    def link(figure: str) -> str | None:
        family, _, code = figure.partition(".")
        if family in ("hotline", "orders") and code in FIGURES:
            return url_for("bulletin.records", month=month, figure=code)
        if family == "province" and code in cities:
            return url_for("bulletin.records", month=month, figure="total", city=cities[code])
        if family == "province":
            return url_for("bulletin.returns", month=month)
        if figure in booked:
            return url_for("bulletin.booking_records", month=month, institution=booked[figure])
        return url_for("bulletin.table", month=month, dataset_id=family) if family in (BOOKINGS, CHANNELS) else None

    return link


def _counted_here(month: Month) -> dict[str, str]:
    """City as it is printed → its code, for the cities whose calls are in this house."""
    home = house.current()
    here = [area for area, counted in returns.cities(month) if counted]
    return {home.home if area.code == home.home_city else area.short: area.code for area in here}


def _booked_here(figures: MonthFigures) -> dict[str, str]:
    """Figure → institution, where 电话预约 is as many as the booking records; one that was reported may differ."""
    table = figures.bookings
    if table is None or Group.PHONE not in table.groups:
        return {}
    at, counted = table.groups.index(Group.PHONE), phone_bookings.counted(figures.month)
    return {
        f"{BOOKINGS}.{row.institution}.{Group.PHONE}": row.institution
        for row in table.rows
        if row.counts[at] and counted.get(row.institution) == row.counts[at]
    }
