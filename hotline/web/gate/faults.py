"""Errors told in Chinese, as a page or as JSON; whatever was under way is rolled back."""

from urllib.parse import quote

import structlog
from flask import Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from hotline import errors
from hotline.db import session
from hotline.errors import HotlineError
from hotline.web.gate import pages

log = structlog.get_logger("gate")

TITLES = {
    400: "请求无法识别",
    401: "请先登录",
    403: "无权操作",
    404: "没有找到",
    405: "不支持的操作方式",
    408: "请求超时",
    409: "与他人的修改冲突",
    413: "内容过大",
    415: "内容类型不对",
    422: "内容需要更正",
    429: "操作过于频繁",
    500: "系统出错",
    503: "暂时不可用",
}

WORDS = {
    400: "请求内容无法识别，请返回后重试。",
    404: "没有这个页面，或您无权查看。",
    405: "此地址不支持这种操作方式。",
    408: "请求未能在限定时间内完成，请重试。",
    413: "提交的内容超过了允许的大小。",
    415: "提交的内容类型不被接受。",
}


def wants_json() -> bool:
    """Whether whoever asked is a program: by address, by what it sent, or by what it would rather have."""
    if request.path.startswith("/api") or request.is_json:
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def tell(fault: HotlineError) -> Response:
    session.rollback()
    response = _as_json(fault) if wants_json() else _as_page(fault)
    response.status_code = fault.status
    if "retry_after" in fault.facts:
        response.headers["Retry-After"] = str(fault.facts["retry_after"])
    return response


def _as_json(fault: HotlineError) -> Response:
    return jsonify(
        error=fault.code, message=fault.message, fields=fault.fields, facts=fault.facts, request_id=g.get("request_id")
    )


def _as_page(fault: HotlineError) -> Response:
    template = "gate/sign_in.html" if fault.status == 401 else "errors/fault.html"
    text = pages.page(template, fault=fault, title=TITLES.get(fault.status, "出错了"), next=_return_to())
    return current_app.make_response(text)


def _return_to() -> str:
    if request.method != "GET":
        return ""
    query = request.query_string.decode("ascii", "ignore")
    return quote(request.path) + (f"?{query}" if query else "")


def _tell_http(fault: HTTPException) -> ResponseReturnValue:
    if fault.code is None or fault.code < 400:
        return fault.get_response()
    if isinstance(fault, SecurityError):
        return Response("此主机名不被接受。", 400, mimetype="text/plain")
    told = HotlineError(WORDS.get(fault.code, TITLES.get(fault.code, "请求未能完成。")))
    told.status, told.code = fault.code, str(fault.name).lower().replace(" ", "_")
    response = tell(told)
    for name, value in fault.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _tell_csrf(_fault: CSRFError) -> Response:
    return tell(errors.Malformed("页面已过期或来源不明，操作未执行。请刷新页面后重试。"))


def _tell_stale(_fault: StaleDataError) -> Response:
    return tell(errors.Conflict("此记录刚被他人修改，您的更改未保存。请刷新后重试。"))


def _tell_unfit(fault: Exception) -> Response:
    log.error("refused by the database", path=request.path, error=type(fault).__name__)
    return tell(errors.Malformed("提交的内容与已有记录不符或无法保存，操作未执行。"))


def _tell_away(fault: Exception) -> Response:
    log.error("database away", path=request.path, error=type(fault).__name__)
    return tell(errors.Unavailable("数据库暂时不可用或繁忙，操作未完成，请稍后重试。", retry_after=5))


def _tell_defect(fault: Exception) -> Response:
    log.error("defect", path=request.path, error=type(fault).__name__, exc_info=fault)
    return tell(HotlineError(f"系统内部出错，操作未完成。请联系管理员并提供编号 {g.get('request_id', '')}。"))


def init_app(app: Flask) -> None:
    app.register_error_handler(HotlineError, tell)
    app.register_error_handler(CSRFError, _tell_csrf)
    app.register_error_handler(HTTPException, _tell_http)
    app.register_error_handler(StaleDataError, _tell_stale)
    for unfit in (DataError, IntegrityError):
        app.register_error_handler(unfit, _tell_unfit)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, _tell_away)
    app.register_error_handler(Exception, _tell_defect)
