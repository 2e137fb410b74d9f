"""A month's figures made smaller or larger so that everything that added up still adds up."""

from collections.abc import Sequence
from dataclasses import replace

from hotline.statistics import editions, house
from hotline.statistics.figures import (
    BookingTable,
    ChannelTable,
    CityCount,
    HotlineFigures,
    MonthFigures,
    ProvinceFigures,
)


def scaled(figures: MonthFigures, scale: float) -> MonthFigures:
    """`figures` times `scale`; reported tables of other systems and cumulative figures stay as they are."""
    if scale == 1:
        return figures
    hotline = _hotline(figures.hotline, scale)
    channels = _channels(figures.channels, scale) if figures.channels else None
    return replace(
        figures,
        hotline=hotline,
        province=_province(figures.province, hotline.total, scale) if figures.province else None,
        channels=channels,
        bookings=_bookings(figures.bookings, _columns(figures, hotline, channels, scale)) if figures.bookings else None,
    )


def shares(counts: Sequence[int], total: int) -> list[int]:
    """`total` in the proportions of `counts`, to the last one: the largest remainders get what rounding left over."""
    whole = sum(counts)
    if not whole:
        return [0] * len(counts)
    made = [count * total // whole for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda n: -(counts[n] * total % whole))
    for n in by_remainder[: total - sum(made)]:
        made[n] += 1
    return made


def _hotline(hotline: HotlineFigures, scale: float) -> HotlineFigures:
    total = round(hotline.total * scale)
    *parts, _ = shares([*hotline.categories.values(), max(hotline.residual, 0)], total)
    orders = {code: round(count * scale) for code, count in hotline.orders.items()}
    return HotlineFigures(total, dict(zip(hotline.categories, parts, strict=True)), orders)


def _province(province: ProvinceFigures, home_total: int, scale: float) -> ProvinceFigures:
    home = house.current().home
    cities = tuple(
        replace(city, count=home_total if city.city == home else _times(city, scale)) for city in province.cities
    )
    return ProvinceFigures(sum(city.count or 0 for city in cities), cities)


def _times(city: CityCount, scale: float) -> int | None:
    return None if city.count is None else round(city.count * scale)


def _channels(table: ChannelTable, scale: float) -> ChannelTable:
    counts = shares([row.count for row in table.rows], round(table.row_sum * scale))
    return ChannelTable.counted((row.name, count) for row, count in zip(table.rows, counts, strict=True))


def _columns(figures: MonthFigures, hotline: HotlineFigures, channels: ChannelTable | None, scale: float) -> list[int]:
    """What each column of the booking table comes to, so that it agrees with the channels and the calls as before."""
    table = figures.bookings
    totals = [sum(row.counts[n] for row in table.rows) for n in range(len(table.groups))] if table else []
    made = []
    for group, total in zip(table.groups if table else (), totals, strict=True):
        if group == "phone" and total == figures.hotline.categories.get("phone_booking"):
            made.append(hotline.categories["phone_booking"])
        else:
            beside = total - _listed(figures, figures.channels, group)
            made.append(max(0, _listed(figures, channels, group) + round(beside * scale)))
    return made


def _listed(figures: MonthFigures, channels: ChannelTable | None, group: str) -> int:
    """Bookings over the listed channels of one group."""
    edition = editions.of(figures.month)
    rows = channels.rows if channels else ()
    return sum(row.count for row in rows if editions.channel_group(edition, row.name) == group)


def _bookings(table: BookingTable, columns: Sequence[int]) -> BookingTable:
    dealt = [shares([row.counts[n] for row in table.rows], total) for n, total in enumerate(columns)]
    rows = zip((row.institution for row in table.rows), zip(*dealt, strict=True), strict=True)
    return BookingTable.counted(table.groups, rows, table.cumulative)
