"""Native charts: series beside their chart on one sheet of the workbook."""

from typing import Any

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from hotline.statistics.chart_data import Chart, Shape

COLOURS = ("2563A8", "C2410C", "0F766E", "7C3AED", "BE123C", "A16207", "4D7C0F", "64748B", "94A3B8")
"""The light colours of charts.css, in the same order."""


def chart_sheet(sheet: Worksheet, charts: tuple[Chart, ...]) -> None:
    at = 1
    for chart in charts:
        sheet.cell(at, 1, chart.title)
        for column, one in enumerate(chart.series, 2):
            sheet.cell(at + 1, column, one.name)
        for row, label in enumerate(chart.labels, at + 2):
            sheet.cell(row, 1, label)
            for column, one in enumerate(chart.series, 2):
                sheet.cell(row, column, one.values[row - at - 2])
        last = at + 1 + len(chart.labels)
        if chart.shape is Shape.HEAT:
            _shade(sheet, at + 2, last, len(chart.series))
        else:
            sheet.add_chart(native(chart, sheet, at + 1, last), f"L{at}")
        at = max(last, at + 18) + 3
    sheet.column_dimensions["A"].width = 26


def _shade(sheet: Worksheet, first: int, last: int, series: int) -> None:
    area = f"B{first}:{get_column_letter(series + 1)}{last}"
    colours: Any = ColorScaleRule
    shade = colours(start_type="num", start_value=0, start_color="FFFFFF", end_type="max", end_color=COLOURS[0])
    sheet.conditional_formatting.add(area, shade)


def native(chart: Chart, sheet: Worksheet, head: int, last: int) -> Any:
    """A bar chart over the cells `head`..`last`: names in the first row, labels in column A."""
    made: Any = BarChart()
    made.type = "bar" if chart.shape is Shape.BARS else "col"
    made.title, made.height, made.width = chart.title, 8.5, 18
    if chart.shape is Shape.STACKED:
        made.grouping, made.overlap = "stacked", 100
    made.add_data(
        Reference(sheet, min_col=2, max_col=1 + len(chart.series), min_row=head, max_row=last), titles_from_data=True
    )
    made.set_categories(Reference(sheet, min_col=1, min_row=head + 1, max_row=last))
    for one, drawn in zip(chart.series, made.series, strict=True):
        drawn.graphicalProperties.solidFill = COLOURS[one.colour - 1]
    made.dataLabels = DataLabelList()
    made.dataLabels.showVal = True
    for silent in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(made.dataLabels, silent, False)
    if chart.shape is Shape.BARS:
        made.legend, made.y_axis.delete = None, True
        made.x_axis.scaling.orientation = "maxMin"
    made.x_axis.delete, made.gapWidth = False, 60
    return made
