"""自接工单: each complaint call has exactly one order, whatever is repeated or corrected there and back.

`settle` is asked for after every completed or corrected registration and brings the order in line with the call:
a complaint opens its order or brings back the one that was withdrawn with it, anything else withdraws it with the
reason. What the hotline refused or handed over to 110, 119, 120 or 122 stays so, however often this is repeated.
"""

from sqlalchemy import select

from hotline import db
from hotline.calls.models import Call, Category, Registration, RegistrationState
from hotline.db import session
from hotline.errors import NotFound
from hotline.places import institutions
from hotline.workorders import amending, bundles, handling, links, moves, registering
from hotline.workorders.codes import Move, Nature, Source, State, Urgency
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE
from hotline.workorders.registering import Demand

WITHDRAWN = "来电已更正为非投诉"
TITLE_LENGTH = 40


def settle(call_id: int) -> Order | None:
    """Bring the self-received order in line with its call; returns it if there is one."""
    db.lock(f"self-order:{call_id}")
    call = session.get(Call, call_id, populate_existing=True)
    if call is None:
        raise NotFound("没有这个来电")
    registration = session.get(Registration, call_id, populate_existing=True)
    order = session.scalar(select(Order).where(Order.call_id == call_id).with_for_update())
    if registration is not None and order is not None and registration.state is RegistrationState.COMPLETE:
        _follow(order, registration)
    if registration is not None and _is_complaint(call, registration):
        return _ensure(call, registration, order)
    if order is not None and order.state is State.ARCHIVED:
        if WITHDRAWN not in moves.reasons(order, Move.NOTE):
            moves.note(order, Move.NOTE, HOUSE, reason=WITHDRAWN, internal=True)
    elif order is not None and order.state is not State.VOID:
        bundles.withdraw(order, WITHDRAWN, HOUSE)
    return order


def _is_complaint(call: Call, registration: Registration) -> bool:
    complete = registration.state is RegistrationState.COMPLETE
    return complete and call.accepted and call.category is Category.COMPLAINT


def _ensure(call: Call, registration: Registration, order: Order | None) -> Order:
    if order is None:
        return _open(call, registration)
    if order.state is State.VOID and moves.ended_by(order) is Move.WITHDRAW:
        handling.reinstate(order, HOUSE, "来电已更正为投诉")
    return order


def _follow(order: Order, registration: Registration) -> None:
    """Whom the person must be hidden from, as the call now says. What was confidential once stays so."""
    if registration.confidential and not order.confidential:
        amending.make_confidential(order)
        moves.note(order, Move.NOTE, HOUSE, reason="来电已更正为保密，诉求人信息不再对承办单位显示")
    if registration.institution_id != order.accused_id:
        order.accused_id = registration.institution_id
        name = institutions.names([order.accused_id]).get(order.accused_id or 0, "无")
        moves.note(order, Move.NOTE, HOUSE, reason=f"来电已更正涉及机构：{name}")


def _open(call: Call, registration: Registration) -> Order:
    content = "\n".join(part for part in (registration.content, registration.demand) if part)
    order = registering.register(
        Demand(
            source=Source.SELF,
            call_id=call.id,
            channel=call.channel,
            nature=Nature.COMPLAINT,
            title=(content.splitlines() or ["投诉"])[0][:TITLE_LENGTH],
            content=content or "（来电登记未写明内容）",
            urgency=Urgency(registration.urgency) if registration.urgency in set(Urgency) else Urgency.NORMAL,
            topic_id=registration.topic_id,
            district_code=registration.district_code,
            caller_name=registration.caller_name,
            caller_phone=call.caller,
            contact_phone=registration.contact_phone,
            confidential=registration.confidential,
            reply_required=registration.reply_required,
            accused_id=registration.institution_id,
            counts_on=call.business_day,
        ),
        HOUSE,
    )
    order.caller_hash, order.contact_hash = call.caller_hash, registration.contact_hash
    order.acceptor_id = registration.agent_id
    links.own_call(order, call.id)
    return order
