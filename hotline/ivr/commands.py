"""`flask ivr check` and `flask ivr publish`: a menu tree as a file."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hotline import audit, clock
from hotline.db import needs_database, session
from hotline.errors import HotlineError
from hotline.ivr import files, service
from hotline.ivr.faults import Fault

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("ivr")
def commands() -> None:
    """The voice menu."""


@commands.command("check")
@click.argument("file", required=False, type=FILE)
@needs_database
def check(file: Path | None) -> None:
    """Name every fault of FILE (default: the menu in force), one per line as NODE MESSAGE; exit 1 if there is one."""
    try:
        document, twice = files.read(file.read_bytes()) if file else (service.published().tree, [])
    except HotlineError as problem:
        raise click.ClickException(problem.message) from problem
    _refuse(twice + service.check(document))
    click.echo(f"ok: {len(document['nodes'])} nodes")


@commands.command("publish")
@click.argument("file", type=FILE)
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), help="default: now")
@click.option("--note", required=True, help="what changed, and why")
@needs_database
def publish(file: Path, since: datetime | None, note: str) -> None:
    """Put FILE in force from a local time on; every fault is named as `check` does, and then nothing is published."""
    try:
        document, twice = files.read(file.read_bytes())
        _refuse(twice + service.check(document))
        at = clock.at_local(since.date(), since.hour, since.minute) if since else clock.now()
        with audit.acting(audit.Actor(name="command line")):
            menu = service.publish(document, by=None, at=at, note=note)
        session.commit()
    except HotlineError as problem:
        raise click.ClickException("\n".join([problem.message, *_told(problem)])) from problem
    click.echo(f"published: in force from {clock.local(menu.valid_from):%Y-%m-%d %H:%M}")


def _refuse(found: list[Fault]) -> None:
    for fault in found:
        click.echo(_on_one_line(f"{fault.node} {fault.message}"))
    if found:
        raise SystemExit(1)


def _on_one_line(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _told(problem: HotlineError) -> list[Any]:
    return [message for messages in problem.fields.values() for message in messages]
