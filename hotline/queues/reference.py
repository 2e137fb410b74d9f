"""The lines and outside contacts the product comes with; administrators change them afterwards."""

import json
from pathlib import Path

from sqlalchemy import select

from hotline import db
from hotline.db import session
from hotline.queues.models import Line
from hotline.queues.records import Contact

DATA = Path(__file__).parent / "data"


def load() -> None:
    """Add the lines that are not there yet, in an order in which overflow targets come first; the contacts only where
    there are none, for those that administrators took out of use stay out."""
    if session.scalar(select(Contact.code).limit(1)) is None:
        for position, row in enumerate(json.loads((DATA / "contacts.json").read_text("utf-8"))):
            values = {**row, "position": position}
            session.execute(db.insert(Contact).values(values).on_conflict_do_nothing(index_elements=["code"]))
    rows = json.loads((DATA / "lines.json").read_text("utf-8"))
    for position, row in sorted(enumerate(rows), key=lambda pair: "overflow_to" in pair[1]):
        values = {"reserved": 0, "overflow_after": None, "overflow_to": None, **row, "position": position}
        session.execute(db.insert(Line).values(values).on_conflict_do_nothing(index_elements=["code"]))
