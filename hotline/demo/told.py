"""What invented people say: names, demands by nature, the orders of these days and the courses orders take."""

import json
from pathlib import Path
from random import Random
from typing import Any

from hotline.workorders.codes import Nature

_DATA: dict[str, Any] = json.loads(Path(__file__).with_name("data").joinpath("orders.json").read_text("utf-8"))

PEOPLE: list[str] = _DATA["people"]
NATURES = [Nature(code) for code in _DATA["texts"]]
COURSES: list[dict[str, Any]] = _DATA["courses"]
PRESENT: list[dict[str, Any]] = _DATA["present"]


def demand(nature: Nature, random: Random) -> tuple[str, str]:
    """A title and what the person said."""
    title, content = random.choice(_DATA["texts"][nature])
    return title, content
