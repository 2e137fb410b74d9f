"""The bulletin as PDF."""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.charts.barcharts import HorizontalBarChart, VerticalBarChart
from reportlab.graphics.charts.legends import Legend
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from hotline.statistics.chart_data import Chart, Shape, most_of, shade
from hotline.statistics.chart_scale import scale
from hotline.statistics.document import Document, Sentence
from hotline.statistics.outputs.paper_font import font
from hotline.statistics.outputs.sheet_charts import COLOURS
from hotline.statistics.table_blocks import Cell, Table

WIDTH = A4[0] - 36 * mm


def _style(size: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(f"s{size}", fontName=font(), fontSize=size, leading=size * 1.6, wordWrap="CJK", **more)


def render(document: Document) -> bytes:
    out = BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=20 * mm, bottomMargin=20 * mm,
        title=document.title, author="",
    )  # fmt: skip
    story: list[Any] = [_line(document.title, 16, alignment=TA_CENTER), Spacer(0, 8)]
    story += [_line(mark, 10, alignment=TA_CENTER) for mark in document.marks]
    for block in document.blocks:
        story += [_line(block.text, 12, firstLineIndent=24)] if isinstance(block, Sentence) else _table(block)
    for chart in document.charts:
        drawn = _heat(chart) if chart.shape is Shape.HEAT else [_chart(chart)]
        story.append(KeepTogether([Spacer(0, 10), *drawn]))
    page.build(story, onFirstPage=_number, onLaterPages=_number)
    return out.getvalue()


def _number(canvas: Any, page: Any) -> None:
    canvas.setFont(font(), 9)
    canvas.drawCentredString(A4[0] / 2, 11 * mm, f"— {page.page} —")


def _line(text: str, size: float, **more: Any) -> Paragraph:
    return Paragraph(escape(text), _style(size, **more))


def _table(table: Table) -> list[Any]:
    shown = table.folded()
    story: list[Any] = [CondPageBreak(45 * mm), Spacer(0, 12), _line(table.title, 13, alignment=TA_CENTER)]
    if table.subtitle:
        story.append(_line(table.subtitle, 9, alignment=TA_CENTER))
    if shown.rows:
        story.append(_grid(shown))
    if table.total_line:
        story.append(_line(table.total_line, 10, alignment=TA_RIGHT))
    story += [_line(note, 9, alignment=TA_CENTER) for note in table.notes]
    return story + [_line(text, 12, firstLineIndent=24) for text in table.paragraphs]


def _grid(table: Table) -> LongTable:
    size = 6.5 if len(table.columns) > 9 else 9
    middle = ParagraphStyle(
        "cell", fontName=font(), fontSize=size, leading=size * 1.35, wordWrap="CJK", alignment=TA_CENTER
    )
    body = [*table.rows, *((table.total,) if table.total else ())]
    lines = [_header_line(table, number, middle) for number in range(len(table.header))]
    lines += [[_cell(cell, middle) for cell in row] for row in body]
    heads = len(table.header)
    rules: list[Any] = [
        ("FONT", (0, 0), (-1, -1), font(), size),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEABOVE", (0, 0), (-1, 0), 1.2, black),
        ("LINEBELOW", (0, heads - 1), (-1, heads - 1), 0.6, black),
        ("LINEBELOW", (0, -1), (-1, -1), 1.2, black),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ]
    rules += [("LINEABOVE", (0, -1), (-1, -1), 0.6, black)] if table.total else []
    rules += [
        ("SPAN", (head.at, at), (head.at + head.columns - 1, at + head.rows - 1))
        for at, line in enumerate(table.header)
        for head in line
        if head.columns > 1 or head.rows > 1
    ]
    return LongTable(lines, colWidths=_widths(table), repeatRows=heads, style=TableStyle(rules))


def _header_line(table: Table, number: int, style: ParagraphStyle) -> list[Any]:
    cells: list[Any] = [""] * len(table.columns)
    for head in table.header[number]:
        cells[head.at] = Paragraph(escape(head.text), style)
    return cells


def _cell(cell: Cell, style: ParagraphStyle) -> Any:
    return Paragraph(escape(cell.text), style)


