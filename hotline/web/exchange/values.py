"""Field types that take exactly what the OpenAPI document says: no "true" for true, no 1 for yes, no "5" for 5."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from hotline.workorders.registering import EXTERNAL_NO

EXTERNAL = re.compile(EXTERNAL_NO)
LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
DIGITS = re.compile(r"[0-9]{1,9}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")


class Text(fields.String):
    """A text of some length without control characters."""

    def __init__(self, most: int, *, least: int = 0, **more: Any) -> None:
        super().__init__(validate=[validate.Length(least, most), no_controls], **more)


def no_controls(text: str) -> None:
    """Raise ValidationError for characters nobody writes."""
    if LINES.search(text):
        raise ValidationError("含有控制字符")


class Number(fields.String):
    """A platform's number of an order."""

    def __init__(self, about: str = "平台的工单编号，按文本保存", **more: Any) -> None:
        shown = {"pattern": EXTERNAL_NO, "description": about}
        super().__init__(validate=_is_number, metadata=shown, **more)


def _is_number(text: str) -> None:
    if not EXTERNAL.fullmatch(text):
        raise ValidationError("编号格式不对")


class Flag(fields.Boolean):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Whole(fields.Integer):
    """A whole number written as one."""

    def __init__(self, least: int, most: int, **more: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_more: Any) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return value


class Digits(fields.Integer):
    """A whole number as a query spells one: nothing but its digits."""

    def __init__(self, least: int, most: int, **more: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_more: Any) -> int:
        if not isinstance(value, str) or not DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        return int(value)


class Instant(fields.DateTime):
    """An instant with its offset, as RFC 3339 writes it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_more: Any) -> datetime:
        if not isinstance(value, str) or not RFC3339.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError) as fault:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from fault


class Choice(fields.String):
    """One of some codes."""

    def __init__(self, codes: Mapping[Any, str], about: str = "", **more: Any) -> None:
        said = about + "；".join(f"{code} {label}" for code, label in codes.items())
        super().__init__(validate=validate.OneOf([str(code) for code in codes]), metadata={"description": said}, **more)
