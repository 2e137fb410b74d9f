"""Calls for tests, made through the same fold as real ones."""

from datetime import UTC, datetime, timedelta

from hotline.calls import intake
from hotline.calls.events import Event
from hotline.calls.models import EventKind
from hotline.calls.registration import Writer
from hotline.db import session
from hotline.people.models import Account
from hotline.places.models import Institution

AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


def house_of_three():
    """Two agents, a supervisor and one hospital: writers and the hospital's id."""
    accounts = [
        Account(login=f"t-agent{n}", name=name, agent_no=f"t80{n}", password_hash="-", password_set_at=AT)
        for n, name in enumerate(("坐席甲", "坐席乙", "班长"))
    ]
    hospital = Institution(name="南京虚拟测试医院")
    session.add_all([*accounts, hospital])
    session.flush()
    return [Writer(accounts[0].id), Writer(accounts[1].id), Writer(accounts[2].id, supervisor=True), hospital.id]


def answered(agent, number="13800001234", at=AT, provider_ref="CA1"):
    """The id of a call that `agent` answered and that ended after a minute."""
    stint = {"agent": agent.id, "stint": 1, "turn": 1}
    events = (
        Event(f"{provider_ref}:o", EventKind.OFFERED, at),
        Event(f"{provider_ref}:c", EventKind.CONNECTED, at + timedelta(seconds=5), stint),
        Event(f"{provider_ref}:l", EventKind.AGENT_LEFT, at + timedelta(seconds=65), stint),
        Event(f"{provider_ref}:e", EventKind.LEG_STATUS, at + timedelta(seconds=65), {"status": "completed"}),
    )
    return intake.record([intake.History("simulator", provider_ref, events, caller=number)], "320100")[0]


def talking(agent, number="13800001234", at=AT, provider_ref="CT1"):
    """The id of a call that `agent` is in."""
    events = (
        Event(f"{provider_ref}:o", EventKind.OFFERED, at),
        Event(f"{provider_ref}:c", EventKind.CONNECTED, at, {"agent": agent.id, "stint": 1, "turn": 1}),
    )
    return intake.record([intake.History("simulator", provider_ref, events, caller=number)], "320100")[0]
