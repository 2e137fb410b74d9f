"""Operations of the exchange door: each is a route, a check of the request and a piece of the OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, request
from marshmallow import RAISE, Schema

from hotline.errors import Invalid, WrongType
from hotline.web import gate
from hotline.web.exchange import entrance
from hotline.web.exchange.schemas import Fault
from hotline.workorders import files
from hotline.workorders.platforms import Scope

View = TypeVar("View", bound=Callable[..., Any])
JSON, FORM = "application/json", "multipart/form-data"
FAULTS = {
    400: "请求无法识别",
    401: "令牌无效",
    403: "令牌没有此权限",
    404: "没有这个对象",
    409: "与已有内容冲突",
    413: "内容过大",
    415: "内容类型不对",
    422: "内容不符合要求",
}
WITHOUT_BODY = (400, 401, 403, 404, 422)


@dataclass(frozen=True)
class Operation:
    """What the document says of one route."""

    method: str
    path: str
    name: str
    summary: str
    scope: Scope
    answers: Mapping[int, type[Schema] | None]
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    media: str = JSON
    parameters: Mapping[str, str] = field(default_factory=dict)


operations: list[Operation] = []

PATTERNS = {
    "external_no": "^[^/]{1,64}$",
    "ref": "^[0-9a-f]{32}$",
    "city_code": "^[0-9]{6}$",
    "month": "^[0-9]{4}-(0[1-9]|1[0-2])$",
}


def operation(
    door: Blueprint,
    method: str,
    rule: str,
    summary: str,
    *,
    scope: Scope,
    answers: Mapping[int, type[Schema] | None],
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    media: str = JSON,
) -> Callable[[View], View]:
    """Hang a view on the door. It gets the checked body or query as its first argument."""

    def hang(view: View) -> View:
        names = [part[1:-1] for part in rule.split("/") if part.startswith("<")]
        path = "/api" + rule.replace("<", "{").replace(">", "}")
        operations.append(
            Operation(
                method, path, view.__name__, summary, scope, answers, body, query, media,
                {name: PATTERNS[name] for name in names},
            )
        )  # fmt: skip

        @wraps(view)
        def checked(**arguments: str) -> Any:
            entrance.caller().needs(scope)
            if query is not None:
                return view(_query(query), **arguments)
            return view(_body(body, media), **arguments) if body is not None else view(**arguments)

        door.add_url_rule(rule, view.__name__, checked, methods=[method])
        return view

    return hang


def _body(schema: type[Schema], media: str) -> dict[str, Any]:
    if request.mimetype != media:
        raise WrongType(f"请以 {media} 提交")
    return gate.load(schema(unknown=RAISE))


def _query(schema: type[Schema]) -> dict[str, Any]:
    twice = [name for name in request.args if len(request.args.getlist(name)) > 1 or request.args[name] == ""]
    if twice:
        raise Invalid("查询参数重复或为空", fields={name: ["重复或为空"] for name in twice})
    return gate.query(schema(unknown=RAISE))


def build(line_name: str) -> dict[str, Any]:
    """The OpenAPI document of every operation."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(f"{line_name} 数据交换接口", "1.0.0", "3.1.0", plugins=[plugin], info={"description": _ABOUT})
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for one in operations:
        spec.path(path=one.path, operations={one.method.lower(): _described(one)}, parameters=_in_path(one))
    document: dict[str, Any] = spec.to_dict()
    for name, schema in document["components"]["schemas"].items():
        if name in _taken():
            schema["additionalProperties"] = False
    return document


def _name_of(schema: Any) -> str:
    return str((schema if isinstance(schema, type) else type(schema)).__name__)


def _taken() -> set[str]:
    """Schemas of what is taken in: they refuse what they do not know."""
    return {one.body.__name__ for one in operations if one.body} | {"OrderIn"}


def _in_path(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}
        for name, pattern in one.parameters.items()
    ]


def _described(one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"权限：{one.scope.value}",
        "security": [{"token": []}],
        "responses": {str(status): _answer(schema) for status, schema in one.answers.items()} | _faults(one),
    }
    if one.body is not None:
        described["requestBody"] = {"required": True, "content": {one.media: {"schema": one.body}}}
    if one.query is not None:
        described["parameters"] = [{"in": "query", "schema": one.query}]
    return described


def _answer(schema: type[Schema] | None) -> dict[str, Any]:
    if schema is None:
        return {"description": "文件内容", "content": {media: {} for media in files.MEDIA.values()}}
    return {"description": (schema.__doc__ or "").strip(), "content": {JSON: {"schema": schema}}}


def _faults(one: Operation) -> dict[str, Any]:
    told = FAULTS if one.body is not None else {status: FAULTS[status] for status in WITHOUT_BODY}
    return {str(status): {"description": text, "content": {JSON: {"schema": Fault}}} for status, text in told.items()}


_ABOUT = (
    "12345 平台与各地市系统推送工单、查询状态、交换附件、报送数据。每次送达以（来源，外部编号，事件）为准，"
    "重复送达得到同样的结果。状态变化以签名事件（Standard Webhooks，HMAC-SHA256）推送到平台的回调地址，"
    "失败后按 1、5、30、120、360、720、1440 分钟重试。所有时间为带时区的 RFC 3339。"
)
