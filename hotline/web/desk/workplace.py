"""The workplace: the call, its form and what helps, side by side; drafts as tabs. Everything swaps in place."""

from datetime import datetime
from typing import Any

from flask import request
from marshmallow import Schema, fields

from hotline import clock
from hotline.calls import registration
from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, Call, Category, Registration, RegistrationState
from hotline.calls.registration_rules import CHOSEN_BY_AGENTS
from hotline.calls.schemas import TEXT_LIMIT, text
from hotline.calls.scripts import scripts
from hotline.crisis import access
from hotline.db import session
from hotline.queues import conversation, presence
from hotline.web import gate
from hotline.web.desk import crisis, door, shown
from hotline.workorders import deadlines, duplicates, links, moves
from hotline.workorders.codes import CLOCK_LABEL, STATE_LABEL, Clock, Nature, Party, Source, Urgency
from hotline.workorders.moves import By


class HomeSchema(Schema):
    call = text(32, load_default="")


class AboutSchema(Schema):
    """What is written so far, to find orders that may tell of the same matter."""

    institution_id = fields.Integer(load_default=None, allow_none=True)
    contact_phone = text(40, load_default="")
    caller_name = text(40, load_default="")
    content = text(TEXT_LIMIT, load_default="")


@door.get("/")
def home() -> str:
    """The call asked for, else the one on the line, else the form begun last, else the oldest in 待补录."""
    who = gate.person()
    drafts = registration.unfinished(who.id)
    asked = gate.query(HomeSchema())["call"]
    call = shown.call_of(asked) if asked else _current(who.id, drafts)
    return gate.page(
        "desk/home.html",
        tabs=_tabs(drafts),
        open_ref=call.ref if call else "",
        break_reasons=presence.chosen_breaks(),
        simulator_url=gate.config().simulator_url,
        **(_work(call) if call else {"call": None}),
    )


def _current(agent_id: int, drafts: list[tuple[Registration, Call]]) -> Call | None:
    stint = conversation.current(agent_id)
    if stint:
        return session.get(Call, stint.call_id)
    begun = [call for form, call in drafts if form.state is RegistrationState.DRAFT]
    return next(iter([*begun, *(call for _form, call in drafts)]), None)


def _tabs(drafts: list[tuple[Registration, Call]]) -> list[dict[str, Any]]:
    return [
        {
            "ref": call.ref,
            "caller": call.caller,
            "at": call.offered_at,
            "category": CATEGORY_LABEL[form.category] if form.category else "未分类",
            "pending": form.state is RegistrationState.PENDING,
        }
        for form, call in drafts
    ]


@door.get("/calls/<ref>/work")
def work(ref: str) -> str:
    """The three columns of one call, to be put in place without leaving the page (the line stays open)."""
    return gate.page("desk/_work.html", **_work(shown.call_of(ref)))


@door.get("/calls/<ref>/card")
def card(ref: str) -> str:
    """Who is ringing: shown before the call is taken, beside whatever is being written."""
    call = shown.call_of(ref)
    return gate.page("desk/_card.html", call=call, card=shown.caller_card(call), category_label=CATEGORY_LABEL)


@door.get("/tabs")
def tabs() -> str:
    """The drafts as tabs."""
    drafts = registration.unfinished(gate.person().id)
    return gate.page("desk/_tabs.html", tabs=_tabs(drafts), open_ref=request.args.get("open", ""))


@door.get("/unfinished")
def unfinished() -> str:
    """待补录: forms of calls that are over."""
    return gate.page("desk/unfinished.html", tabs=_tabs(registration.unfinished(gate.person().id)))


def _work(call: Call) -> dict[str, Any]:
    shown.guard_work(call)
    form = session.get(Registration, call.id)
    return {
        "call": call,
        "form_row": form,
        "names": shown.form_names(form),
        "card": shown.caller_card(call),
        "categories": [(each.value, CATEGORY_LABEL[each]) for each in CHOSEN_BY_AGENTS],
        "category_label": CATEGORY_LABEL,
        "invalid_label": INVALID_LABEL,
        "chosen": _chosen(call, form),
        "choices": shown.form_choices(call.business_day, call.city_code),
        "booking_choices": shown.booking_choices(call.business_day),
        "booked": shown.bookings_of(call),
        "scripts": scripts(call.business_day),
        "related": related(call, form),
        "linked": _linked(call),
        "limits": _limits(),
        "order_state": STATE_LABEL,
        "talking_since": call.connected_at if call.talk_ended_at is None else None,
        "sheet": crisis.sheet_context(call) if access.may_read(call, gate.crisis_reader()) else None,
    }


def _chosen(call: Call, form: Registration | None) -> str:
    """Which key is down: what was chosen, else what the line the caller came by suggests."""
    if form and form.invalid_type:
        return "invalid"
    if form and form.category:
        return form.category.value
    return Category.CRISIS.value if shown.is_crisis_line(call.queue) else ""


def _limits() -> list[tuple[str, datetime]]:
    """Until when a complaint taken up now must be dispatched and answered, by the rules in force."""
    known, at = deadlines.current(), clock.now()
    limits = []
    for which in (Clock.DISPATCH, Clock.REPLY):
        rule = known.rule(
            which, clock.business_day(at), source=Source.SELF, nature=Nature.COMPLAINT, urgency=Urgency.NORMAL
        )
        if rule:
            limits.append((CLOCK_LABEL[which], known.limit(at, rule.amount, rule.unit).due_at))
    return limits


def related(call: Call, form: Registration | None) -> list[duplicates.Suggestion]:
    """Orders that may tell of the same matter as what is written so far."""
    contact = (form.contact_phone if form else None) or call.caller or ""
    return _related(
        contact,
        (form.caller_name if form else None) or "",
        form.institution_id if form else None,
        (form.content if form else None) or "",
        call.offered_at,
    )


def _related(phone: str, name: str, institution_id: int | None, words: str, at: datetime) -> list[Any]:
    return list(duplicates.of_draft(phone=phone, name=name, institution_id=institution_id, words=words, at=at))


@door.post("/calls/<ref>/related")
def related_now(ref: str) -> str:
    """The panel of related orders for what stands in the form at this moment; changes nothing."""
    call = shown.call_of(ref)
    shown.guard_work(call)
    about = gate.load(AboutSchema())
    found = _related(
        about["contact_phone"] or call.caller or "",
        about["caller_name"],
        about["institution_id"],
        about["content"],
        clock.now(),
    )
    return _panel(call, found)


def _panel(call: Call, found: list[duplicates.Suggestion]) -> str:
    return gate.page("desk/_related.html", call=call, related=found, linked=_linked(call), order_state=STATE_LABEL)


def _linked(call: Call) -> frozenset[int]:
    return frozenset(order.id for order in links.orders_of(call.id))


@door.post("/calls/<ref>/orders/<int:order_id>")
def link_order(ref: str, order_id: int) -> str:
    """关联: this call belongs to that order."""
    call, who = shown.call_of(ref), gate.person()
    shown.guard_work(call)
    order = moves.locked(order_id)
    links.link(order, call.id, By(Party.HOTLINE, who.id, who.name), "坐席登记时关联")
    session.commit()
    call = shown.call_of(ref)
    return _panel(call, related(call, session.get(Registration, call.id)))
