"""The province's side of city returns: who has filed, what is missing, accepting and sending back. Never editing."""

from collections.abc import Callable
from functools import partial

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, NotFound
from hotline.people.models import Role
from hotline.statistics import counted, house, months, returns
from hotline.statistics.counted import Range
from hotline.statistics.returns_models import RETURN_LABEL, CityReturn
from hotline.web import gate
from hotline.web.bulletin import door, statisticians
from hotline.web.bulletin.months import around, month_of
from hotline.web.gate.attachments import attachment


class SendBackForm(Schema):
    reason = fields.String(required=True, validate=validate.Length(2, 500))


@door.get("/<month>/returns", endpoint="returns")
@gate.allow(Role.STATISTICIAN, Role.SUPERVISOR, Role.AUDITOR)
def show_returns(month: str) -> ResponseReturnValue:
    return returns_page(month_of(month))


def returns_page(month: Month, fault: HotlineError | None = None) -> ResponseReturnValue:
    cities = returns.overview(month)
    span, home = Range.of(month), house.current().home_city
    counted_here = {c.city_code for c in cities if c.state.value == "counted"} | {home}
    body = gate.page(
        "bulletin/returns.html",
        cities=cities,
        counts={code: counted.value("total", span, code) for code in counted_here},
        province=months.figures(month).province,
        filings={city.city_code: returns.filings(month, city.city_code) for city in cities},
        verdicts=returns.verdicts,
        words=RETURN_LABEL,
        due=returns.due(month),
        fault=fault,
        **around(month),
    )
    return (body, fault.status) if fault else body


def _judge(month: str, return_id: int, act: Callable[[], object], done: str) -> ResponseReturnValue:
    this = month_of(month)

    def do() -> str:
        _of_month(this, return_id)
        act()
        return done

    return gate.act(do, partial(returns_page, this), url_for(".returns", month=this))


def _of_month(month: Month, return_id: int) -> CityReturn:
    found = session.get(CityReturn, return_id)
    if found is None or found.month != str(month):
        raise NotFound("没有这次报送")
    return found


@door.post("/<month>/returns/<int:return_id>/accept")
@statisticians
def accept_return(month: str, return_id: int) -> ResponseReturnValue:
    return _judge(month, return_id, lambda: returns.accept(return_id), "已采用")


@door.post("/<month>/returns/<int:return_id>/send-back")
@statisticians
def send_return_back(month: str, return_id: int) -> ResponseReturnValue:
    def act() -> None:
        returns.send_back(return_id, gate.load(SendBackForm())["reason"])

    return _judge(month, return_id, act, "已退回，等待该市更正")


@door.get("/<month>/returns/<int:return_id>/file")
@gate.allow(Role.STATISTICIAN, Role.AUDITOR)
def return_file(month: str, return_id: int) -> ResponseReturnValue:
    """The file as the city sent it."""
    found = _of_month(month_of(month), return_id)
    if not found.source_file:
        raise NotFound("这次报送没有附文件")
    return attachment(found.source_name or f"{found.id}", "application/octet-stream", found.source_file)
