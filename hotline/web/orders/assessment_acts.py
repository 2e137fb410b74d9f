"""考核认定 and 考核申诉 as buttons."""

from hotline.web.orders import forms
from hotline.web.orders.act import DESK, UNIT, Act
from hotline.workorders import assessing
from hotline.workorders.codes import State
from hotline.workorders.field_codes import Appeal
from hotline.workorders.models import Order


def _appealed(order: Order) -> bool:
    return order.appeal is Appeal.PENDING


ACTS: dict[str, Act] = {
    "grant_appeal": Act(
        "申诉成立",
        forms.Reason,
        DESK,
        frozenset(State),
        lambda order, by, sent: assessing.decide(order, by, granted=True, reason=sent["reason"]),
        "申诉成立，该工单不纳入考核",
        _appealed,
    ),
    "refuse_appeal": Act(
        "驳回申诉",
        forms.Reason,
        DESK,
        frozenset(State),
        lambda order, by, sent: assessing.decide(order, by, granted=False, reason=sent["reason"]),
        "已驳回申诉",
        _appealed,
    ),
    "appeal": Act(
        "考核申诉",
        forms.Reason,
        UNIT,
        assessing.OPEN,
        lambda order, by, sent: assessing.appeal(order, by, sent["reason"]),
        "已提交考核申诉",
        assessing.may_appeal,
    ),
    "judge": Act(
        "考核认定",
        forms.Judge,
        DESK,
        assessing.OPEN,
        lambda order, by, sent: assessing.judge(
            order, by, nonsense=sent["nonsense"], exempt=sent["exempt"], reason=sent["reason"]
        ),
        "已保存考核认定",
    ),
}
