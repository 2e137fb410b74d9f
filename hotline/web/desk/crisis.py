"""The risk sheet beside the call, never over it; alerts, linkage, and breaking the glass."""

from typing import Any

from flask import Response, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from hotline import clock
from hotline.calls import codes
from hotline.calls.models import Call
from hotline.calls.schemas import REASON_LIMIT, TEXT_LIMIT, FormSchema, text
from hotline.crisis import access, followups, scale, service
from hotline.crisis.models import LEVEL_LABEL, Alert, Level, RiskSheet
from hotline.db import session
from hotline.errors import HotlineError, Invalid
from hotline.people import service as people
from hotline.people.models import Role
from hotline.web import gate
from hotline.web.desk import door, shown

WHEN = ("before", "after")


class SheetSchema(FormSchema):
    """The sheet as typed; `answers` code → points, `ratings` such as intent_before → 0 to 100."""

    version = fields.Integer(required=True, validate=validate.Range(min=0))
    answers = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True))
    ratings = fields.Dict(
        keys=fields.String(validate=validate.OneOf([f"{name}_{when}" for name in service.RATINGS for when in WHEN])),
        values=fields.Integer(strict=True, validate=validate.Range(0, 100)),
    )
    flag = text(10)
    followup_consent = fields.Boolean()
    breach_approved_by = fields.Integer(allow_none=True)
    alias = text(40, allow_none=True)
    whereabouts = text(TEXT_LIMIT, allow_none=True)
    people_around = text(TEXT_LIMIT, allow_none=True)
    emergency_contact = text(TEXT_LIMIT, allow_none=True)
    plan = text(TEXT_LIMIT, allow_none=True)
    method = text(TEXT_LIMIT, allow_none=True)
    state_of_mind = text(TEXT_LIMIT, allow_none=True)
    safety_plan = text(TEXT_LIMIT, allow_none=True)
    referral = text(TEXT_LIMIT, allow_none=True)
    breach_reason = text(TEXT_LIMIT, allow_none=True)
    supervisor_remark = text(TEXT_LIMIT, allow_none=True)


class LinkageSchema(FormSchema):
    target = text(10, required=True)
    result = text(TEXT_LIMIT, required=True)


class ReasonSchema(FormSchema):
    reason = text(REASON_LIMIT, required=True)


def sheet_context(call: Call) -> dict[str, Any]:
    """Everything the sheet shows."""
    on = call.business_day
    found = service.sheet_of(call.id)
    alert = session.get(Alert, call.id)
    return {
        "row": found,
        "level": LEVEL_LABEL[Level(found.level if found else 0)],
        "immediate": [item for item in scale.items(on) if item.points == 0],
        "scored": [item for item in scale.items(on) if item.points],
        "texts": service.TEXTS,
        "ratings": service.RATINGS,
        "flags": list(codes.choices("crisis_flag", on).items()),
        "targets": list(codes.choices("linkage_target", on).items()),
        "linkages": service.linkages(call.id),
        "names": codes.choices("linkage_target", on),
        "followups": followups.of_call(call.id),
        "alert": alert,
        "taken_by": people.names([alert.taken_by]).get(alert.taken_by or 0, "") if alert else "",
        "approvers": shown.supervisors(),
    }


def _guarded(ref: str) -> Call:
    call = shown.call_of(ref)
    access.require_writer(call, gate.crisis_reader())
    return call


def _sent() -> dict[str, Any]:
    """The sheet as sent; only a supervisor approves breaking confidentiality."""
    sent = gate.load(SheetSchema())
    if sent.get("breach_approved_by") not in (None, *dict(shown.supervisors())):
        raise Invalid("批准人须为班长。", fields={"breach_approved_by": ["请选择在岗班长"]})
    return sent


@door.get("/calls/<ref>/crisis")
def sheet(ref: str) -> ResponseReturnValue:
    """The sheet on a page of its own; behind glass for whoever may not read it."""
    call = shown.call_of(ref)
    if not access.may_read(call, gate.crisis_reader()):
        return gate.page("desk/behind_glass.html", call=call), 403
    return gate.page(
        "desk/crisis.html",
        call=call,
        sheet=sheet_context(call),
        talking_since=call.connected_at if call.talk_ended_at is None else None,
    )


def _told(found: RiskSheet) -> Response:
    alert = session.get(Alert, found.call_id)
    return jsonify(
        version=found.version,
        level=found.level,
        level_label=LEVEL_LABEL[Level(found.level)],
        score=found.score,
        submitted=found.submitted_at is not None,
        alerted=alert is not None,
        alert_taken=bool(alert and alert.taken_at),
        saved_at=f"{clock.local(found.saved_at):%H:%M:%S}",
    )


@door.post("/calls/<ref>/crisis")
def save_sheet(ref: str) -> Response:
    """Keep the sheet and compute its level; high calls the supervisors at once."""
    call, sent = _guarded(ref), _sent()
    found = service.save(call.id, gate.person().id, sent, sent["version"])
    session.commit()
    return _told(found)


@door.post("/calls/<ref>/crisis/submit")
def submit_sheet(ref: str) -> Response:
    """Finish the assessment. What is missing is named, what was typed is kept."""
    call, sent = _guarded(ref), _sent()
    try:
        found = service.submit(call.id, gate.person().id, sent, sent["version"])
    except HotlineError as fault:
        if fault.status == 422:
            session.commit()
            row = service.sheet_of(call.id)
            fault.facts["version"] = row.version if row else 0
        raise
    session.commit()
    return _told(found)


@door.post("/calls/<ref>/crisis/link")
def link_out(ref: str) -> str:
    """Write down that 110, 120, family or a hospital was called."""
    call, sent = _guarded(ref), gate.load(LinkageSchema())
    service.link(call.id, gate.person().id, sent["target"], sent["result"])
    session.commit()
    return gate.page("desk/_linkages.html", call=call, sheet=sheet_context(call))


@door.post("/calls/<ref>/crisis/alert")
@gate.allow(Role.SUPERVISOR)
def take_alert(ref: str) -> ResponseReturnValue:
    """A supervisor takes the alert of a high-risk call and goes to its sheet."""
    call = shown.call_of(ref)
    service.take_alert(call.id, gate.person().id)
    session.commit()
    return redirect(url_for(".sheet", ref=ref))


@door.post("/calls/<ref>/crisis/glass")
def break_glass(ref: str) -> ResponseReturnValue:
    """Open one record in need, for half an hour, with a reason."""
    call = shown.call_of(ref)
    try:
        access.break_glass(call.id, gate.person().id, gate.load(ReasonSchema())["reason"])
    except HotlineError as fault:
        session.rollback()
        return gate.refill(fault, "desk/behind_glass.html", call=shown.call_of(ref))
    session.commit()
    return redirect(url_for("calls.show", ref=ref))
