"""The code lists, topics and scripts that the product comes with; loading them twice changes nothing."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hotline import db
from hotline.calls.list_models import CodeItem, Topic
from hotline.calls.scripts import Script
from hotline.db import session
from hotline.places.spelling import spell

DATA = Path(__file__).parent / "data"


def load() -> None:
    """Add every row of the package's data that the database does not have; rows that are there stay as they are."""
    _insert(CodeItem, _rows("codes"))
    topics = _rows("topics")
    _insert(Topic, [_topic(row, None) for row in topics if not row["parent"]])
    parents = {(t.code, t.valid_from): t.id for t in session.scalars(select(Topic).where(Topic.parent_id.is_(None)))}
    _insert(Topic, [_topic(row, parents[row["parent"], row["valid_from"]]) for row in topics if row["parent"]])
    _insert(Script, _rows("scripts"))


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return [{**row, "valid_from": date.fromisoformat(row["valid_from"]), "valid_to": None} for row in rows]


def _topic(row: dict[str, Any], parent_id: int | None) -> dict[str, Any]:
    full, initials = spell(row["name"])
    plain = {name: value for name, value in row.items() if name != "parent"}
    return {**plain, "parent_id": parent_id, "pinyin": full, "initials": initials}


def _insert(model: type[db.Base], rows: list[dict[str, Any]]) -> None:
    session.execute(db.insert(model).on_conflict_do_nothing(), rows)
