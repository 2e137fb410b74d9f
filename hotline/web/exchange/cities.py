"""A city's own figures of a month."""

from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue

from hotline.clock import Month
from hotline.db import session
from hotline.errors import NotFound
from hotline.statistics import returns
from hotline.statistics.returns_models import Form
from hotline.web.exchange import schemas
from hotline.web.exchange.document import operation
from hotline.web.exchange.doors import door
from hotline.web.exchange.entrance import caller
from hotline.workorders.platforms import Scope


@operation(
    door,
    "PUT",
    "/cities/<city_code>/months/<month>",
    "报送一个月的数据；内容相同的重复报送不产生新的报送",
    scope=Scope.CITY,
    body=schemas.ReturnIn,
    answers={200: schemas.Filed},
)
def file_month(sent: dict[str, Any], city_code: str, month: str) -> ResponseReturnValue:
    if city_code != caller().city_code:
        raise NotFound("没有这个城市")
    try:
        wanted = Month(month)
    except ValueError as fault:
        raise NotFound("没有这个月份") from fault
    kept = returns.file(
        city_code, wanted, sent["total"], sent["categories"], form=Form.API, explanation=sent["explanation"]
    )
    session.commit()
    return jsonify(city_code=kept.city_code, month=kept.month, number=kept.number, total=kept.total)
