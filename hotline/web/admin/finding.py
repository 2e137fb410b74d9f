"""What administrators find with Ctrl+K: people and institutions."""

from collections.abc import Iterable

from flask import url_for

from hotline.people import service
from hotline.people.models import Role
from hotline.people.sessions import Person
from hotline.places import institutions
from hotline.web import gate
from hotline.web.gate.finders import Found


def find_people(text: str, _who: Person) -> Iterable[Found]:
    for account in service.listing(text, disabled=True):
        url = url_for("admin.person", account_id=account.id)
        yield {"title": f"{account.name} {account.login}", "url": url, "hint": account.agent_no or ""}


def find_institutions(text: str, _who: Person) -> Iterable[Found]:
    for found in institutions.search(text, 8, closed=True):
        yield {"title": found.name, "url": url_for("admin.institution", institution_id=found.id), "hint": ""}


gate.finder("人员", find_people, (Role.ADMIN,))
gate.finder("机构", find_institutions, (Role.ADMIN,))
