"""What the product is delivered with: every matter's reference data, in the order they stand on each other."""

import click

from hotline.bookings import rules as booking_rules
from hotline.calls import reference as call_reference
from hotline.clock import Month
from hotline.crisis import scale as crisis_scale
from hotline.db import session
from hotline.ivr import service as ivr
from hotline.places import calendar_book
from hotline.places import reference as place_reference
from hotline.queues import reference as queue_reference
from hotline.statistics import returns
from hotline.workorders import deadlines

FIRST_MONTH = Month("2018-01")
"""The other cities of the province have been asked for their figures since then."""


def load() -> None:
    """Load all of it; loading again changes nothing that was edited since."""
    place_reference.load()
    calendar_book.load()
    call_reference.load()
    booking_rules.load()
    crisis_scale.load()
    deadlines.load()
    queue_reference.load()
    returns.ask_cities(FIRST_MONTH)
    session.flush()
    ivr.load_default()
    session.flush()


@click.group("reference")
def commands() -> None:
    """Reference data: areas, institutions, calendar, code lists, deadlines, lines, menus."""


@commands.command("load")
def load_command() -> None:
    """Load what is missing; the release step runs this after the migrations."""
    load()
    session.commit()
    click.echo("reference data is in place")
