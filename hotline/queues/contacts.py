"""Outside parties a conversation can be joined to: emergency numbers, partner lines, hospitals."""

from sqlalchemy import select

from hotline.db import session
from hotline.errors import NotFound
from hotline.queues.records import Contact


def all_contacts() -> list[Contact]:
    """Every outside party, emergency numbers first."""
    return list(session.scalars(select(Contact).order_by(Contact.position, Contact.code)))


def contact(code: str) -> Contact:
    found = session.get(Contact, code)
    if found is None:
        raise NotFound("通讯录中没有这个号码")
    return found
