"""Native charts inside a DOCX: a DrawingML chart part whose values stand in it as literals."""

from typing import Any
from xml.sax.saxutils import escape

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Mm

from hotline.statistics.chart_data import Chart, Series, Shape
from hotline.statistics.outputs.sheet_charts import COLOURS

TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"


def add_chart(made: Any, chart: Chart, number: int) -> None:
    """Put `chart` at the end of the document; a heat map is a shaded table (`word.py`)."""
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), TYPE, chart_xml(chart).encode(), made.part.package)
    reference = made.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
    tall = Mm(24 + 9 * len(chart.labels)) if chart.shape is Shape.BARS else Mm(85)
    inline = (
        f'<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><wp:inline xmlns:wp="{WP}" '
        f'distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{Mm(158)}" cy="{tall}"/>'
        f'<wp:docPr id="{100 + number}" name="chart{number}" descr="{escape(chart.title)}"/>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData uri="{C}"><c:chart xmlns:c="{C}" xmlns:r="{R}" r:id="{reference}"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    made.add_paragraph().add_run()._r.append(parse_xml(inline))


def chart_xml(chart: Chart) -> str:
    """The chart part: bars, stacked columns or columns side by side, with data labels."""
    lying, stacked = chart.shape is Shape.BARS, chart.shape is Shape.STACKED
    drawn = "".join(_series(n, one, chart) for n, one in enumerate(chart.series))
    legend = "" if lying else '<c:legend><c:legendPos val="b"/><c:overlay val="0"/></c:legend>'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><c:chartSpace xmlns:c="{C}" xmlns:a="{A}">'
        f'<c:roundedCorners val="0"/><c:chart>{_title(chart.title)}'
        f'<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/><c:barChart><c:barDir val="{"bar" if lying else "col"}"/>'
        f'<c:grouping val="{"stacked" if stacked else "clustered"}"/><c:varyColors val="0"/>{drawn}'
        f'<c:gapWidth val="60"/>{"<c:overlap val=" + chr(34) + "100" + chr(34) + "/>" if stacked else ""}'
        f'<c:axId val="1"/><c:axId val="2"/></c:barChart>{_axes(lying)}</c:plotArea>{legend}'
        '<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        f"<c:txPr><a:bodyPr/><a:p>{_font(800)}<a:endParaRPr/></a:p></c:txPr></c:chartSpace>"
    )


def _title(text: str) -> str:
    run = f'<a:r><a:rPr lang="zh-CN" sz="1200" b="0"/><a:t>{escape(text)}</a:t></a:r>'
    rich = f"<c:tx><c:rich><a:bodyPr/><a:p>{_font(1200)}{run}</a:p></c:rich></c:tx>"
    return f'<c:title>{rich}<c:overlay val="0"/></c:title>'


def _font(size: int) -> str:
    face = '<a:latin typeface="Times New Roman"/><a:ea typeface="黑体"/>'
    return f'<a:pPr><a:defRPr sz="{size}" b="0">{face}</a:defRPr></a:pPr>'


def _series(number: int, series: Series, chart: Chart) -> str:
    count = len(chart.labels)
    names = "".join(f'<c:pt idx="{n}"><c:v>{escape(label)}</c:v></c:pt>' for n, label in enumerate(chart.labels))
    values = "".join(f'<c:pt idx="{n}"><c:v>{v}</c:v></c:pt>' for n, v in enumerate(series.values) if v is not None)
    silent = "".join(f'<c:{name} val="0"/>' for name in ("showCatName", "showSerName", "showPercent", "showBubbleSize"))
    return (
        f'<c:ser><c:idx val="{number}"/><c:order val="{number}"/><c:tx><c:v>{escape(series.name)}</c:v></c:tx>'
        f'<c:spPr><a:solidFill><a:srgbClr val="{COLOURS[series.colour - 1]}"/></a:solidFill></c:spPr>'
        f'<c:invertIfNegative val="0"/><c:dLbls><c:showLegendKey val="0"/><c:showVal val="1"/>{silent}</c:dLbls>'
        f'<c:cat><c:strLit><c:ptCount val="{count}"/>{names}</c:strLit></c:cat>'
        f'<c:val><c:numLit><c:formatCode>0</c:formatCode><c:ptCount val="{count}"/>{values}</c:numLit></c:val></c:ser>'
    )


def _axes(lying: bool) -> str:
    order = "maxMin" if lying else "minMax"
    return (
        f'<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="{order}"/></c:scaling><c:delete val="0"/>'
        f'<c:axPos val="{"l" if lying else "b"}"/><c:numFmt formatCode="General" sourceLinked="0"/>'
        '<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="2"/>'
        '<c:crosses val="autoZero"/></c:catAx><c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/>'
        f'</c:scaling><c:delete val="{int(lying)}"/><c:axPos val="{"b" if lying else "l"}"/>'
        '<c:numFmt formatCode="0" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/>'
        '<c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="autoZero"/></c:valAx>'
    )
