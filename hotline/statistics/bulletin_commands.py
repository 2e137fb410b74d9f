"""`flask bulletin …`: import, render, check."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hotline import audit
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError
from hotline.statistics import bulletin, checks, months, outputs, published
from hotline.statistics.checks import Finding, Severity
from hotline.statistics.figures import Source


class MonthType(click.ParamType[Month]):
    """`YYYY-MM`."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Month:
        try:
            return value if isinstance(value, Month) else Month(value)
        except ValueError:
            self.fail(f"月份应写成 2024-02 这样的形式：{value}", param, ctx)


MONTH = MonthType()
SOURCE = click.option(
    "--source",
    type=click.Choice([one.value for one in Source]),
    help="counted：本系统统计；printed：导入的已发布月报。默认有统计用统计。",
)


class Told(click.Group):
    """Ends with the message of a known fault instead of a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HotlineError as error:
            places = "".join(f"\n  {name}: {told}" for name, told in error.fields.items())
            raise click.ClickException(f"{error.message}{places}") from error


@click.group("bulletin", cls=Told)
def commands() -> None:
    """月报：导入、输出、校验。"""


@commands.command("import")
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True)
def import_(files: tuple[Path, ...]) -> None:
    """Keep published months exactly as printed."""
    with audit.acting(audit.Actor(name="command line")):
        told = [summary(published.take(_body(path), origin=path.name)) for path in files]
        session.commit()
    click.echo("\n".join(told))


def _body(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{path.name} 不是 JSON 文件") from error


def summary(taken: published.Taken) -> str:
    """What was taken, in lines."""
    found, row = taken.figures, taken.row
    lines = [
        f"{row.month} 第{row.number}次导入" if taken.is_new else f"{row.month} 已导入过（第{row.number}次），未重复保存"
    ]
    lines.append(
        f"  热线 {found.hotline.total}：{len(found.hotline.categories)} 个分类，{len(found.hotline.orders)} 类工单"
    )
    if found.province:
        lines.append(f"  全省 {found.province.total}：{len(found.province.cities)} 个市")
    if found.bookings:
        lines.append(f"  预约 {found.bookings.grand_total}：{len(found.bookings.rows)} 家单位")
    if found.channels:
        lines.append(f"  途径 {found.channels.total}：{len(found.channels.rows)} 个")
    lines += [f"  报表 {table.id}：{len(table.rows)} 行" for table in found.datasets]
    lines += [f"  与版式不同、按原样保留：{piece}" for piece in found.wording]
    return "\n".join([*lines, *(f"  文字与数值不一致：{conflict.subject}" for conflict in found.conflicts)])


@commands.command()
@click.argument("month", type=MONTH)
@click.option("--format", "name", type=click.Choice(list(outputs.FORMATS)), default="text", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="写到文件；默认标准输出。"
)
@SOURCE
@click.option("--checked", is_flag=True, help="导入的月报按更正后的数字输出，并逐条注明更正。")
def render(month: Month, name: str, output: Path | None, source: str | None, checked: bool) -> None:
    """Write the bulletin of MONTH out."""
    form = outputs.format_of(name)
    issue = bulletin.as_checked(month) if checked else bulletin.of(month, Source(source) if source else None)
    made: bytes = form.render(bulletin.document(issue, with_charts=form.has_charts))
    if output:
        output.write_bytes(made)
    else:
        click.echo(made, nl=False)


@commands.command()
@click.argument("month", type=MONTH)
@click.option("--format", "name", type=click.Choice(["text", "json"]), default="text", show_default=True)
@SOURCE
def check(month: Month, name: str, source: str | None) -> None:
    """Check MONTH; one finding a line, exit status 1 when there is an error."""
    looked = months.checked(bulletin.of(month, Source(source) if source else None).figures)
    findings = checks.run(looked)
    if name == "json":
        shown = [asdict(one) for one in checks.shown(looked)]
        body = {"month": str(month), "rules": checks.VERSION, "findings": [asdict(f) for f in findings], "shown": shown}
        click.echo(json.dumps(body, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            click.echo(line(finding))
    if any(finding.severity is Severity.ERROR for finding in findings):
        sys.exit(1)


def line(finding: Finding) -> str:
    """`RULE SEVERITY SUBJECT DIFFERENCE MESSAGE`; the message is the rest of the line."""
    subject = "".join(finding.subject.split())
    return f"{finding.rule} {finding.severity} {subject} {finding.shown_difference} {finding.message}"
