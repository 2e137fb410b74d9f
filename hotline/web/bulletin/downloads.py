"""The bulletin and its charts as files, and the charts as a page."""

from flask.typing import ResponseReturnValue
from markupsafe import Markup

from hotline.errors import NotFound
from hotline.statistics import bulletin, charts, drafts, house, outputs
from hotline.statistics.outputs.page import STATIC
from hotline.web import gate
from hotline.web.bulletin import door
from hotline.web.bulletin.month import MonthQuery, issue_of
from hotline.web.bulletin.months import around, month_of
from hotline.web.gate.attachments import attachment


@door.get("/<month>/download/<name>")
def download(month: str, name: str) -> ResponseReturnValue:
    form, issue = outputs.format_of(name), issue_of(month_of(month), gate.query(MonthQuery()))
    made = form.render(bulletin.document(issue, with_charts=form.has_charts))
    return attachment(outputs.file_name(issue.figures.month, issue.version, form.suffix), form.mime, made)


@door.get("/<month>/draft")
def download_draft(month: str) -> ResponseReturnValue:
    """The text as the house drafted it on the first day of the next month."""
    draft = drafts.latest(month_of(month))
    if draft is None:
        raise NotFound("本月还没有自动生成的草稿")
    return attachment(outputs.file_name(month_of(month), 0, "txt"), "text/plain; charset=utf-8", draft.text.encode())


@door.get("/<month>/charts")
def show_charts(month: str) -> ResponseReturnValue:
    this = month_of(month)
    issue = issue_of(this, gate.query(MonthQuery()))
    drawn = [(chart, Markup(charts.svg(chart))) for chart in bulletin.charts(issue.figures)]  # noqa: S704  escaped
    return gate.page("bulletin/charts.html", charts=drawn, issue=issue, **around(this))


@door.get("/<month>/charts/<chart_id>.svg")
def download_chart(month: str, chart_id: str) -> ResponseReturnValue:
    this = month_of(month)
    issue = issue_of(this, gate.query(MonthQuery()))
    chart = next((one for one in bulletin.charts(issue.figures) if one.id == chart_id), None)
    if chart is None:
        raise NotFound("没有这张图")
    css = (STATIC / "charts.css").read_text(encoding="utf-8")
    name = f"{house.current().number}{chart.title}_{this.year}年{this.number:02d}月.svg"
    return attachment(name, "image/svg+xml", charts.standalone(chart, css).encode())
