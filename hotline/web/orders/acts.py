"""What can be done to an order, one entry per button: its form, who may press it, the verb it calls."""

from typing import Any

from hotline.people.models import Role
from hotline.web.orders import assessment_acts, forms
from hotline.web.orders.act import CALLERS, DESK, RUNNING, UNIT, Act
from hotline.web.orders.entrance import named_unit
from hotline.workorders import bundles, emergencies, handling, ladder, revisits
from hotline.workorders.codes import AT_UNIT, Move, NotAccepted, State
from hotline.workorders.models import Order
from hotline.workorders.moves import LIVE, TRANSITIONS, By
from hotline.workorders.revisit_codes import ReplyFit, RevisitFailure, Solved
from hotline.workorders.revisits import Verdict


def _by_move(*moves: Move) -> frozenset[State]:
    return frozenset().union(*(TRANSITIONS[move].origins for move in moves))


def _dispatch(order: Order, by: By, sent: dict[str, Any]) -> None:
    names = sent["co_units"].replace("，", "、").split("、")
    others = tuple(named_unit(name, "co_units") for name in names if name.strip())
    handling.dispatch(
        order,
        by,
        named_unit(sent["unit"]),
        reason=sent["reason"],
        co_units=others,
        direct=sent["direct"],
        reply_due=sent["reply_due"],
    )


def _answered(order: Order, by: By, sent: dict[str, Any]) -> None:
    grades = {name: sent[name] for name in ("sat_result", "sat_unit", "sat_agent")}
    fit = ReplyFit(sent["reply_fit"]) if sent["reply_fit"] else None
    revisits.answer(order, by, Verdict(Solved(sent["solved"]), **grades, reply_fit=fit), sent["remark"])


def _hand_over(order: Order, by: By, sent: dict[str, Any]) -> None:
    emergencies.hand_over(sent["service"], sent["facts"], by, order_id=order.id)


