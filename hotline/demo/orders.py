"""The work orders of a demonstration: those of the finished months are closed, those of these days stand in every
state, so that each role finds something to do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.calls import intake, registration_bulk
from hotline.calls.models import Category
from hotline.calls.registration_bulk import Written
from hotline.clock import Month
from hotline.db import session
from hotline.demo import month_calls, told
from hotline.demo.month_calls import Invented
from hotline.demo.order_steps import Cast, desk, lead, unit, unit_of
from hotline.people.models import AccountRole, Role
from hotline.places.models import Institution
from hotline.statistics import house
from hotline.workorders import bundles, deadlines, ladder, platforms, registering, self_orders
from hotline.workorders.codes import Nature, Source, State, Urgency
from hotline.workorders.field_codes import CallerSubject
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE
from hotline.workorders.registering import Demand

PLATFORMS = {"南京市12345平台": Source.CITY, "江苏省12345平台": Source.PROV}
CHANNEL_OF = {Source.PROV: "P12345", Source.CITY: "C12345", Source.WEB: "WEB", Source.L110: "L110"}
DISTRICTS = ("320106", "320102", "320104", None, "320105")
"""Where the invented demands come from; some do not say."""

UNITS = 6
PORTION = 40


def platform_accounts() -> None:
    """The platforms whose files are imported and whose keys an administrator gives out."""
    for name, source in PLATFORMS.items():
        platforms.add(name, source)


def finish() -> Iterator[None]:
    """Lead every order of a finished month to its end, each along one of a few courses."""
    start, _ = Month.of(clock.today()).bounds
    random, calendar, casts = Random(str(start)), deadlines.current().calendar, _casts()
    waiting = select(Order).where(Order.state == State.REGISTERED, Order.registered_at < start)
    weights = [course["weight"] for course in told.COURSES]
    for number, order in enumerate(session.scalars(waiting.order_by(Order.id)).all(), 1):
        steps = random.choices(told.COURSES, weights)[0]["steps"]
        jitter = random.uniform(0.6, 1.3)
        own = next((cast for cast in casts if cast.unit_id == order.accused_id), random.choice(casts))
        lead(order, own, [[name, minutes * jitter, *said] for name, minutes, *said in steps], calendar)
        if number % PORTION == 0:
            yield
    yield


def _casts() -> list[Cast]:
    here, there = desk(), unit()
    others = select(Institution.id).where(Institution.handles_orders, Institution.id != there.unit_id)
    ids = session.scalars(others.order_by(Institution.id).limit(UNITS)).all()
    return [Cast(here, there), *(Cast(here, unit_of(one)) for one in ids)]


def begin() -> Iterator[None]:
    """The orders of these days, and what the ladder has to say of them."""
    calendar, (own, other, *_) = deadlines.current().calendar, _casts()
    made: dict[str, Order] = {}
    units = {"unit": own.unit_id, "other": other.unit_id}
    for number, one in enumerate(told.PRESENT):
        cast = other if one.get("unit") == "other" else own
        cast = replace(cast, co_units=(own.unit_id,)) if one.get("co_unit") else cast
        at = calendar.add_working_minutes(clock.now(), -one["age"])
        order = made[one["title"]] = _received(one, number, at, units)
        if "urges" in one:
            order.is_repeat, order.urged_order_id = True, made[one["urges"]].id
        lead(order, cast, one["steps"], calendar)
        if "into" in one:
            bundles.merge(order.id, made[one["into"]].id, cast.desk, "同一诉求，一并办理")
        yield
    moment = clock.now() if calendar.open_at(clock.now()) else calendar.add_working_minutes(clock.now(), -1)
    with clock.held_at(moment):
        ladder.climb(moment)
    yield


def _received(one: dict[str, Any], number: int, at: datetime, units: dict[str, int]) -> Order:
    """The order as it came in; a self-received one comes from its complaint call."""
    person = one.get("name") or told.PEOPLE[number % len(told.PEOPLE)]
    accused = units.get(one.get("accused", ""))
    if one["source"] == Source.SELF:
        return _from_call(one, number, at, {"caller_name": person, "institution_id": accused})
    demand = Demand(
        source=Source(one["source"]),
        external_no=f"YS{clock.business_day(at):%Y%m%d}{number:04d}",
        nature=Nature(one["nature"]),
        urgency=Urgency(one.get("urgency", "0")),
        title=one["title"],
        content=one["content"],
        caller_name=person,
        caller_phone=one.get("phone") or f"1380000{8100 + number}",
        contact_phone=f"025-8310{4100 + number}" if number % 3 == 0 else None,
        confidential=one.get("confidential", False),
        accused_id=accused,
        channel=CHANNEL_OF.get(Source(one["source"]), "TEL"),
        kind=one.get("kind", "4" if one["nature"] == Nature.CONSULTATION else "1"),
        categories=tuple(one.get("categories", ())),
        caller_subject=CallerSubject(one.get("subject", "1")),
        district_code=DISTRICTS[number % len(DISTRICTS)],
        acceptor="平台受理员",
        acceptor_no=f"8{number % 12:03d}",
    )
    with clock.held_at(at):
        return registering.register(demand, HOUSE)


def _from_call(one: dict[str, Any], number: int, at: datetime, form: dict[str, Any]) -> Order:
    agents = session.scalars(select(AccountRole.account_id).where(AccountRole.role == Role.AGENT)).all()
    call, batch = Invented("answered", Category.COMPLAINT), f"present-{clock.business_day(at)}-{number}"
    ((_, agent, history),) = month_calls.histories([call], [at], sorted(agents), Random(batch), batch)
    written = history.events[-1].at
    values = {"category": Category.COMPLAINT, "reply_required": True, "demand": "请核实并答复"}
    values |= {"content": f"{one['title']}\n{one['content']}"} | form
    with clock.held_at(written):
        (call_id,) = intake.record([history], house.current().home_city)
        registration_bulk.record([Written(call_id, agent, written, values)])
        order = self_orders.settle(call_id)
    assert order is not None  # noqa: S101  the call is a complaint
    return order
