"""Outside parties a conversation can be joined to: emergency numbers, partner lines, hospitals."""

import secrets

from sqlalchemy import func, select

from hotline import audit, db
from hotline.calls.numbers import NumberKind, normalise
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places import home
from hotline.queues.records import Contact

DIALLED = (NumberKind.SHORT, NumberKind.LANDLINE, NumberKind.MOBILE)


def all_contacts() -> list[Contact]:
    """Every outside party, emergency numbers first."""
    return list(session.scalars(select(Contact).order_by(Contact.position, Contact.code)))


def contact(code: str) -> Contact:
    found = session.get(Contact, code)
    if found is None:
        raise NotFound("通讯录中没有这个号码")
    return found


def named(name: str) -> Contact | None:
    """The party of that name, unless it is out of use by now."""
    return session.scalars(select(Contact).where(Contact.name == name)).one_or_none()


def shown(row: Contact) -> str:
    """The number as people read it."""
    known = normalise(row.endpoint)
    return known.display if known.kind in DIALLED else row.endpoint


def add(name: str, number: str) -> Contact:
    """A further party, last in the list."""
    db.lock("contacts")
    last = session.scalar(select(func.max(Contact.position))) or 0
    made = Contact(code=secrets.token_hex(8), name=_name(name), endpoint=_dialled(number), position=last + 1)
    _refuse_twice(made.code, made.name, made.endpoint)
    session.add(made)
    session.flush()
    audit.record("contact.add", f"contact:{made.code}", name=made.name, number=made.endpoint)
    return made


def change(code: str, name: str, number: str) -> Contact:
    """Another name or number for the same party; a number that stays as it is shown is not judged again."""
    db.lock("contacts")
    found = contact(code)
    before = {"name": found.name, "number": found.endpoint}
    endpoint = found.endpoint if number.strip() == shown(found) else _dialled(number)
    _refuse_twice(code, _name(name), endpoint)
    found.name, found.endpoint = _name(name), endpoint
    session.flush()
    after = {"name": found.name, "number": found.endpoint}
    if after != before:
        audit.record("contact.change", f"contact:{code}", before=before, after=after)
    return found


def remove(code: str) -> Contact:
    """Out of use: nobody is joined to it any more; finished conversations keep its name."""
    db.lock("contacts")
    found = contact(code)
    session.delete(found)
    session.flush()
    audit.record("contact.remove", f"contact:{code}", name=found.name, number=found.endpoint)
    return found


def _name(text: str) -> str:
    name = text.strip()
    if not name:
        raise Invalid("请填写名称", fields={"name": ["必填"]})
    return name


def _dialled(text: str) -> str:
    """The one form a number is dialled in: short numbers as they are, all others with country code."""
    known = normalise(text, home.dial_code())
    if known.kind not in DIALLED or known.extension:
        wrong = "须为国内固定电话（外地加区号）、手机或服务号码，不带分机"
        raise Invalid("号码不能使用", fields={"number": [wrong]})
    return known.search_key


def _refuse_twice(code: str, name: str, endpoint: str) -> None:
    for row in all_contacts():
        if row.code != code and row.endpoint == endpoint:
            raise Conflict(f"这个号码已登记为“{row.name}”", fields={"number": ["已登记"]})
        if row.code != code and row.name == name:
            raise Conflict(f"已有“{name}”", fields={"name": ["已登记"]})
