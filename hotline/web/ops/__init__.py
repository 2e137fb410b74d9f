"""The machines' door: is the house alive, is it ready, how is it doing. No person, no session, no database needed."""

from hotline.web import gate
from hotline.web.ops.entrance import verify

door = gate.machine_door("ops", __name__, check=verify)

from hotline.web.ops import health, metrics  # noqa: E402,F401  views hang on the door
