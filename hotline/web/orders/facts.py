"""The fields of an order in the words of the field, as one viewer may know them: what page, paper and table show."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hotline import clock
from hotline.calls import topics
from hotline.db import session
from hotline.places.models import Area
from hotline.workorders import assessing, desk, particulars, secrecy
from hotline.workorders.field_codes import (
    ACCEPT_MODE_LABEL,
    APPEAL_LABEL,
    CHANNEL_LABEL,
    KIND_LABEL,
    SOURCE_LEVEL_LABEL,
)
from hotline.workorders.models import Order
from hotline.workorders.particulars import Particulars
from hotline.workorders.revisit_codes import FIT_LABEL
from hotline.workorders.secrecy import Person

YES_NO = {True: "是", False: "否", None: ""}


@dataclass(frozen=True)
class Names:
    """Areas and topics of the orders at hand."""

    areas: dict[str, str]
    topics: dict[int, str]


@dataclass(frozen=True)
class Facts:
    """An order's fields for one viewer; where the person is hidden, so are place, subject and repeated demands."""

    level: str
    channel: str
    kind: str
    category: str
    told_category: str
    accept_mode: str
    acceptor: str
    who: Person
    place: str
    is_repeat: bool
    urged: Order | None
    urging: tuple[Order, ...]
    fit: str
    appeal: str
    left_out: str
    derived: Particulars

    @property
    def repeat(self) -> str:
        """Yes or no; to whom the person is hidden it is not told."""
        return "" if self.who.hidden else YES_NO[self.is_repeat]

    @property
    def assessed(self) -> str:
        return f"否（{self.left_out}）" if self.left_out else "是"


def of(order: Order, unit_id: int | None) -> Facts:
    """Of one order, with the orders it presses and is pressed by."""
    derived = particulars.of(order, clock.now())
    links = (desk.urged(order, unit_id), tuple(desk.urging(order, unit_id)))
    return _of(order, unit_id, derived, _named([order]), links)


def of_list(orders: Iterable[Order], unit_id: int | None, now: datetime) -> dict[int, Facts]:
    """Of many orders, without the way to others."""
    listed = list(orders)
    derived, names = particulars.of_orders(listed, now), _named(listed)
    return {order.id: _of(order, unit_id, derived[order.id], names, (None, ())) for order in listed}


def _of(
    order: Order,
    unit_id: int | None,
    derived: Particulars,
    names: Names,
    links: tuple[Order | None, tuple[Order, ...]],
) -> Facts:
    hidden = secrecy.hides(order, unit_id)
    place = f"{names.areas.get(order.district_code or '', '')} {order.address or ''}".strip()
    topic, told = names.topics.get(order.topic_id or 0, ""), " ▸ ".join(order.categories)
    return Facts(
        level=SOURCE_LEVEL_LABEL[order.source_level] if order.source_level else "",
        channel=CHANNEL_LABEL.get(order.channel, order.channel),
        kind=KIND_LABEL.get(order.kind, order.kind),
        category=topic or secrecy.text(order, told, unit_id),
        told_category=secrecy.text(order, told, unit_id) if topic else "",
        accept_mode=ACCEPT_MODE_LABEL[derived.accept_mode] if derived.accept_mode else "",
        acceptor=str(derived.acceptor),
        who=secrecy.person(order, unit_id),
        place="" if hidden else place,
        is_repeat=order.is_repeat and not hidden,
        urged=links[0],
        urging=links[1],
        fit=FIT_LABEL[order.reply_fit] if order.reply_fit else "",
        appeal=APPEAL_LABEL[order.appeal] if order.appeal else "",
        left_out="、".join(assessing.reasons(order)),
        derived=derived,
    )


def _named(orders: Iterable[Order]) -> Names:
    codes = {order.district_code for order in orders if order.district_code}
    rows = session.execute(select(Area.code, Area.name).where(Area.code.in_(codes)))
    return Names(
        {row.code: row.name for row in rows},
        topics.paths(order.topic_id for order in orders if order.topic_id),
    )
