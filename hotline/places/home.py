"""The city this house stands in, set once by the configuration, so that another city can run the product."""

from sqlalchemy import select

from hotline.config import Config
from hotline.db import session
from hotline.places.models import Area

_city = Config.home_city
_dial_codes: dict[str, str] = {}


def configure(config: Config) -> None:
    """Called once when the application is built."""
    global _city
    _city = config.home_city
    _dial_codes.clear()


def dial_code() -> str:
    """`025`: what a local number lacks when it is written without its area code; empty while no areas are loaded."""
    if _city not in _dial_codes:
        found = session.scalar(select(Area.dial_code).where(Area.code == _city))
        if not found:
            return ""
        _dial_codes[_city] = found
    return _dial_codes[_city]
