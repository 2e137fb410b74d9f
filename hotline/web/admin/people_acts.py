"""What an administrator does to an account."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline.people import second_factor, service
from hotline.people.models import Account
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door
from hotline.web.admin.people import BoundForm, show, unit_named


class NameForm(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 40))
    agent_no = fields.String(load_default="", validate=validate.Length(max=12))


class PasswordForm(Schema):
    password = fields.String(required=True, validate=validate.Length(1, 128))


def _act(
    account_id: int, schema: Schema, act: Callable[[Account, dict[str, Any]], object], told: str
) -> ResponseReturnValue:
    """Do one thing to an account."""

    def do() -> str:
        account = service.find(account_id)
        act(account, gate.load(schema))
        return f"{account.name}：{told}"

    return gate.act(do, partial(show, account_id), url_for("admin.person", account_id=account_id))


@door.post("/people/<int:account_id>/name")
@administrators
def describe_person(account_id: int) -> ResponseReturnValue:
    return _act(account_id, NameForm(), lambda who, form: service.describe(who, **form), "资料已保存")


def _set_roles(account: Account, form: dict[str, Any]) -> None:
    service.set_roles(account, form["roles"], unit_named(form["institution"]), form["city_code"])


@door.post("/people/<int:account_id>/roles")
@administrators
def set_roles(account_id: int) -> ResponseReturnValue:
    return _act(account_id, BoundForm(), _set_roles, "角色已更新，原有登录已结束")


@door.post("/people/<int:account_id>/password")
@administrators
def reset_password(account_id: int) -> ResponseReturnValue:
    return _act(
        account_id,
        PasswordForm(),
        lambda who, form: service.reset_password(who, form["password"]),
        "密码已重置，下次登录时须修改",
    )


@door.post("/people/<int:account_id>/disable")
@administrators
def disable_person(account_id: int) -> ResponseReturnValue:
    return _act(account_id, gate.Nothing(), lambda who, _: service.disable(who), "账户已停用，登录已结束")


@door.post("/people/<int:account_id>/enable")
@administrators
def enable_person(account_id: int) -> ResponseReturnValue:
    return _act(account_id, gate.Nothing(), lambda who, _: service.enable(who), "账户已恢复使用")


@door.post("/people/<int:account_id>/unlock")
@administrators
def unlock_person(account_id: int) -> ResponseReturnValue:
    return _act(account_id, gate.Nothing(), lambda who, _: service.unlock(who), "账户已解锁")


@door.post("/people/<int:account_id>/sessions/end")
@administrators
def end_sessions(account_id: int) -> ResponseReturnValue:
    return _act(account_id, gate.Nothing(), lambda who, _: service.end_sessions(who), "所有登录已结束")


@door.post("/people/<int:account_id>/second-factor/off")
@administrators
def drop_second_factor(account_id: int) -> ResponseReturnValue:
    return _act(account_id, gate.Nothing(), lambda who, _: second_factor.switch_off(who), "两步验证已停用")