def _widths(table: Table) -> list[float]:
    """The page shared out by the longest text of each column."""
    wide = [
        max([min(_length(label), 10), *(_length(row[at].text) for row in table.rows), 4]) + 2
        for at, label in enumerate(table.columns)
    ]
    return [WIDTH * one / sum(wide) for one in wide]


def _length(text: str) -> int:
    return sum(2 if ord(letter) > 255 else 1 for letter in text)


def _chart(chart: Chart) -> Drawing:
    lying = chart.shape is Shape.BARS
    tall = 40 + 20 * len(chart.labels) if lying else 210
    drawing = Drawing(WIDTH, tall + 34)
    drawing.add(String(WIDTH / 2, tall + 22, chart.title, fontName=font(), fontSize=11, textAnchor="middle"))
    made: Any = HorizontalBarChart() if lying else VerticalBarChart()
    made.x, made.y, made.width, made.height = (120 if lying else 45), 22, WIDTH - (175 if lying else 60), tall - 40
    made.data = [[value or 0 for value in (one.values[::-1] if lying else one.values)] for one in chart.series]
    made.categoryAxis.categoryNames = list(chart.labels[::-1] if lying else chart.labels)
    made.categoryAxis.style = "stacked" if chart.shape is Shape.STACKED else "parallel"
    for axis in (made.categoryAxis, made.valueAxis):
        axis.labels.fontName, axis.labels.fontSize = font(), 8
    made.valueAxis.valueMin, made.valueAxis.labelTextFormat = 0, "%d"
    made.valueAxis.valueMax, made.valueAxis.valueStep = scale(max(_piles(chart), default=0))
    made.barLabelFormat = "%d" if chart.shape is not Shape.STACKED else None
    made.barLabels.fontName, made.barLabels.fontSize, made.barLabels.nudge = font(), 7, 9
    made.barLabels.boxAnchor = "w" if lying else "s"
    for number, one in enumerate(chart.series):
        made.bars[number].fillColor, made.bars[number].strokeColor = HexColor(f"#{COLOURS[one.colour - 1]}"), None
    drawing.add(made)
    if chart.shape is Shape.STACKED:
        _totals(drawing, made, chart)
    if not lying:
        drawing.add(_legend(chart, tall))
    return drawing


def _heat(chart: Chart) -> list[Any]:
    """Weekdays by hours as a table: every cell says its number and is the darker the more it is."""
    lines = [["", *(label.removesuffix("时") for label in chart.labels)]]
    lines += [[one.name, *(str(value or 0) for value in one.values)] for one in chart.series]
    most = most_of(chart)
    rules: list[Any] = [
        ("FONT", (0, 0), (-1, -1), font(), 6),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ]
    rules += [
        ("BACKGROUND", (column, row), (column, row), HexColor(f"#{shade(value or 0, most, COLOURS[0])}"))
        for row, one in enumerate(chart.series, 1)
        for column, value in enumerate(one.values, 1)
    ]
    widths = [30, *[(WIDTH - 30) / len(chart.labels)] * len(chart.labels)]
    return [_line(chart.title, 11, alignment=TA_CENTER), LongTable(lines, colWidths=widths, style=TableStyle(rules))]


def _piles(chart: Chart) -> list[int]:
    """The longest bar of every label, of a stacked chart the whole stack."""
    pile = sum if chart.shape is Shape.STACKED else max
    return [pile(value or 0 for value in column) for column in zip(*(one.values for one in chart.series), strict=True)]


def _totals(drawing: Drawing, made: Any, chart: Chart) -> None:
    """What each stack comes to, above it."""
    piles = _piles(chart)
    for number, total in enumerate(piles):
        if total:
            x = made.x + made.width * (number + 0.5) / len(piles)
            y = made.y + made.height * total / made.valueAxis.valueMax + 3
            drawing.add(String(x, y, str(total), fontName=font(), fontSize=7, textAnchor="middle"))


def _legend(chart: Chart, tall: float) -> Legend:
    legend: Any = Legend()
    legend.x, legend.y, legend.fontName, legend.fontSize = 45, tall + 12, font(), 8
    legend.columnMaximum, legend.deltax, legend.alignment, legend.dx, legend.dy = 2, 8, "right", 7, 7
    legend.colorNamePairs = [(HexColor(f"#{COLOURS[one.colour - 1]}"), one.name) for one in chart.series]
    return legend
