"""保密: what a handling unit may know of the person behind an order.

A confidential order shows no unit who asked; a unit that is itself accused never sees the complainant. While nobody has
made out who a complaint is about, any unit may be the accused one, and none sees the complainant.
The same rule serves page, print, export, interface and log.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from hotline import audit, privacy
from hotline.db import session
from hotline.errors import Invalid, Refused
from hotline.places.models import Institution
from hotline.workorders import redaction
from hotline.workorders.codes import Nature
from hotline.workorders.field_codes import CALLER_SUBJECT_LABEL
from hotline.workorders.models import Order

HIDDEN = "保密诉求人"
AGAINST = frozenset({Nature.COMPLAINT, Nature.REPORT})


@dataclass(frozen=True)
class Person:
    """The person of an order as one viewer may see them."""

    name: str
    phone: str
    contact: str
    subject: str
    hidden: bool


def hides(order: Order, unit_id: int | None) -> bool:
    """Whether a viewer of this unit (None: the hotline) must not learn who asked."""
    if unit_id is None:
        return False
    if order.confidential or unsettled(order):
        return True
    return order.accused_id is not None and order.accused_id in _family(unit_id)


def unsettled(order: Order) -> bool:
    """Whether a complaint or a report is about somebody whom nobody has made out yet."""
    return order.accused_told is not None and order.nature in AGAINST


def shows(unit_id: int) -> ColumnElement[bool]:
    """The orders of which a viewer of this unit may learn who asked: `hides`, asked of the database."""
    accused = or_(Order.accused_id.is_(None), Order.accused_id.not_in(_family(unit_id)))
    settled = or_(Order.accused_told.is_(None), Order.nature.not_in(AGAINST))
    return and_(Order.confidential.is_(False), settled, accused)


def _family(unit_id: int) -> set[int]:
    """The institution with its parent and its branches."""
    unit = session.get(Institution, unit_id)
    top = (unit.parent_id if unit else None) or unit_id
    return {unit_id, top, *session.scalars(select(Institution.id).where(Institution.parent_id == top))}


def person(order: Order, unit_id: int | None) -> Person:
    """Masked for every viewer, hidden where the rule says so."""
    if hides(order, unit_id):
        return Person(HIDDEN, "", "", "", hidden=True)
    return Person(
        privacy.mask_name(order.caller_name) or "匿名",
        privacy.mask_phone(order.caller_phone),
        privacy.mask_phone(order.contact_phone),
        CALLER_SUBJECT_LABEL[order.caller_subject] if order.caller_subject else "",
        hidden=False,
    )


def text(order: Order, words: str | None, unit_id: int | None) -> str:
    """A text of the order without what would give the person away to this viewer."""
    if not words or not hides(order, unit_id):
        return words or ""
    former = (order.former or "").splitlines()
    numbers, places = (order.caller_phone, order.contact_phone, *former), (order.address, *former)
    return redaction.redact(words, redaction.Person.of(order.caller_name, numbers, places))


def reveal(order: Order, unit_id: int | None, reason: str) -> dict[str, str]:
    """The person in full, for a reason that is written down."""
    if hides(order, unit_id):
        raise Refused("诉求人信息保密，请通过热线联系")
    if not reason.strip():
        raise Invalid("请填写查看理由", fields={"reason": ["不能为空"]})
    audit.record("order.reveal", f"order:{order.id}", reason=reason.strip())
    return {
        "name": order.caller_name or "",
        "phone": order.caller_phone or "",
        "contact": order.contact_phone or "",
        "address": order.address or "",
    }
