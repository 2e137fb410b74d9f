"""marshmallow's own messages in the words of the people who read them; our schemas' messages pass unchanged."""

import re
from typing import Any

_WORDS: tuple[tuple[str, str], ...] = (
    (r"Missing data for required field\.", "必填"),
    (r"Field may not be null\.", "不能为空"),
    (r"Unknown field\.", "不认识的字段"),
    (r"Not a valid integer\.", "须为整数"),
    (r"Not a valid number\.|Special numeric values .*", "须为数字"),
    (r"Number too large\.", "数字过大"),
    (r"Not a valid string\.", "须为文字"),
    (r"Not a valid utf-8 string\.", "文字编码不对"),
    (r"Not a valid boolean\.", "须为是或否"),
    (r"Not a valid list\.", "须为列表"),
    (r"Not a valid (date|datetime|time)\.|.* cannot be formatted as a (date|datetime|time)\.", "日期或时间格式不对"),
    (r"Not a valid UUID\.", "编号格式不对"),
    (r"Invalid input type\.|Invalid type\.|Not a valid mapping type\.", "格式不对"),
    (r"Must be one of: .*", "不在可选范围内"),
    (r"Shorter than minimum length (\d+)\.", r"至少 \1 个字"),
    (r"Longer than maximum length (\d+)\.", r"最多 \1 个字"),
    (r"Length must be between (\d+) and (\d+)\.", r"须为 \1–\2 个字"),
    (r"Length must be (\d+)\.", r"须为 \1 个字"),
    (r"Must be greater than or equal to (\S+)\.", r"不能小于 \1"),
    (r"Must be less than or equal to (\S+)\.", r"不能大于 \1"),
    (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.", r"须在 \1 与 \2 之间"),
    (r"String does not match expected pattern\.", "格式不对"),
    (r"Invalid value\.|Invalid input\.", "内容不符合要求"),
)
_PATTERNS = tuple((re.compile(english), chinese) for english, chinese in _WORDS)


def in_chinese(messages: Any) -> Any:
    """The same structure of messages, each in Chinese."""
    if isinstance(messages, dict):
        return {str(name): in_chinese(inner) for name, inner in messages.items()}
    if isinstance(messages, list):
        return [in_chinese(inner) for inner in messages]
    for pattern, chinese in _PATTERNS:
        found = pattern.fullmatch(str(messages))
        if found:
            return found.expand(chinese)
    return messages
