"""Signing in and out, the first page, the palette's answers."""

from urllib.parse import urlsplit

from flask import jsonify, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import login_user
from marshmallow import Schema, fields, validate

from hotline import audit, db, errors
from hotline.db import session
from hotline.people import sessions, signing_in
from hotline.people.models import Role
from hotline.queues import presence
from hotline.web.gate import finders, guards, intake, nav, pages, visitor

door = guards.door("gate", __name__, roles=guards.PUBLIC)
signed_in = guards.allow(*Role)


WRONG_CODE = "验证码不正确或已用过（连续 5 次失败锁定 15 分钟）。"


class SignInForm(Schema):
    login = fields.String(required=True, validate=validate.Length(1, 40))
    password = fields.String(required=True, validate=validate.Length(1, 200))
    next = fields.String(load_default="")


class CodeForm(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 20))
    next = fields.String(load_default="")


class FindQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=60))


def safe_next(target: str) -> str:
    """`target` when it is a path of this house, else the start page."""
    parts = urlsplit(target)
    stays = target.startswith("/") and not target.startswith("//") and not parts.scheme and not parts.netloc
    clean = target.isascii() and target.isprintable() and "\\" not in target and " " not in target
    return target if stays and clean else url_for("gate.home")


@door.get("/")
@signed_in
def home() -> ResponseReturnValue:
    """Where the person's day begins."""
    return redirect(nav.home() or url_for("gate.profile"))


@door.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if visitor.visitor() is not None:
        return redirect(url_for("gate.home"))
    return pages.page("gate/sign_in.html", next=request.args.get("next", ""))


@door.post("/sign-in")
def enter() -> ResponseReturnValue:
    form, address = intake.load(SignInForm()), audit.actor().address
    with db.reading():
        signing_in.check_address(address)
        known = signing_in.hash_for(form["login"])
        session.rollback()
    proven = visitor.prove(known, form["password"])
    token = signing_in.attempt(form["login"], form["password"], address, proven)
    session.commit()
    if token is None:
        fault = errors.NotSignedIn(signing_in.REFUSAL)
        return pages.refill(fault, "gate/sign_in.html", next=form["next"])
    carry(token)
    onward = safe_next(form["next"])
    if _pending():
        return redirect(url_for("gate.code", next=onward), 303)
    return redirect(onward, 303)


def carry(token: str) -> None:
    """Give the browser the new token and nothing of the old session."""
    cookie.clear()
    visit = sessions.recognise(token, visitor.lifetime())
    assert visit is not None  # noqa: S101  it was opened a moment ago
    login_user(visitor.Visitor(token, visit))
    session.rollback()


def _pending() -> sessions.Visit | None:
    visit = visitor.current_visit()
    return visit if visit is not None and visit.pending else None


@door.get("/sign-in/code")
def code() -> ResponseReturnValue:
    if _pending() is None:
        return redirect(url_for("gate.sign_in"))
    return pages.page("gate/code.html", next=request.args.get("next", ""))


@door.post("/sign-in/code")
def enter_code() -> ResponseReturnValue:
    form, visit = intake.load(CodeForm()), _pending()
    if visit is None:
        return redirect(url_for("gate.sign_in"), 303)
    signing_in.check_address(audit.actor().address)
    token = signing_in.attempt_code(visit.person.id, visitor.current_token(), form["code"], audit.actor().address)
    session.commit()
    if token is None:
        return pages.refill(errors.NotSignedIn(WRONG_CODE), "gate/code.html", next=form["next"])
    carry(token)
    return redirect(safe_next(form["next"]), 303)


@door.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    who = visitor.visitor()
    if who is not None:
        audit.record("sign_out", f"account:{who.id}")
    sessions.end(visitor.current_token(), "sign_out")
    if who is not None and not sessions.is_in(who.id, visitor.lifetime()):
        presence.signed_out(who.id)
    session.commit()
    cookie.clear()
    return redirect(url_for("gate.sign_in"), 303)


@door.get("/find")
@signed_in
def find() -> ResponseReturnValue:
    text = intake.query(FindQuery())["q"].strip()
    groups = finders.search(text, visitor.person()) if text else []
    wanted = [entry for entry in nav.visible() if text.lower() in str(entry["label"]).lower()]
    items = [{"title": entry["label"], "url": entry["url"], "hint": "页面"} for entry in wanted]
    return jsonify(groups=[*groups, {"label": "页面", "items": items}] if items else groups)
