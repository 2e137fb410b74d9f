"""Reading an edition from JSON, whether it came with the product or from an administrator."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from hotline.clock import Month
from hotline.errors import Invalid
from hotline.statistics import edition as parts
from hotline.statistics import wording

COMMON = ("y", "m", "line", "home", "province_line")
CODE = validate.Regexp(r"^[A-Za-z0-9_]{1,40}\Z", error="代码只用字母、数字和下划线")
TEXT = validate.And(
    validate.Length(max=600), validate.Regexp("^[^\x00-\x1f\ud800-\udfff]*\\Z", error="含有不可见的控制字符")
)


class _Placed:
    """Validates a template: only `allowed` placeholders, all of `needed`."""

    def __init__(self, *allowed: str, needed: tuple[str, ...] = ()) -> None:
        self.allowed, self.needed = (*COMMON, *allowed), needed

    def __call__(self, value: str) -> None:
        if told := wording.faults(value, self.allowed, self.needed):
            raise ValidationError(told)


def _text(*allowed: str, needed: tuple[str, ...] = (), **options: Any) -> fields.String:
    return fields.String(validate=[TEXT, _Placed(*allowed, needed=needed)], **{"required": True, **options})


def _word(**options: Any) -> fields.String:
    return fields.String(validate=TEXT, **{"required": True, **options})


def _code(**options: Any) -> fields.String:
    return fields.String(validate=CODE, **{"required": True, **options})


class _Part(Schema):
    """A schema that gives the dataclass `makes`."""

    makes: Callable[..., Any]

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return type(self).makes(**tuples)


class _ItemSchema(_Part):
    makes = parts.Item
    code = _code()
    label = _word()
    unit = _word()


class _HotlineSchema(_Part):
    makes = parts.HotlineWording
    title = _text()
    sentence = _text("total", "categories", "orders", needed=("total", "categories"))
    item = _text("label", "n", "unit", needed=("label", "n"))
    categories = fields.List(fields.Nested(_ItemSchema), required=True, validate=validate.Length(min=1, max=20))
    orders = fields.List(fields.Nested(_ItemSchema), required=True, validate=validate.Length(max=10))

    @validates_schema
    def orders_have_a_place(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data["orders"]) != ("{orders}" in data["sentence"]):
            raise ValidationError("有工单就要有占位符 {orders}，没有工单就不能有", "sentence")


class _ProvinceSchema(_Part):
    makes = parts.ProvinceWording
    sentence = _text("total", "cities", needed=("total", "cities"))
    home = _text("city", "n", needed=("city", "n"))
    city = _text("city", "n", needed=("city", "n"))
    home_largest = fields.Boolean()


class _BookingSchema(_Part):
    makes = parts.BookingWording
    title = _text()
    columns = fields.List(_word(), required=True)
    groups = fields.List(_code(), required=True, validate=validate.Length(min=1, max=8))
    total = _word()
    note = _text("n")

    @validates_schema
    def a_label_per_column(self, data: dict[str, Any], **_: Any) -> None:
        if len(data["columns"]) != len(data["groups"]) + 3:
            raise ValidationError("列名的个数应为渠道组数加三（序号、单位、合计）", "columns")


class _ChannelNameSchema(_Part):
    makes = parts.ChannelName
    code = _code()
    name = _word()
    group = _code()


class _ChannelSchema(_Part):
    makes = parts.ChannelWording
    title = _text()
    subtitle = _text()
    columns = fields.List(_word(), required=True, validate=validate.Length(equal=3))
    total = _word()
    names = fields.List(fields.Nested(_ChannelNameSchema), required=True)
    other_group = _code()


class _ColumnSchema(_Part):
    makes = parts.ColumnDefinition
    key = _code()
    label = _text()
    kind = fields.Enum(parts.Kind, by_value=True, required=True)
    group = _word(required=False)


class _DatasetSchema(_Part):
    makes = parts.DatasetDefinition
    id = _code()
    title = _text()
    columns = fields.List(fields.Nested(_ColumnSchema), required=True)
    two_blocks = fields.Boolean()
    totals = _word(required=False)
    order = fields.String(validate=TEXT)
    note = _text("n", required=False)
    unit = fields.String(allow_none=True, validate=TEXT)
    paragraphs = fields.List(_text("text"))


class EditionSchema(_Part):
    """The whole edition; every part is named, nothing else is taken."""

    makes = parts.Edition
    code = _code()
    name = _word()
    valid_from = fields.Function(deserialize=Month, required=True)
    valid_to = fields.Function(deserialize=Month, load_default=None, allow_none=True)
    sections = fields.List(fields.Enum(parts.Section, by_value=True), required=True, validate=validate.Length(min=1))
    hotline = fields.Nested(_HotlineSchema, required=True)
    province = fields.Nested(_ProvinceSchema, required=True)
    bookings = fields.Nested(_BookingSchema, required=True)
    channels = fields.Nested(_ChannelSchema, required=True)
    datasets = fields.List(fields.Nested(_DatasetSchema), required=True)


def _named(messages: Any) -> dict[str, Any]:
    return messages if isinstance(messages, dict) else {"edition": messages}


def read(body: dict[str, Any]) -> parts.Edition:
    """The edition written in `body`. Raises Invalid naming every field that cannot be printed."""
    try:
        made: parts.Edition = EditionSchema().load(body)
    except ValidationError as error:
        raise Invalid("版式有误，没有保存", fields=_named(error.messages)) from error
    except ValueError as error:
        raise Invalid("适用月份应写成 2024-01 这样的形式", fields={"valid_from": [str(error)]}) from error
    if made.valid_to and made.valid_to < made.valid_from:
        raise Invalid("终止月份早于起始月份", fields={"valid_to": ["早于起始月份"]})
    return made
