"""What the orders' door takes in, field by field."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from hotline import clock
from hotline.web import gate
from hotline.workorders.codes import NATURE_LABEL, NOT_ACCEPTED_LABEL, SOURCE_LABEL, Source
from hotline.workorders.desk import View
from hotline.workorders.platforms import Scope
from hotline.workorders.revisit_codes import FAILURE_LABEL, FIT_LABEL, SOLVED_LABEL

MANUAL_SOURCES = tuple(source for source in SOURCE_LABEL if source is not Source.SELF)
SERVICES = ("120", "110", "119", "122")


def text(most: int, *, required: bool = False) -> fields.String:
    if required:
        return fields.String(required=True, validate=validate.Length(1, most))
    return fields.String(load_default="", validate=validate.Length(max=most))


def one_of(codes: Any, **more: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([str(code) for code in codes]), **more)


def maybe(codes: Any) -> fields.String:
    """One of some codes, or nothing chosen."""
    return one_of((*codes, ""), load_default="")


class LocalMoment(fields.NaiveDateTime):
    """A wall-clock moment of the business zone, as `datetime-local` sends it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        return super()._deserialize(value, attr, data, **more).replace(tzinfo=clock.ZONE)


class Versioned(Schema):
    """A form filled while the order stood in this version."""

    version = fields.Integer(load_default=None, allow_none=True)


class Nothing(Versioned):
    """Only the press of a button."""


class Reason(Versioned):
    reason = text(500, required=True)


class MaybeReason(Versioned):
    reason = text(500)


class Dispatch(Versioned):
    unit = text(80, required=True)
    reason = text(500)
    co_units = text(400)
    direct = fields.Boolean(load_default=False)
    reply_due = LocalMoment(load_default=None)


class Designate(Versioned):
    unit = text(80, required=True)


class Accuse(Versioned):
    """An institution of the register, or the word that it is none."""

    unit = text(80)
    outside = fields.Boolean(load_default=False)

    @validates_schema
    def _one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data["unit"].strip()) == data["outside"]:
            raise ValidationError("请填写涉及机构，或确认不在机构名录中", "unit")


class Until(Versioned):
    until = LocalMoment(required=True)
    reason = text(500, required=True)


class Reply(Versioned):
    result = text(5000, required=True)
    answer = text(5000, required=True)


class Answer(Versioned):
    answer = text(5000, required=True)


class Void(Versioned):
    why = one_of(NOT_ACCEPTED_LABEL, required=True)
    reason = text(500, required=True)


class Note(Versioned):
    reason = text(2000, required=True)
    internal = fields.Boolean(load_default=False)


class Supervise(Versioned):
    level = fields.Integer(required=True, validate=validate.Range(1, 3))
    reason = text(500, required=True)


class Failed(Versioned):
    why = one_of(FAILURE_LABEL, required=True)
    remark = text(1000)


GRADE = validate.Range(1, 5)


class Answered(Versioned):
    solved = one_of(SOLVED_LABEL, required=True)
    sat_result = fields.Integer(load_default=None, validate=GRADE)
    sat_unit = fields.Integer(load_default=None, validate=GRADE)
    sat_agent = fields.Integer(load_default=None, validate=GRADE)
    reply_fit = maybe(FIT_LABEL)
    remark = text(1000)


class Opinion(Versioned):
    opinion = text(1000)


class Judge(Versioned):
    nonsense = fields.Boolean(load_default=False)
    exempt = fields.Boolean(load_default=False)
    reason = text(500, required=True)


class HandOver(Versioned):
    service = one_of(SERVICES, required=True)
    facts = text(1000, required=True)


class Bundle(Schema):
    """The main order: one that was proposed, or its number as typed."""

    parent_id = fields.Integer(load_default=None)
    parent = text(64)
    reason = text(500)


class Link(Schema):
    """The call: one that was proposed, or its number as typed."""

    call_id = fields.Integer(load_default=None)
    call = text(64)
    reason = text(200)


class Unlink(Schema):
    reason = text(200)


class Reveal(Schema):
    field = one_of(("name", "phone", "contact", "address"), required=True)
    reason = text(200, required=True)


class Bulk(Schema):
    order_ids = fields.List(fields.Integer(), required=True, validate=validate.Length(1, 200))
    unit = text(80, required=True)
    reason = text(500)


MONTH = validate.Regexp(r"20\d\d-(0[1-9]|1[0-2])\Z")


class Inbox(Schema):
    month = fields.String(load_default=None, validate=MONTH)
    view = one_of(View, load_default=None)
    source = one_of(SOURCE_LABEL, load_default=None)
    nature = one_of(NATURE_LABEL, load_default=None)
    unit = text(80)
    number = text(64)
    after = text(200)


class NamedView(Schema):
    name = text(20, required=True)


class NewView(NamedView):
    view = one_of(View, load_default=None)
    source = one_of(SOURCE_LABEL, load_default=None)
    nature = one_of(NATURE_LABEL, load_default=None)
    unit = text(80)
    month = fields.String(load_default=None, validate=MONTH)


class Notices(Schema):
    seen = fields.Boolean(load_default=False)


class Seen(Schema):
    notice_ids = fields.List(fields.Integer(), required=True, validate=validate.Length(1, 200))
    order_id = fields.Integer(load_default=None)


class File(Schema):
    file = gate.Upload(required=True)


class Import(Schema):
    platform_id = fields.Integer(required=True)
    file = gate.Upload(required=True)


class Accept(Schema):
    accept_rest = fields.Boolean(load_default=False)


class Typed(Schema):
    q = text(80)


class Rates(Schema):
    month = fields.String(load_default=None, validate=MONTH)


class Events(Schema):
    all = fields.Boolean(load_default=False)
    before = fields.Integer(load_default=None)


class NewPlatform(Schema):
    name = text(40, required=True)
    source = one_of(MANUAL_SOURCES, required=True)
    callback_url = text(300)
    city_code = text(6)


class Callback(Schema):
    callback_url = text(300)


class Enabled(Schema):
    enabled = fields.Boolean(required=True)


class NewToken(Schema):
    label = text(40, required=True)
    scopes = fields.List(one_of(Scope), required=True, validate=validate.Length(min=1))
    days = fields.Integer(load_default=365, validate=validate.Range(1, 730))


def mapping_form(names: Any) -> type[Schema]:
    """A form with one heading per field of an imported order."""
    return Schema.from_dict({name: text(40) for name in names}, name="Mapping")
