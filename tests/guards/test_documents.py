"""What is written about the house is true of the house."""

import json
import re
from pathlib import Path

import pytest

from hotline.db import session
from hotline.workorders import platforms, pushing
from hotline.workorders.codes import Move, Source, State
from hotline.workorders.moves import TRANSITIONS, WITH_MAIN

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (ROOT / "hotline" / "config.py").read_text(encoding="utf-8")
SETTINGS = set(re.findall(r'(?:env\.get\(|_number\(env, )"([A-Z_]+)"', CONFIG))
SERVER = set(re.findall(r"environ\.get\([\"']([A-Z_]+)", (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")))


def test_the_example_lists_every_setting_and_no_other():
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == SETTINGS | SERVER


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
class TestReadme:
    def test_has_every_setting(self, name):
        listed = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        assert listed == SETTINGS | SERVER

    def test_names_only_files_that_exist(self, name):
        told = (ROOT / name).read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!http|#)([^)#]+)", told)
        assert [link for link in links if not (ROOT / link).exists()] == []

    def test_shows_the_tree_as_it_is(self, name):
        told = (ROOT / name).read_text(encoding="utf-8")
        tree = re.search(r"```tree\n(.*?)```", told, re.DOTALL)[1]
        shown = {line.split()[0].rstrip("/") for line in tree.splitlines() if line and not line.startswith(" ")}
        assert [path for path in shown if not (ROOT / path).exists()] == []
        matters = {path.name for path in (ROOT / "hotline").iterdir() if (path / "__init__.py").exists()}
        assert [matter for matter in matters if f" {matter}/" not in tree] == []


def test_the_manual_speaks_in_the_words_of_the_screens():
    told = (ROOT / "docs" / "manual.zh-CN.md").read_text(encoding="utf-8")
    screens = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "hotline").rglob("*.js"),
        *(ROOT / "hotline").rglob("*.py"),
    ]
    shown = "".join(path.read_text(encoding="utf-8") for path in screens)
    named = {words for words in re.findall(r"\*\*(.+?)\*\*", told) if not words.startswith("8 或")}
    assert len(named) > 60
    assert [words for words in sorted(named) if words not in shown] == []


class TestWorkOrders:
    told = (ROOT / "docs" / "workorders.md").read_text(encoding="utf-8")

    def test_draws_every_move_of_the_machine_and_no_other(self):
        drawn = set(re.findall(r"^  (\w+) --> (\w+): ", self.told, re.MULTILINE))
        apart = {Move.REGISTER, Move.WITHDRAW, Move.REINSTATE, Move.HAND_OVER}
        made = {
            (origin.value, one.target.value)
            for move, one in [*TRANSITIONS.items(), *WITH_MAIN.items()]
            if move not in apart
            for origin in one.origins
            if not (move is Move.VOID and origin is State.DRAFT)
        }
        assert drawn == made

    def test_the_delivery_it_shows_is_accepted(self, client):
        platform = platforms.add("市12345", Source.CITY)
        key, _ = platforms.issue(platform, "x", list(platforms.Scope))
        session.commit()
        body = json.loads(re.search(r"-d '(\{.*?\})'", self.told, re.DOTALL)[1])
        answer = client.post("/api/orders", json=body, headers={"Authorization": f"Bearer {key}"})
        shown = json.loads(re.search(r"```json\n(.*?)```", self.told, re.DOTALL)[1])
        assert answer.status_code == 201
        assert {**answer.json, "own_no": ""} == {**shown, "own_no": ""}
        assert client.get("/api/openapi.json").status_code == 200

    def test_the_check_it_shows_knows_our_signature(self, app):
        shown: dict = {}
        exec(re.search(r"```python\n(.*?)```", self.told, re.DOTALL)[1], shown)  # noqa: S102
        platform = platforms.add("市12345", Source.CITY)
        sent = pushing.signed(platform, "evt_42", b'{"id": "evt_42"}')
        assert shown["genuine"](platform.secret, sent, b'{"id": "evt_42"}')
        assert not shown["genuine"](platform.secret, sent, b'{"id": "evt_43"}')
