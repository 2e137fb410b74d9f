"""Commands about people."""

import click

from hotline import audit
from hotline.db import session
from hotline.errors import HotlineError
from hotline.people import service
from hotline.people.models import Role


@click.group("people")
def commands() -> None:
    """Accounts of the people who sign in."""


@commands.command("create-admin")
@click.argument("login")
@click.option("--name", prompt="Name", help="How the person is called.")
@click.password_option(help="Asked for when not given.")
def create_admin(login: str, name: str, password: str) -> None:
    """Create an administrator; production starts with no account at all."""
    try:
        with audit.acting(audit.Actor(name="command line")):
            service.create(login, name, password, [Role.ADMIN], must_change=False)
            session.commit()
    except HotlineError as fault:
        raise click.ClickException(fault.message) from fault
    click.echo(f"administrator {login} can sign in")
