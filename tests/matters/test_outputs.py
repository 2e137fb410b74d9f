"""Every format from the one document, opened again and read; random months come back from what was printed."""

import csv
import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import openpyxl
import pytest
import reportlab
from defusedxml import ElementTree
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from hotline.clock import Month
from hotline.statistics import chart_data, charts, codec, document, editions, outputs, printed
from hotline.statistics import figures as f
from hotline.statistics.arrange import arranged
from hotline.statistics.cells import cells, with_cell
from hotline.statistics.chart_scale import percent, scale
from hotline.statistics.outputs import paper_font
from tests.matters.months_printed import MONTHS, archive, invented

HEAT = [[day * hour for hour in range(24)] for day in range(7)]


def canonical(text: str) -> str:
    return re.sub(r"\s+", "", text)


def printed_document(month: str, marks=()):
    figures = printed.read(archive(month))
    edition = editions.of(figures.month)
    past = {Month("2023-02"): replace(figures, month=Month("2023-02")), figures.month.year_ago: figures}
    return document.build(figures, edition, marks, chart_data.of_month(figures, edition, past, HEAT))


def written(name: str, month: str, marks=()) -> bytes:
    return outputs.format_of(name).render(printed_document(month, marks))


@pytest.mark.parametrize("month", MONTHS)
def test_docx_says_what_was_printed_in_the_house_layout(app, month):
    opened = docx.Document(io.BytesIO(written("docx", month, ("第2版（更正）",))))
    paragraphs = [canonical(p.text) for p in opened.paragraphs]
    body = archive(month)
    assert paragraphs[:4] == [
        body["hotline"]["title"],
        "第2版（更正）",
        body["hotline"]["sentence"],
        body["province"]["sentence"],
    ]
    assert len(opened.tables) == 2 + len(body["other_tables"]) + 1, "the printed ones and the hours"
    rows = [[cell.text for cell in row.cells] for row in opened.tables[0].rows]
    assert rows[1:-1] == [row["cells"] for row in body["bookings"]["rows"]]
    assert rows[-1] == ["合计", "", *body["bookings"]["totals"]["cells"]]
    runs = [run for p in opened.paragraphs for run in p.runs]
    faces = {run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in runs if run._r.rPr is not None and run.text}
    assert faces == {"仿宋_GB2312", "黑体"}
    assert "PAGE" in opened.sections[0].footer._element.xml
    edges = opened.tables[0].rows[0]._tr.tc_lst[0].tcPr.find(qn("w:tcBorders"))
    assert [edge.tag for edge in edges] == [qn("w:top"), qn("w:bottom")]
    assert opened.tables[0].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_docx_holds_native_charts(app):
    with zipfile.ZipFile(io.BytesIO(written("docx", "2024-02"))) as parts:
        drawn = [name for name in parts.namelist() if name.startswith("word/charts/")]
        assert len(drawn) == 4
        space = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
        share = ElementTree.fromstring(parts.read("word/charts/chart2.xml"))
        values = [int(v.text) for v in share.findall(".//c:numLit/c:pt/c:v", space)]
        assert values == [c["value"] for c in archive("2024-02")["hotline"]["categories"]]
        assert parts.read("[Content_Types].xml").decode().count("drawingml.chart+xml") == 4


def test_hours_and_weekdays_are_a_shaded_table_on_paper(app):
    grid = docx.Document(io.BytesIO(written("docx", "2024-02"))).tables[-1]
    cells = [[cell.text for cell in row.cells] for row in grid.rows]
    assert cells[0][1:] == [str(hour) for hour in range(24)]
    assert [row[0] for row in cells[1:]] == list(chart_data.WEEKDAYS)
    assert [[int(cell) for cell in row[1:]] for row in cells[1:]] == HEAT
    fills = [[shd.get(qn("w:fill")) for shd in row._tr.iter(qn("w:shd"))] for row in grid.rows]
    assert fills[0] == []
    assert set(fills[1]) == {"FFFFFF"}
    assert fills[7][23] == min(fill for row in fills for fill in row)
    text = PdfReader(io.BytesIO(written("pdf", "2024-02"))).pages[-1].extract_text()
    assert "来电时段" in text
    assert "".join(map(str, HEAT[6])) in canonical(text)


