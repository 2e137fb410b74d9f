"""The province's returns: which city files and which is counted here, and the day they are due, from a month on."""

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.clock import Month
from hotline.errors import HotlineError, Invalid
from hotline.statistics import returns, returns_rules
from hotline.statistics.returns_rules import STANDING_LABEL, Standing
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door


class StandingForm(Schema):
    city_code = fields.String(required=True, validate=validate.Length(1, 12))
    standing = fields.Enum(Standing, by_value=True, required=True)
    since = fields.String(required=True, validate=validate.Length(1, 7))


class RuleForm(Schema):
    due_day = fields.Integer(required=True, validate=validate.Range(1, 28))
    remind_before = fields.Integer(required=True, validate=validate.Range(0, 20))
    since = fields.String(required=True, validate=validate.Length(1, 7))


@door.get("/reporting")
@administrators
def reporting() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    this = Month.of(clock.today())
    context = {
        "cities": returns_rules.cities(),
        "standings": returns_rules.standings(),
        "rules": [returns.USUAL_RULE, *returns_rules.rules()],
        "words": STANDING_LABEL,
        "month": this,
    }
    if fault:
        return gate.refill(fault, "admin/reporting.html", **context)
    return gate.page("admin/reporting.html", **context)


def _month(text: str) -> Month:
    try:
        return Month(text)
    except ValueError as error:
        raise Invalid("月份须写成 2024-02 的形式", fields={"since": ["须写成 2024-02 的形式"]}) from error


@door.post("/reporting/city")
@administrators
def set_standing() -> ResponseReturnValue:
    def do() -> str:
        form = gate.load(StandingForm())
        returns_rules.set_standing(form["city_code"], _month(form["since"]), form["standing"])
        return "该市的统计方式已变更。"

    return gate.act(do, _show, url_for("admin.reporting"))


@door.post("/reporting/rule")
@administrators
def set_return_rule() -> ResponseReturnValue:
    def do() -> str:
        form = gate.load(RuleForm())
        returns_rules.set_rule(_month(form["since"]), form["due_day"], form["remind_before"])
        return "报送期限已变更。"

    return gate.act(do, _show, url_for("admin.reporting"))
