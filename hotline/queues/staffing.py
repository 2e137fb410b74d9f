"""What a supervisor changes about who serves which line."""

from sqlalchemy import delete

from hotline import audit, live
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.queues import presence
from hotline.queues.models import AgentState, Line, Skill
from hotline.queues.waiting import lines, want_dispatch


def set_skills(agent_id: int, codes: list[str]) -> None:
    """Which lines an agent serves, best first; takes effect with the next offer."""
    known = lines()
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise Invalid("没有这条受理线路", fields={"lines": unknown})
    session.execute(delete(Skill).where(Skill.agent_id == agent_id))
    session.add_all([Skill(agent_id=agent_id, line=code, level=level) for level, code in enumerate(codes, 1)])
    session.flush()
    audit.record("agent.skills", f"account:{agent_id}", lines=codes)
    want_dispatch()


def take_over(code: str, supervisor_id: int, on: bool) -> None:
    """应急接管: callers of a line are offered to this supervisor first. Who goes offline gives it back as well."""
    taker = presence.present(supervisor_id)
    line = session.get(Line, code, with_for_update=True)
    if line is None:
        raise NotFound("没有这条受理线路")
    if on and line.taken_over_by not in (None, supervisor_id):
        raise Conflict("这条线路已由他人接管")
    if on and taker.state is AgentState.OFFLINE:
        raise Conflict("您还没有签入：请先在坐席工作台按“就绪”，再接管线路")
    line.taken_over_by = supervisor_id if on else None
    session.flush()
    audit.record("line.take_over" if on else "line.give_back", f"line:{code}")
    live.touch()
    want_dispatch()