def test_wide_tables_are_printed_across(app):
    opened = docx.Document(io.BytesIO(written("docx", "2018-03")))
    assert [s.page_width > s.page_height for s in opened.sections].count(True) == 2


@pytest.mark.parametrize("month", MONTHS)
def test_xlsx_has_a_sheet_per_table_and_numbers_that_add_up(app, month):
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", month)))
    body = archive(month)
    assert len(book.sheetnames) == 1 + 2 + len(body["other_tables"]) + 1
    sheet = book.worksheets[1]
    assert sheet.freeze_panes == "A3"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    values = [list(row["values"].values()) for row in body["bookings"]["rows"]]
    assert rows[: len(values)] == values
    assert rows[len(values)][2:] == list(body["bookings"]["totals"]["values"].values())
    assert sheet.column_dimensions["B"].width > 20
    assert len(book.worksheets[-1]._charts) == 4
    assert not any(cell.data_type == "f" for one in book for row in one.iter_rows() for cell in row)


def test_text_that_looks_like_a_formula_stays_text(app):
    figures = invented("2024-05", 1)
    name = "=HYPERLINK(1)"
    rows = (f.BookingRow(name, (5, 0, 0, 0), 5), f.BookingRow("+1医院", (4, 0, 0, 0), 4))
    table = f.BookingTable(figures.bookings.groups, rows, (9, 0, 0, 0), 9)
    made = document.build(replace(figures, bookings=table), editions.of(figures.month))
    book = openpyxl.load_workbook(io.BytesIO(outputs.format_of("xlsx").render(made)))
    cell = book.worksheets[1]["B3"]
    assert (cell.value, cell.data_type) == (name, "s")
    lines = list(csv.reader(io.StringIO(outputs.format_of("csv").render(made).decode("utf-8-sig"))))
    assert ["1", "'" + name, "5", "0", "0", "0", "5"] in lines
    assert ["2", "'+1医院", "4", "0", "0", "0", "4"] in lines
    page = outputs.format_of("html").render(replace(made, title="<b>&")).decode()
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


@pytest.mark.parametrize("month", MONTHS)
def test_csv_starts_with_a_mark_and_holds_every_row(app, month):
    data = written("csv", month)
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    for table in (archive(month)["bookings"], *archive(month)["other_tables"]):
        assert all(row["cells"] in lines for row in table["rows"])


@pytest.mark.parametrize("month", MONTHS)
def test_json_gives_the_figures_back(app, month):
    body = json.loads(written("json", month))
    assert codec.from_json(body["figures"]) == printed.read(archive(month))
    assert canonical(body["sentences"]["hotline"]) == archive(month)["hotline"]["sentence"]


@pytest.mark.parametrize("month", MONTHS)
def test_pdf_says_what_was_printed(app, month):
    pages = PdfReader(io.BytesIO(written("pdf", month))).pages
    text = canonical("".join(page.extract_text() for page in pages))
    body = archive(month)
    for said in (body["hotline"]["title"], body["hotline"]["sentence"], body["bookings"]["cumulative"]["text"]):
        assert canonical(said) in text
    assert all("".join(row["cells"]) in text for row in body["bookings"]["rows"] if len(row["cells"][1]) < 12)


@pytest.fixture
def fonts(tmp_path, monkeypatch):
    """The only folder of fonts that this machine has."""
    monkeypatch.setattr(paper_font, "FOLDERS", (str(tmp_path),))
    paper_font.font.cache_clear()
    yield tmp_path / "truetype"
    paper_font.font.cache_clear()


