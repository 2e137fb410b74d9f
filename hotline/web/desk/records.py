"""Calls as records: the list with its filters in the URL, one call with everything that belongs to it."""

from dataclasses import fields as fields_of
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, request, send_file, url_for
from marshmallow import Schema, fields

from hotline.calls import history, registration, registration_versions, search
from hotline.calls.models import (
    CATEGORY_LABEL,
    INVALID_LABEL,
    OUTCOME_LABEL,
    Call,
    Category,
    InvalidType,
    Outcome,
    Registration,
    RegistrationState,
)
from hotline.calls.registration_rules import CHOSEN_BY_AGENTS
from hotline.calls.schemas import text
from hotline.calls.search import Filter
from hotline.config import Config
from hotline.crisis import access
from hotline.db import session
from hotline.errors import NotFound, Refused
from hotline.people import service as people
from hotline.people.models import Role
from hotline.places import institutions
from hotline.queues import callback_work, callbacks, conversation, course, recordings, waiting
from hotline.queues.records import Recording
from hotline.web import gate
from hotline.web.desk import records_door, shown
from hotline.workorders import links
from hotline.workorders.codes import STATE_LABEL

STATE_WORDS: dict[RegistrationState, str] = {
    RegistrationState.DRAFT: "登记中",
    RegistrationState.PENDING: "待补录",
    RegistrationState.COMPLETE: "已完成",
}
READERS_OF_TEXT = frozenset({Role.AGENT, Role.SUPERVISOR, Role.DISPATCHER})


class ListSchema(Schema):
    """The filters of the list, as the URL carries them."""

    first = fields.Date(load_default=None)
    last = fields.Date(load_default=None)
    category = fields.Enum(Category, by_value=True, load_default=None)
    outcome = fields.Enum(Outcome, by_value=True, load_default=None)
    invalid_type = fields.Enum(InvalidType, by_value=True, load_default=None)
    accepted = fields.Boolean(load_default=None)
    queue = text(20, load_default="")
    channel = text(10, load_default="")
    agent_id = fields.Integer(load_default=None)
    institution_id = fields.Integer(load_default=None)
    number = text(40, load_default="")
    call_no = text(20, load_default="")
    state = fields.Enum(RegistrationState, by_value=True, load_default=None)
    after = text(200, load_default="")


def filter_of(asked: dict[str, Any]) -> Filter:
    return Filter(**{field.name: asked[field.name] for field in fields_of(Filter)})


@records_door.get("/")
def index() -> str:
    """One page of calls, newest first."""
    asked = gate.query(ListSchema())
    wanted = filter_of(asked)
    found = search.page(wanted, asked["after"])
    rows = found.rows
    address = {name: value for name, value in request.args.items() if value and name != "after"}
    return gate.page(
        "desk/calls.html",
        rows=rows,
        wanted=wanted,
        address=address,
        newer=_url(address) if asked["after"] else None,
        older=_url({**address, "after": found.following}) if found.following else None,
        agents=shown.agents(),
        names=people.names([row.agent_id for row in rows]),
        institutions=institutions.names([row.institution_id for row in rows]),
        institution_name=institutions.find(wanted.institution_id).name if wanted.institution_id else "",
        lines=(lines := waiting.lines()),
        line_options=[(line.code, line.name) for line in lines.values()],
        category_options=[(each.value, label) for each, label in CATEGORY_LABEL.items()],
        outcome_options=[(each.value, label) for each, label in OUTCOME_LABEL.items()],
        state_options=[(each.value, label) for each, label in STATE_WORDS.items()],
        **_words(),
    )


def _url(address: dict[str, str]) -> str:
    return f"{url_for('.index')}?{urlencode(address)}"


def _words() -> dict[str, Any]:
    return {
        "category_label": CATEGORY_LABEL,
        "outcome_label": OUTCOME_LABEL,
        "invalid_label": INVALID_LABEL,
        "state_words": STATE_WORDS,
    }


