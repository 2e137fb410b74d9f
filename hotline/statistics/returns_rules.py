"""Which city files, which is counted here, and by which day: written by an administrator from a month on.

What a sealed month was made from stays as it was: changes begin after the newest sealed month.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import delete, func, select

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid
from hotline.places.models import Area, AreaKind
from hotline.statistics import house
from hotline.statistics.returns_models import ReportingCity, ReturnRule
from hotline.statistics.sealing_models import SealedMonth

EARLIEST = Month("2001-01")
"""No arrangement begins before it."""


class Standing(StrEnum):
    """What a city is to the province total."""

    ASKED = "asked"
    COUNTED = "counted"
    APART = "apart"


STANDING_LABEL: dict[Standing, str] = {
    Standing.ASKED: "由该市报送",
    Standing.COUNTED: "由本系统统计",
    Standing.APART: "不计入全省",
}


def cities() -> list[Area]:
    """The other cities of the province."""
    home = house.current()
    wanted = select(Area).where(
        Area.kind == AreaKind.CITY, Area.parent_code == home.province, Area.code != home.home_city
    )
    return list(session.scalars(wanted.order_by(Area.position, Area.code)))


def standings() -> Sequence[ReportingCity]:
    """Every dated row, by city, oldest first."""
    return session.scalars(select(ReportingCity).order_by(ReportingCity.city_code, ReportingCity.valid_from)).all()


def rules() -> Sequence[ReturnRule]:
    """Every dated rule, oldest first."""
    return session.scalars(select(ReturnRule).order_by(ReturnRule.valid_from)).all()


def first_open() -> Month:
    """The month after the newest sealed one: the first whose arrangement may change."""
    newest = session.scalar(select(func.max(SealedMonth.month)))
    return Month(newest).next if newest else EARLIEST


def _refuse_past(since: Month, first: Month, why: str) -> None:
    if since < first:
        raise Invalid(f"{why}，请从 {first} 起变更", fields={"since": [f"最早 {first}"]})
    if since.year > clock.YEARS[-1]:
        raise Invalid("月份过远", fields={"since": ["月份过远"]})


def set_standing(city_code: str, since: Month, standing: Standing) -> None:
    """What the city is from `since` on; rows of later months give way. Raises Invalid for a sealed month."""
    if city_code not in {area.code for area in cities()}:
        raise Invalid("请选择本省的另一城市", fields={"city_code": ["不在本省或就是本市"]})
    _refuse_past(since, first_open(), f"{first_open().previous} 已封存")
    db.lock(f"reporting:{city_code}")
    session.execute(
        delete(ReportingCity).where(ReportingCity.city_code == city_code, ReportingCity.valid_from >= str(since))
    )
    running = select(ReportingCity).where(
        ReportingCity.city_code == city_code,
        ReportingCity.valid_to.is_(None) | (ReportingCity.valid_to >= str(since)),
    )
    for row in session.scalars(running):
        row.valid_to = str(since.previous)
    if standing is not Standing.APART:
        counted = standing is Standing.COUNTED
        session.add(ReportingCity(city_code=city_code, valid_from=str(since), valid_to=None, counted=counted))
    session.flush()
    audit.record("return.city", f"city:{city_code}", since=str(since), standing=standing.value)


def set_rule(since: Month, due_day: int, remind_before: int) -> None:
    """Returns are due on `due_day` of the month after, from `since` on. Raises Invalid for a month that is past."""
    last = Month.of(clock.today()).previous
    _refuse_past(since, last, f"{last.previous} 及以前的报送期限已过")
    session.merge(ReturnRule(valid_from=str(since), due_day=due_day, remind_before=remind_before))
    session.flush()
    audit.record("return.rule", f"month:{since}", due_day=due_day, remind_before=remind_before)
