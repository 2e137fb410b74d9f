"""What the exchange door takes and gives, field by field."""

from marshmallow import Schema, fields, validate

from hotline.calls.models import Category
from hotline.web import gate
from hotline.web.exchange.order_schemas import OrderOut
from hotline.web.exchange.values import Choice, Digits, Instant, Text, Whole
from hotline.workorders.codes import STATE_LABEL
from hotline.workorders.delivery import Told
from hotline.workorders.outgoing import NAMES

TOLD_LABEL = {Told.SUPPLEMENT: "补充", Told.URGE: "催办", Told.SUPERVISE: "督办", Told.WITHDRAW: "撤回"}

TAKEN_IN = ["new", "known", "supplemented", "reinstated", "handed_over"]
TAKEN_IN_WORDS = (
    "new 新登记；known 此前已送达；supplemented 与登记不同，已作为补充记入原工单；reinstated 撤回后再次送达，已恢复；"
    "handed_over 危及生命，已移交"
)


class Batch(Schema):
    """Up to 200 orders, each judged for itself: one that does not fit is refused alone, with its fields named."""

    orders = gate.Apart(
        200,
        metadata={
            "anyOf": [{"$ref": "#/components/schemas/OrderIn"}, {}],
            "description": "一张工单；不合要求的只拒收该张",
        },
    )


class EventIn(Schema):
    """What a platform says about an order delivered before."""

    event = Text(64, least=1, required=True, metadata={"description": "事件编号；重复送达只生效一次"})
    type = Choice(TOLD_LABEL, required=True)
    text = Text(2000, least=1, required=True)
    level = Whole(1, 3, load_default=1, metadata={"description": "督办级别：1 一般，2 挂牌，3 约谈"})


class FileIn(Schema):
    """One file of an order."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class Page(Schema):
    """Which part of the orders is asked for."""

    changed_since = Instant()
    after = Text(200, metadata={"description": "上一页返回的 after"})
    limit = Digits(1, 200, load_default=100)


class ReturnIn(Schema):
    """A city's month."""

    total = Whole(0, 999_999_999, required=True, metadata={"description": "受理咨询电话总量"})
    categories = fields.Dict(
        keys=Choice({category.value: "" for category in Category}),
        values=Whole(0, 999_999_999),
        load_default=dict,
        metadata={"description": "分类数量，之和应等于总量"},
    )
    explanation = Text(500, load_default="")


class Repeating(Schema):
    """Whether an order looked like a duplicate when it came."""

    possible_duplicate = fields.Boolean(
        required=True,
        metadata={"description": "送达时疑似与一张在办工单重复，由热线核实；不因此拒收。他方保密工单不提示"},
    )
    possible_duplicate_of = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "疑似重复的本平台工单编号；与其他来源的工单疑似重复时不给出编号"},
    )


class Receipt(Repeating):
    """What became of a delivery."""

    status = fields.String(required=True, validate=validate.OneOf(TAKEN_IN), metadata={"description": TAKEN_IN_WORDS})
    external_no = fields.String(required=True)
    own_no = fields.String(required=True, allow_none=True)
    state = Choice(STATE_LABEL, required=True, allow_none=True)
    emergency = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, metadata={"description": "补充的内容和未能识别之处；没有则为空"})


class Verdict(Repeating):
    """What became of one order of a batch."""

    status = fields.String(required=True, validate=validate.OneOf([*TAKEN_IN, "refused"]))
    external_no = fields.String(required=True, allow_none=True, metadata={"description": "无法识别为空"})
    own_no = fields.String(required=True, allow_none=True)
    message = fields.String(required=True, metadata={"description": "拒收原因、补充的内容或未能识别之处；没有则为空"})
    fields_ = fields.Dict(data_key="fields", metadata={"description": "不合要求的字段"})


class Verdicts(Schema):
    """The batch, order by order."""

    results = fields.List(fields.Nested(Verdict), required=True)


class Orders(Schema):
    """One page of orders, the earliest changed first; `after` is null at the end."""

    orders = fields.List(fields.Nested(OrderOut), required=True)
    after = fields.String(required=True, allow_none=True)


class FileOut(Schema):
    """A file of an order."""

    ref = fields.String(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True)
    sha256 = fields.String(required=True)


class Line(Schema):
    """One line of an order's history, and what an event tells."""

    type = fields.String(required=True, validate=validate.OneOf(sorted(set(NAMES.values()))))
    from_state = fields.String(required=True, allow_none=True)
    to_state = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})
    by = fields.String(required=True)
    reason = fields.String(required=True)
    result = fields.String()
    reply = fields.String()
    unit = fields.String(metadata={"description": "派往的承办单位"})
    until = fields.String(metadata={"format": "date-time", "description": "申请、同意或承诺的时限"})
    granted = fields.Boolean(metadata={"description": "是否同意延期或退单"})
    main = fields.String(metadata={"description": "主单的本地编号"})
    attempt = fields.Integer(metadata={"description": "第几次回访"})
    outcome = fields.String(metadata={"description": "回访结果"})
    solved = fields.String()
    sat_result = fields.Integer()
    sat_unit = fields.Integer()
    sat_agent = fields.Integer()
    reply_fit = fields.String(metadata={"description": "答复契合度"})
    level = fields.Integer(metadata={"description": "督办级别"})
    not_accepted = fields.String(metadata={"description": "不予受理的情形"})
    file = fields.Nested(FileOut)


class History(Schema):
    """An order's history, oldest first."""

    external_no = fields.String(required=True)
    lines = fields.List(fields.Nested(Line), required=True)


class Files(Schema):
    """The files of an order, the first added first."""

    files = fields.List(fields.Nested(FileOut), required=True)


class Filed(Schema):
    """A city's filing as it was kept."""

    city_code = fields.String(required=True)
    month = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "第几次报送"})
    total = fields.Integer(required=True)


class Fault(Schema):
    """Why a request was not carried out."""

    error = fields.String(required=True)
    message = fields.String(required=True)
    fields_ = fields.Dict(data_key="fields")
    facts = fields.Dict()
    request_id = fields.String(allow_none=True)
