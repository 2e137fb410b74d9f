"""The supervisors' door: the live board, its lists, and what a supervisor can do about what it shows."""

from hotline.people.models import Role
from hotline.web import gate

door = gate.door("wallboard", __name__, url_prefix="/wallboard", roles=(Role.SUPERVISOR,))

from hotline.web.wallboard import acting, agent_time, board, indicators, lists, roster  # noqa: E402,F401  views hang on the door

gate.nav("监控", "wallboard.show", 20, home_of=(Role.SUPERVISOR,))
