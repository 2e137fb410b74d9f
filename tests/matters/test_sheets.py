"""Tables from and to office software: what is refused, and that text stays text."""

import io
import time
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from hotline import sheets
from hotline.errors import Invalid, TooLarge


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def altered(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            if part != name:
                target.writestr(part, source.read(part))
        target.writestr(name, content)
    return out.getvalue()


def read(data: bytes, name: str = "t.xlsx") -> sheets.Table:
    return sheets.read_table(io.BytesIO(data), name)


def test_xlsx_cells_come_as_text():
    table = read(workbook(["单位", "数量"], [" 鼓楼医院 ", 12], [], ["儿童医院", 3.0], ["中医院", None]))
    assert table == sheets.Table(["单位", "数量"], [["鼓楼医院", "12"], ["儿童医院", "3"], ["中医院", ""]])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings(encoding):
    assert read('单位,数量\r\n"鼓楼,医院",12\r\n'.encode(encoding), "t.CSV").rows == [["鼓楼,医院", "12"]]


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"", "t.csv", Invalid),
        (b"a,b\n1\x00,2\n", "t.csv", Invalid),
        (b'a,b\n"1,2\n', "t.csv", Invalid),
        (b"a\n1,2\n", "t.csv", Invalid),
        (b"\xff\xff\xff", "t.csv", Invalid),
        (b"a,b\n", "t.xls", Invalid),
        (b"a,b\n", "t.xlsx", Invalid),
        (b"PK\x03\x04" + b"0" * 99, "t.xlsx", Invalid),
        (b"a" * (5 * 2**20 + 1), "t.csv", TooLarge),
    ],
)
def test_refused_files(data, name, error):
    with pytest.raises(error):
        read(data, name)


def test_a_formula_is_refused_by_its_cell():
    with pytest.raises(Invalid, match="B2"):
        read(workbook(["a", "b"], [1, "=A2+1"]))


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/vbaProject.bin", b"x"),
        ("xl/externalLinks/externalLink1.xml", b"<a/>"),
        ("xl/embeddings/oleObject1.bin", b"x"),
        ("../evil.xml", b"<a/>"),
        ("/etc/passwd", b"x"),
        ("xl/sharedStrings.xml", b'<!DOCTYPE s [<!ENTITY a "b">]><sst>&a;</sst>'),
        ("xl/sharedStrings.xml", '<?xml version="1.0" encoding="UTF-16"?><sst/>'.encode("utf-16")),
        ("xl/sharedStrings.xml", b'<?xml version="1.0" encoding="cp037"?><sst/>'),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"),
        ("xl/workbook.xml", b"not xml"),
    ],
)
def test_refused_workbook_parts(part, content):
    with pytest.raises(Invalid):
        read(altered(workbook(["a"], [1]), part, content))


def test_too_many_parts():
    data = workbook(["a"])
    for n in range(0, 200, 40):
        out = io.BytesIO(data)
        with zipfile.ZipFile(out, "a") as archive:
            for k in range(n, n + 40):
                archive.writestr(f"xl/x{k}.xml", "<a/>")
        data = out.getvalue()
    with pytest.raises(Invalid):
        read(data)


def test_bomb_is_refused_at_once():
    bomb = altered(workbook(["a"]), "xl/worksheets/sheet1.xml", b" " * (200 * 2**20))
    tracemalloc.start()
    begin = time.monotonic()
    with pytest.raises(TooLarge):
        read(bomb)
    assert time.monotonic() - begin < 0.2
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    tracemalloc.stop()


def test_ratio_is_bounded_below_the_size_limit():
    with pytest.raises(TooLarge):
        read(altered(workbook(["a"]), "xl/worksheets/sheet1.xml", b" " * (20 * 2**20)))


def test_far_cells_do_not_grow_the_table():
    body = "".join(f'<row r="{n}"><c r="XFD{n}" t="inlineStr"><is><t>x</t></is></c></row>' for n in range(1, 500))
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>'
    with pytest.raises(Invalid):
        read(altered(workbook(["a"]), "xl/worksheets/sheet1.xml", sheet.encode()))


DANGEROUS = ["=1+1", "+8613800001111", "-2", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0", "＝1"]


def test_written_csv_is_formula_safe():
    text = b"".join(sheets.csv_chunks(["名"], [[cell] for cell in DANGEROUS] + [[-2]])).decode("utf-8-sig")
    lines = text.split("\r\n")
    assert all(line.lstrip('"').startswith("'") for line in lines[1 : len(DANGEROUS) + 1])
    assert lines[-2] == "-2"


def test_written_xlsx_keeps_text_as_text_and_numbers_as_numbers():
    out = io.BytesIO()
    sheets.write_xlsx(out, "明细", ["内容", "数"], [[cell, 7] for cell in [*DANGEROUS, "a\x00<b>&", "南京"]])
    rows = list(load_workbook(out)["明细"].iter_rows(min_row=2))
    assert {row[0].data_type for row in rows} == {"s"}
    assert [row[0].value for row in rows][-2:] == ["a<b>&", "南京"]
    assert {row[1].data_type for row in rows} == {"n"}


def test_long_table_goes_on_in_the_next_sheet(monkeypatch):
    monkeypatch.setattr("hotline.sheets.writing.SHEET_ROWS", 4)
    out = io.BytesIO()
    sheets.write_xlsx(out, "明细", ["数"], ([n] for n in range(7)))
    book = load_workbook(out)
    assert book.sheetnames == ["明细", "明细 (2)", "明细 (3)"]
    assert [cell.value for sheet in book for cell in sheet["A"][1:]] == list(range(7))


def test_an_empty_table_has_its_header():
    out = io.BytesIO()
    sheets.write_xlsx(out, "空", ["甲", "乙"], [])
    assert [cell.value for cell in load_workbook(out)["空"][1]] == ["甲", "乙"]
