"""办理: the verbs of the hotline's desk and of the handling unit between registration and answer."""

from datetime import datetime, timedelta

from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, Invalid, Refused
from hotline.workorders import bundles, deadlines, moves
from hotline.workorders.codes import Clock, Move, NotAccepted, State
from hotline.workorders.deadline_models import OrderClock
from hotline.workorders.models import CoUnit, Order
from hotline.workorders.moves import By
from hotline.workorders.reasons import needed
from hotline.workorders.registering import LONGEST_LIMIT, require_unit

LONGEST_PROMISE = timedelta(days=270)
EXTENSIONS = 1


def dispatch(
    order: Order,
    by: By,
    unit_id: int,
    *,
    reason: str = "",
    co_units: tuple[int, ...] = (),
    direct: bool = False,
    reply_due: datetime | None = None,
) -> None:
    """派单 or, after a return, 改派. The leading unit answers for the whole order; `direct` rules out a return.

    `reply_due` sets a longer limit that a law gives; the reason names it.
    """
    again = order.state is State.RETURNED
    move = Move.REDISPATCH if again else Move.DISPATCH
    moves.check(order, move, by)
    require_unit(unit_id)
    if again and unit_id == order.unit_id:
        raise Invalid("退单后应改派其他单位；仍由原单位办理请驳回退单", fields={"unit_id": ["与退单单位相同"]})
    order.unit_id, order.direct, order.dispatched_at = unit_id, direct, clock.now()
    _set_co_units(order, unit_id, co_units)
    deadlines.assign(order)
    bundles.follow(order)
    if reply_due is not None:
        _answer_by(order, reply_due, needed(reason))
    moves.make(order, move, by, reason=reason.strip(), data={"unit": unit_id, "co_units": list(co_units)})


def _set_co_units(order: Order, unit_id: int, co_units: tuple[int, ...]) -> None:
    present = session.scalars(select(CoUnit).where(CoUnit.order_id == order.id)).all()
    for row in present:
        session.delete(row)
    session.flush()
    for other in dict.fromkeys(co_units):
        if other != unit_id:
            session.add(CoUnit(order_id=order.id, unit_id=require_unit(other).id))


def _answer_by(order: Order, due: datetime, _basis: str) -> None:
    """Put another instant in the place of the answer's limit."""
    if not clock.now() < due <= clock.now() + LONGEST_LIMIT:
        raise Invalid("时限应在今后两年以内", fields={"reply_due": ["应在今后两年以内"]})
    at = clock.now()
    clocks = deadlines.running(order)
    deadlines.stop(clocks, at, {Clock.REPLY}, dropped=True)
    deadlines.start(order, Clock.REPLY, at, due=due)
    deadlines.show(order, deadlines.running(order))


def sign(order: Order, by: By) -> None:
    moves.make(order, Move.SIGN, by)
    order.signed_at = clock.now()


def give_back(order: Order, by: By, reason: str) -> None:
    """退单: within the limit, with a reason, and never after a direct designation."""
    moves.check(order, Move.RETURN, by)
    if order.direct:
        raise Refused("该工单为直接指定办理，不能退单")
    right = _running(order, Clock.RETURN)
    if right is None or clock.now() > right.due_at:
        raise Refused("退单时限已过，请办理或联系热线派单员")
    moves.make(order, Move.RETURN, by, reason=needed(reason))
    order.returns += 1


def reject_return(order: Order, by: By, reason: str) -> None:
    """The unit keeps the order and may not return it again."""
    moves.check(order, Move.REJECT_RETURN, by)
    order.direct = True
    order.signed_at = order.signed_at or clock.now()
    moves.make(order, Move.REJECT_RETURN, by, reason=needed(reason))


def begin(order: Order, by: By) -> None:
    moves.make(order, Move.START, by)


def contact(order: Order, by: By, reason: str) -> None:
    """先行联系: the person was called first; stops the clock of the first feedback."""
    if order.state in (State.CLOSED, State.ARCHIVED, State.VOID, State.MERGED, State.DRAFT):
        raise Conflict("工单目前不能登记联系")
    at = clock.now()
    clocks = deadlines.running(order)
    deadlines.stop(clocks, at, {Clock.FEEDBACK})
    deadlines.show(order, clocks)
    order.contacted_at = order.contacted_at or at
    order.changed_at = at
    moves.note(order, Move.CONTACT, by, reason=needed(reason))


def leave_note(order: Order, by: By, text: str, *, internal: bool = False) -> None:
    moves.require_living(order, "留言")
    moves.note(order, Move.NOTE, by, reason=needed(text), internal=internal)
    order.changed_at = clock.now()


def ask_extension(order: Order, by: By, until: datetime, reason: str) -> None:
    """申请延期: once, before the limit has run out, to a later instant, with a reason."""
    moves.check(order, Move.ASK_EXTENSION, by)
    limit = _running(order, Clock.REPLY)
    if order.extensions >= EXTENSIONS:
        raise Refused("该工单已延期，不能再次申请")
    if limit is None or clock.now() > limit.due_at:
        raise Refused("办理时限已过，不能申请延期")
    if not limit.due_at < until <= clock.now() + LONGEST_LIMIT:
        raise Invalid("新的时限应晚于原时限，且在两年以内", fields={"until": ["应晚于原时限"]})
    moves.make(order, Move.ASK_EXTENSION, by, reason=needed(reason), data={"until": until.isoformat()})


