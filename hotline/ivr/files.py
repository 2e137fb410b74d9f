"""A menu as a file: read strictly, because what JSON lets pass in silence would be lost."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hotline.errors import Invalid
from hotline.ivr.faults import FIELDS, Fault


class _Told(dict[str, Any]):
    """An object of the file; `twice` are the names it has more than once, of which only the last counts."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = [name for name in self if names.count(name) > 1] if len(names) > len(self) else []


def read(content: bytes) -> tuple[Any, list[Fault]]:
    """What a file holds, and the faults of what it names twice. Raises Invalid for one that is no menu file at all."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid("文件不是 UTF-8 编码，请另存为 UTF-8 后再试") from problem
    try:
        document = json.loads(text, object_pairs_hook=_Told)
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as problem:
        raise Invalid(f"文件不是 JSON：第 {problem.lineno} 行第 {problem.colno} 个字符处无法识别") from problem
    except UnicodeEncodeError as problem:
        raise Invalid("文件含有无法保存的字符（不成对的 \\ud800–\\udfff）") from problem
    except RecursionError as problem:
        raise Invalid("文件嵌套过深，不是菜单文件") from problem
    except ValueError as problem:
        raise Invalid("文件中有过长的数字，不是菜单文件") from problem
    return document, list(_twice(document))


def _twice(document: Any) -> Iterator[Fault]:
    yield from _named(document, "-", "文件中有两个")
    nodes = _inside(document, "nodes")
    for name in getattr(nodes, "twice", ()):
        yield Fault(name, "节点名称重复，只有最后一个有效")
    yield from _named(_inside(document, "hours"), "-", "服务时间名称重复：")
    for name, body in nodes.items() if isinstance(nodes, Mapping) else ():
        yield from _named(body, name, "内容重复：")
        yield from _named(_inside(body, "keys"), name, "按键重复：")
        yield from _named(_inside(body, "scores"), name, "评价按键重复：")


def _named(holder: Any, node: str, what: str) -> Iterator[Fault]:
    for name in getattr(holder, "twice", ()):
        yield Fault(node, f"{what}{name}")


def _inside(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, Mapping) else None


def is_editable(document: Any) -> bool:
    """Whether the editor can show it: the outline of a menu, whatever else may be wrong with it."""
    nodes, hours = _inside(document, "nodes"), _inside(document, "hours")
    if not isinstance(nodes, dict) or not isinstance(hours or {}, dict):
        return False
    windows = [row for rows in (hours or {}).values() for row in (rows if isinstance(rows, list) else [None])]
    return all(map(_is_node, nodes.values())) and all(isinstance(row, list) and len(row) == 3 for row in windows)


def _is_node(body: Any) -> bool:
    kind, keys, scores = (_inside(body, name) for name in ("kind", "keys", "scores"))
    is_known = isinstance(kind, str) and kind in FIELDS
    return is_known and isinstance(keys or {}, dict) and isinstance(scores or {}, dict)
