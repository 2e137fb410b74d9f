"""What happens to every request before a view sees it, and after."""

import re
from uuid import uuid4

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from hotline import audit, db, logs
from hotline.config import Config
from hotline.errors import NotFound, NotSignedIn, Refused
from hotline.web.gate import dispatching, faults, formats, guards, headers, intake, own, pages, views, visitor
from hotline.web.gate.turnstile import Turnstile

csrf = CSRFProtect()
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Hang the gate on the application; call it after all doors are registered."""
    config: Config = app.config["HOTLINE"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-hotline" if config.production else "hotline",
        SESSION_COOKIE_SECURE=config.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        TRUSTED_HOSTS=headers.trusted_hosts(config),
        MAX_FORM_PARTS=500,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies)  # type: ignore[method-assign]
    app.wsgi_app = Turnstile(app.wsgi_app)  # type: ignore[method-assign]
    visitor.login_manager.init_app(app, add_context_processor=False)
    csrf.init_app(app)
    app.register_blueprint(views.door)
    app.before_request(_enter)
    app.after_request(headers.add)
    app.after_request(_dispatch)
    app.teardown_request(_leave)
    faults.init_app(app)
    pages.init_app(app)
    formats.init_app(app)
    guards.check_doors(app)


def _enter() -> ResponseReturnValue | None:
    _begin()
    if any(map(_unheard_of, (request.view_args or {}).values())):
        raise NotFound("没有这个页面。")
    if request.endpoint is None:
        if request.routing_exception is None:
            raise NotFound("没有这个页面。")
        visitor.arrive()
        return None
    if request.endpoint in guards.STATIC_ENDPOINTS:
        return None
    guard = guards.guard_of(request.blueprint)
    if guard is None:
        raise Refused("此地址未开放。")
    if guard.check is not None:
        db.declare_reader(request.method in SAFE_METHODS)
        guard.check()
        return None
    return _enter_as_person()


def _unheard_of(value: object) -> bool:
    """Whether a part of the address cannot name anything: a number beyond every column, a text with NUL."""
    return (isinstance(value, int) and value > intake.LARGEST_NUMBER) or (isinstance(value, str) and "\x00" in value)


def _begin() -> None:
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid4().hex
    g.person = None
    logs.clear_contextvars()
    logs.bind_contextvars(request_id=g.request_id)
    db.declare_reader(True)
    audit.set_actor(audit.Actor(name="anonymous", address=_address(), request_id=g.request_id))


def _address() -> str:
    return (request.remote_addr or "")[:64]


def _enter_as_person() -> Response | None:
    visitor.arrive()
    who = visitor.visitor()
    if who is not None:
        audit.set_actor(audit.Actor(who.id, who.name, _address(), g.request_id))
    endpoint = str(request.endpoint)
    if not guards.admits(current_app, endpoint, who):
        raise NotSignedIn("请先登录。") if who is None else Refused("您的角色无权使用此功能。")
    visit = visitor.current_visit()
    if who is not None and visit is not None and visit.password_due and endpoint not in own.OPEN_WHILE_DUE:
        return redirect(url_for("gate.password"), 303)  # type: ignore[return-value]
    if request.method not in SAFE_METHODS:
        csrf.protect()
    db.declare_reader(request.method in SAFE_METHODS)
    return None


def _dispatch(response: Response) -> Response:
    dispatching.run()
    return response


def _leave(_error: BaseException | None) -> None:
    db.declare_reader(False)
    audit.set_actor(audit.Actor())