ACTS: dict[str, Act] = {
    "dispatch": Act("派单", forms.Dispatch, DESK, _by_move(Move.DISPATCH, Move.REDISPATCH), _dispatch, "已派单"),
    "reply_directly": Act(
        "直接答复",
        forms.Answer,
        DESK,
        _by_move(Move.REPLY_DIRECTLY),
        lambda order, by, sent: handling.reply_directly(order, by, sent["answer"]),
        "已直接答复",
    ),
    "void": Act(
        "不予受理",
        forms.Void,
        DESK,
        _by_move(Move.VOID),
        lambda order, by, sent: handling.void(order, by, NotAccepted(sent["why"]), sent["reason"]),
        "已作废",
    ),
    "hand_over": Act(
        "危及生命：移交",
        forms.HandOver,
        DESK,
        _by_move(Move.HAND_OVER),
        _hand_over,
        "已记录移交，工单终止",
    ),
    "sign": Act(
        "签收", forms.Nothing, UNIT, _by_move(Move.SIGN), lambda order, by, _: handling.sign(order, by), "已签收"
    ),
    "begin": Act(
        "开始办理",
        forms.Nothing,
        UNIT,
        _by_move(Move.START),
        lambda order, by, _: handling.begin(order, by),
        "已开始办理",
    ),
    "reply": Act(
        "答复",
        forms.Reply,
        UNIT,
        _by_move(Move.REPLY),
        lambda order, by, sent: handling.reply(order, by, sent["result"], sent["answer"]),
        "答复已提交审核",
    ),
    "give_back": Act(
        "申请退单",
        forms.Reason,
        UNIT,
        _by_move(Move.RETURN),
        lambda order, by, sent: handling.give_back(order, by, sent["reason"]),
        "已申请退单",
    ),
    "reject_return": Act(
        "驳回退单",
        forms.Reason,
        DESK,
        _by_move(Move.REJECT_RETURN),
        lambda order, by, sent: handling.reject_return(order, by, sent["reason"]),
        "已驳回退单",
    ),
    "ask_extension": Act(
        "申请延期",
        forms.Until,
        UNIT,
        _by_move(Move.ASK_EXTENSION),
        lambda order, by, sent: handling.ask_extension(order, by, sent["until"], sent["reason"]),
        "已申请延期",
    ),
    "grant_extension": Act(
        "同意延期",
        forms.MaybeReason,
        DESK,
        _by_move(Move.GRANT_EXTENSION),
        lambda order, by, sent: handling.decide_extension(order, by, granted=True, reason=sent["reason"]),
        "已同意延期",
    ),
    "refuse_extension": Act(
        "不同意延期",
        forms.Reason,
        DESK,
        _by_move(Move.REFUSE_EXTENSION),
        lambda order, by, sent: handling.decide_extension(order, by, granted=False, reason=sent["reason"]),
        "已不同意延期",
    ),
    "suspend": Act(
        "挂起（承诺办理）",
        forms.Until,
        DESK,
        _by_move(Move.SUSPEND),
        lambda order, by, sent: handling.suspend(order, by, sent["until"], sent["reason"]),
        "已挂起",
    ),
    "resume": Act(
        "恢复办理",
        forms.MaybeReason,
        DESK | UNIT,
        _by_move(Move.RESUME),
        lambda order, by, sent: handling.resume(order, by, sent["reason"]),
        "已恢复办理",
    ),
    "approve": Act(
        "审核通过",
        forms.MaybeReason,
        DESK,
        _by_move(Move.APPROVE),
        lambda order, by, sent: handling.approve(order, by, sent["reason"]),
        "审核通过，转回访",
    ),
    "rework": Act(
        "退回重办",
        forms.Reason,
        DESK,
        _by_move(Move.REWORK, Move.REOPEN),
        lambda order, by, sent: handling.rework(order, by, sent["reason"]),
        "已退回重办",
    ),
    "designate": Act(
        "直接指定单位",
        forms.Designate,
        DESK,
        frozenset({State.REWORK}),
        lambda order, by, sent: handling.designate(order, by, named_unit(sent["unit"])),
        "已指定承办单位",
    ),
    "accuse": Act(
        "更正涉及机构",
        forms.Accuse,
        DESK,
        RUNNING,
        lambda order, by, sent: handling.accuse(order, by, None if sent["outside"] else named_unit(sent["unit"])),
        "已更正涉及机构",
        lambda order: order.call_id is None,
    ),
    "restart": Act(
        "交单位重新办理",
        forms.MaybeReason,
        DESK,
        _by_move(Move.RESTART),
        lambda order, by, sent: handling.restart(order, by, sent["reason"]),
        "已交单位重新办理",
    ),
    "revisited": Act("回访成功", forms.Answered, CALLERS, frozenset({State.TO_REVISIT}), _answered, "已登记回访"),
    "revisit_failed": Act(
        "回访未成功",
        forms.Failed,
        CALLERS,
        frozenset({State.TO_REVISIT}),
        lambda order, by, sent: revisits.fail(order, by, RevisitFailure(sent["why"]), sent["remark"]),
        "已登记回访",
    ),
    "close": Act(
        "办结",
        forms.Opinion,
        DESK,
        _by_move(Move.CLOSE),
        lambda order, by, sent: revisits.close(order, by, sent["opinion"]),
        "已办结",
    ),
    "unmerge": Act(
        "拆单",
        forms.MaybeReason,
        DESK,
        _by_move(Move.UNMERGE),
        lambda order, by, sent: bundles.unmerge(order.id, by, sent["reason"]),
        "已拆单",
    ),
    "contact": Act(
        "登记先行联系",
        forms.Reason,
        CALLERS | UNIT,
        RUNNING,
        lambda order, by, sent: handling.contact(order, by, sent["reason"]),
        "已登记联系",
    ),
    "note": Act(
        "留言",
        forms.Note,
        CALLERS | UNIT,
        LIVE - {State.DRAFT},
        lambda order, by, sent: handling.leave_note(
            order, by, sent["reason"], internal=sent["internal"] and by.unit_id is None
        ),
        "已留言",
        adds=True,
    ),
    "urge": Act(
        "催办",
        forms.Reason,
        DESK,
        AT_UNIT,
        lambda order, by, sent: ladder.urge(order, by, sent["reason"]),
        "已催办",
    ),
    "supervise": Act(
        "督办",
        forms.Supervise,
        DESK,
        RUNNING,
        lambda order, by, sent: ladder.supervise(order, by, sent["level"], sent["reason"]),
        "已督办",
    ),
    **assessment_acts.ACTS,
}
MAIN = (
    *("sign", "begin", "reply", "dispatch", "approve", "revisited", "close", "restart", "reject_return", "unmerge"),
    *("grant_appeal", "refuse_appeal"),
)
"""Acts that lead an order on; the others stand behind them."""


def offered(order: Order, roles: frozenset[Role], *, leads: bool) -> dict[str, Act]:
    """The acts open to these roles now; a unit that only helps may leave notes."""
    known = ACTS if leads else {"note": ACTS["note"]}
    open_to = {name: act for name, act in known.items() if order.state in act.states and roles & act.roles}
    return {name: act for name, act in open_to.items() if act.when(order)}
