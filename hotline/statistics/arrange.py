"""Counted figures put into printing order. Printed figures are left exactly as they were printed."""

from dataclasses import replace

from hotline.statistics import house
from hotline.statistics.figures import (
    BookingTable,
    ChannelTable,
    CityCount,
    MonthFigures,
    ProvinceFigures,
    Source,
)


def arranged(figures: MonthFigures) -> MonthFigures:
    """Home city first and the others descending; rows by total, then first channel, then input order; numbered
    through; zero rows and cities without a return left out; no province part in a month without returns."""
    if figures.source is Source.PRINTED:
        return figures
    return replace(
        figures,
        province=_province(figures.province),
        bookings=_bookings(figures.bookings),
        channels=_channels(figures.channels),
    )


def _province(province: ProvinceFigures | None) -> ProvinceFigures | None:
    if province is None:
        return None
    home = house.current().home
    reported = [city for city in province.cities if city.count]
    if not any(city.city != home for city in reported):
        return None
    ordered = sorted(reported, key=lambda city: (city.city != home, -_count(city)))
    return replace(province, cities=tuple(ordered))


def _count(city: CityCount) -> int:
    return city.count or 0


def _bookings(table: BookingTable | None) -> BookingTable | None:
    if table is None:
        return None
    rows = sorted((row for row in table.rows if row.total), key=lambda row: (-row.total, -row.counts[0]))
    return replace(table, rows=tuple(replace(row, seq=n) for n, row in enumerate(rows, 1))) if rows else None


def _channels(table: ChannelTable | None) -> ChannelTable | None:
    if table is None:
        return None
    rows = sorted((row for row in table.rows if row.count), key=lambda row: -row.count)
    return replace(table, rows=tuple(replace(row, seq=n) for n, row in enumerate(rows, 1))) if rows else None