@records_door.get("/<ref>")
def show(ref: str) -> str:
    """One call: times, form, versions, bookings, orders, recordings."""
    call = shown.call_of(ref)
    if access.is_crisis(call) and not access.may_read(call, gate.crisis_reader()):
        return gate.page("desk/behind_glass.html", call=call)
    form = session.get(Registration, call.id)
    reads_text = not READERS_OF_TEXT.isdisjoint(gate.person().roles)
    return gate.page(
        "desk/call.html",
        call=call,
        form_row=form,
        reads_text=reads_text,
        words=_in_words(call, form) if form else {},
        versions=registration_versions.versions(call.id, call.business_day) if reads_text else [],
        names=people.names([call.agent_id, form.agent_id if form else None]),
        card=shown.caller_card(call),
        booked=shown.bookings_of(call) if reads_text else [],
        orders=links.orders_of(call.id),
        order_state=STATE_LABEL,
        course=course.of_call(call.id),
        recordings=(sounds := recordings.of_call(call.id)),
        may_play=gate.may("calls.play") and any(_may_play(call, each) for each in sounds),
        **_call_back(call),
        is_crisis=access.is_crisis(call),
        mine=gate.may("desk.correct") and registration.may_write(call, shown.writer()),
        **_words(),
    )


def _call_back(call: Call) -> dict[str, Any]:
    """The call-back that stands for a call, with its attempts."""
    found = callback_work.of_call(call.id)
    tried = [attempt.by_id for attempt in found.attempts] if found else []
    return {
        "call_back": found,
        "people": people.names([found.row.owner_id if found else None, *tried]),
        "source_label": callbacks.SOURCE_LABEL,
        "results": callback_work.RESULTS,
        "outcomes": callback_work.OUTCOME_LABEL,
    }


MASKED = ("caller_name", "contact_phone")
TEXTS = ("content", "demand", "reply", "remark")


def _in_words(call: Call, form: Registration) -> dict[str, str]:
    """Label → value of everything that was filled in, masked where it names a person; texts stand apart."""
    return {
        label: registration_versions.in_words(name, registration_versions.plain(getattr(form, name)), call.business_day)
        for name, label in registration_versions.FIELDS.items()
        if name not in (*MASKED, *TEXTS) and getattr(form, name) not in (None, "", False)
    }


@records_door.get("/<ref>/correct")
@gate.allow(Role.AGENT, Role.SUPERVISOR)
def correction(ref: str) -> str:
    """The form of a completed call, open for correction."""
    call = shown.call_of(ref)
    shown.guard_work(call)
    form = session.get(Registration, call.id)
    if form is None:
        raise NotFound("这通来电没有受理单。")
    return gate.page(
        "desk/correct.html",
        call=call,
        form_row=form,
        names=shown.form_names(form),
        categories=[(each.value, CATEGORY_LABEL[each]) for each in CHOSEN_BY_AGENTS],
        chosen="invalid" if form.invalid_type else (form.category.value if form.category else ""),
        choices=shown.form_choices(call.business_day, call.city_code),
        **_words(),
    )


@records_door.get("/<ref>/history")
@gate.allow(Role.AGENT, Role.SUPERVISOR, Role.DISPATCHER)
def caller_history(ref: str) -> str:
    """Everything from the same number: calls and orders."""
    call = shown.call_of(ref)
    shown.guard_crisis(call)
    found = history.of_number(call.caller_hash, limit=100)
    return gate.page(
        "desk/history.html",
        call=call,
        history=found,
        institutions=institutions.names([each.institution_id for each in found.last]),
        orders=links.orders_for_number(call.caller_hash, 50) if call.caller_hash else [],
        order_state=STATE_LABEL,
        **_words(),
    )


def _may_play(call: Call, recording: Recording) -> bool:
    who = gate.person()
    if Role.SUPERVISOR in who.roles or conversation.talked(call.id, who.id):
        return True
    return recording.kind == "voicemail" and callback_work.may_hear(call.id, who.id)


@records_door.post("/<ref>/recordings/<int:recording_id>")
@gate.allow(Role.AGENT, Role.SUPERVISOR)
def play(ref: str, recording_id: int) -> Response:
    """The sound of one recording, audited: agents hear the calls they talked in, supervisors any.

    A message is heard by whoever may call back: everybody at the desk while nobody has taken it, then its owner.
    """
    call = shown.call_of(ref)
    shown.guard_crisis(call)
    found = next((each for each in recordings.of_call(call.id) if each.id == recording_id), None)
    if found is None:
        raise NotFound("录音不存在。")
    if not _may_play(call, found):
        raise Refused("只能回听本人通话的录音和本人负责回拨的留言。")
    config: Config = current_app.config["HOTLINE"]
    path = recordings.open_file(recording_id, config.recording_dir)
    session.commit()
    return send_file(path, mimetype="audio/wav")
