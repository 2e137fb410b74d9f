"""The registration over the wire: saved every few seconds, completed, corrected, entered by hand."""

from typing import Any

from flask import Response, current_app, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hotline import clock
from hotline.calls import codes, registration
from hotline.calls.models import CATEGORY_LABEL, INVALID_LABEL, Call, Registration
from hotline.calls.registration import ManualEntry
from hotline.calls.registration_rules import CHOSEN_BY_AGENTS
from hotline.calls.schemas import CorrectionSchema, ManualEntrySchema, RegistrationSchema
from hotline.config import Config
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.web import gate
from hotline.web.desk import door, shown

NOT_BY_HAND = ("IVR", "P12345", "C12345")
"""The menu serves itself, and 12345 sends orders, not calls."""


def _told(found: Registration) -> Response:
    return jsonify(
        version=found.version,
        state=found.state.value,
        category=found.category.value if found.category else None,
        saved_at=f"{clock.local(found.saved_at):%H:%M:%S}",
    )


@door.post("/calls/<ref>/registration")
def save(ref: str) -> Response:
    """Keep the draft. 409 carries the difference when somebody else saved in between."""
    call, sent = shown.call_of(ref), gate.load(RegistrationSchema())
    found = registration.save(call.id, shown.writer(), sent, sent["version"])
    session.commit()
    return _told(found)


@door.post("/calls/<ref>/complete")
def complete(ref: str) -> Response:
    """Finish the form. When something is missing the draft is kept as typed and 422 names what."""
    call, sent = shown.call_of(ref), gate.load(RegistrationSchema())
    try:
        found = registration.complete(call.id, shown.writer(), sent, sent["version"], shown.evidence(call))
    except Invalid as fault:
        raise _kept(call, fault) from fault
    session.commit()
    return _told(found)


def _kept(call: Call, fault: Invalid) -> Invalid:
    """Commit what was typed; tell its version, so that the form goes on from there."""
    session.commit()
    row = session.get(Registration, call.id)
    fault.facts["version"] = row.version if row else 0
    return fault


@door.post("/calls/<ref>/correct")
def correct(ref: str) -> Response:
    """Change a completed form, with a reason."""
    call, sent = shown.call_of(ref), gate.load(CorrectionSchema())
    shown.guard_crisis(call)
    found = registration.correct(call.id, shown.writer(), sent, sent["version"], sent["reason"], shown.evidence(call))
    session.commit()
    return _told(found)


@door.get("/manual")
def manual() -> str:
    """The form for a call that did not come over the line."""
    return gate.page("desk/manual.html", **_manual_context())


def _manual_context() -> dict[str, Any]:
    config: Config = current_app.config["HOTLINE"]
    today = clock.today()
    channels = codes.choices("channel", today)
    return {
        "channels": [(code, name) for code, name in channels.items() if code not in NOT_BY_HAND],
        "choices": shown.form_choices(today, config.home_city),
        "categories": [(each.value, CATEGORY_LABEL[each]) for each in CHOSEN_BY_AGENTS],
        "invalid_label": INVALID_LABEL,
        "latest": f"{clock.local(clock.now()):%Y-%m-%dT%H:%M}",
    }


@door.post("/manual")
def enter() -> ResponseReturnValue:
    """Take the call up as entered by hand; back to the form with what was typed if it does not fit."""
    config: Config = current_app.config["HOTLINE"]
    try:
        sent = gate.load(ManualEntrySchema())
        found = registration.enter(
            ManualEntry(
                channel=sent["channel"],
                at=sent["at"],
                minutes=sent["minutes"],
                reason=sent["reason"],
                caller=sent["caller"],
                city_code=config.home_city,
                values=sent,
            ),
            shown.writer(),
        )
    except HotlineError as fault:
        session.rollback()
        if request.is_json:
            raise
        return gate.refill(fault, "desk/manual.html", **_manual_context())
    session.commit()
    call = session.get_one(Call, found.call_id)
    return jsonify(ref=call.ref) if request.is_json else redirect(url_for("calls.show", ref=call.ref))
