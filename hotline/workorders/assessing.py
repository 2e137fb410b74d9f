"""考核: whether an order counts in the rates a unit is assessed by, who said it does not, and the unit's appeal.

Four things leave an order out: 无意义 by its urgency, 不合理诉求, somebody's word (`exempt`), a granted appeal.
"""

from sqlalchemy import ColumnElement, and_

from hotline import clock
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.workorders import moves
from hotline.workorders.codes import Move, Party, State, Urgency
from hotline.workorders.field_codes import APPEAL_LABEL, Appeal
from hotline.workorders.models import Order
from hotline.workorders.moves import By
from hotline.workorders.reasons import needed

OPEN = frozenset(State) - {State.DRAFT, State.VOID, State.MERGED, State.ARCHIVED}
"""What an assessment may still be spoken of; an appeal that waits is decided in the archive, too."""

LEFT_OUT = (
    "不纳入考核的工单不计入以上五项：紧急程度为“无意义”的、认定为不合理诉求的、"
    "考核申诉成立的，以及平台或派单员注明不纳入考核的。"
)


def assessed(order: Order) -> bool:
    """Whether the order counts in the rates."""
    return not reasons(order)


def reasons(order: Order) -> list[str]:
    """Why it does not count."""
    why = {
        "无意义": order.urgency is Urgency.MEANINGLESS,
        "不合理诉求": order.nonsense,
        "注明不纳入考核": order.exempt,
        "申诉成立": order.appeal is Appeal.GRANTED,
    }
    return [reason for reason, holds in why.items() if holds]


def counts() -> ColumnElement[bool]:
    """`assessed`, asked of the database."""
    return and_(
        Order.urgency != Urgency.MEANINGLESS,
        Order.nonsense.is_(False),
        Order.exempt.is_(False),
        Order.appeal.is_distinct_from(Appeal.GRANTED),
    )


def judge(order: Order, by: By, *, nonsense: bool, exempt: bool, reason: str) -> None:
    """考核认定 by the hotline, there and back: an unreasonable demand, or one not assessed for another reason."""
    _check(order, by, Party.HOTLINE)
    why = needed(reason)
    if (order.nonsense, order.exempt) == (nonsense, exempt):
        raise Invalid("与现在的认定相同", fields={"nonsense": ["与现在的认定相同"]})
    order.nonsense, order.exempt = nonsense, exempt
    _note(order, Move.ASSESS, by, why, {"nonsense": nonsense, "assessed": assessed(order)})


def may_appeal(order: Order) -> bool:
    """Whether there is anything to appeal against: once, and only while the order counts."""
    return order.state in OPEN and order.appeal is None and assessed(order)


def appeal(order: Order, by: By, reason: str) -> None:
    """考核申诉 of the unit that handles the order, once, with its reason."""
    if by.unit_id is None or order.unit_id != by.unit_id:
        raise NotFound("没有这张工单")
    _check(order, by, Party.UNIT)
    if order.appeal is not None:
        raise Conflict(f"该工单已申诉：{APPEAL_LABEL[order.appeal]}")
    if not assessed(order):
        raise Conflict(f"该工单不纳入考核（{'、'.join(reasons(order))}），无需申诉")
    why = needed(reason)
    order.appeal = Appeal.PENDING
    _note(order, Move.APPEAL, by, why, {})


def decide(order: Order, by: By, *, granted: bool, reason: str) -> None:
    """A dispatcher's decision; a granted appeal takes the order out of the rates."""
    if by.party is not Party.HOTLINE:
        raise Refused("申诉由热线审定")
    if order.appeal is not Appeal.PENDING:
        raise Conflict("没有待审的考核申诉")
    why = needed(reason)
    order.appeal = Appeal.GRANTED if granted else Appeal.REFUSED
    _note(order, Move.GRANT_APPEAL if granted else Move.REFUSE_APPEAL, by, why, {"assessed": assessed(order)})


def _check(order: Order, by: By, party: Party) -> None:
    if by.party is not party:
        raise Refused("这不属于您的权限")
    if order.state not in OPEN:
        raise Conflict("工单目前不能变更考核", state=order.state.value)


def _note(order: Order, move: Move, by: By, reason: str, data: dict[str, bool]) -> None:
    moves.note(order, move, by, reason=reason, data=data)
    order.changed_at = clock.now()
