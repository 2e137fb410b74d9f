"""Recorded prompts, fetched by the provider when a caller is to hear them. Everybody who calls may hear them."""

from flask import Response, send_file

from hotline.ivr import prompts
from hotline.web import gate

CACHED_SECONDS = 60

prompts_door = gate.door("prompts", __name__, url_prefix="/phone/prompts", roles=gate.PUBLIC)


@prompts_door.get("/<name>.wav")
def play(name: str) -> Response:
    path = prompts.find(gate.config().prompts_dir, name)
    response = send_file(path, mimetype="audio/wav", conditional=True, max_age=CACHED_SECONDS)
    response.cache_control.public = True
    return response
