"""The words of the house that prints: they come from the configuration, so that another city can run the product."""

from dataclasses import dataclass

from hotline.config import Config


@dataclass(frozen=True)
class House:
    """`line` is the hotline's printed name, `home` the home city's short name, `province_line` all lines together;
    `home_city` and `province` are area codes."""

    line: str
    home: str
    province_line: str
    number: str
    home_city: str
    province: str


def _of(config: Config | type[Config]) -> House:
    return House(
        line=config.line_name,
        home=config.home_name,
        province_line=config.province_line,
        number=config.line_number,
        home_city=config.home_city,
        province=config.province,
    )


_house = _of(Config)


def configure(config: Config) -> None:
    """Called once when the application is built."""
    global _house
    _house = _of(config)


def current() -> House:
    return _house
