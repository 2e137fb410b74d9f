"""Reference data of places: loaded by the release step, as often as wanted, without touching what was edited."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hotline import db
from hotline.db import session
from hotline.places import institutions
from hotline.places.models import Area, AreaKind, Institution, InstitutionName

DATA = Path(__file__).parent / "data"


def load() -> None:
    """Areas are brought up to date; institutions are added unless one is known under that name."""
    _load_areas(_read("areas.json"))
    known = set(session.scalars(select(InstitutionName.name)))
    new = [entry for entry in _read("institutions.json") if entry["name"] not in known]
    for entry in new:
        _add_institution(entry)
    _set_parents(new)
    session.flush()


def _read(name: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return listed


def _load_areas(listed: list[dict[str, Any]]) -> None:
    for position, entry in enumerate(listed):
        values = {
            "gb_code": entry["gb_code"],
            "kind": AreaKind(entry["kind"]),
            "name": entry["name"],
            "short": entry["short"],
            "dial_code": entry["dial_code"],
            "parent_code": entry["parent"],
            "position": position,
        }
        wanted = db.insert(Area).values(code=entry["code"], **values)
        session.execute(wanted.on_conflict_do_update(index_elements=["code"], set_=values))


def _add_institution(entry: dict[str, Any]) -> None:
    made = Institution(name=entry["name"], district_code=entry["district"])
    session.add(made)
    session.flush()
    for name in entry["names"]:
        since, until = date.fromisoformat(name["from"]), name.get("to")
        institutions.add_name(
            made,
            name["name"],
            printed=name["printed"],
            since=since,
            until=date.fromisoformat(until) if until else None,
            remark=name.get("remark", ""),
        )


def _set_parents(added: list[dict[str, Any]]) -> None:
    for entry in added:
        if entry["parent"]:
            head = session.scalars(select(Institution).where(Institution.name == entry["parent"])).one()
            branch = session.scalars(select(Institution).where(Institution.name == entry["name"])).one()
            branch.parent_id = head.id
