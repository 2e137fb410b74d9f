"""`flask ivr check`: every fault of a menu tree, by node."""

import json
from pathlib import Path

import click

from hotline.ivr import service
from hotline.ivr.faults import Fault


@click.group("ivr")
def commands() -> None:
    """The voice menu."""


@commands.command("check")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path | None) -> None:
    """Name every fault of FILE (default: the menu in force), one per line as NODE MESSAGE; exit 1 if there is one."""
    try:
        document = json.loads(file.read_text("utf-8")) if file else service.published().tree
    except ValueError as problem:
        raise click.ClickException(f"not a JSON file: {problem}") from problem
    found: list[Fault] = service.check(document)
    for fault in found:
        click.echo(f"{fault.node} {fault.message}")
    if found:
        raise SystemExit(1)
    click.echo(f"ok: {len(document['nodes'])} nodes")
