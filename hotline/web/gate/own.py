"""What a person sees and changes of their own account: password, second factor, theme."""

from flask import current_app, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import audit, errors
from hotline.config import Config
from hotline.db import session
from hotline.people import second_factor, sessions
from hotline.people import service as people
from hotline.people.models import Account
from hotline.web.gate import intake, pages, qr, views, visitor
from hotline.web.gate.views import door, signed_in

OPEN_WHILE_DUE = frozenset({"gate.password", "gate.change_password", "gate.sign_out"})


class PasswordForm(Schema):
    current = fields.String(required=True, validate=validate.Length(1, 200))
    password = fields.String(required=True, validate=validate.Length(1, 200))
    again = fields.String(required=True)


class ConfirmForm(Schema):
    current = fields.String(required=True, validate=validate.Length(1, 200))


class CodeForm(Schema):
    code = fields.String(required=True, validate=validate.Length(6, 12))


class ThemeForm(Schema):
    theme = fields.String(required=True, validate=validate.OneOf(("auto", "light", "dark")))


@door.get("/me")
@signed_in
def profile() -> ResponseReturnValue:
    account = people.find(visitor.person().id)
    return pages.page("gate/profile.html", account=account, codes_left=second_factor.codes_left(account))


@door.get("/me/password")
@signed_in
def password() -> ResponseReturnValue:
    visit = visitor.current_visit()
    return pages.page("gate/password.html", due=bool(visit and visit.password_due))


@door.post("/me/password")
@signed_in
def change_password() -> ResponseReturnValue:
    form = intake.load(PasswordForm())
    try:
        if form["password"] != form["again"]:
            raise errors.Invalid("两次输入的新密码不一致。", fields={"again": ["与新密码不一致"]})
        visitor.confirm_password(form["current"])
        account = people.find(visitor.person().id)
        people.change_password(account, form["password"])
    except (errors.Invalid, errors.Refused) as fault:
        session.rollback()
        return pages.refill(fault, "gate/password.html", due=False)
    token = sessions.open_session(account, audit.actor().address)
    session.commit()
    views.carry(token)
    return redirect(url_for("gate.profile"), 303)


@door.post("/me/theme")
@signed_in
def set_theme() -> ResponseReturnValue:
    form = intake.load(ThemeForm())
    people.set_preference(people.find(visitor.person().id), "theme", form["theme"])
    session.commit()
    return jsonify(theme=form["theme"])


@door.post("/me/second-factor")
@signed_in
def begin_second_factor() -> ResponseReturnValue:
    visitor.confirm_password(intake.load(ConfirmForm())["current"])
    account = people.find(visitor.person().id)
    second_factor.begin(account)
    session.commit()
    return _show_secret(account)


def _show_secret(account: Account, fault: errors.HotlineError | None = None) -> ResponseReturnValue:
    config: Config = current_app.config["HOTLINE"]
    uri = second_factor.address(account, config.line_name)
    text = pages.page(
        "gate/second_factor.html", secret=account.totp_secret, code=qr.svg(uri, "两步验证二维码"), fault=fault
    )
    return text, fault.status if fault else 200


@door.post("/me/second-factor/on")
@signed_in
def switch_on_second_factor() -> ResponseReturnValue:
    account = people.find(visitor.person().id)
    if not account.totp_secret:
        raise errors.Conflict("请重新开始设置两步验证。")
    try:
        codes = second_factor.switch_on(account, intake.load(CodeForm())["code"])
    except errors.Invalid as fault:
        session.rollback()
        return _show_secret(account, fault)
    session.commit()
    return pages.page("gate/recovery_codes.html", codes=codes)


@door.post("/me/second-factor/off")
@signed_in
def switch_off_second_factor() -> ResponseReturnValue:
    visitor.confirm_password(intake.load(ConfirmForm())["current"])
    account = people.find(visitor.person().id)
    second_factor.switch_off(account)
    token = sessions.open_session(account, audit.actor().address)
    session.commit()
    views.carry(token)
    return redirect(url_for("gate.profile"), 303)
