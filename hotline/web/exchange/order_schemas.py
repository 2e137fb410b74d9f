"""A work order as the exchange door takes and gives it, field by field.

Fields that came later have no default of their own: an event delivered before they were there is still the same one.
"""

from marshmallow import Schema, fields, validate

from hotline.web.exchange.values import Choice, Flag, Instant, Number, Text
from hotline.workorders.codes import CLOCK_LABEL, NATURE_LABEL, SOURCE_LABEL, STATE_LABEL, URGENCY_LABEL, Source
from hotline.workorders.field_codes import (
    ACCEPT_MODE_LABEL,
    APPEAL_LABEL,
    CALLER_SUBJECT_LABEL,
    CHANNEL_LABEL,
    KIND_LABEL,
    MOST_CATEGORIES,
    SOURCE_LEVEL_LABEL,
)
from hotline.workorders.revisit_codes import FAILURE_LABEL, FIT_LABEL

EMERGENCY = {"110": "公安", "119": "消防", "120": "急救", "122": "交通"}
EXTERNAL_SOURCES = {source: label for source, label in SOURCE_LABEL.items() if source is not Source.SELF}


class OrderIn(Schema):
    """A work order as a platform delivers it."""

    external_no = Number(required=True)
    event = Text(64, least=1, load_default="dispatch", metadata={"description": "送达事件编号；重复送达只登记一次"})
    nature = Choice(NATURE_LABEL, required=True)
    title = Text(200, least=1, required=True)
    content = Text(10_000, least=1, required=True)
    urgency = Choice(URGENCY_LABEL, load_default="0")
    source_level = Choice(SOURCE_LEVEL_LABEL, about="来源等级；缺省时省12345为省，市12345为市。")
    channel = Choice(CHANNEL_LABEL, load_default="TEL")
    kind = Choice(KIND_LABEL, load_default="1")
    categories = fields.List(
        Text(40, least=1),
        validate=validate.Length(1, MOST_CATEGORIES),
        metadata={"description": "平台的问题分类，一级在前，末级在后；名称或代码与热线主题相同的自动归类"},
    )
    acceptor = Text(40, metadata={"description": "平台受理员"})
    acceptor_no = Text(20, metadata={"description": "平台受理员工号"})
    caller_subject = Choice(CALLER_SUBJECT_LABEL, about="来电主体。")
    caller_name = Text(40)
    caller_phone = Text(40)
    contact_phone = Text(40)
    address = Text(200)
    district_code = Text(6, metadata={"description": "区划代码（GB/T 2260）"})
    accused = Text(80, metadata={"description": "被反映机构名称，按机构名录识别；不识别的照录，由热线核实"})
    confidential = Flag(load_default=False)
    reply_required = Flag(load_default=True)
    registered_at = Instant(metadata={"description": "平台受理时间；缺省为送达时间"})
    reply_due = Instant(metadata={"description": "平台给定的回复时限；缺省按时限规则"})
    is_repeat = Flag(metadata={"description": "是否重复诉求"})
    urged_order = Number(about="被催办单：本平台此前一张工单的编号；给出时视为重复诉求")
    nonsense = Flag(metadata={"description": "不合理诉求；不纳入考核"})
    assessed = Flag(metadata={"description": "是否纳入考核；缺省为是"})
    emergency = Choice(EMERGENCY, about="危及生命，已通知的紧急服务；此类不登记为工单。")


class OrderOut(Schema):
    """How an order stands. Nothing personal."""

    external_no = fields.String(required=True)
    own_no = fields.String(required=True)
    source = Choice(EXTERNAL_SOURCES, required=True)
    state = Choice(STATE_LABEL, required=True)
    nature = Choice(NATURE_LABEL, required=True)
    urgency = Choice(URGENCY_LABEL, required=True)
    source_level = Choice(SOURCE_LEVEL_LABEL, required=True, allow_none=True)
    channel = fields.String(required=True)
    kind = fields.String(required=True)
    categories = fields.List(fields.String(), required=True, metadata={"description": "平台的问题分类"})
    topic = fields.String(required=True, allow_none=True, metadata={"description": "热线主题：一级 ▸ 二级"})
    district_code = fields.String(required=True, allow_none=True)
    caller_subject = Choice(CALLER_SUBJECT_LABEL, required=True, allow_none=True)
    acceptor = fields.String(required=True, allow_none=True)
    acceptor_no = fields.String(required=True, allow_none=True)
    accept_mode = Choice(ACCEPT_MODE_LABEL, required=True, allow_none=True, about="受理类型；未定为空。")
    is_repeat = fields.Boolean(required=True)
    urged_order = fields.String(required=True, allow_none=True, metadata={"description": "被催办单的平台编号"})
    unit = fields.String(required=True, allow_none=True, metadata={"description": "承办单位"})
    bundled_under = fields.String(required=True, allow_none=True, metadata={"description": "主单的本地编号"})
    registered_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    due_provisional = fields.Boolean(required=True)
    return_due = fields.DateTime(required=True, allow_none=True, metadata={"description": "回退截止时间"})
    reply_due = fields.DateTime(required=True, allow_none=True, metadata={"description": "回复截止时间"})
    dispatched_at = fields.DateTime(required=True, allow_none=True)
    signed_at = fields.DateTime(required=True, allow_none=True)
    contacted_at = fields.DateTime(required=True, allow_none=True)
    replied_at = fields.DateTime(required=True, allow_none=True)
    closed_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "办结时间；并入主单的随主单办结"}
    )
    signed_in_time = fields.Boolean(required=True, allow_none=True, metadata={"description": "未到期或无此时限为空"})
    feedback_in_time = fields.Boolean(required=True, allow_none=True)
    replied_in_time = fields.Boolean(required=True, allow_none=True)
    late = fields.List(Choice(CLOCK_LABEL), required=True, metadata={"description": "已超期的事项"})
    result = fields.String(required=True, allow_none=True, metadata={"description": "审核通过后给出"})
    reply = fields.String(required=True, allow_none=True, metadata={"description": "审核通过后给出"})
    urged = fields.Integer(required=True)
    supervision = fields.Integer(required=True)
    returns = fields.Integer(required=True, metadata={"description": "退单次数"})
    extensions = fields.Integer(required=True, metadata={"description": "延期次数"})
    revisit_needed = fields.Boolean(required=True)
    revisited_at = fields.DateTime(required=True, allow_none=True)
    revisit_failure = Choice(FAILURE_LABEL, required=True, allow_none=True)
    solved = fields.String(required=True, allow_none=True)
    solved_round = fields.Integer(required=True, allow_none=True, metadata={"description": "第几次办理后解决"})
    sat_result = fields.Integer(required=True, allow_none=True)
    sat_unit = fields.Integer(required=True, allow_none=True)
    sat_agent = fields.Integer(required=True, allow_none=True)
    reply_fit = Choice(FIT_LABEL, required=True, allow_none=True, about="答复契合度。")
    nonsense = fields.Boolean(required=True)
    appeal = Choice(APPEAL_LABEL, required=True, allow_none=True, about="考核申诉。")
    assessed = fields.Boolean(required=True)
    changed_at = fields.DateTime(required=True)
