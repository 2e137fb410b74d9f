"""Areas: the province's cities in official order, districts, and which city a number or a code belongs to."""

from collections.abc import Sequence

from sqlalchemy import select

from hotline.db import session
from hotline.errors import NotFound
from hotline.places.models import Area, AreaKind


def city(code: str) -> Area:
    """The city of a code. Raises NotFound."""
    found = session.get(Area, code)
    if found is None or found.kind is not AreaKind.CITY:
        raise NotFound("没有这个设区市。")
    return found


def cities() -> Sequence[Area]:
    """The cities of the province in official order."""
    return session.scalars(select(Area).where(Area.kind == AreaKind.CITY).order_by(Area.position)).all()


def districts(city_code: str) -> Sequence[Area]:
    """The districts of a city, areas without a GB/T 2260 code included, in official order."""
    return session.scalars(select(Area).where(Area.parent_code == city_code).order_by(Area.position)).all()


def city_of_dial_code(dial_code: str) -> Area | None:
    """`025` → 南京市; None for an area code outside the province."""
    return session.scalar(select(Area).where(Area.kind == AreaKind.CITY, Area.dial_code == dial_code))


def city_named(text: str) -> Area | None:
    """A city by its full or short name, or its code, as tables from other places write it."""
    wanted = text.strip()
    return next((area for area in cities() if wanted in (area.name, area.short, area.code)), None)


def area_named(text: str) -> Area | None:
    """The area of a code or a name, or the narrowest one whose name stands in an address as offices write it."""
    wanted = text.strip()
    exact = session.get(Area, wanted)
    if exact is not None:
        return exact
    found = [area for area in session.scalars(select(Area).order_by(Area.position)) if area.name in wanted]
    narrow = [area for area in found if area.kind in (AreaKind.DISTRICT, AreaKind.NEW_AREA)]
    return next(iter(narrow or [area for area in found if area.kind is AreaKind.CITY] or found), None)