def test_pdf_embeds_the_font_of_the_machine(app, fonts):
    fonts.mkdir()
    (fonts / "simfang.ttf").write_bytes(b"no font")
    shutil.copy(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf", fonts / "wqy-microhei.ttc")
    assert paper_font.font() == paper_font.EMBEDDED
    assert embedded(written("pdf", "2024-02"))


def test_pdf_without_a_chinese_font_names_the_readers_own(app, fonts):
    assert paper_font.font() == paper_font.NAMED
    made = written("pdf", "2024-02")
    assert not embedded(made)
    assert archive("2024-02")["hotline"]["title"] in canonical(PdfReader(io.BytesIO(made)).pages[0].extract_text())


def embedded(pdf: bytes) -> bool:
    pages = PdfReader(io.BytesIO(pdf)).pages
    fonts = [one.get_object() for one in pages[0]["/Resources"]["/Font"].values()]
    return any("/FontFile2" in one["/FontDescriptor"] for one in fonts if "/FontDescriptor" in one)


def test_html_is_one_file_that_loads_nothing(app):
    page = written("html", "2024-02").decode()
    assert not re.findall(r"""(?:src|href)=["'](?!#)|url\(|@import|<script""", page)
    assert page.count("<svg") == 5
    assert 'rowspan="2"' in page


@pytest.mark.parametrize("month", MONTHS)
def test_charts_are_well_formed_labelled_and_without_style(app, month):
    drawn = printed_document(month).charts
    assert [chart.id for chart in drawn] == ["trend", "share", "year_ago", "cities", "heat"]
    for chart in drawn:
        picture = charts.svg(chart)
        root = ElementTree.fromstring(picture)
        assert root.get("role") == "img"
        assert "style=" not in picture
        marks = root.iter("{http://www.w3.org/2000/svg}rect")
        assert all(mark.find("{http://www.w3.org/2000/svg}title") is not None for mark in marks)
    for city in archive(month)["province"]["cities"]:
        assert f">{city['value']}人次" in charts.svg(drawn[3])


def test_a_month_without_figures_is_a_gap_not_a_zero(app):
    figures = printed.read(archive("2024-02"))
    trend = chart_data.trend(figures.month, {figures.month: figures})
    assert len(trend.labels) == 12
    assert all(series.values[:11] == (None,) * 11 for series in trend.series)
    assert charts.svg(trend).count("无数据") >= 11


@given(st.integers(0, 10**9))
def test_axes_end_above_the_data_in_at_most_six_round_steps(most):
    top, step = scale(most)
    assert top >= most
    assert top % step == 0
    assert top // step <= 6
    assert str(step).rstrip("0") in ("1", "2", "5")


MONTH = st.builds(lambda y, m: f"{y}-{m:02d}", st.integers(2018, 2030), st.integers(1, 12))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MONTH, st.integers(0, 10**6))
def test_what_is_printed_can_be_read_back(app, month, seed):
    """A random month of any edition: its printed text holds exactly its figures, in printing order."""
    figures = arranged(invented(month, seed))
    edition = editions.of(figures.month)
    text = outputs.format_of("text").render(document.build(figures, edition)).decode()
    sentence, *_ = (line for line in text.splitlines() if "共受理咨询电话" in line)
    for item in edition.hotline.categories:
        assert f"{item.label}{figures.hotline.categories[item.code]}{item.unit}" in sentence
    assert f"{figures.month.year}年{figures.month.number}月，" in sentence
    counts = dict(
        re.findall(
            r"([^\d、，：人]+?)(?:市)?(\d+)人次",
            text.split("全省12320共接听电话")[1].splitlines()[0].partition("，")[2],
        )
    )
    said = {name.removeprefix("各市电话量统计为：").removeprefix("其中"): int(n) for name, n in counts.items()}
    assert said == {city.city: city.count for city in figures.province.cities}
    rows = [line.split("\t") for line in text.splitlines() if re.match(r"\d+\t第\d+医院", line)]
    assert [(row[1], tuple(map(int, row[2:-1])), int(row[-1])) for row in rows] == [
        (row.institution, row.counts, row.total) for row in figures.bookings.rows
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MONTH, st.integers(0, 10**6))
def test_counted_months_print_in_house_order(app, month, seed):
    figures = arranged(invented(month, seed))
    assert [row.seq for row in figures.bookings.rows] == list(range(1, len(figures.bookings.rows) + 1))
    keys = [(row.total, row.counts[0]) for row in figures.bookings.rows]
    assert keys == sorted(keys, reverse=True)
    assert all(row.total for row in figures.bookings.rows)
    assert all(row.count for row in figures.channels.rows)
    if figures.province:
        others = [city.count for city in figures.province.cities[1:]]
        assert figures.province.cities[0].city == "南京"
        assert others == sorted(others, reverse=True)
        assert all(others)
    assert codec.from_json(json.loads(json.dumps(codec.to_json(figures)))) == figures


