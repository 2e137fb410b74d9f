"""并单: several orders about one matter are handled as one. Nothing melts: each keeps its number, its deadline
and its own answer, and can be taken out again as it went in."""

from datetime import datetime

from sqlalchemy import or_, select

from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.workorders import deadlines, moves
from hotline.workorders.codes import ENDED, Clock, Move, State
from hotline.workorders.models import Order
from hotline.workorders.moves import HOUSE, By


def children(order_id: int) -> list[Order]:
    """The orders bundled under this one, oldest first."""
    return list(session.scalars(select(Order).where(Order.parent_id == order_id).order_by(Order.id)))


def named(number: str) -> Order:
    """The order of an own or an external number. Raises Invalid when there is none, or one in several sources."""
    wanted = number.strip()
    ways = or_(Order.own_no == wanted.upper(), Order.external_no == wanted)
    found = session.scalars(select(Order).where(ways).limit(2)).all()
    if len(found) == 1:
        return found[0]
    told = f"编号“{wanted}”在几个来源中都有，请填写本地编号" if found else f"没有编号为“{wanted}”的工单"
    raise Invalid(told, fields={"parent": [told]})


def merge(order_id: int, parent_id: int, by: By, reason: str) -> Order:
    """Bundle an order that is not yet dispatched under a main order. Both are held, the lower number first."""
    if order_id == parent_id:
        raise Invalid("不能并入自身", fields={"parent_id": ["不能并入自身"]})
    first, second = (moves.locked(one) for one in sorted((order_id, parent_id)))
    order, parent = (first, second) if first.id == order_id else (second, first)
    if parent.state in (State.DRAFT, State.MERGED, *ENDED):
        raise Conflict("主单已并入他单、办结或作废，不能并入")
    if children(order.id):
        raise Conflict("该工单下已有并单，请先拆单")
    moves.make(order, Move.MERGE, by, reason=reason.strip(), data={"parent": parent.own_no}, parent_id=parent.id)
    _charge(order, parent.unit_id)
    return parent


def unmerge(order_id: int, by: By, reason: str = "") -> Order:
    """Take an order out of its bundle, as it was before. Not once it was answered with the main order."""
    order = moves.locked(order_id)
    moves.check(order, Move.UNMERGE, by)
    if order.replied_at is not None:
        raise Conflict("该工单已随主单答复，不能拆单")
    _take_out(order, by, reason.strip())
    return order


def answer_children(parent: Order) -> None:
    """Each bundled order gets the approved answer as its own, measured against its own deadline."""
    for child in children(parent.id):
        _answer(child, parent, parent.replied_at or parent.changed_at)


def _answer(child: Order, parent: Order, at: datetime) -> None:
    clocks = deadlines.running(child)
    child.result, child.reply, child.replied_at = parent.result, parent.reply, at
    deadlines.stop(clocks, at, {Clock.REPLY, Clock.FEEDBACK})
    deadlines.show(child, clocks)
    child.changed_at = parent.changed_at
    said = moves.Said(reason=parent.reply or "", result=parent.result or "", data={"parent": parent.own_no})
    moves.note(child, Move.ANSWERED_WITH_PARENT, HOUSE, **said)


def close_children(parent: Order, at: datetime) -> None:
    """Each bundled order ends with its main order and says so; one that came after the answer gets it now."""
    for child in children(parent.id):
        if child.replied_at is None:
            _answer(child, parent, at)
        child.closed_at = at
        moves.make(child, Move.CLOSE, HOUSE, at=at, data={"parent": parent.own_no})


def reopen_children(parent: Order) -> None:
    """The main order is worked again: what had been answered with it waits for a new answer."""
    for child in children(parent.id):
        if child.replied_at is not None and child.state is not State.ARCHIVED:
            _reopen(child, parent)


def _reopen(child: Order, parent: Order) -> None:
    said = moves.Said(reason="主单重办", data={"parent": parent.own_no})
    if child.state is State.CLOSED:
        moves.make(child, Move.REOPEN, HOUSE, at=parent.changed_at, **said)
    else:
        deadlines.start(child, Clock.REPLY, parent.changed_at)
        deadlines.show(child, deadlines.running(child))
        child.changed_at = parent.changed_at
        moves.note(child, Move.REWORK, HOUSE, **said)
    child.replied_at = child.closed_at = None


def withdraw(order: Order, reason: str, by: By) -> None:
    """The demand itself is gone: void the order. Raises Conflict for one that was closed, if a platform asks."""
    moves.check(order, Move.WITHDRAW, by)
    release(order, "主单已撤回")
    moves.make(order, Move.WITHDRAW, by, reason=reason)


def release(parent: Order, reason: str) -> None:
    """A main order that becomes void takes nothing along: what was bundled under it stands on its own again, with the
    answer and the end that it had."""
    for one in children(parent.id):
        child = moves.locked(one.id)
        if child.state is State.MERGED:
            _take_out(child, HOUSE, reason)
        else:
            child.parent_id = None


def follow(parent: Order) -> None:
    """The bundled orders go to the unit of their main order, which answers for their deadlines too."""
    for child in children(parent.id):
        if child.state is State.MERGED:
            _charge(child, parent.unit_id)


def _charge(child: Order, unit_id: int | None) -> None:
    child.unit_id = unit_id
    deadlines.assign(child)


def _take_out(child: Order, by: By, reason: str) -> None:
    moves.make(child, Move.UNMERGE, by, reason=reason)
    _charge(child, None)
