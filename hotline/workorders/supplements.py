"""补充: what a platform delivers again under a number that is here, and what it tells to an order of its own.

A delivery with other content is the platform's 补充工单 (kind 3 of the provincial list): it belongs to the order that
bears the number. What differs is written beside the order, never over it, and laid before whoever has the next step.
What protects the person holds at once; the rest is the hotline's to put right.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict
from hotline.places import institutions
from hotline.places.models import Area
from hotline.workorders import amending, moves, notices, redaction
from hotline.workorders.codes import NATURE_LABEL, URGENCY_LABEL, Move, State
from hotline.workorders.field_codes import CALLER_SUBJECT_LABEL, CHANNEL_LABEL, KIND_LABEL, SOURCE_LEVEL_LABEL
from hotline.workorders.models import Order
from hotline.workorders.moves import By
from hotline.workorders.reasons import needed
from hotline.workorders.registering import Demand

Word = Callable[[Any], str]


def _of(labels: Mapping[Any, str]) -> Word:
    return lambda code: labels.get(code, str(code))


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _area(code: str) -> str:
    area = session.get(Area, code)
    return area.name if area else code


TOLD: dict[str, tuple[str, Word]] = {
    "title": ("标题", str),
    "content": ("主要内容", str),
    "nature": ("来电类别", _of(NATURE_LABEL)),
    "urgency": ("紧急程度", _of(URGENCY_LABEL)),
    "channel": ("受理渠道", _of(CHANNEL_LABEL)),
    "kind": ("工单类型", _of(KIND_LABEL)),
    "source_level": ("来源等级", _of(SOURCE_LEVEL_LABEL)),
    "categories": ("问题分类", " ▸ ".join),
    "district_code": ("所属区域", _area),
    "caller_subject": ("来电主体", _of(CALLER_SUBJECT_LABEL)),
    "acceptor": ("受理员", str),
    "acceptor_no": ("受理员工号", str),
    "confidential": ("是否保密", _yes),
    "reply_required": ("是否回复", _yes),
    "is_repeat": ("是否重复", _yes),
    "nonsense": ("不合理诉求", _yes),
    "exempt": ("不纳入考核", _yes),
    "accused_id": ("涉及机构", lambda id_: institutions.names([id_])[id_]),
    "registered_at": ("受理时间", lambda at: f"{clock.local(at):%Y-%m-%d %H:%M}"),
}
"""What every reader of the history may read; how a value is told."""

PERSONAL = {"caller_name": "来电人", "caller_phone": "来电号码", "contact_phone": "联系电话", "address": "问题发生地"}
"""What only the hotline reads."""

ONLY_WHEN_TRUE = frozenset({"confidential", "is_repeat", "nonsense", "exempt"})
"""What a delivery that is silent about it does not deny."""


def take(order: Order, demand: Demand, by: By) -> list[str]:
    """Write down what a delivery says otherwise than the order; returns the names of it."""
    if order.state is State.ARCHIVED:
        raise Conflict("该编号的工单已归档，新的诉求请以新的编号送达", own_no=order.own_no)
    told = {label: word(value) for label, word, value in _other(order, demand)} | _unresolved(order, demand)
    personal = {PERSONAL[name]: value for name, value in _personal(order, demand)}
    if not told and not personal:
        return []
    if personal:
        amending.remember(order, [word for word in personal.values() if word not in redaction.NOBODY])
        moves.note(order, Move.NOTE, by, reason=f"补充送达的诉求人信息：{_listed(personal)}", internal=True)
    _protect(order, demand)
    hidden = {label: "另记" for label in personal}
    add(order, by, f"再次送达，与登记不同：{_listed(told | hidden)}")
    return [*told, *personal]


def add(order: Order, by: By, text: str) -> None:
    """One 补充, before the eyes of whoever has the next step; of a closed order, the hotline's."""
    moves.require_living(order, "补充")
    order.changed_at = clock.now()
    notices.tell(order, moves.note(order, Move.SUPPLEMENT, by, reason=needed(text)))


def _listed(told: Mapping[str, str]) -> str:
    return "；".join(f"{label} {text}" for label, text in told.items())


def _other(order: Order, demand: Demand) -> Iterator[tuple[str, Word, Any]]:
    for name, (label, word) in TOLD.items():
        value = getattr(demand, name)
        silent = value in (None, "", ()) or (name in ONLY_WHEN_TRUE and not value)
        present = tuple(order.categories) if name == "categories" else getattr(order, name)
        if not silent and value != present:
            yield label, word, value


def _unresolved(order: Order, demand: Demand) -> dict[str, str]:
    """What no value of the order can be set beside: an unknown institution, a limit, a pressed order."""
    pressed = session.get(Order, order.urged_order_id) if order.urged_order_id else None
    told = {"涉及机构": demand.accused_as_told}
    if demand.reply_due and demand.reply_due != order.due_at:
        told["回复截止时间"] = f"{clock.local(demand.reply_due):%Y-%m-%d %H:%M}"
    if pressed is None or demand.urged_no not in (pressed.external_no, pressed.own_no):
        told["被催办单"] = demand.urged_no
    return {label: text for label, text in told.items() if text}


def _personal(order: Order, demand: Demand) -> Iterator[tuple[str, str]]:
    for name in PERSONAL:
        value = getattr(demand, name)
        kept = amending.number(value) if value and name.endswith("phone") else value
        if value and kept != getattr(order, name):
            yield name, value


def _protect(order: Order, demand: Demand) -> None:
    """What hides the person is not put off until somebody has read it."""
    if demand.confidential:
        amending.make_confidential(order)
    if order.accused_id is None:
        order.accused_id = demand.accused_id
        order.accused_told = None if demand.accused_id else demand.accused_as_told or order.accused_told
