"""`flask orders …`, `flask calendar …`, `flask platforms …`: for operators and for checking."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError
from hotline.places import calendar_book
from hotline.workorders import deadlines, importing, ladder, platforms, quality
from hotline.workorders.codes import NATURE_LABEL, Clock, Nature, Source, Unit, Urgency
from hotline.workorders.importing import Row
from hotline.workorders.platforms import Scope


def tell(row: dict[str, Any]) -> None:
    click.echo(json.dumps(row, ensure_ascii=False))


@click.group("orders")
def orders() -> None:
    """Work orders."""


@orders.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--platform", "name", required=True, help="Name of the platform the file comes from.")
@click.option("--dry-run", is_flag=True, help="Judge the rows, write nothing.")
@click.option("--accept-rest", is_flag=True, help="Write the good rows although others are refused.")
def import_file(file: Path, name: str, dry_run: bool, accept_rest: bool) -> None:
    """Take in an XLSX or CSV file: one JSON line per row, the summary last. Nothing is written unless all is right."""
    try:
        platform = platforms.named(name)
        with file.open("rb") as stream:
            rows = importing.read(stream, file.name, platform)
    except HotlineError as fault:
        raise click.ClickException(fault.message) from fault
    refused = any(row.status == "refused" for row in rows)
    write = not dry_run and (accept_rest or not refused)
    done: dict[int, Row] = {}
    if write:
        for portion in importing.portions(rows):
            done.update({row.number: row for row in importing.write(portion, platform)})
            session.commit()
    final = [done.get(row.number, row) for row in (rows if write else importing.with_duplicates(rows))]
    for row in final:
        tell(row.report())
    tell({"summary": importing.summary(final), "written": len(done), "dry_run": dry_run})
    if refused and not accept_rest:
        raise SystemExit(1)


@orders.command("overdue")
@click.option("--at", "at_text", default="", help="The instant asked for (ISO 8601); default: now.")
def overdue(at_text: str) -> None:
    """Every duty that has run out: one JSON line each, a summary last."""
    at = _instant(at_text) if at_text else clock.now()
    count = 0
    for late in ladder.overdue(at):
        count += 1
        tell(
            {
                "own_no": late.order.own_no,
                "external_no": late.order.external_no,
                "state": late.order.state.value,
                "clock": late.clock.clock.value,
                "unit_id": late.clock.unit_id,
                "due_at": clock.local(late.clock.due_at).isoformat(),
                "late_working_minutes": late.minutes,
                "provisional": late.clock.provisional,
            }
        )
    tell({"summary": {"overdue": count, "at": clock.local(at).isoformat()}})


@orders.command("links-quality")
@click.option("--size", default=2000, show_default=True, type=click.IntRange(1, 200_000))
@click.option("--seed", default=101, show_default=True, help="Seeds 1-5 are those the threshold was chosen on.")
def links_quality(size: int, seed: int) -> None:
    """Measure automatic linking on a labelled synthetic set: precision, recall, milliseconds."""
    tell(quality.measure(size, seed))


@click.group("calendar")
def calendar() -> None:
    """The work calendar."""


@calendar.command("due")
@click.argument("start")
@click.argument("nature")
@click.option("--units", type=click.IntRange(0, 250), help="Working days instead of the rule's.")
def due(start: str, nature: str, units: int | None) -> None:
    """When the answer to a demand of NATURE (1-7 or 咨询, 投诉 …) received at START is due, and the days counted."""
    received, kind = _instant(start), _nature(nature)
    day = clock.business_day(received)
    rule = deadlines.current().rule(Clock.REPLY, day, source=None, nature=kind, urgency=Urgency.NORMAL)
    if units is None and (rule is None or rule.unit is not Unit.WORKDAY):
        raise click.ClickException("没有按工作日计算的时限规则，请先执行 flask reference load")
    amount = units if units is not None else rule.amount if rule else 0
    counted = calendar_book.current().add_workdays(day, amount)
    tell(
        {
            "received": day.isoformat(),
            "nature": NATURE_LABEL[kind],
            "workdays": amount,
            "due": counted.day.isoformat(),
            "due_at": clock.local(calendar_book.current().closing(counted.day)).isoformat(),
            "provisional": counted.provisional,
            "counted": [one.isoformat() for one in counted.counted],
        }
    )


def _instant(text: str) -> datetime:
    """A date (its local midnight) or an instant; without offset it is local."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise click.BadParameter(f"not a date or an instant: {text}") from fault
    if at.year not in clock.YEARS:
        raise click.BadParameter(f"not a year from {clock.YEARS[0]} to {clock.YEARS[-1]}: {text}")
    return at if at.tzinfo else at.replace(tzinfo=clock.ZONE)


def _nature(text: str) -> Nature:
    named = {label: nature for nature, label in NATURE_LABEL.items()} | {nature.value: nature for nature in Nature}
    if text not in named:
        raise click.BadParameter(f"one of {'、'.join(named)}")
    return named[text]


@click.group("platforms")
def platform_group() -> None:
    """Systems that orders come from."""


@platform_group.command("add")
@click.argument("name")
@click.argument("source", type=click.Choice([source.value for source in Source if source is not Source.SELF]))
@click.option("--callback-url", default="")
def add_platform(name: str, source: str, callback_url: str) -> None:
    """Register a platform."""
    try:
        made = platforms.add(name, Source(source), callback_url=callback_url)
    except HotlineError as fault:
        raise click.ClickException(fault.message) from fault
    session.commit()
    tell({"platform": made.name, "source": made.source.value, "secret": made.secret})


@platform_group.command("token")
@click.argument("name")
@click.option("--label", default="command line")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([scope.value for scope in Scope]))
@click.option("--days", default=365, show_default=True)
def issue_token(name: str, label: str, scopes: tuple[str, ...], days: int) -> None:
    """Issue a key; it is shown once."""
    try:
        platform = platforms.named(name)
        text, _ = platforms.issue(platform, label, [Scope(one) for one in scopes or list(Scope)], days=days)
    except HotlineError as fault:
        raise click.ClickException(fault.message) from fault
    session.commit()
    tell({"platform": name, "token": text})


groups = (orders, calendar, platform_group)
