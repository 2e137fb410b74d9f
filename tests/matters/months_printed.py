"""Published months for tests: the archive's files, and invented months of any edition."""

import json
import random
from copy import deepcopy
from pathlib import Path

from hotline.clock import Month
from hotline.statistics import editions
from hotline.statistics import figures as f

GOLDEN = Path(__file__).parent.parent / "golden"
MONTHS = ("2018-03", "2023-03", "2024-02")


def archive(month: str) -> dict:
    """A published month as data; a copy that may be spoiled."""
    return deepcopy(_read(month))


def _read(month: str, cache: dict = {}) -> dict:  # noqa: B006
    if month not in cache:
        cache[month] = json.loads((GOLDEN / f"{month}.json").read_text(encoding="utf-8"))
    return cache[month]


CITIES = ("南京", "苏州", "无锡", "常州", "南通", "扬州", "镇江", "泰州", "淮安", "连云港", "盐城", "徐州", "宿迁")


def invented(month: str, seed: int) -> f.MonthFigures:
    """A month with figures that agree with one another, in any order, zeros and silent cities included."""
    chance, edition = random.Random(seed), editions.of(Month(month))
    categories = {item.code: chance.randrange(1, 40_000) for item in edition.hotline.categories}
    orders = {item.code: chance.randrange(0, 4_000) for item in edition.hotline.orders}
    if "wo_self" in orders:
        orders["wo_self"] = categories["complaint"]
    total = sum(categories.values())
    return f.MonthFigures(
        month=Month(month),
        hotline=f.HotlineFigures(total, categories, orders),
        province=_province(chance, total),
        **_bookings(chance, edition, categories["phone_booking"]),
    )


def _province(chance: random.Random, total: int) -> f.ProvinceFigures:
    silent = {city for city in CITIES[1:] if chance.random() < 0.4}
    cities = [
        f.CityCount(city, total if city == "南京" else None if city in silent else chance.randrange(0, total))
        for city in chance.sample(CITIES, len(CITIES))
    ]
    return f.ProvinceFigures(sum(city.count or 0 for city in cities), tuple(cities))


def _bookings(chance: random.Random, edition, calls: int) -> dict:
    """Both tables, so that every relation between them holds."""
    counts = {channel: chance.choice((0, chance.randrange(1, 9000))) for channel in edition.channels.names}
    if edition.bookings.groups[1] == "quick":
        counts = {c: min(n, calls) if c.group == "quick" else n for c, n in counts.items()}
    sums = dict.fromkeys(edition.bookings.groups, 0)
    for channel, count in counts.items():
        if channel.group in sums:
            sums[channel.group] += count
    sums["clinic"] = chance.randrange(0, 5000)
    if "phone" in sums:
        sums["phone"] = calls
    rows = _spread(chance, list(sums.values()))
    chance.shuffle(rows)
    table = f.BookingTable.counted(edition.bookings.groups, rows, cumulative=chance.randrange(10**7))
    return {"bookings": table, "channels": f.ChannelTable.counted((c.name, n) for c, n in counts.items())}


def _spread(chance: random.Random, sums: list[int]) -> list[tuple[str, tuple[int, ...]]]:
    """`sums` dealt out over hospitals, one of which gets nothing."""
    count = chance.randrange(2, 30)
    columns = []
    for total in sums:
        cuts = sorted(chance.randrange(total + 1) for _ in range(count - 1))
        columns.append([b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)])
    rows = [(f"第{n}医院", values) for n, values in enumerate(zip(*columns, strict=True), 1)]
    return [*rows, ("空医院", (0,) * len(sums))]
