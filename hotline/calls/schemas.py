"""What the desk may send about a call, every field listed."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate

from hotline import clock
from hotline.calls.models import Category, InvalidType

TEXT_LIMIT = 5000
NAME_LIMIT = 40
REASON_LIMIT = 200


def printable(text: str | None) -> None:
    """Refuse what a database or a document cannot hold: NUL and lone surrogates."""
    if text and ("\x00" in text or any("\ud800" <= char <= "\udfff" for char in text)):
        raise ValidationError("含有无法保存的字符")


def text(limit: int, **options: object) -> fields.String:
    """A text field of at most `limit` characters that can be stored everywhere."""
    checks = [validate.Length(max=limit, error=f"最多 {limit} 个字"), printable]
    return fields.String(validate=checks, **options)  # type: ignore[arg-type]


class FormSchema(Schema):
    """A form: an empty text for an optional choice means nothing chosen."""

    class Meta:
        unknown = RAISE

    @pre_load
    def _blank_is_nothing(self, data: Any, **_options: object) -> Any:
        if not isinstance(data, dict):
            return data
        optional = {name for name, field in self.fields.items() if field.allow_none}
        return {name: None if name in optional and value == "" else value for name, value in data.items()}


class RegistrationSchema(FormSchema):
    """The registration as the form or a simulated agent sends it; `version` is the one it was built on."""

    version = fields.Integer(required=True, validate=validate.Range(min=0))
    category = fields.Enum(Category, by_value=True, allow_none=True)
    invalid_type = fields.Enum(InvalidType, by_value=True, allow_none=True)
    nature = text(4)
    topic_id = fields.Integer(allow_none=True)
    institution_id = fields.Integer(allow_none=True)
    district_code = text(6, allow_none=True)
    handling = text(10)
    urgency = text(2)
    confidential = fields.Boolean()
    reply_required = fields.Boolean()
    caller_name = text(NAME_LIMIT, allow_none=True)
    contact_phone = text(NAME_LIMIT, allow_none=True)
    sex = text(2)
    age_group = text(2)
    content = text(TEXT_LIMIT, allow_none=True)
    demand = text(TEXT_LIMIT, allow_none=True)
    reply = text(TEXT_LIMIT, allow_none=True)
    remark = text(TEXT_LIMIT, allow_none=True)


class CorrectionSchema(RegistrationSchema):
    """A correction of a completed registration."""

    reason = text(REASON_LIMIT, required=True)


class ManualEntrySchema(RegistrationSchema):
    """A call that did not come over the line, or came while the line was away (补录)."""

    channel = text(10, required=True)
    at = fields.AwareDateTime(required=True, default_timezone=clock.ZONE)
    minutes = fields.Integer(load_default=5, validate=validate.Range(min=1, max=240))
    caller = text(NAME_LIMIT, load_default="")
    reason = text(REASON_LIMIT, required=True)
