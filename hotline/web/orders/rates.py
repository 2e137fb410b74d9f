"""The five rates per unit with their formulas and the orders behind them; counts per source of the month."""

from flask.typing import ResponseReturnValue

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.errors import NotFound
from hotline.places import institutions
from hotline.web import gate
from hotline.web.orders import forms, words
from hotline.web.orders.entrance import door, judges, unit_of_viewer
from hotline.workorders import assessing, rates, secrecy
from hotline.workorders.rates import FORMULA, RATE_LABEL, Rate

SHOWN = 200


def _month(text: str | None) -> Month:
    return Month(text) if text else Month.of(clock.today())


@door.get("/rates")
@judges
def assessment() -> ResponseReturnValue:
    """及时签收、按时办结、回访满意、解决、省派满意 of every unit; a unit sees its own."""
    month, unit_id = _month(gate.query(forms.Rates())["month"]), unit_of_viewer()
    table = rates.of_units(month, unit_id)
    return gate.page(
        "orders/rates.html",
        month=month,
        table=sorted(table.items(), key=lambda row: -row[1][Rate.ANSWERED_IN_TIME].whole),
        units=institutions.names(table),
        rate_label=RATE_LABEL,
        formula=FORMULA,
        left_out=assessing.LEFT_OUT,
        per_source=rates.per_source(month) if unit_id is None else {},
        **words.LABELS,
    )


@door.get("/rates/<int:unit_id>/<rate>")
@judges
def behind(unit_id: int, rate: str) -> ResponseReturnValue:
    """The orders one rate counts, those against it first."""
    own = unit_of_viewer()
    if rate not in set(Rate) or own not in (None, unit_id):
        raise NotFound("没有这个指标")
    month, which = _month(gate.query(forms.Rates())["month"]), Rate(rate)
    bad = session.scalars(rates.behind(which, month, unit_id, good=False).limit(SHOWN)).all()
    good = session.scalars(rates.behind(which, month, unit_id, good=True).limit(SHOWN)).all()
    return gate.page(
        "orders/behind.html",
        month=month,
        rate=which,
        rate_label=RATE_LABEL,
        formula=FORMULA,
        left_out=assessing.LEFT_OUT,
        unit_id=unit_id,
        units=institutions.names([unit_id]),
        share=rates.of_units(month, unit_id).get(unit_id, {}).get(which),
        lists=[("未达标", bad), ("达标", good)],
        titles={one.id: secrecy.text(one, one.title, own) for one in (*bad, *good)},
        **words.LABELS,
    )
