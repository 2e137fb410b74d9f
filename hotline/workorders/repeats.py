"""重复诉求: an order that presses an earlier one (被催办单); `desk` says who may follow it."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from hotline.db import session
from hotline.errors import Invalid
from hotline.workorders import moves
from hotline.workorders.codes import Move, Source
from hotline.workorders.models import Order
from hotline.workorders.moves import By

PORTION = 500
ITSELF = "不能以自身为被催办单"


def of_source(source: Source, numbers: Sequence[str]) -> dict[str, int]:
    """The orders of one source by the numbers told, its own or ours; a source names no order of another."""
    wanted = set(numbers) - {""}
    if not wanted:
        return {}
    found: dict[str, int] = {}
    numbers = sorted(wanted)
    for start in range(0, len(numbers), PORTION):
        part = numbers[start : start + PORTION]
        ways = or_(Order.external_no.in_(part), Order.own_no.in_(part))
        rows = session.execute(select(Order.id, Order.external_no, Order.own_no).where(Order.source == source, ways))
        for row in rows:
            found |= {row.own_no: row.id} | ({row.external_no: row.id} if row.external_no else {})
    return {number: found[number] for number in numbers if number in found}


def link(pressing: Sequence[tuple[Order, str]], by: By) -> None:
    """Put to each new order the one whose number it was told with; what nobody knows is kept for a person to settle."""
    for source in {order.source for order, _ in pressing}:
        of_it = [(order, number) for order, number in pressing if order.source is source]
        known = of_source(source, [number for _, number in of_it])
        for order, number in of_it:
            urged = known.get(number)
            if urged is not None and urged != order.id:
                order.urged_order_id = urged
            elif number:
                moves.note(order, Move.NOTE, by, reason=unsettled(number), internal=True)


def unsettled(number: str) -> str:
    """What is said of a number that no order of the source has."""
    return f"被催办单“{number}”未找到，待人工核实"


def check(order_id: int | None, urged_id: int | None) -> None:
    """Raise Invalid for an order that would press itself, or one that does not exist."""
    if urged_id is None:
        return
    if urged_id == order_id:
        raise Invalid(ITSELF, fields={"urged_order": [ITSELF]})
    if session.get(Order, urged_id) is None:
        raise Invalid("没有这张被催办单", fields={"urged_order": ["没有这张被催办单"]})