def decide_extension(order: Order, by: By, *, granted: bool, reason: str = "") -> None:
    """同意 or 不同意延期. A granted one moves the limit of the answer."""
    if not granted:
        moves.make(order, Move.REFUSE_EXTENSION, by, reason=needed(reason))
        return
    moves.check(order, Move.GRANT_EXTENSION, by)
    asked = moves.last(order, Move.ASK_EXTENSION)
    until = datetime.fromisoformat(asked.data["until"]) if asked else clock.now()
    moves.make(order, Move.GRANT_EXTENSION, by, reason=reason.strip(), due=until, data={"until": until.isoformat()})
    order.extensions += 1


def suspend(order: Order, by: By, until: datetime, reason: str) -> None:
    """挂起（承诺办理）: the limit of the answer gives way to a promise, dated nine months after the first at most."""
    first = moves.first(order, Move.SUSPEND)
    latest = (first.at if first else clock.now()) + LONGEST_PROMISE
    if not clock.now() < until <= latest:
        raise Invalid("承诺日期应在今后、首次挂起起九个月以内", fields={"until": ["应在首次挂起起九个月以内"]})
    moves.make(order, Move.SUSPEND, by, reason=needed(reason), due=until, data={"until": until.isoformat()})


def resume(order: Order, by: By, reason: str = "") -> None:
    """The promise is taken up; its date is now the limit of the answer."""
    moves.check(order, Move.RESUME, by)
    promise = _running(order, Clock.PROMISE)
    moves.make(order, Move.RESUME, by, reason=reason.strip(), due=promise.due_at if promise else None)


def reply(order: Order, by: By, result: str, answer: str) -> None:
    """答复: what was done, and what is said to the person."""
    moves.check(order, Move.REPLY, by)
    _take_answer(order, result, answer)
    moves.make(order, Move.REPLY, by, reason=order.reply or "", result=order.result or "")


def reply_directly(order: Order, by: By, answer: str) -> None:
    """直办: the hotline answers itself."""
    moves.check(order, Move.REPLY_DIRECTLY, by)
    _take_answer(order, "热线直接答复", answer)
    moves.make(order, Move.REPLY_DIRECTLY, by, reason=order.reply or "", result=order.result or "")


def _take_answer(order: Order, result: str, answer: str) -> None:
    order.result, order.reply = needed(result, "result"), needed(answer, "answer")
    order.replied_at = clock.now()


def approve(order: Order, by: By, reason: str = "") -> None:
    """审核通过: the answer goes to the person and to the platforms, also of the orders bundled here."""
    moves.make(order, Move.APPROVE, by, reason=reason.strip())
    bundles.answer_children(order)


def rework(order: Order, by: By, opinion: str) -> None:
    """重办 from the answer, the revisit or after closing; the supervisor's opinion goes with it."""
    move = Move.REOPEN if order.state is State.CLOSED else Move.REWORK
    moves.make(order, move, by, reason=needed(opinion))
    order.rounds += 1
    order.closed_at = None
    bundles.reopen_children(order)


def restart(order: Order, by: By, reason: str = "") -> None:
    """A unit takes up the work again; an order the hotline had answered itself needs a unit first."""
    moves.check(order, Move.RESTART, by)
    if order.unit_id is None:
        raise Invalid("请先指定承办单位", fields={"unit_id": ["请先指定承办单位"]})
    moves.make(order, Move.RESTART, by, reason=reason.strip())


def designate(order: Order, by: By, unit_id: int) -> None:
    """Give an order under rework to a unit directly, without the possibility of a return."""
    if order.state is not State.REWORK:
        raise Conflict("只有重办中的工单可以直接指定承办单位")
    order.unit_id, order.direct = require_unit(unit_id).id, True
    deadlines.assign(order)
    bundles.follow(order)
    moves.note(order, Move.NOTE, by, reason="直接指定承办单位", data={"unit": unit_id})


def accuse(order: Order, by: By, institution_id: int | None) -> None:
    """更正涉及机构: whom the demand is about, and so who must not learn the person; None: nobody of the register.

    A call's own order follows its call.
    """
    if order.call_id is not None:
        raise Conflict("自接工单的涉及机构请在来电登记中更正")
    order.accused_id, order.accused_told = institution_id, None
    reason = "更正涉及机构" if institution_id else "涉及机构已核实：不在机构名录中"
    moves.note(order, Move.NOTE, by, reason=reason, internal=True, data={"accused": institution_id})


def void(order: Order, by: By, why: NotAccepted, reason: str) -> None:
    """不予受理, with the reason that the caller is told."""
    bundles.release(order, "主单不予受理")
    moves.make(order, Move.VOID, by, reason=needed(reason), data={"not_accepted": why.value})
    order.not_accepted = why


def reinstate(order: Order, by: By, reason: str) -> None:
    """A withdrawn demand is raised again: the order begins anew. What was done before stays in its history."""
    moves.make(order, Move.REINSTATE, by, reason=reason)
    order.rounds += 1
    order.unit_id, order.direct = None, False
    order.dispatched_at = order.signed_at = order.contacted_at = order.replied_at = order.closed_at = None
    order.result = order.reply = order.solved = order.reply_fit = None
    order.sat_result = order.sat_unit = order.sat_agent = None


def _running(order: Order, which: Clock) -> OrderClock | None:
    return next((one for one in deadlines.running(order) if one.clock is which), None)