def test_equal_rows_keep_their_order(app):
    rows = [("丙", (1, 0, 0, 3)), ("甲", (2, 0, 0, 2)), ("乙", (2, 0, 0, 2)), ("丁", (1, 0, 0, 3))]
    table = f.BookingTable.counted(("online", "quick", "clinic", "third_party"), rows)
    figures = arranged(replace(invented("2024-05", 3), bookings=table))
    assert [row.institution for row in figures.bookings.rows] == ["甲", "乙", "丙", "丁"]


def test_channels_print_in_two_blocks_the_left_one_longer(app):
    table = f.ChannelTable.counted([(f"途径{n}", 100 - n) for n in range(7)])
    made = document.build(replace(invented("2024-05", 3), channels=table), editions.of(Month("2024-05")))
    folded = made.tables[1].folded()
    assert [[cell.text for cell in row] for row in folded.rows] == [
        ["1", "途径0", "100", "5", "途径4", "96"],
        ["2", "途径1", "99", "6", "途径5", "95"],
        ["3", "途径2", "98", "7", "途径6", "94"],
        ["4", "途径3", "97", "", "", ""],
    ]
    assert folded.total_line == "合计：679"


def test_a_month_without_returns_has_no_province_sentence(app):
    figures = invented("2024-05", 3)
    alone = f.ProvinceFigures(
        figures.hotline.total, (f.CityCount("南京", figures.hotline.total), f.CityCount("苏州", None))
    )
    made = document.build(replace(figures, province=alone), editions.of(figures.month))
    assert [one.id for one in made.sentences] == ["hotline"]


@pytest.mark.parametrize("month", MONTHS)
def test_every_figure_can_be_named_and_changed(app, month):
    figures = printed.read(archive(month))
    known = cells(figures)
    for name, value in known.items():
        changed = cells(with_cell(figures, name, value + 1))
        assert {key for key in changed if changed[key] != known[key]} == {name}


@pytest.mark.parametrize(
    ("number", "name"), [("2024-02", "12320统计_2024年02月_v1.xlsx"), ("2018-12", "12320统计_2018年12月_v1.xlsx")]
)
def test_file_names(number, name):
    assert outputs.file_name(Month(number), 1, "xlsx") == name


@pytest.mark.parametrize(
    ("part", "whole", "told", "signed"),
    [
        (1, 8, "12.5%", "+12.5%"),
        (1, 16, "6.3%", "+6.3%"),
        (-1, 16, "-6.3%", "-6.3%"),
        (-1, 22307, "0.0%", "0.0%"),
        (1, 22307, "0.0%", "0.0%"),
        (0, 7, "0.0%", "0.0%"),
        (3, 3, "100.0%", "+100.0%"),
        (12345678901234567, 3, "411522630041152233.3%", "+411522630041152233.3%"),
    ],
)
def test_percentages_round_a_half_up_and_nothing_has_no_sign(part, whole, told, signed):
    assert (percent(part, whole), percent(part, whole, signed=True)) == (told, signed)
