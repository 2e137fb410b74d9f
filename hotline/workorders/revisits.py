"""回访: the person is asked whether the matter is solved and how satisfied they are; at least three attempts."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, Invalid, Refused
from hotline.workorders import bundles, moves
from hotline.workorders.codes import Move, State
from hotline.workorders.models import Order, Revisit
from hotline.workorders.moves import By
from hotline.workorders.revisit_codes import FAILURE_LABEL, SOLVED_LABEL, ReplyFit, RevisitFailure, Solved

ATTEMPTS = 3
BAD = 2
"""Grades 1 and 2 are 差评."""


@dataclass(frozen=True)
class Verdict:
    """What the person said: solved or not, three grades from 1 to 5, whether the answer fits, each only if given."""

    solved: Solved
    sat_result: int | None = None
    sat_unit: int | None = None
    sat_agent: int | None = None
    reply_fit: ReplyFit | None = None

    @property
    def unsatisfied(self) -> bool:
        grades = (self.sat_result, self.sat_unit)
        return self.solved is Solved.NO or any(grade is not None and grade <= BAD for grade in grades)


def attempts(order: Order) -> list[Revisit]:
    """The attempts of the present round, in order."""
    of_round = select(Revisit).where(Revisit.order_id == order.id, Revisit.round == order.rounds)
    return list(session.scalars(of_round.order_by(Revisit.attempt)))


def fail(order: Order, by: By, why: RevisitFailure, remark: str = "") -> Revisit:
    """An attempt that did not reach the person."""
    made = _attempt(order, by, remark)
    made.failure = why
    session.add(made)
    moves.note(
        order, Move.REVISIT_TRY, by, reason=remark, data={"attempt": made.attempt, "outcome": FAILURE_LABEL[why]}
    )
    return made


def answer(order: Order, by: By, verdict: Verdict, remark: str = "") -> Revisit:
    """The person answered; the verdict is the order's, one a round: a bad one leads to a rework, to no other call."""
    if _last_verdict(order) is not None:
        raise Conflict("本轮回访已有评价，不能再次登记")
    made = _attempt(order, by, remark)
    made.solved = order.solved = verdict.solved
    made.sat_result = order.sat_result = verdict.sat_result
    made.sat_unit = order.sat_unit = verdict.sat_unit
    made.sat_agent = order.sat_agent = verdict.sat_agent
    made.reply_fit = order.reply_fit = verdict.reply_fit
    session.add(made)
    said = {"attempt": made.attempt, "outcome": SOLVED_LABEL[verdict.solved], **asdict(verdict)}
    moves.note(order, Move.REVISIT_TRY, by, reason=remark, data=said)
    return made


def _attempt(order: Order, by: By, remark: str) -> Revisit:
    if order.state is not State.TO_REVISIT:
        raise Conflict("只有待回访的工单可以登记回访", state=order.state.value)
    if by.id is None:
        raise Refused("回访须由人员登记")
    done = session.scalar(
        select(func.max(Revisit.attempt)).where(Revisit.order_id == order.id, Revisit.round == order.rounds)
    )
    order.revisits += 1
    return Revisit(
        order_id=order.id,
        round=order.rounds,
        attempt=(done or 0) + 1,
        at=clock.now(),
        by_id=by.id,
        unit_id=order.unit_id,
        source=order.source,
        remark=remark.strip() or None,
    )


def spared(order: Order) -> bool:
    """Nobody to call: no answer was asked for, or there is no number."""
    return not order.reply_required or not (order.contact_phone or order.caller_phone)


def may_close(order: Order) -> bool:
    """Whether the revisit of this round is done: an answer, a refusal, three attempts, or nobody to call."""
    tried = attempts(order)
    done = any(one.solved is not None or one.failure is RevisitFailure.ASKED_NOT_TO for one in tried)
    return done or len(tried) >= ATTEMPTS or spared(order)


def _last_verdict(order: Order) -> Verdict | None:
    """What the person said in this round, if they were reached."""
    said = next((one for one in reversed(attempts(order)) if one.solved is not None), None)
    if said is None or said.solved is None:
        return None
    return Verdict(said.solved, said.sat_result, said.sat_unit, said.sat_agent, said.reply_fit)


def close(order: Order, by: By, opinion: str = "") -> None:
    """办结. An unsatisfied person needs a rework, or a written opinion why the matter rests."""
    moves.check(order, Move.CLOSE, by)
    if not may_close(order):
        raise Conflict(f"回访未完成：至少尝试{ATTEMPTS}次")
    told = _last_verdict(order)
    if told is not None and told.unsatisfied and not opinion.strip():
        raise Invalid("诉求人不满意：请退回重办，或写明办结意见", fields={"opinion": ["请写明办结意见"]})
    moves.make(order, Move.CLOSE, by, reason=opinion.strip())
    order.closed_at = clock.now()
    bundles.close_children(order, order.closed_at)
