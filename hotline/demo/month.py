"""A demonstration month: calls, orders, returns and tables whose true counts are a published file's figures.

Everything goes through the services that real work goes through. `make` yields after each part, and whoever runs
it commits there, so that no transaction is long.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from sqlalchemy import func, select

from hotline import clock
from hotline.calls import intake, registration_bulk
from hotline.calls.list_models import Topic
from hotline.calls.models import CATEGORY_LABEL, Call, Category
from hotline.calls.registration_bulk import Written
from hotline.clock import Month
from hotline.db import session
from hotline.demo import month_calls, month_tables, told
from hotline.demo.made import Made
from hotline.demo.scaling import scaled
from hotline.errors import Conflict, Invalid
from hotline.people.demo import demo_accounts
from hotline.people.models import Account, AccountRole, Role
from hotline.places.models import Institution
from hotline.statistics import editions, house
from hotline.statistics.figures import MonthFigures
from hotline.workorders import registering, self_orders
from hotline.workorders.codes import Nature, Source
from hotline.workorders.moves import HOUSE
from hotline.workorders.registering import Demand

BATCH = 500
SOURCE_OF = {"wo_municipal": Source.CITY, "wo_provincial": Source.PROV}


def begin(figures: MonthFigures, scale: float = 1.0, seed: int = 0) -> Made:
    """Check that the month of these figures can be made. Raises Conflict when it was made before, Invalid when it
    is not over."""
    made = Made(figures.month, scale, seed)
    if made.month.last >= clock.today():
        raise Invalid(f"{made.month} 尚未结束")
    if not 0 < scale <= 10:
        raise Invalid("比例须大于 0、不超过 10")
    earlier = select(Call.id).where(Call.provider == month_calls.PROVIDER, Call.provider_ref.like(f"{made.batch}-%"))
    if session.scalar(earlier.limit(1)):
        raise Conflict(f"{made.month} 的演示数据已经生成过（种子 {seed}）")
    return made


def make(made: Made, figures: MonthFigures) -> Iterator[Made]:
    """Make the month, part by part."""
    random, figures = Random(made.batch), scaled(figures, made.scale)
    yield from _calls(made, _categories(figures), random)
    yield from _orders(made, figures, random)
    yield from month_tables.make(made, figures)


def _categories(figures: MonthFigures) -> dict[Category, int]:
    """Calls per category; what the file's total holds beyond them is a category that its edition does not print."""
    known = set(Category)
    counts = {Category(code): count for code, count in figures.hotline.categories.items() if code in known}
    shown = {item.code for item in editions.of(figures.month).hotline.categories}
    unlisted = [Category.MANUAL, *(category for category in Category if category is not Category.IVR)]
    other = next(category for category in unlisted if category not in shown)
    counts[other] = counts.get(other, 0) + max(figures.hotline.total - sum(counts.values()), 0)
    return counts


def agents() -> list[int]:
    """Who takes the calls; the demonstration's people are made if nobody is there."""
    found = (
        select(Account.id).join(AccountRole, AccountRole.account_id == Account.id).where(AccountRole.role == Role.AGENT)
    )
    known = list(session.scalars(found.order_by(Account.id)))
    if known:
        return known
    institution_id = session.scalar(select(func.min(Institution.id)))
    if institution_id is None:
        raise Invalid("请先载入基础数据（flask reference load）")
    demo_accounts(institution_id)
    return list(session.scalars(found.order_by(Account.id)))


def _calls(made: Made, categories: dict[Category, int], random: Random) -> Iterator[Made]:
    invented = month_calls.wanted(categories)
    random.shuffle(invented)
    instants = month_calls.Month(made.month.days, random).instants(len(invented))
    calls = list(month_calls.histories(invented, instants, agents(), random, made.batch))
    topics = _topics(made.month)
    places = list(session.scalars(select(Institution.id).order_by(Institution.id)))
    for start in range(0, len(calls), BATCH):
        part = calls[start : start + BATCH]
        ids = intake.record([history for _, _, history in part], house.current().home_city)
        registration_bulk.record(
            [
                Written(call_id, agent, history.events[-1].at, _form(call, topics, places, random))
                for call_id, (call, agent, history) in zip(ids, part, strict=True)
                if agent
            ]
        )
        for call_id, (call, _, history) in zip(ids, part, strict=True):
            if call.category is Category.COMPLAINT:
                with clock.held_at(history.events[-1].at):
                    self_orders.settle(call_id)
                made.orders["wo_self"] = made.orders.get("wo_self", 0) + 1
        made.calls += len(part)
        made.accepted += sum(call.category is not None for call, _, _ in part)
        yield made


def _topics(month: Month) -> dict[Category, list[int]]:
    """Topics in force in the month, by category."""
    found: dict[Category, list[int]] = {}
    wanted = select(Topic.id, Topic.category).where(
        Topic.valid_from <= month.first, Topic.valid_to.is_(None) | (Topic.valid_to > month.last)
    )
    for topic_id, category in session.execute(wanted.order_by(Topic.id)):
        found.setdefault(category, []).append(topic_id)
    return found


def _form(
    call: month_calls.Invented, topics: Mapping[Category, Sequence[int]], places: Sequence[int], random: Random
) -> dict[str, Any]:
    if call.invalid is not None or call.category is None:
        return {"invalid_type": call.invalid, "category": None}
    label = CATEGORY_LABEL[call.category]
    values: dict[str, Any] = {"category": call.category, "content": f"演示来电：{label}", "reply": "演示答复"}
    if call.category in topics:
        values["topic_id"] = random.choice(topics[call.category])
    if call.category is Category.COMPLAINT:
        words = "\n".join(told.demand(Nature.COMPLAINT, random))
        values |= {"content": words, "demand": "请核实并答复", "institution_id": random.choice(places)}
        values |= {"caller_name": random.choice(told.PEOPLE), "reply_required": True}
    return values


def _orders(made: Made, figures: MonthFigures, random: Random) -> Iterator[Made]:
    for code in SOURCE_OF:
        count = figures.hotline.orders.get(code, 0)
        instants = sorted(month_calls.Month(made.month.days, random).instants(count))
        for number, at in enumerate(instants, 1):
            nature = random.choice(told.NATURES)
            title, content = told.demand(nature, random)
            demand = Demand(
                source=SOURCE_OF[code],
                external_no=f"YS-{made.batch}-{number:05d}",
                nature=nature,
                title=title,
                content=content,
                caller_name=random.choice(told.PEOPLE),
                caller_phone=f"1380000{random.randrange(10_000):04d}",
                registered_at=at,
            )
            registering.register(demand, HOUSE)
            made.orders[code] = number
            if number % BATCH == 0:
                yield made
        yield made
