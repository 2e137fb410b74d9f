"""The supervisors' door: the live board, its lists, and what a supervisor can do about what it shows."""

from hotline.people.models import Role
from hotline.web import gate

door = gate.door("wallboard", __name__, url_prefix="/wallboard", roles=(Role.SUPERVISOR,))

from hotline.web.wallboard import (  # noqa: E402  views hang on the door
    acting,  # noqa: F401
    agent_time,  # noqa: F401
    blocks,  # noqa: F401
    board,  # noqa: F401
    indicators,  # noqa: F401
    lists,  # noqa: F401
    orphans,  # noqa: F401
    roster,  # noqa: F401
    silence,  # noqa: F401
)

gate.nav("监控", "wallboard.show", 20, home_of=(Role.SUPERVISOR,))
