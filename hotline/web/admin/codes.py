"""The dated code lists (性质, 渠道, 紧急程度, …)."""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.calls import codes as lists
from hotline.calls.list_models import CodeItem
from hotline.db import session
from hotline.errors import HotlineError
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door

LIST_LABEL = {
    "nature": "业务性质",
    "channel": "受理渠道",
    "urgency": "紧急程度",
    "handling": "办理方式",
    "sex": "性别",
    "age_group": "年龄段",
    "document_type": "证件类型",
    "slot_type": "号源时段",
    "booking_cancel_reason": "预约取消原因",
    "crisis_flag": "危机标记",
    "linkage_target": "危机联动对象",
    "followup_outcome": "随访结果",
}


class CodeForm(Schema):
    list_name = fields.String(required=True, validate=validate.Length(1, 30))
    code = fields.String(required=True, validate=validate.Length(1, 10))


class BeginForm(CodeForm):
    name = fields.String(required=True, validate=validate.Length(1, 60))
    valid_from = fields.Date(required=True)


class SucceedForm(CodeForm):
    name = fields.String(required=True, validate=validate.Length(1, 60))
    on = fields.Date(required=True)


class EndForm(CodeForm):
    valid_to = fields.Date(required=True)


@door.get("/codes")
@administrators
def codes() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    items = session.scalars(select(CodeItem).order_by(CodeItem.list_name, CodeItem.position, CodeItem.valid_from)).all()
    names = list(dict.fromkeys(item.list_name for item in items))
    context = {
        "lists": {name: [item for item in items if item.list_name == name] for name in names},
        "label": LIST_LABEL,
        "today": clock.today(),
    }
    return gate.refill(fault, "admin/codes.html", **context) if fault else gate.page("admin/codes.html", **context)


def _act(schema: Schema, act: Callable[[dict[str, Any]], object], told: str) -> ResponseReturnValue:
    def do() -> str:
        act(gate.load(schema))
        return told

    return gate.act(do, _show, url_for("admin.codes"))


@door.post("/codes")
@administrators
def begin_code() -> ResponseReturnValue:
    return _act(BeginForm(), lambda form: lists.add(**form), "代码已启用。")


@door.post("/codes/succeed")
@administrators
def succeed_code() -> ResponseReturnValue:
    return _act(SucceedForm(), lambda form: lists.succeed(**form), "代码已更名，旧月份保留旧名。")


@door.post("/codes/end")
@administrators
def end_code() -> ResponseReturnValue:
    return _act(EndForm(), lambda form: lists.end(**form), "代码已停用。")
