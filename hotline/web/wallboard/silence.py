"""The alarm's sound, silenced by each person for a while."""

from datetime import datetime

from flask import Response, jsonify
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.db import session
from hotline.queues import alarms
from hotline.queues.alarms import SILENT_FOR, Alarm
from hotline.web import gate
from hotline.web.wallboard import door


class SilenceSchema(Schema):
    kinds = fields.List(fields.Enum(Alarm, by_value=True), required=True, validate=validate.Length(max=len(Alarm)))


def _told(silenced: dict[Alarm, datetime]) -> Response:
    """Each silenced kind: since when, and how many seconds more."""
    now = clock.now()
    return jsonify(
        {
            kind.value: {"since": at.isoformat(), "seconds": round((at + SILENT_FOR[kind] - now).total_seconds())}
            for kind, at in silenced.items()
        }
    )


@door.get("/silence")
def silenced() -> Response:
    """Asked by every board before it sounds."""
    return _told(alarms.silenced(gate.person().id))


@door.post("/silence")
def silence() -> Response:
    """Silence the alarms that sound now, on every screen of this person; with none named, let all sound again."""
    kept = alarms.silence(gate.person().id, gate.load(SilenceSchema())["kinds"])
    session.commit()
    return _told(kept)
