"""The gate every door hangs on: who may enter, what is taken in, how errors are told.

    door = gate.door("orders", __name__, url_prefix="/orders", roles=(Role.DISPATCHER, Role.UNIT))

    @door.get("/<int:order_id>")
    @gate.allow(Role.DISPATCHER)          # narrower than the door
    def show(order_id): return gate.page("orders/show.html", order=...)

Views commit themselves; an error that escapes is told as page or JSON and rolled back.
A blueprint that hangs on no guard refuses everybody, and `init_app` names it at start.
"""

from hotline.web.gate.asking import ask, provider
from hotline.web.gate.crisis_readers import crisis_reader
from hotline.web.gate.entry import init_app
from hotline.web.gate.finders import finder
from hotline.web.gate.guards import PUBLIC, SIGNED_IN, allow, door, machine_door
from hotline.web.gate.intake import Apart, Nothing, Upload, judge, load, query, row_number
from hotline.web.gate.nav import nav
from hotline.web.gate.pages import act, done, page, refill
from hotline.web.gate.reveals import check_reveals
from hotline.web.gate.turnstile import aside
from hotline.web.gate.visitor import config, confirm_password, lifetime, may, person, watch

__all__ = [
    "Apart",
    "Nothing",
    "PUBLIC",
    "SIGNED_IN",
    "Upload",
    "act",
    "allow",
    "aside",
    "ask",
    "check_reveals",
    "config",
    "confirm_password",
    "crisis_reader",
    "done",
    "door",
    "finder",
    "init_app",
    "judge",
    "lifetime",
    "load",
    "machine_door",
    "may",
    "nav",
    "page",
    "person",
    "provider",
    "query",
    "refill",
    "row_number",
    "watch",
]
