"""What a demonstration starts with: people at their lines, hospitals to transfer to, two finished months of invented
work, and the orders of these days."""

from collections.abc import Iterator
from random import Random

from sqlalchemy import select

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.demo import month as demo_month
from hotline.demo import orders
from hotline.people.models import Account, AccountRole, Role
from hotline.places.models import Institution
from hotline.queues import staffing, waiting
from hotline.queues.records import Contact
from hotline.statistics import house, sealing
from hotline.statistics.figures import (
    BookingRow,
    BookingTable,
    ChannelRow,
    ChannelTable,
    CityCount,
    Group,
    HotlineFigures,
    MonthFigures,
    ProvinceFigures,
)

GROUPS = (Group.ONLINE, Group.QUICK, Group.CLINIC, Group.THIRD_PARTY)
CATEGORIES = {"consultation": 85, "complaint": 16, "phone_booking": 190, "manual": 130, "crisis": 8, "ivr": 7}
ORDERS = {"wo_municipal": 38, "wo_provincial": 22}
CITIES = {"苏州": 190, "南通": 8}
ONLINE = {"健康南京": 180, "南京卫生12320微信": 105, "南京卫生12320网": 5}
QUICK = {"12320快速预约": 29}
OTHERS = {"我的南京客户端": 117, "江苏省预约挂号网": 12}
HOSPITALS = 6
CRISIS_TRAINED = 2
DESKS = {"演示第一医院总值班": "025-00000101", "演示第二医院总值班": "025-00000102"}
"""Numbers that no exchange has: administrators could not enter them."""


def load() -> Iterator[None]:
    """Agents get their lines and two hospitals' desks; the month before last is made and published, the last one
    waits for its seal; orders of these days stand in every state.

    Yields where whoever runs it commits.
    """
    _give_lines()
    _add_desks()
    orders.platform_accounts()
    yield
    last = Month.of(clock.today()).previous
    for month in (last.previous, last):
        figures = invented(month)
        made = demo_month.begin(figures)
        for _ in demo_month.make(made, figures):
            yield
    yield from orders.finish()
    sealing.seal(last.previous)
    sealing.publish(last.previous)
    yield
    yield from orders.begin()


def _give_lines() -> None:
    """Every agent serves the ordinary lines; the first two are trained for a crisis."""
    agents = select(AccountRole.account_id).where(AccountRole.role == Role.AGENT)
    ordinary = [line.code for line in waiting.lines().values() if not line.crisis]
    crisis = [line.code for line in waiting.lines().values() if line.crisis]
    people = session.scalars(select(Account.id).where(Account.id.in_(agents)).order_by(Account.id))
    for number, agent_id in enumerate(people):
        staffing.set_skills(agent_id, (crisis if number < CRISIS_TRAINED else []) + ordinary)


def _add_desks() -> None:
    rows = enumerate(DESKS.items(), 1)
    session.add_all([Contact(code=f"demo-{n}", name=name, endpoint=to, position=90 + n) for n, (name, to) in rows])


def invented(month: Month) -> MonthFigures:
    """The figures of a small invented month; they add up, as those of a real one must."""
    random = Random(str(month))
    categories = _varied(CATEGORIES, random)
    total = sum(categories.values())
    online, quick, others = (_varied(group, random) for group in (ONLINE, QUICK, OTHERS))
    channels = sorted((online | quick | others).items(), key=lambda pair: -pair[1])
    columns = [sum(group.values()) for group in (online, quick, {}, others)]
    names = session.scalars(select(Institution.name).order_by(Institution.id).limit(HOSPITALS)).all()
    rows = _rows(list(names), columns, random)
    cities = [CityCount(house.current().home, total)]
    cities += [CityCount(city, count) for city, count in sorted(_varied(CITIES, random).items(), key=lambda p: -p[1])]
    return MonthFigures(
        month=month,
        hotline=HotlineFigures(total, categories, _varied(ORDERS, random) | {"wo_self": categories["complaint"]}),
        province=ProvinceFigures(sum(city.count or 0 for city in cities), tuple(cities)),
        bookings=BookingTable(GROUPS, rows, tuple(columns), sum(columns)),
        channels=ChannelTable(tuple(ChannelRow(*pair) for pair in channels), sum(count for _, count in channels)),
    )


def _varied(counts: dict[str, int], random: Random) -> dict[str, int]:
    """The same counts, each up to a seventh more or less."""
    return {name: max(1, round(count * random.uniform(0.86, 1.14))) for name, count in counts.items()}


def _rows(names: list[str], columns: list[int], random: Random) -> tuple[BookingRow, ...]:
    """Every column shared out over the hospitals, to the last booking."""
    shares: list[list[int]] = []
    for total in columns:
        drawn = random.choices(range(len(names)), [2 ** (len(names) - n) for n in range(len(names))], k=total)
        shares.append([drawn.count(n) for n in range(len(names))])
    rows = [
        BookingRow(name, counts := tuple(share[n] for share in shares), sum(counts)) for n, name in enumerate(names)
    ]
    return tuple(sorted(rows, key=lambda row: -row.total))
