"""Who is here, as a reader of crisis records; asked by every door that could show or touch one."""

from sqlalchemy import select

from hotline.crisis.access import Reader
from hotline.db import session
from hotline.people.models import Role
from hotline.queues.models import Line, Skill
from hotline.web.gate.visitor import person


def crisis_reader() -> Reader:
    """Whoever is here as a reader of crisis records: who serves a crisis line is trained for it."""
    who = person()
    trained = session.scalar(
        select(Skill.agent_id).join(Line, Line.code == Skill.line).where(Skill.agent_id == who.id, Line.crisis)
    )
    return Reader(who.id, Role.SUPERVISOR in who.roles, trained is not None)
