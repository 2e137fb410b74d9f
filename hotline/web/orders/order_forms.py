"""What a new order and the correction of one take in, field by field."""

from marshmallow import Schema, fields

from hotline.web.orders.forms import MANUAL_SOURCES, LocalMoment, Versioned, maybe, one_of, text
from hotline.workorders.codes import NATURE_LABEL, URGENCY_LABEL
from hotline.workorders.field_codes import CALLER_SUBJECT_LABEL, CHANNEL_LABEL, KIND_LABEL, SOURCE_LEVEL_LABEL


class Described(Schema):
    """What a person at the desk says of an order, when it is new and later."""

    channel = one_of(CHANNEL_LABEL, load_default="TEL")
    kind = one_of(KIND_LABEL, load_default="1")
    source_level = maybe(SOURCE_LEVEL_LABEL)
    topic_id = fields.Integer(load_default=None)
    district_code = text(6)
    address = text(200)
    contact_phone = text(40)
    caller_subject = maybe(CALLER_SUBJECT_LABEL)
    is_repeat = fields.Boolean(load_default=False)
    urged_order = text(64)


class New(Described):
    source = one_of(MANUAL_SOURCES, required=True)
    external_no = text(64)
    nature = one_of(NATURE_LABEL, required=True)
    urgency = one_of(URGENCY_LABEL, load_default="0")
    title = text(200, required=True)
    content = text(10_000, required=True)
    caller_name = text(40)
    caller_phone = text(40)
    accused = text(80)
    confidential = fields.Boolean(load_default=False)
    reply_required = fields.Boolean(load_default=False)
    reply_due = LocalMoment(load_default=None)


class Amend(Described, Versioned):
    reason = text(500, required=True)


class Similar(Schema):
    phone = text(40)
    name = text(40)
    accused = text(80)
    nature = one_of(NATURE_LABEL, load_default=None)
    words = text(200 + 1 + 10_000)
