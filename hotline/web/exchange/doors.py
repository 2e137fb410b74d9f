"""The door of other systems, and the open page that describes it."""

from hotline.web import gate
from hotline.web.exchange import entrance

door = gate.machine_door("exchange", __name__, check=entrance.check, url_prefix="/api")
papers = gate.door("exchange_papers", __name__, roles=gate.PUBLIC, url_prefix="/api")
