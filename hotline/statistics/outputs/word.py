"""The bulletin as DOCX in the house layout: 仿宋 body, 黑体 headings, three-line tables, page numbers.

Charts are native DrawingML charts (`word_charts.py`): crisp, in the document's fonts, and without a rasteriser,
which would need a font and an image library in every installation.
"""

from io import BytesIO
from typing import Any

from docx import Document as new_document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from hotline.sheets.reading import CONTROL
from hotline.statistics.chart_data import Chart, Shape, most_of, shade
from hotline.statistics.document import Document, Sentence
from hotline.statistics.outputs.sheet_charts import COLOURS
from hotline.statistics.outputs.word_charts import add_chart
from hotline.statistics.table_blocks import Cell, HeaderCell, Table

BODY, HEAD = "仿宋_GB2312", "黑体"
WIDE = 9
"""A table of more columns is printed across the page."""


def render(document: Document) -> bytes:
    made = new_document()
    _styles(made)
    _page(made.sections[0])
    _line(made, document.title, 16, HEAD, centre=True)
    for mark in document.marks:
        _line(made, mark, 10.5, HEAD, centre=True)
    for block in document.blocks:
        if isinstance(block, Sentence):
            _sentence(made, block.text)
        else:
            _block(made, block)
    for number, chart in enumerate(document.charts, 1):
        if chart.shape is Shape.HEAT:
            _heat(made, chart)
        else:
            add_chart(made, chart, number)
    made.core_properties.title, made.core_properties.author = document.title, ""
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def _fonts(properties: Any, name: str) -> None:
    """Latin digits in Times, Chinese in `name`: Word takes the latter from w:eastAsia alone."""
    fonts = properties.get_or_add_rFonts()
    for kind, face in (("ascii", "Times New Roman"), ("hAnsi", "Times New Roman"), ("eastAsia", name), ("cs", name)):
        fonts.set(qn(f"w:{kind}"), face)


def _styles(made: Any) -> None:
    normal = made.styles["Normal"]
    normal.font.size = Pt(16)
    _fonts(normal.element.get_or_add_rPr(), BODY)
    normal.paragraph_format.space_after = Pt(0)


def _page(section: Any, *, across: bool = False) -> None:
    """A4 with a page number at its foot; `across` turns it."""
    section.orientation = WD_ORIENT.LANDSCAPE if across else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if across else (Mm(210), Mm(297))
    section.left_margin = section.right_margin = Mm(18 if across else 26)
    section.top_margin = section.bottom_margin = Mm(22)
    foot = section.footer.paragraphs[0]
    if foot.runs:
        return
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("— ", None, " —"):
        run = foot.add_run(text or "")
        run.font.size = Pt(10.5)
        if text is None:
            _field(run, "PAGE")


def _field(run: Any, code: str) -> None:
    for kind in ("begin", "instr", "end"):
        element = OxmlElement("w:instrText" if kind == "instr" else "w:fldChar")
        if kind == "instr":
            element.text = code
        else:
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _line(made: Any, text: str, size: float, font: str, *, centre: bool = False, keep: bool = False) -> Any:
    paragraph = made.add_paragraph()
    run = paragraph.add_run(CONTROL.sub("", text))
    run.font.size = Pt(size)
    _fonts(run._r.get_or_add_rPr(), font)
    if centre:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = keep
    return paragraph


def _sentence(made: Any, text: str) -> None:
    paragraph = _line(made, text, 16, BODY)
    paragraph.paragraph_format.first_line_indent = Pt(32)
    paragraph.paragraph_format.line_spacing = Pt(28)


def _block(made: Any, table: Table) -> None:
    shown = table.folded()
    across = len(shown.columns) > WIDE
    if across:
        _page(made.add_section(WD_SECTION.NEW_PAGE), across=True)
    _line(made, table.title, 14, HEAD, centre=True, keep=True).paragraph_format.space_before = Pt(14)
    if table.subtitle:
        _line(made, table.subtitle, 10.5, BODY, centre=True, keep=True)
    if shown.rows:
        _table(made, shown, 8 if across else 10.5)
    if table.total_line:
        _line(made, table.total_line, 12, HEAD).alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for note in table.notes:
        _line(made, note, 10.5, BODY, centre=True)
    for text in table.paragraphs:
        _sentence(made, text)
    if across:
        _page(made.add_section(WD_SECTION.NEW_PAGE))


