"""办理时限 and 督办: dated rules of every duty, the ladder after them, and what a new one would mean today."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.errors import HotlineError
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door
from hotline.workorders import limits
from hotline.workorders.codes import (
    CLOCK_LABEL,
    NATURE_LABEL,
    SOURCE_LABEL,
    SUPERVISION_LABEL,
    URGENCY_LABEL,
    Clock,
    Nature,
    Source,
    Unit,
    Urgency,
)
from hotline.workorders.limits import Term, Whom

UNIT_LABEL = {Unit.WORKDAY: "个工作日", Unit.WORK_MINUTE: "分钟（工作时间内）", Unit.MINUTE: "分钟（连续计时）"}
STEP_LABEL = {0: "催办", **SUPERVISION_LABEL}
LABELS = {
    "clock_label": CLOCK_LABEL,
    "nature_label": NATURE_LABEL,
    "source_label": SOURCE_LABEL,
    "urgency_label": URGENCY_LABEL,
    "unit_label": UNIT_LABEL,
    "step_label": STEP_LABEL,
}


def _maybe(of: Any) -> fields.Enum[Any]:
    return fields.Enum(of, by_value=True, load_default=None, allow_none=True)


class OutlookQuery(Schema):
    nature = fields.Enum(Nature, by_value=True, load_default=Nature.COMPLAINT)
    source = fields.Enum(Source, by_value=True, load_default=Source.CITY)
    urgency = fields.Enum(Urgency, by_value=True, load_default=Urgency.NORMAL)


class RuleForm(Schema):
    clock = fields.Enum(Clock, by_value=True, required=True)
    source = _maybe(Source)
    nature = _maybe(Nature)
    urgency = _maybe(Urgency)
    amount = fields.Integer(required=True)
    unit = fields.Enum(Unit, by_value=True, required=True)
    valid_from = fields.Date(required=True)
    basis = fields.String(required=True, validate=validate.Length(1, 200))
    preview = fields.Boolean(load_default=False)


class EndForm(Schema):
    rule_id = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 1))
    on = fields.Date(required=True)


class StepForm(Schema):
    level = fields.Integer(required=True, validate=validate.Range(0, 3))
    days_late = fields.Integer(required=True, validate=validate.Range(1, 250))
    valid_from = fields.Date(required=True)


@door.get("/deadlines")
@administrators
def deadline_rules() -> ResponseReturnValue:
    asked = gate.query(OutlookQuery())
    return _show(asked=asked, outlook=limits.outlook(**asked))


def _show(fault: HotlineError | None = None, **more: Any) -> ResponseReturnValue:
    context = {
        "rules": limits.rules(),
        "steps": limits.steps(),
        "today": clock.today(),
        "tomorrow": clock.today() + timedelta(days=1),
        "asked": OutlookQuery().load({}),
        "outlook": [],
        "proposed": None,
        **LABELS,
        **more,
    }
    if fault:
        return gate.refill(fault, "admin/deadlines.html", **context)
    return gate.page("admin/deadlines.html", **context)


def _act(schema: Schema, act: Callable[[dict[str, Any]], object], told: str) -> ResponseReturnValue:
    def do() -> str:
        act(gate.load(schema))
        return told

    return gate.act(do, _show, url_for("admin.deadline_rules"))


@door.post("/deadlines")
@administrators
def succeed_rule() -> ResponseReturnValue:
    """A new version; with `preview` only what it would mean for an order registered now."""
    if request.form.get("preview"):
        return _preview()
    return _act(RuleForm(), _succeed, "时限已登记，自生效之日起受理的工单按新时限办理。")


def _terms(form: dict[str, Any]) -> tuple[Term, Whom]:
    return Term(form["clock"], form["amount"], form["unit"]), Whom(form["source"], form["nature"], form["urgency"])


def _succeed(form: dict[str, Any]) -> None:
    limits.succeed(*_terms(form), form["valid_from"], form["basis"])


def _preview() -> ResponseReturnValue:
    try:
        term, whom = _terms(gate.load(RuleForm()))
        limits.check(term)
    except HotlineError as fault:
        return _show(fault)
    asked = OutlookQuery().load({})
    asked |= {name: told for name in asked if (told := getattr(whom, name)) is not None}
    found = limits.outlook(**asked, term=term, of=whom)
    return _show(asked=asked, outlook=found, proposed=term, form=request.form)


@door.post("/deadlines/end")
@administrators
def end_rule() -> ResponseReturnValue:
    return _act(EndForm(), lambda form: limits.end(form["rule_id"], form["on"]), "时限规则将自该日起停用。")


@door.post("/deadlines/steps")
@administrators
def succeed_step() -> ResponseReturnValue:
    return _act(StepForm(), lambda form: limits.succeed_step(**form), "催办、督办级别已登记。")
