"""Templates of printed sentences: `{name}` stands for a figure or a word, everything else is printed as it is."""

import re
from collections.abc import Collection
from dataclasses import dataclass

PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Run:
    """A piece of a sentence. `figure` names what it counts (`hotline.total`), empty for plain words."""

    text: str
    figure: str = ""


Runs = tuple[Run, ...]


def fill(template: str, **values: str | Runs) -> Runs:
    """The sentence as runs. Raises KeyError for a placeholder without a value."""
    made: list[Run] = []
    for position, part in enumerate(PLACE.split(template)):
        value: str | Runs = values[part] if position % 2 else part
        made += (Run(value),) if isinstance(value, str) else value
    return tuple(run for run in made if run.text)


def text_of(runs: Runs) -> str:
    return "".join(run.text for run in runs)


def fill_text(template: str, **values: str) -> str:
    """The sentence as plain text."""
    return text_of(fill(template, **values))


def joined(parts: Collection[Runs], separator: str) -> Runs:
    """`parts` with `separator` between them."""
    made: list[Run] = []
    for number, part in enumerate(parts):
        made += ([Run(separator)] if number else []) + list(part)
    return tuple(made)


def faults(template: str, allowed: Collection[str], needed: Collection[str] = ()) -> list[str]:
    """What is wrong with a template, in the words of the person who edits it; empty when it can be printed."""
    used = PLACE.findall(template)
    told = [f"不认识的占位符 {{{name}}}" for name in dict.fromkeys(used) if name not in allowed]
    told += [f"缺少占位符 {{{name}}}" for name in needed if name not in used]
    if re.search(r"[{}]", PLACE.sub("", template)):
        told.append("花括号不成对，或占位符的写法有误")
    return told
