"""更正登记: what was registered wrongly or not at all is put right by the hotline; the history says what and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import update

from hotline import clock
from hotline.calls import topics
from hotline.calls.numbers import normalise
from hotline.db import session
from hotline.errors import Conflict, Invalid, Refused
from hotline.places import home
from hotline.places.models import Area
from hotline.workorders import categories, moves, repeats
from hotline.workorders.codes import Move, Party, State
from hotline.workorders.exchange_models import Attachment
from hotline.workorders.field_codes import (
    CHANNEL_LABEL,
    KIND_LABEL,
    LEVEL_OF,
    SOURCE_LEVEL_LABEL,
    CallerSubject,
    SourceLevel,
)
from hotline.workorders.models import Order
from hotline.workorders.moves import By
from hotline.workorders.reasons import needed

OVER = frozenset({State.DRAFT, State.VOID, State.ARCHIVED})
NAME: dict[str, str] = {
    "channel": "渠道",
    "kind": "类型",
    "source_level": "来源等级",
    "topic_id": "分类",
    "district_code": "区",
    "address": "发生地",
    "contact_phone": "联系电话",
    "caller_subject": "来电主体",
    "is_repeat": "是否重复",
    "urged_order_id": "被催办单",
}


@dataclass(frozen=True)
class Amendment:
    """How the order shall stand. `contact_phone`: empty leaves the number as it is, for it is shown to nobody whole;
    `source_level`: empty means the one that goes without saying."""

    channel: str
    kind: str
    source_level: SourceLevel | None = None
    topic_id: int | None = None
    district_code: str | None = None
    address: str | None = None
    contact_phone: str | None = None
    caller_subject: CallerSubject | None = None
    is_repeat: bool = False
    urged_order_id: int | None = None


def amend(order: Order, by: By, wanted: Amendment, reason: str) -> None:
    """Put the order right. The line names what changed, and the values of what gives nobody away."""
    if by.party is not Party.HOTLINE:
        raise Refused("登记由热线更正")
    if order.state in OVER:
        raise Conflict("工单已归档或作废，不能更正", state=order.state.value)
    why = needed(reason)
    _check(order, wanted)
    changed = _changed(order, wanted)
    if not changed:
        raise Invalid("没有更正任何内容", fields={"reason": ["没有更正任何内容"]})
    told = "；".join(_told(order, name, value) for name, value in changed.items())
    remember(order, [getattr(order, name) for name in ("address", "contact_phone") if name in changed])
    for name, value in changed.items():
        setattr(order, name, value)
    if "contact_phone" in changed:
        _take_number(order, changed["contact_phone"])
    order.changed_at = clock.now()
    moves.note(order, Move.AMEND, by, reason=f"{told}。{why}", data={"changed": list(changed)})


def _check(order: Order, wanted: Amendment) -> None:
    if wanted.district_code and session.get(Area, wanted.district_code) is None:
        raise Invalid("没有这个区划代码", fields={"district_code": ["没有这个区划代码"]})
    if wanted.topic_id != order.topic_id:
        categories.check(wanted.topic_id, order.registered_on)
    repeats.check(order.id, wanted.urged_order_id)


def _changed(order: Order, wanted: Amendment) -> dict[str, Any]:
    values = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    values["source_level"] = wanted.source_level or LEVEL_OF.get(order.source)
    values["is_repeat"] = wanted.is_repeat or wanted.urged_order_id is not None
    if not wanted.contact_phone or number(wanted.contact_phone) == order.contact_phone:
        values.pop("contact_phone")
    return {name: value for name, value in values.items() if value != getattr(order, name)}


def number(text: str) -> str:
    """A telephone number as an order keeps it."""
    return normalise(text, home.dial_code()).display or text


def _take_number(order: Order, text: str) -> None:
    order.contact_phone, order.contact_hash = number(text), normalise(text, home.dial_code()).hash


def remember(order: Order, words: list[str | None]) -> None:
    """What texts of the order may still name stays hidden from whom the person is hidden."""
    known = (order.former or "").splitlines()
    order.former = "\n".join(dict.fromkeys([*known, *(word for word in words if word)])) or None


def make_confidential(order: Order) -> None:
    """Nobody at a unit learns from now on who asked; what lies beside the order waits until somebody has looked."""
    order.confidential = True
    of_order = update(Attachment).where(Attachment.order_id == order.id, Attachment.party != Party.UNIT)
    session.execute(of_order.values(for_unit=False))


def _told(order: Order, name: str, value: Any) -> str:
    word = WORDS.get(name)
    if word is None:
        return NAME[name]
    return f"{NAME[name]} {word(getattr(order, name))}→{word(value)}"


def _of(labels: Mapping[Any, str]) -> Callable[[Any], str]:
    return lambda code: labels.get(code, code or "空")


WORDS: dict[str, Callable[[Any], str]] = {
    "channel": _of(CHANNEL_LABEL),
    "kind": _of(KIND_LABEL),
    "source_level": _of(SOURCE_LEVEL_LABEL),
    "topic_id": lambda topic_id: topics.path(topic_id) if topic_id else "空",
}
"""What a line of history may tell every reader; who asked and where stays in the order itself."""
