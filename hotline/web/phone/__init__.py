"""The telephone provider's door: control webhooks answered with a plan, notices answered with 204."""

from hotline.web import gate
from hotline.web.phone.entrance import verify
from hotline.web.phone.prompts import prompts_door

__all__ = ["door", "prompts_door"]

door = gate.machine_door("phone", __name__, check=verify, url_prefix="/phone")

from hotline.web.phone import agents, callers, handing, notices, queueing  # noqa: E402,F401  views hang on the door
