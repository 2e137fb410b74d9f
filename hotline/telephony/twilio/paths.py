"""Paths of the house as addresses for Twilio, with the connection overrides each kind of webhook needs."""

from urllib.parse import quote

CONTROL = "#ct=1500&rt=4000&rc=2&rp=ct,rt,5xx"
"""Answers a caller waits for: tried again on a fault, within Twilio's 15 seconds."""
STATUS = "#rc=3&rp=all"
"""Told without anybody waiting: tried again on anything but success."""


class Addresses:
    """Makes paths absolute on the public base."""

    def __init__(self, public_base_url: str) -> None:
        self.base = public_base_url

    def _absolute(self, path: str) -> str:
        if not path.startswith("/"):
            raise ValueError(f"not a path of the house: {path!r}")
        return self.base + quote(path, safe="/:@!$&'()*+,;=~%?-._")

    def control(self, path: str) -> str:
        return self._absolute(path) + CONTROL

    def status(self, path: str) -> str:
        return self._absolute(path) + STATUS

    def file(self, path: str) -> str:
        return self._absolute(path)
