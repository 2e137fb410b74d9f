"""What comes in: JSON, form or query string, read strictly and judged by a marshmallow schema."""

import json
import unicodedata
from datetime import date
from typing import Any, NoReturn

from flask import request
from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import FileStorage, MultiDict

from hotline import clock
from hotline.errors import Invalid, Malformed, WrongType
from hotline.web.gate.words import in_chinese

DEEPEST = 32
LONGEST_NAME = 200
LARGEST_NUMBER = 2**63 - 1
"""What a column of whole numbers holds."""


class Upload(fields.Raw):
    """One file, never a text in its place."""

    default_error_messages = {"invalid": "请选择文件。"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> FileStorage:
        if not isinstance(value, FileStorage):
            raise self.make_error("invalid")
        return value


class Apart(fields.List[Any]):
    """A list of items that are judged one by one with `judge`, so that a bad one keeps no other out."""

    def __init__(self, most: int, **more: Any) -> None:
        super().__init__(fields.Raw(allow_none=True, **more), required=True, validate=validate.Length(1, most))


class Nothing(Schema):
    """A form that carries nothing but its token."""


def load(schema: Schema) -> dict[str, Any]:
    """The body as `schema` says. A blank form field counts as absent unless it is text.

    Raises Malformed for what cannot be read and Invalid, with the fields named, for what does not fit.
    """
    if request.is_json:
        return _judge(schema, _json_body())
    if request.mimetype not in ("application/x-www-form-urlencoded", "multipart/form-data", ""):
        raise WrongType("提交的内容类型不被接受。")
    sent = _pick(schema, request.form)
    sent.pop("csrf_token", None)
    sent.update({name: _named(upload) for name, upload in request.files.items() if upload.filename})
    return _judge(schema, sent)


def judge(schema: Schema, item: Any) -> dict[str, Any]:
    """One item of a list that came in, as `schema` says. Raises as `load` does."""
    return _judge(schema, item)


def query(schema: Schema) -> dict[str, Any]:
    """The query string as `schema` says; blanks count as absent."""
    return _judge(schema, {name: value for name, value in _pick(schema, request.args).items() if value != ""})


def row_number(text: str) -> int:
    """The id that a text spells; 0, which no row has, for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _named(upload: FileStorage) -> FileStorage:
    """The upload, if its name can be kept and told again. Raises Malformed."""
    name = upload.filename or ""
    if len(name) > LONGEST_NAME or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise Malformed("文件名过长或含有无法保存的字符。")
    return upload


def _pick(schema: Schema, sent: MultiDict[str, str]) -> dict[str, Any]:
    """Values by field; lines end in LF, though browsers send CRLF."""
    picked: dict[str, Any] = {}
    for name in sent:
        field = _field(schema, name)
        if isinstance(field, fields.List):
            picked[name] = [value for value in sent.getlist(name) if value != ""]
        elif sent[name] != "" or field is None or isinstance(field, fields.String):
            picked[name] = sent[name].replace("\r\n", "\n")
    return picked


def _field(schema: Schema, name: str) -> fields.Field[Any] | None:
    by_key = {field.data_key or key: field for key, field in schema.load_fields.items()}
    return by_key.get(name)


def _judge(schema: Schema, sent: Any) -> dict[str, Any]:
    _check_text(_without_apart(schema, sent))
    try:
        loaded: dict[str, Any] = schema.load(sent)
    except ValidationError as fault:
        raise Invalid("请更正标出的内容。", fields=_messages(fault)) from fault
    _check_values(_without_apart(schema, loaded))
    return loaded


def _without_apart(schema: Schema, sent: Any) -> Any:
    """What is judged together: all but the items that are judged one by one."""
    apart = {name for name, field in schema.load_fields.items() if isinstance(field, Apart)}
    if not apart or not isinstance(sent, dict):
        return sent
    return {name: value for name, value in sent.items() if name not in apart}


def _check_values(loaded: dict[str, Any]) -> None:
    """Refuse whole numbers no column holds and days that no zone can be added to, with the field named."""
    wrong = {name: [reason] for name, value in loaded.items() if (reason := _beyond(value))}
    if wrong:
        raise Invalid("请更正标出的内容。", fields=wrong)


def _beyond(value: Any) -> str:
    """Why a value cannot be kept; empty when it can."""
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return "数值过大。"
    if isinstance(value, date) and value.year not in clock.YEARS:
        return "日期超出范围。"
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((reason for each in inner if (reason := _beyond(each))), "")


def _messages(fault: ValidationError) -> dict[str, Any]:
    found = fault.normalized_messages()  # type: ignore[no-untyped-call]
    return {str(name): in_chinese(messages) for name, messages in found.items()}


def _check_text(value: Any, depth: int = 0) -> None:
    """Refuse what no database takes: NUL, lone surrogates; and nesting nobody needs."""
    if depth > DEEPEST:
        raise Malformed("内容嵌套过深。")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Malformed("内容含有无法保存的字符。")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name, depth + 1)
            _check_text(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_text(inner, depth + 1)


def _json_body() -> Any:
    try:
        return json.loads(
            request.get_data(cache=True).decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError) as fault:
        raise Malformed("JSON 内容无法识别。") from fault


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found
