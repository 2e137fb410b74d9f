"""Bookings: beside a call while it is written, and as a list with what became of each."""

from datetime import date
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import audit, clock
from hotline.bookings import rules, service
from hotline.bookings.models import HALF_DAY_LABEL, STATUS_LABEL, HalfDay, Status
from hotline.bookings.service import Wish
from hotline.calls.schemas import REASON_LIMIT, FormSchema, text
from hotline.db import session
from hotline.people.models import Role
from hotline.places import institutions
from hotline.web import gate
from hotline.web.desk import door, shown


class WishSchema(FormSchema):
    """A visit as the caller wants it."""

    institution_id = fields.Integer(required=True)
    department = text(40, required=True)
    doctor = text(40, load_default="")
    slot_type = text(10, load_default="")
    visit_day = fields.Date(required=True)
    half_day = fields.Enum(HalfDay, by_value=True, required=True)
    slot_time = text(5, load_default="")
    patient_name = text(40, required=True)
    guardian_name = text(40, load_default=None, allow_none=True)
    document_type = text(10, required=True)
    document_no = text(40, required=True)
    phone = text(40, required=True)
    channel = text(12, load_default="PHONE")


class CancelSchema(Schema):
    version = fields.Integer(required=True)
    reason = text(10, required=True)
    call = text(32, load_default="")


class MarkSchema(Schema):
    version = fields.Integer(required=True)
    status = fields.Enum(Status, by_value=True, required=True)


class LiftSchema(Schema):
    reason = text(REASON_LIMIT, required=True)


class WindowQuery(Schema):
    institution_id = fields.Integer(required=True)


class ListQuery(Schema):
    number = text(40, load_default="")
    day = fields.Date(load_default=None)
    status = fields.Enum(Status, by_value=True, load_default=None)


@door.get("/bookings")
def bookings() -> str:
    """Bookings by number, day or status; patients who may not book at present."""
    asked = gate.query(ListQuery())
    found = service.find(asked["number"], asked["day"], asked["status"])
    return gate.page(
        "desk/bookings.html",
        rows=found,
        asked=asked,
        institutions=institutions.names([one.institution_id for one in found]),
        suspended=service.suspended(clock.today()),
        choices=shown.booking_choices(clock.today()),
        status_label=STATUS_LABEL,
        status_options=[(each.value, label) for each, label in STATUS_LABEL.items()],
        half_day_label=HALF_DAY_LABEL,
    )


@door.get("/bookings/window")
def window() -> dict[str, Any]:
    """The days of a hospital that can be booked now."""
    rule = rules.rule_of(gate.query(WindowQuery())["institution_id"], clock.today())
    days = rules.bookable_days(rule, clock.now())
    return {"first": _iso(days[:1]), "last": _iso(days[-1:]), "cancellable": rule.cancellable}


def _iso(days: list[date]) -> str:
    return days[0].isoformat() if days else ""


@door.post("/calls/<ref>/bookings")
def book(ref: str) -> str:
    """Book beside the call; answers with the call's bookings."""
    call = shown.call_of(ref)
    shown.guard_work(call)
    sent = gate.load(WishSchema())
    service.book(Wish(**sent), gate.person().id, call.id)
    session.commit()
    return _beside(ref)


def _beside(ref: str) -> str:
    call = shown.call_of(ref)
    return gate.page(
        "desk/_booked.html",
        call=call,
        booked=shown.bookings_of(call),
        booking_choices=shown.booking_choices(call.business_day),
    )


@door.post("/bookings/<int:booking_id>/cancel")
def cancel_booking(booking_id: int) -> ResponseReturnValue:
    """Cancel, in a call or from the list."""
    sent = gate.load(CancelSchema())
    call = shown.call_of(sent["call"]) if sent["call"] else None
    if call:
        shown.guard_work(call)
    service.cancel(booking_id, sent["version"], sent["reason"], call.id if call else None)
    session.commit()
    return _beside(call.ref) if call else redirect(url_for(".bookings"))


@door.post("/bookings/<int:booking_id>/mark")
def mark_booking(booking_id: int) -> ResponseReturnValue:
    """Collected, attended, closed by the hospital, missed."""
    sent = gate.load(MarkSchema())
    service.mark(booking_id, sent["version"], sent["status"])
    session.commit()
    return redirect(url_for(".bookings"))


@door.post("/suspensions/<int:suspension_id>/lift")
@gate.allow(Role.SUPERVISOR)
def lift_suspension(suspension_id: int) -> ResponseReturnValue:
    """End a suspension on appeal."""
    service.lift(suspension_id, gate.person().id, gate.load(LiftSchema())["reason"])
    session.commit()
    return redirect(url_for(".bookings"))


class RevealBookingSchema(Schema):
    field = fields.String(required=True, validate=validate.OneOf(["phone", "document_no", "patient_name"]))
    reason = text(REASON_LIMIT, required=True)


@door.post("/bookings/<int:booking_id>/reveal")
def reveal_booking(booking_id: int) -> dict[str, Any]:
    """Show one masked value of a booking in full, for a reason that the trail keeps."""
    sent, found = gate.load(RevealBookingSchema()), service.get(booking_id)
    gate.check_reveals()
    audit.record("booking.reveal", f"booking:{booking_id}", field=sent["field"], reason=sent["reason"])
    session.commit()
    return {"value": getattr(found, sent["field"])}
