"""Everything that can be wrong with a menu tree, each fault with the node it is at.

What has no fault can be played to any caller at any hour: every target exists, a caller who presses nothing comes
to a person whatever the hour, nobody goes round in circles, and the crisis key is in the first sentence.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from hotline.workorders.revisit_codes import SATISFACTION_LABEL

FIELDS: Mapping[str, frozenset[str]] = {
    "menu": frozenset({"say", "keys", "default", "seconds"}),
    "answer": frozenset({"say", "next"}),
    "queue": frozenset({"say", "line", "hours", "closed", "holiday"}),
    "transfer": frozenset({"say", "endpoint"}),
    "voicemail": frozenset({"say", "line"}),
    "callback": frozenset({"say", "line"}),
    "hangup": frozenset({"say"}),
    "survey": frozenset({"say", "scores", "seconds"}),
}
SCORES: Mapping[str, int] = {word: score for score, word in SATISFACTION_LABEL.items()}
DIGITS = frozenset("0123456789")
KEYS = DIGITS | set("*#")
DAYS = frozenset({"workday", "holiday", "all"})
MOST_NODES, MOST_SENTENCES, LONGEST_TEXT, LONGEST_WAIT = 200, 20, 500, 30
SHOWN = 30
PROMPT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NAME = re.compile(r"\w[\w-]{0,39}")
_ENDPOINT = re.compile(r"\+?\d{3,20}|sips?:[\w.+-]+@[\w.:-]+|client:\w+")
_SENTENCE_ENDS = re.compile("[。！？!?]")
_DO_NOT_PRESS = re.compile("(?:不|别|勿|无)(?:要|用|必|能|可|得|须|需)?(?:再|直接|随意)?按")
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

Document = Mapping[str, Any]


class Fault(NamedTuple):
    """What is wrong, and at which node (`-`: at none)."""

    node: str
    message: str


@dataclass(frozen=True)
class Lines:
    """The lines a menu may lead to, and those among them that are for people in crisis."""

    codes: frozenset[str]
    crisis: frozenset[str]


def parts(say: Any) -> list[Any]:
    """A node's spoken parts: one may stand alone."""
    return say if isinstance(say, list) else [say]


def text_of(part: Any) -> Any:
    """What is spoken for a part: a recorded prompt's own words are its fallback."""
    return part.get("text") if isinstance(part, Mapping) else part


def faults(document: Document, lines: Lines) -> list[Fault]:
    """Every fault of a tree; an empty list means that it may be published."""
    nodes = document.get("nodes")
    if not isinstance(nodes, Mapping) or not nodes:
        return [Fault("-", "菜单没有任何节点")]
    if len(nodes) > MOST_NODES:
        return [Fault("-", f"节点超过{MOST_NODES}个")]
    found = [Fault("-", f"多余的内容：{name}") for name in document.keys() - {"entry", "hours", "nodes"}]
    found += _hours_faults(document.get("hours", {}))
    for name, body in nodes.items():
        found += _node_faults(name, body, document, lines)
    if not isinstance(document.get("entry"), str) or document["entry"] not in nodes:
        found.append(Fault("-", f"入口节点不存在：{document.get('entry')}"))
    return found or [*_shape_faults(document), *_crisis_faults(document, lines)]


def _node_faults(name: str, body: Any, document: Document, lines: Lines) -> Iterator[Fault]:
    if not _NAME.fullmatch(name) or name.startswith("event-"):
        yield Fault(name, "名称只能用文字、数字、下划线和连字符，至多40个，不以 event- 开头")
    if not isinstance(body, Mapping) or not isinstance(body.get("kind"), str) or body["kind"] not in FIELDS:
        yield Fault(name, "节点类型未知")
        return
    wrong = [*_field_faults(name, body)]
    yield from wrong
    if wrong:
        return
    yield from speech_faults(name, body.get("say"))
    for target in _targets(body):
        if target not in document["nodes"]:
            yield Fault(name, f"指向不存在的节点：{target}")
    yield from _OF_KIND.get(body["kind"], _nothing)(name, body, document, lines)


