"""Invented people for the demonstration: one account per role, several agents, one password for all."""

from dataclasses import dataclass

from hotline import clock
from hotline.db import session
from hotline.people import passwords
from hotline.people.models import Account, AccountRole, Role

DEMO_PASSWORD = "Demo-12320!"  # noqa: S105  printed at the start of a demonstration; production has no such account


@dataclass(frozen=True)
class DemoPerson:
    login: str
    name: str
    roles: tuple[Role, ...]
    agent_no: str | None = None
    city_code: str | None = None


DEMO_PEOPLE = (
    DemoPerson("zuoxi01", "林知夏", (Role.AGENT,), "8001"),
    DemoPerson("zuoxi02", "沈一诺", (Role.AGENT,), "8002"),
    DemoPerson("zuoxi03", "许星河", (Role.AGENT,), "8003"),
    DemoPerson("zuoxi04", "何青禾", (Role.AGENT,), "8004"),
    DemoPerson("banzhang01", "顾云舒", (Role.SUPERVISOR,), "8000"),
    DemoPerson("banzhang02", "温以宁", (Role.SUPERVISOR,), "8010"),
    DemoPerson("tongji01", "陆清和", (Role.STATISTICIAN,)),
    DemoPerson("tongji02", "纪望舒", (Role.STATISTICIAN,)),
    DemoPerson("paidan01", "程暮雨", (Role.DISPATCHER,)),
    DemoPerson("yiyuan01", "白杨树", (Role.UNIT,)),
    DemoPerson("suzhou01", "江映月", (Role.REPORTER,), city_code="320500"),
    DemoPerson("guanli01", "方守正", (Role.ADMIN,)),
    DemoPerson("shenji01", "严明远", (Role.AUDITOR,)),
)


def demo_accounts(institution_id: int) -> dict[str, Account]:
    """Create the demonstration's accounts; `institution_id` is the unit of yiyuan01. Returns them by login."""
    hashed, at = passwords.hash_of(DEMO_PASSWORD), clock.now()
    made = {}
    for person in DEMO_PEOPLE:
        account = Account(
            login=person.login,
            name=person.name,
            agent_no=person.agent_no,
            password_hash=hashed,
            password_set_at=at,
            institution_id=institution_id if Role.UNIT in person.roles else None,
            city_code=person.city_code,
        )
        session.add(account)
        session.flush()
        session.add_all(AccountRole(account_id=account.id, role=role) for role in person.roles)
        made[person.login] = account
    session.flush()
    return made
