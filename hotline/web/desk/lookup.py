"""What the form looks up while the agent types, the eye on a masked number, and the palette's calls."""

from collections.abc import Iterator

from flask import Response, jsonify, url_for
from marshmallow import Schema, fields, validate

from hotline import audit, clock
from hotline.calls import search, topics
from hotline.calls.models import CATEGORY_LABEL, OUTCOME_LABEL, Category, Registration
from hotline.calls.schemas import REASON_LIMIT, text
from hotline.calls.search import Filter
from hotline.db import session
from hotline.people.models import Role
from hotline.people.sessions import Person
from hotline.places import institutions
from hotline.privacy import mask_phone
from hotline.web import gate
from hotline.web.desk import door, shown
from hotline.web.gate.finders import Found
from hotline.web.gate.formats import short_moment


class TopicQuery(Schema):
    q = text(40, load_default="")
    category = fields.Enum(Category, by_value=True, load_default=None)
    on = fields.Date(load_default=None)


class NameQuery(Schema):
    q = text(40, load_default="")


class RevealSchema(Schema):
    field = fields.String(required=True, validate=validate.OneOf(["caller", "contact_phone", "caller_name"]))
    reason = text(REASON_LIMIT, required=True)


@door.get("/topics")
def find_topics() -> Response:
    """Topics by characters, pinyin or initials, as of the day of the call."""
    asked = gate.query(TopicQuery())
    found = topics.find(asked["q"], asked["on"] or clock.today(), asked["category"])
    return jsonify(items=[{"id": each.id, "name": each.path, "hint": each.code} for each in found])


@door.get("/institutions")
def find_institutions() -> Response:
    """Institutions by any name, pinyin or initials."""
    wanted = gate.query(NameQuery())["q"]
    found = institutions.search(wanted) if wanted.strip() else []
    return jsonify(
        items=[{"id": each.id, "name": each.name, "hint": "", "district": each.district_code} for each in found]
    )


@door.post("/calls/<ref>/reveal")
def reveal(ref: str) -> Response:
    """Show one masked value in full, for a reason that the trail keeps; at most thirty times an hour."""
    call, sent = shown.call_of(ref), gate.load(RevealSchema())
    shown.guard_crisis(call)
    gate.check_reveals()
    form = session.get(Registration, call.id)
    value = call.caller if sent["field"] == "caller" else getattr(form, sent["field"], None)
    audit.record("call.reveal", f"call:{call.id}", field=sent["field"], reason=sent["reason"])
    session.commit()
    return jsonify(value=value or "")


def find_calls(wanted: str, _who: Person) -> Iterator[Found]:
    """For Ctrl+K: a call by its number, or the last calls from a telephone number."""
    digits = "".join(letter for letter in wanted if letter.isdigit())
    if len(digits) < 5:
        return
    by_number = search.page(Filter(call_no=digits), size=1).rows if len(digits) >= 16 else []
    for row in by_number or search.page(Filter(number=wanted), size=5).rows:
        kind = CATEGORY_LABEL[row.category] if row.category else OUTCOME_LABEL[row.outcome]
        yield {
            "title": f"{short_moment(row.offered_at)} {mask_phone(row.caller) or '未显示'}",
            "url": url_for("calls.show", ref=row.ref),
            "hint": kind,
        }


gate.finder("来电", find_calls, (Role.AGENT, Role.SUPERVISOR, Role.DISPATCHER))