def _field_faults(name: str, body: Document) -> Iterator[Fault]:
    """Fields that do not belong to the kind, or are not of their type."""
    for field in sorted(body.keys() - FIELDS[body["kind"]] - {"kind"}):
        yield Fault(name, f"此类节点没有这一项：{field}")
    for field, value in body.items():
        if not _IS_FINE.get(field, _is_text)(value):
            yield Fault(name, f"内容格式错误：{field}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_keys(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(target, str) for target in value.values())


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_WAIT


_IS_FINE: Mapping[str, Callable[[Any], bool]] = {
    "say": lambda _: True,
    "keys": _is_keys,
    "scores": _is_keys,
    "seconds": _is_seconds,
}


def speech_faults(name: str, say: Any) -> Iterator[Fault]:
    spoken = parts(say)
    if not spoken or not all(isinstance(text_of(part), str) and text_of(part).strip() for part in spoken):
        yield Fault(name, "缺少提示语")
        return
    if len(spoken) > MOST_SENTENCES or any(len(text_of(part)) > LONGEST_TEXT for part in spoken):
        yield Fault(name, f"提示语过长：至多{MOST_SENTENCES}句，每句至多{LONGEST_TEXT}字")
    if any(_UNSPEAKABLE.search(text_of(part)) for part in spoken):
        yield Fault(name, "提示语含有读不出的字符")
    for part in spoken:
        if isinstance(part, Mapping) and not PROMPT.fullmatch(str(part.get("prompt", ""))):
            yield Fault(name, f"录音名称无效：{part.get('prompt', '')}")


def _menu_faults(name: str, body: Document, _document: Document, _lines: Lines) -> Iterator[Fault]:
    if not body.get("keys"):
        yield Fault(name, "菜单没有按键")
    elif set(body["keys"]) - KEYS:
        yield Fault(name, f"按键无效：{'、'.join(sorted(set(body['keys']) - KEYS))}")
    if not body.get("default"):
        yield Fault(name, "没有按键时无去向，来电人会被困住")


def _queue_faults(name: str, body: Document, document: Document, lines: Lines) -> Iterator[Fault]:
    yield from _line_faults(name, body, document, lines)
    if not body.get("hours"):
        if body.get("holiday"):
            yield Fault(name, "有节假日的去向却没有服务时间")
        return
    hours = document.get("hours", {})
    if not isinstance(hours, Mapping) or body["hours"] not in hours:
        yield Fault(name, f"服务时间未定义：{body['hours']}")
    if not body.get("closed"):
        yield Fault(name, "有服务时间却没有非服务时间的去向")
    if body.get("line") in lines.crisis:
        yield Fault(name, "心理危机线路不设服务时间")


def _line_faults(name: str, body: Document, _document: Document, lines: Lines) -> Iterator[Fault]:
    if body.get("line") not in lines.codes:
        yield Fault(name, f"受理线路不存在：{body.get('line', '')}")


def _transfer_faults(name: str, body: Document, _document: Document, _lines: Lines) -> Iterator[Fault]:
    if not _ENDPOINT.fullmatch(body.get("endpoint", "")):
        yield Fault(name, "转接缺少号码，或号码无效")


def _survey_faults(name: str, body: Document, _document: Document, _lines: Lines) -> Iterator[Fault]:
    scores = body.get("scores") or {}
    if not scores:
        yield Fault(name, "满意度评价没有按键")
    if wrong := sorted(set(scores) - DIGITS):
        yield Fault(name, f"评价按键只能是一位数字：{'、'.join(wrong)}")
    if unknown := sorted(set(scores.values()) - SCORES.keys()):
        yield Fault(name, f"评价只能是{'、'.join(SCORES)}：{'、'.join(unknown)}")


def _nothing(_name: str, _body: Document, _document: Document, _lines: Lines) -> Iterator[Fault]:
    return iter(())


_OF_KIND: Mapping[str, Callable[[str, Document, Document, Lines], Iterator[Fault]]] = {
    "menu": _menu_faults,
    "queue": _queue_faults,
    "voicemail": _line_faults,
    "callback": _line_faults,
    "transfer": _transfer_faults,
    "survey": _survey_faults,
}


def _hours_faults(hours: Any) -> Iterator[Fault]:
    if not isinstance(hours, Mapping):
        yield Fault("-", "服务时间格式错误")
        return
    for name, windows in hours.items():
        if not _NAME.fullmatch(name):
            yield Fault("-", f"服务时间的名称无效：{name}")
        try:
            wrong = [fault for days, start, end in windows if (fault := _window_fault(days, start, end))]
        except (TypeError, ValueError, AttributeError):
            wrong = ["的时段无效"]
        if wrong or not windows:
            yield Fault("-", f"服务时间“{name}”{wrong[0] if wrong else '没有时段'}")


def _window_fault(days: str, start: str, end: str) -> str:
    if days not in DAYS:
        return "的时段无效"
    if minutes(start) > minutes(end):
        return f"的时段 {start}–{end} 跨午夜，请分成两段：{start}–24:00 和 00:00–{end}"
    return f"的时段 {start}–{end} 开始和结束相同" if minutes(start) == minutes(end) else ""


def minutes(text: str) -> int:
    """Minutes after midnight of `HH:MM`, up to `24:00`. Raises ValueError."""
    hour, minute = (int(part) for part in text.split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= 1440):
        raise ValueError(text)
    return hour * 60 + minute


def _shape_faults(document: Document) -> Iterator[Fault]:
    """Faults of the whole: nodes nobody reaches, ways round in a circle, a person out of reach."""
    nodes = document["nodes"]
    reached = _reachable(nodes, [document["entry"]], _targets)
    for name in nodes:
        if name not in reached and nodes[name]["kind"] != "survey":
            yield Fault(name, "没有任何按键能到达此节点")
        if name in _reachable(nodes, _silent_targets(nodes[name]), _silent_targets):
            yield Fault(name, "不按键会在此循环")
    for name in [name for name in nodes if nodes[name]["kind"] == "survey"][1:]:
        yield Fault(name, "满意度评价只能有一个")
    for end in _ends_without_person(document):
        where = f"：在 {end} 结束" if end != document["entry"] else ""
        yield Fault(document["entry"], f"不按任何键无法到达人工{where}")


def _ends_without_person(document: Document) -> list[str]:
    """Where a caller who presses nothing ends without a person, at whatever hour; none where a circle is the fault."""
    nodes, hours = document["nodes"], document.get("hours", {})

    def onward(body: Document) -> list[str]:
        return [] if _always_open(body, hours) else _silent_targets(body)

    passed = _reachable(nodes, [document["entry"]], onward)
    return [name for name in passed if nodes[name]["kind"] != "queue" and not onward(nodes[name])]


def _always_open(body: Document, hours: Document) -> bool:
    windows = hours.get(body.get("hours", ""), [])
    whole = any(days == "all" and minutes(end) - minutes(start) == 1440 for days, start, end in windows)
    return body["kind"] == "queue" and (whole or not body.get("hours"))


def _crisis_faults(document: Document, lines: Lines) -> Iterator[Fault]:
    nodes, entry = document["nodes"], document["entry"]
    first = _SENTENCE_ENDS.split(text_of(parts(nodes[entry]["say"])[0]).replace(" ", ""))[0]
    pressed = _DO_NOT_PRESS.sub("", first)
    keys = nodes[entry].get("keys", {})
    offered = [nodes[target] for key, target in keys.items() if f"按{key}" in pressed]
    if not any(node["kind"] == "queue" and node["line"] in lines.crisis for node in offered):
        told = first if len(first) <= SHOWN else f"{first[:SHOWN]}…"
        yield Fault(entry, f"第一句话里没有心理危机线路的按键：“{told}”")


def _targets(body: Document) -> list[str]:
    return [*_silent_targets(body), *body.get("keys", {}).values()]


def _silent_targets(body: Document) -> list[str]:
    """Where a caller goes who presses nothing, or finds a line closed."""
    return [body[name] for name in ("default", "next", "closed", "holiday") if body.get(name)]


def _reachable(nodes: Document, start: list[str], ways: Callable[[Document], list[str]]) -> dict[str, None]:
    """The nodes one comes to, in the order of coming."""
    found = dict.fromkeys(start)
    todo = list(start)
    for name in todo:
        todo += [target for target in dict.fromkeys(ways(nodes[name])) if target not in found]
        found |= dict.fromkeys(ways(nodes[name]))
    return found


def in_order(document: Document) -> list[str]:
    """The nodes of a tree without faults as callers come to them; a survey no key leads to stands last."""
    return list(_reachable(document["nodes"], [document["entry"]], _targets) | dict.fromkeys(document["nodes"]))
