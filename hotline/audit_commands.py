"""The command that checks the audit trail."""

import click

from hotline import audit


@click.group("audit")
def commands() -> None:
    """The audit trail."""


@commands.command("verify")
def verify() -> None:
    """Recompute the whole chain; exits with 1 when a link does not hold. Keep the head elsewhere to compare."""
    result = audit.verify()
    click.echo(f"entries {result.entries}")
    click.echo(f"head {result.head}")
    if result.broken_at is not None:
        raise click.ClickException(f"the chain is broken at entry {result.broken_at}")
    click.echo("the chain holds")
