"""Makers for the tests of work orders: orders, calls with their registrations, people of each side."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select

from hotline import clock
from hotline.calls.models import Call, CallState, Category, Outcome, Registration, RegistrationState
from hotline.calls.numbers import normalise
from hotline.db import session
from hotline.people.models import Account
from hotline.places import home
from hotline.places.models import Institution
from hotline.workorders import handling, moves, registering
from hotline.workorders.codes import Nature, Party, Source, State
from hotline.workorders.moves import By
from hotline.workorders.registering import Demand

numbers = count(1)


def institution(name: str) -> Institution:
    return session.scalars(select(Institution).where(Institution.name == name)).one()


def gulou() -> int:
    return institution("南京鼓楼医院").id


def tongren() -> int:
    return institution("南京市第一医院").id


def account(login: str = "") -> Account:
    login = login or f"d{next(numbers)}"
    made = Account(login=login, name="测试员", password_hash="x", password_set_at=clock.now())
    session.add(made)
    session.flush()
    return made


def desk() -> By:
    return By(Party.HOTLINE, account().id, "派单员")


def unit(institution_id: int) -> By:
    return By(Party.UNIT, account().id, "承办人", institution_id)


def demand(**changes) -> Demand:
    values = {
        "source": Source.CITY,
        "external_no": f"0025{next(numbers):06d}",
        "nature": Nature.COMPLAINT,
        "title": "门诊排队时间长",
        "content": "市民反映在鼓楼医院呼吸科门诊排队三小时，请核实处理。",
        "caller_name": "钱多多",
        "caller_phone": "13800001234",
        "contact_phone": "025-83101234",
    }
    return Demand(**{**values, **changes})


def order(by: By | None = None, **changes):
    return registering.register(demand(**changes), by or desk())


def at_state(state: State, *, unit_id: int | None = None, **changes):
    """An order led by the shortest way to a state; returns it with the two sides."""
    here, there = desk(), unit(unit_id or gulou())
    made = order(here, **changes)
    steps = {
        State.DISPATCHED: lambda: handling.dispatch(made, here, there.unit_id),
        State.SIGNED: lambda: handling.sign(made, there),
        State.PROCESSING: lambda: handling.begin(made, there),
        State.REPLIED: lambda: handling.reply(made, there, "已核实整改", "已向您说明情况"),
        State.TO_REVISIT: lambda: handling.approve(made, here),
    }
    for target, step in steps.items():
        if made.state is state:
            break
        step()
        assert made.state is target
    assert made.state is state
    return made, here, there


def call(
    *,
    phone: str = "13800001234",
    at: datetime | None = None,
    category: Category = Category.COMPLAINT,
    institution_id: int | None = None,
    name: str = "钱多多",
    content: str = "市民反映在鼓楼医院呼吸科门诊排队三小时，请核实处理。",
    confidential: bool = False,
    complete: bool = True,
) -> Call:
    at = at or clock.now() - timedelta(hours=1)
    number = normalise(phone, home.dial_code())
    agent = account()
    made = Call(
        ref=f"r{next(numbers)}",
        provider="test",
        provider_ref=f"p{next(numbers)}",
        opened_on=clock.business_day(at),
        city_code="320100",
        state=CallState.ENDED,
        outcome=Outcome.ANSWERED,
        caller=number.display,
        caller_hash=number.hash,
        offered_at=at,
        business_day=clock.business_day(at),
        accepted=True,
        category=category,
        agent_id=agent.id,
    )
    session.add(made)
    session.flush()
    session.add(
        Registration(
            call_id=made.id,
            state=RegistrationState.COMPLETE if complete else RegistrationState.DRAFT,
            agent_id=agent.id,
            saved_at=at,
            completed_at=at,
            category=category,
            nature="4",
            institution_id=institution_id,
            caller_name=name,
            content=content,
            confidential=confidential,
            reply_required=True,
        )
    )
    session.flush()
    return made


__all__ = ["account", "at_state", "call", "demand", "desk", "gulou", "institution", "moves", "order", "tongren", "unit"]
