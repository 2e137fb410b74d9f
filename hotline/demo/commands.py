"""`flask demo`: invented data for demonstrations and proofs. Refused in production."""

import json
from pathlib import Path

import click

from hotline import audit, clock
from hotline.db import session
from hotline.demo import month as demo_month
from hotline.statistics import checks, printed, published
from hotline.statistics.bulletin_commands import Told, line

MISPRINTS = ("P1", "P4")
"""What a file cannot be taken at its word for: its cities and its total cannot both be true."""


@click.group("demo", cls=Told)
def commands() -> None:
    """Invented data."""


@commands.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--scale", type=float, default=1.0, show_default=True, help="Times the file's figures.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives other calls.")
def month(file: Path, scale: float, seed: int) -> None:
    """Make the calls, orders, returns and tables whose true counts are the figures of FILE.

    At full scale FILE itself is kept as published, to be compared with what was counted.
    """
    started = clock.monotonic()
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file.name} is not JSON") from error
    with audit.acting(audit.Actor(name="演示")):
        figures = printed.read(body)
        faults = [one for one in checks.run(checks.look_at(figures)) if one.rule in MISPRINTS]
        made = demo_month.begin(figures, scale, seed)
        for _ in demo_month.make(made, figures):
            session.commit()
        if scale == 1:
            published.take(body, origin=file.name)
            session.commit()
    orders = " ".join(f"{code} {count}" for code, count in made.orders.items())
    click.echo(f"{made.month}: {made.calls} calls, {made.accepted} accepted; orders {orders or 0}")
    if made.left_out:
        click.echo(f"no such table in this edition, left out: {' '.join(made.left_out)}")
    for fault in faults:
        click.echo(f"misprint in {file.name}: {line(fault)}")
    click.echo(f"{made.returns} returns, {made.tables} tables; {clock.monotonic() - started:.1f} s")