def _table(made: Any, table: Table, size: float) -> None:
    heads = len(table.header)
    grid = made.add_table(rows=heads + len(table.rows) + bool(table.total), cols=len(table.columns))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    rows = list(grid.rows)
    for row, line in zip(rows, table.header, strict=False):
        _repeat(row)
        for head in line:
            _header(grid, rows.index(row), head, size)
    for row, cells in zip(rows[heads:], (*table.rows, *((table.total,) if table.total else ())), strict=True):
        _whole(row)
        for place, cell in zip(row.cells, cells, strict=True):
            _fill(place, cell, size)
    _three_lines(rows, heads, has_total=bool(table.total))


def _heat(made: Any, chart: Chart) -> None:
    """Weekdays by hours as a table: every cell says its number and is the darker the more it is."""
    _line(made, chart.title, 14, HEAD, centre=True, keep=True).paragraph_format.space_before = Pt(14)
    grid = made.add_table(rows=1 + len(chart.series), cols=1 + len(chart.labels))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    rows, most = list(grid.rows), most_of(chart)
    for place, label in zip(rows[0].cells, ("", *chart.labels), strict=True):
        _fill(place, Cell(label.removesuffix("时")), 6.5, HEAD)
    for row, one in zip(rows[1:], chart.series, strict=True):
        _whole(row)
        first, *places = row.cells
        _fill(first, Cell(one.name), 6.5)
        for place, value in zip(places, one.values, strict=True):
            _fill(place, Cell(str(value or 0)), 6.5)
            ground = OxmlElement("w:shd")
            for name, told in (("val", "clear"), ("color", "auto"), ("fill", shade(value or 0, most, COLOURS[0]))):
                ground.set(qn(f"w:{name}"), told)
            place._tc.get_or_add_tcPr().append(ground)
    _narrow(rows)


def _narrow(rows: list[Any]) -> None:
    """Twenty-five columns across one page: the weekdays wider, the cells without margins."""
    for row in rows:
        for number, place in enumerate(row.cells):
            place.width = Mm(14 if number == 0 else 6)
            margins = OxmlElement("w:tcMar")
            for side in ("left", "right"):
                edge = OxmlElement(f"w:{side}")
                edge.set(qn("w:w"), "0")
                edge.set(qn("w:type"), "dxa")
                margins.append(edge)
            place._tc.get_or_add_tcPr().append(margins)


def _header(grid: Any, at: int, head: HeaderCell, size: float) -> None:
    cell = grid.cell(at, head.at)
    if head.columns > 1 or head.rows > 1:
        cell = cell.merge(grid.cell(at + head.rows - 1, head.at + head.columns - 1))
    _fill(cell, Cell(head.text), size, HEAD)


def _fill(place: Any, cell: Cell, size: float, font: str = BODY) -> None:
    paragraph = place.paragraphs[0]
    run = paragraph.add_run(CONTROL.sub("", cell.text))
    run.font.size = Pt(size)
    _fonts(run._r.get_or_add_rPr(), font)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if cell.is_number else WD_ALIGN_PARAGRAPH.CENTER


def _repeat(row: Any) -> None:
    """The header comes again on every page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _whole(row)


def _whole(row: Any) -> None:
    """A row is not broken over two pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _three_lines(rows: list[Any], heads: int, *, has_total: bool) -> None:
    _edge(rows[0], "top", 12)
    _edge(rows[heads - 1], "bottom", 6)
    if has_total:
        _edge(rows[-1], "top", 6)
    _edge(rows[-1], "bottom", 12)


def _edge(row: Any, side: str, eighths: int) -> None:
    for cell in row._tr.tc_lst:
        properties = cell.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
