"""随访: what is due, taken up and finished, handed over at the change of shifts."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields

from hotline import clock
from hotline.calls import codes
from hotline.calls.models import Call
from hotline.calls.schemas import TEXT_LIMIT, FormSchema, text
from hotline.crisis import access, service
from hotline.crisis import followups as ladder
from hotline.crisis.models import LEVEL_LABEL, FollowUp
from hotline.db import session
from hotline.errors import Invalid, NotFound, Refused
from hotline.people import service as people
from hotline.web import gate
from hotline.web.desk import door, shown


class OutcomeSchema(FormSchema):
    version = fields.Integer(required=True)
    outcome = text(10, required=True)
    note = text(TEXT_LIMIT, load_default="")


class OwnerSchema(FormSchema):
    version = fields.Integer(required=True)
    owner_id = fields.Integer(required=True)


@door.get("/followups")
def followups() -> str:
    """Open follow-ups: one's own; all of them for supervisors and the crisis line."""
    who = gate.crisis_reader()
    rows = ladder.due(owner_id=None if who.supervisor or who.trained else who.id)
    calls = {row.call_id: session.get_one(Call, row.call_id) for row, _level in rows}
    alerts = service.open_alerts() if who.supervisor else []
    return gate.page(
        "desk/followups.html",
        rows=rows,
        calls=calls,
        alerts=[(alert, session.get_one(Call, alert.call_id)) for alert in alerts],
        level_label=LEVEL_LABEL,
        outcomes=list(codes.choices("followup_outcome", clock.today()).items()),
        names=people.names([row.owner_id for row, _level in rows]),
        agents=shown.agents(),
        now=clock.now(),
    )


@door.post("/followups/<int:followup_id>/outcome")
def record_followup(followup_id: int) -> ResponseReturnValue:
    """Note an attempt and what came of it."""
    _guard(followup_id)
    sent = gate.load(OutcomeSchema())
    ladder.record(followup_id, gate.person().id, sent["outcome"], sent["note"], sent["version"])
    session.commit()
    return redirect(url_for(".followups"))


@door.post("/followups/<int:followup_id>/owner")
def hand_over_followup(followup_id: int) -> ResponseReturnValue:
    """Give it to a colleague."""
    _guard(followup_id)
    sent = gate.load(OwnerSchema())
    if sent["owner_id"] not in dict(shown.agents()):
        raise Invalid("没有这位坐席。", fields={"owner_id": ["请选择在岗坐席"]})
    ladder.hand_over(followup_id, sent["owner_id"], sent["version"])
    session.commit()
    return redirect(url_for(".followups"))


def _guard(followup_id: int) -> None:
    """One's own follow-ups, or those of a record that is one's own to write."""
    found = session.get(FollowUp, followup_id)
    if found is None:
        raise NotFound("没有这个随访任务。")
    call = session.get_one(Call, found.call_id)
    if found.owner_id != gate.person().id and not access.may_write(call, gate.crisis_reader()):
        raise Refused("这个随访由其他同事负责。")
