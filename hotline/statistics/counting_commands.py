"""`flask statistics`: count a month, prove that it recounts to the digit, seal it."""

import click

from hotline import audit, clock
from hotline.clock import Month
from hotline.db import session
from hotline.jobs import Job, enqueue
from hotline.statistics import counting, months, province, revisions, sealing
from hotline.statistics.bulletin_commands import MONTH, Told
from hotline.statistics.facts_models import RunState

ACTOR = audit.Actor(name="command line")


@click.group("statistics", cls=Told)
def commands() -> None:
    """The month's figures: count, recount, seal."""


@commands.command()
@click.argument("month", type=MONTH)
@click.option("--enqueue", "in_background", is_flag=True, help="Let the worker do it.")
def count(month: Month, in_background: bool) -> None:
    """Rewrite the daily facts of MONTH and print its figures."""
    started = clock.monotonic()
    run = counting.start(month, ACTOR.name)
    if in_background:
        enqueue(Job.COUNT_MONTH, run_id=run.id)
    session.commit()
    if in_background:
        click.echo(f"run {run.id}: {run.days_total} days wait for the worker")
        return
    while run.state is RunState.RUNNING:
        run = counting.step(run.id, seconds=0.2)
        session.commit()
    province.conclude(run)
    session.commit()
    hotline = months.figures(month).hotline
    click.echo(f"{month}: {run.days_done} days counted in {clock.monotonic() - started:.1f} s")
    for name, value in {"total": hotline.total, **hotline.categories, **hotline.orders}.items():
        click.echo(f"{name} {value}")
    click.echo(" ".join(f"{city} {_shown(value)}" for city, value in run.lines))


@commands.command()
@click.argument("month", type=MONTH)
def recount(month: Month) -> None:
    """Compare the published MONTH with its records; exit 1 and print every figure that differs."""
    found = revisions.recount(month)
    for name, (published, recounted) in found.items():
        click.echo(f"{name} published {_shown(published)} recounted {_shown(recounted)}")
    click.echo(f"{month}: {len(found)} figures differ" if found else f"{month}: published = recounted")
    if found:
        raise SystemExit(1)


def _shown(value: object) -> str:
    return "—" if value is None else str(value)


@commands.command()
@click.argument("month", type=MONTH)
def seal(month: Month) -> None:
    """Count MONTH anew, check it and seal it; prints the hash."""
    with audit.acting(ACTOR):
        version = sealing.seal(month)
        session.commit()
    click.echo(f"{month} v{version.number} sealed {version.hash}")
