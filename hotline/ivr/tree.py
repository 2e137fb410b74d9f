"""The menu tree: what it may say.

A tree is JSON: `{"entry": id, "hours": {name: [[days, from, to], …]}, "nodes": {id: node}}`. A node has a
`kind` and what belongs to it:

- `menu`: `say`, `keys` {key: node}, `default` (node without a key or after wrong keys), `seconds`
- `answer`: `say`, `next` (node after the answer; default: the end of the call)
- `queue`: `say`, `line`, optional `hours` with `closed` (node outside them) and `holiday` (the same on public holidays;
  default: `closed`)
- `transfer`: `say`, `endpoint`
- `voicemail`: `say`, `line`, `callback`: `say`, `line`
- `hangup`: `say`
- `survey`: `say`, `scores` {digit: word of the scale 非常满意 … 非常不满意}, `seconds`; at most one. It follows a
  conversation with a person, except on a crisis line, so no key need lead to it

A spoken text is a string, or `{"prompt": file, "text": …}` for a recorded prompt with its spoken fallback.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from hotline.ivr.faults import SCORES, Lines, parts
from hotline.telephony.steps import Prompt, Say, Spoken


@dataclass(frozen=True)
class Node:
    """One node of a tree that has been checked."""

    id: str
    kind: str
    body: Mapping[str, Any]

    @property
    def spoken(self) -> tuple[Spoken, ...]:
        return tuple(spoken(part) for part in parts(self.body["say"]))

    @property
    def keys(self) -> Mapping[str, str]:
        keys: Mapping[str, str] = self.body.get("keys", {})
        return keys

    def score(self, key: str) -> int | None:
        """The score, 5 (best) to 1, that a key of a survey stands for."""
        word = self.body["scores"].get(key)
        return SCORES[word] if word else None

    def text(self, name: str, default: str = "") -> str:
        return str(self.body.get(name) or default)


def spoken(part: Any) -> Spoken:
    if isinstance(part, Mapping):
        return Prompt(str(part["prompt"]), str(part["text"]))
    return Say(str(part))


class Tree:
    """A tree that `faults` found nothing wrong with when it was published; later rules never silence it."""

    def __init__(self, document: Mapping[str, Any], lines: Lines) -> None:
        self.document = document
        self.lines = lines
        self.entry = str(document["entry"])
        self.nodes = {name: Node(name, body["kind"], body) for name, body in document["nodes"].items()}

    def with_nodes(self, *more: Node) -> "Tree":
        """The same tree with nodes put in or in place of its own."""
        other = copy(self)
        other.nodes = {**self.nodes, **{node.id: node for node in more}}
        return other

    @property
    def crisis_key(self) -> str:
        """The key of the entry menu that leads to a person for people in crisis; a checked tree has one."""
        keys = self.nodes[self.entry].keys.items()
        return next(key for key, target in keys if self._is_for_crisis(self.nodes[target]))

    def _is_for_crisis(self, node: Node) -> bool:
        return node.kind == "queue" and node.text("line") in self.lines.crisis

    @property
    def survey(self) -> Node | None:
        return next((node for node in self.nodes.values() if node.kind == "survey"), None)

    @property
    def hours(self) -> Mapping[str, list[list[str]]]:
        hours: Mapping[str, list[list[str]]] = self.document.get("hours", {})
        return hours
