"""What several pages of the desk show of a call: who calls, what is known, what the form offers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from hotline.bookings import service as bookings
from hotline.bookings.models import Booking
from hotline.calls import codes, history, numbers, registration, topics
from hotline.calls.models import Call, Registration
from hotline.calls.registration import Writer
from hotline.calls.registration_rules import Evidence
from hotline.crisis import access
from hotline.crisis import service as crisis
from hotline.crisis.models import LEVEL_LABEL, Level
from hotline.db import session
from hotline.errors import NotFound, Refused
from hotline.people.models import Account, AccountRole, Role
from hotline.places import institutions
from hotline.places import service as places
from hotline.places.models import Area
from hotline.queues import conversation, waiting
from hotline.web import gate
from hotline.workorders import links
from hotline.workorders.codes import State
from hotline.workorders.models import Order

DONE = (State.CLOSED, State.ARCHIVED, State.VOID, State.MERGED)


def call_of(ref: str) -> Call:
    """The call of a URL. Raises NotFound."""
    found = session.scalar(select(Call).where(Call.ref == ref))
    if found is None:
        raise NotFound("没有这个来电。")
    return found


def writer() -> Writer:
    who = gate.person()
    return Writer(who.id, supervisor=Role.SUPERVISOR in who.roles)


def evidence(call: Call) -> Evidence:
    """What stands beside the call: a booking made or cancelled in it, a submitted risk sheet."""
    sheet = crisis.sheet_of(call.id)
    return Evidence(bool(bookings.of_call(call.id)), bool(sheet and sheet.submitted_at))


@dataclass(frozen=True)
class CallerCard:
    """The caller, masked, and what the house knows of the number."""

    number: str
    kind: str
    city: str
    line: str
    history: history.History
    open_orders: list[Order]
    crisis_level: str


def caller_card(call: Call) -> CallerCard:
    number = numbers.normalise(call.caller)
    city_code = numbers.city_code(number)
    orders = links.orders_for_number(call.caller_hash, 20) if call.caller_hash else []
    return CallerCard(
        number=number.display,
        kind=numbers.KIND_LABEL[number.kind],
        city=places.city(city_code).short if city_code else "",
        line=_line_name(call.queue),
        history=history.of_number(call.caller_hash, call.offered_at),
        open_orders=[order for order in orders if order.state not in DONE],
        crisis_level=_last_level(call),
    )


def _line_name(code: str) -> str:
    line = waiting.lines().get(code)
    return line.name if line else ""


def _last_level(call: Call) -> str:
    """Only for those who may read crisis records of others too."""
    who = gate.crisis_reader()
    if not (who.supervisor or who.trained):
        return ""
    level = crisis.last_level(call.caller_hash, call.id)
    return LEVEL_LABEL[level] if level is not Level.NONE else ""


def is_crisis_line(code: str) -> bool:
    line = waiting.lines().get(code)
    return bool(line and line.crisis)


def agents() -> list[tuple[int, str]]:
    """People who take calls, for filters and hand-overs."""
    rows = session.execute(
        select(Account.id, Account.name)
        .where(Account.agent_no.is_not(None), Account.disabled_at.is_(None))
        .order_by(Account.agent_no)
    )
    return [(row.id, row.name) for row in rows]


def supervisors() -> list[tuple[int, str]]:
    """Who may approve breaking confidentiality."""
    rows = session.execute(
        select(Account.id, Account.name)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == Role.SUPERVISOR, Account.disabled_at.is_(None))
        .order_by(Account.id)
    )
    return [(row.id, row.name) for row in rows]


LISTS = ("nature", "handling", "urgency", "sex", "age_group", "channel")


def form_choices(on: date, city_code: str) -> dict[str, Any]:
    """Every list the form offers on the day of the call."""
    return {
        **{name: list(codes.choices(name, on).items()) for name in LISTS},
        "districts": [(area.code, area.name) for area in places.districts(city_code)],
    }


def form_names(form: Registration | None) -> dict[str, str]:
    """The words beside the ids that the form holds."""
    if form is None:
        return {"topic": "", "institution": "", "district": ""}
    area = session.get(Area, form.district_code) if form.district_code else None
    return {
        "topic": topics.path(form.topic_id) if form.topic_id else "",
        "institution": institutions.names([form.institution_id]).get(form.institution_id or 0, ""),
        "district": area.name if area else "",
    }


def booking_choices(on: date) -> dict[str, Any]:
    names = ("document_type", "slot_type", "booking_cancel_reason")
    return {
        **{name: list(codes.choices(name, on).items()) for name in names},
        "booking_channel": [(code, channel.name) for code, channel in bookings.channels(on).items()],
    }


def bookings_of(call: Call) -> list[tuple[Booking, str]]:
    found = bookings.of_call(call.id)
    names = institutions.names([one.institution_id for one in found])
    return [(one, names[one.institution_id]) for one in found]


def guard_work(call: Call) -> None:
    """Refuse whoever neither writes this call nor is in it: what is being written shows numbers in full."""
    stint = conversation.current(gate.person().id)
    if not registration.may_write(call, writer()) and (stint is None or stint.call_id != call.id):
        raise Refused("这是其他坐席的来电，只有本人和班长可以填写。")
    guard_crisis(call)


def guard_crisis(call: Call) -> None:
    """Refuse whoever may not read the crisis record of this call."""
    if access.is_crisis(call):
        access.require(call, gate.crisis_reader())
