"""Files as offices export them: encodings, merged headers, numbers twice, dates in every spelling, formulas."""

import io
import json
import time
from datetime import datetime

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from hotline import clock
from hotline.db import session
from hotline.workorders import import_columns, importing, platforms
from hotline.workorders.codes import Source
from hotline.workorders.commands import groups
from hotline.workorders.models import Order
from tests.matters import workorders as make

ORDERS = groups[0]


@pytest.fixture
def city(app):
    made = platforms.add("市12345", Source.CITY)
    session.commit()
    return made


@pytest.fixture
def take(app, city, tmp_path):
    """`take(data, "a.csv", *flags)`: exit code, a line per row, the summary."""

    def run(data, name, *flags):
        path = tmp_path / name
        path.write_bytes(data)
        told = app.test_cli_runner().invoke(ORDERS, ["import", str(path), "--platform", "市12345", *flags])
        lines = [json.loads(line) for line in told.output.splitlines() if line.startswith("{")]
        return told, lines[:-1], lines[-1] if lines else None

    return run


def workbook(*rows, merged=()):
    book, kept = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for span in merged:
        book.active.merge_cells(span)
    book.save(kept)
    return kept.getvalue()


def count():
    return session.scalar(select(func.count()).select_from(Order))


def test_a_csv_in_gb18030_with_rare_characters_and_zeros_in_front(take):
    text = '工单编号,主要内容,来电人\r\n="0012","𠮷山路，排队①\r\n第二行",㛃某\r\n'
    told, rows, last = take(text.encode("gb18030"), "导出.csv")
    assert (told.exit_code, last["summary"]["new"]) == (0, 1)
    kept = session.scalars(select(Order)).one()
    assert (kept.external_no, kept.caller_name) == ("0012", "㛃某")
    assert kept.content.splitlines() == ["𠮷山路，排队①", "第二行"]


HEADERS = {
    "title above": (
        [["南京市12345工单导出表（2026年3月）"], ["导出人：某某"], ["工单编号", "主要内容", "姓名", "联系电话"]],
        ["A1:D1"],
    ),
    "two rows, groups above": (
        [["工单编号", "主要内容", "诉求人信息", None], [None, None, "姓名", "联系电话"]],
        ["A1:A2", "B1:B2", "C1:D1"],
    ),
    "title and two rows": (
        [["导出表"], ["工单编号", "主要内容", "诉求人", None], [None, None, "姓名", "联系电话"]],
        ["A1:D1", "A2:A3", "B2:B3", "C2:D2"],
    ),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_merged_headers(take, kind):
    head, merged = HEADERS[kind]
    data = workbook(*head, ["A1", "反映排队", "钱多多", "13800001234"], [], ["A2", None, "", ""], merged=merged)
    told, rows, last = take(data, "表.xlsx", "--accept-rest")
    assert [(row["row"], row["status"]) for row in rows] == [(len(head) + 1, "new"), (len(head) + 3, "refused")]
    kept = session.scalars(select(Order)).one()
    assert (kept.external_no, kept.caller_name, kept.contact_phone) == ("A1", "钱多多", "13800001234")


def test_numbers_twice_in_the_file_and_known_to_the_house(take):
    old = make.order(external_no="A1")
    session.commit()
    data = "工单编号,主要内容\nA1,旧单\nA2,新单\nA2,又一次\n\nA3,\n".encode()
    told, rows, last = take(data, "a.csv")
    assert told.exit_code == 1
    assert [(row["row"], row["status"], row.get("reason", "")) for row in rows] == [
        (2, "known", "此前已登记，不重复写入"),
        (3, "new", ""),
        (4, "refused", "与第 3 行的工单编号重复"),
        (6, "refused", "“主要内容”为空"),
    ]
    assert rows[0]["own_no"] == old.own_no
    assert (last["written"], count()) == (0, 1)
    dry, _, last = take(data, "a.csv", "--dry-run", "--accept-rest")
    assert (last["written"], last["dry_run"], count()) == (0, True, 1)
    _, _, last = take(data, "a.csv", "--accept-rest")
    assert (last["written"], count()) == (1, 2)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2026-03-02 09:05:06", (2026, 3, 2, 9, 5, 6)),
        ("2026/3/2 9:05", (2026, 3, 2, 9, 5)),
        ("2026.03.02", (2026, 3, 2)),
        ("2026年3月2日", (2026, 3, 2)),
        ("2026年3月2日 9时5分", (2026, 3, 2, 9, 5)),
        ("2026年03月02日09:05:06", (2026, 3, 2, 9, 5, 6)),
        ("2026-3-2 下午3:05", (2026, 3, 2, 15, 5)),
        ("2026/3/2 12:05 AM", (2026, 3, 2, 0, 5)),
        ("2026-03-02T09:05:06.123", (2026, 3, 2, 9, 5, 6)),
        ("2026-03-02T01:05:06Z", (2026, 3, 2, 9, 5, 6)),
        ("2026-03-02T09:05:06+08:00", (2026, 3, 2, 9, 5, 6)),
        ("20260302", (2026, 3, 2)),
        ("202603020905", (2026, 3, 2, 9, 5)),
        ("20260302090506", (2026, 3, 2, 9, 5, 6)),
        ("46083", (2026, 3, 2)),
        ("46083.375", (2026, 3, 2, 9)),
    ],
)
def test_dates_in_every_spelling(text, local):
    assert import_columns.moment(text) == datetime(*local, tzinfo=clock.ZONE)


@pytest.mark.parametrize(
    "text", ["昨天", "2026-02-30", "3/2/2026", "2026-13-01", "25:00", "2026年3月", "20261301", "1"]
)
def test_what_is_no_date(text):
    with pytest.raises(ValueError):
        import_columns.moment(text)


BAD = [
    ("=1+1,内容", "“工单编号”是公式"),
    ("A1,=HYPERLINK(1)", "“主要内容”是公式"),
    ("2.02603E+11,内容", "科学计数法"),
    ("A1,内容,多出一列", "该行有 3 列，表头只有 2 列"),
]


@pytest.mark.parametrize(("line", "why"), BAD)
def test_a_row_is_refused_with_its_reason(take, line, why):
    told, rows, last = take(f"工单编号,主要内容\n{line}\n".encode(), "a.csv")
    assert (told.exit_code, rows[0]["status"], count()) == (1, "refused", 0)
    assert why in rows[0]["reason"]


def test_a_number_that_lost_its_digits_is_refused(take):
    told, _, _ = take(workbook(["工单编号", "主要内容"], [2.0260302000012346e17, "内容"]), "a.xlsx")
    assert told.exit_code == 1
    assert "单元格 A2 的数字超过 15 位" in told.output


def test_a_large_file_keeps_the_pace_of_ten_thousand_rows_a_minute(app, city):
    lines = ["工单编号,来电类别,主要内容,来电人,联系电话,受理时间"]
    lines += [f"B{n:06d},投诉,反映排队第{n}件,钱多多,138{n:08d},2026/3/2 9:05" for n in range(2000)]
    began = time.process_time()
    rows = importing.read(io.BytesIO("\n".join(lines).encode("gb18030")), "a.csv", city)
    for portion in importing.portions(rows):
        importing.write(portion, city)
        session.commit()
    assert time.process_time() - began < 12
    assert count() == 2000


@pytest.mark.parametrize("heading", ["来电号码", "联系电话", "受理员工号", "被催办单ID", "所属区域"])
def test_a_number_turned_into_a_quantity_is_refused_in_every_column(take, heading):
    _, rows, _ = take(f"工单编号,主要内容,{heading}\n1,内容,1.38E+10\n2,内容,\n".encode(), "a.csv")
    assert [row["status"] for row in rows] == ["refused", "new"]
    assert rows[0]["reason"] == f"“{heading}”成了科学计数法，请把该列设为文本后重新导出"


def formatted(rows, formats):
    """A workbook whose cells are shown in these formats."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, shown in formats.items():
        book.active[cell].number_format = shown
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def test_a_number_is_taken_as_its_format_shows_it(take):
    rows = [["工单编号", "主要内容"], [12345, "内容"], [67.0, "内容"], [89, "内容"]]
    _, told, _ = take(formatted(rows, {"A2": "0000000000", "A3": "0000", "A4": "0"}), "a.xlsx")
    assert [row["external_no"] for row in told] == ["0000012345", "0067", "89"]


def test_a_cell_that_cannot_be_relied_on_costs_its_own_row_only(take):
    rows = [["序号", "工单编号", "主要内容"], ["=ROW()", 1, "内容"], [2, "=1+1", "内容"], [3, 2.03e17, "内容"]]
    told, judged, _ = take(workbook(*rows), "a.xlsx", "--accept-rest")
    assert told.exit_code == 0
    assert [(row["row"], row["status"]) for row in judged] == [(2, "new"), (3, "refused"), (4, "refused")]
    assert "单元格 B3 是公式" in judged[1]["reason"]
    assert "单元格 B4 的数字超过 15 位" in judged[2]["reason"]
    assert count() == 1


def test_a_control_character_costs_its_own_row_only(take):
    _, rows, _ = take("工单编号,主要内容\n1,内\x01容\n2,内容\n".encode(), "a.csv")
    assert [row["status"] for row in rows] == ["refused", "new"]
    assert "控制字符" in rows[0]["reason"]


def test_headings_as_forms_write_them(take):
    head = ["*工单编号", "来电\n类别", "工单 标题", "主要内容（必填）", "来电人(选填)"]
    _, rows, last = take(workbook(head, ["1", "投诉", "标题", "* 内容（必填）", "钱多多"]), "a.xlsx")
    assert last["summary"]["new"] == 1, rows
    kept = session.scalars(select(Order)).one()
    assert (kept.title, kept.content, kept.caller_name) == ("标题", "* 内容（必填）", "钱多多")


def sheets_of(**sheets):
    book, kept = Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        made = book.create_sheet(title)
        for row in rows:
            made.append(row)
    book.save(kept)
    return kept.getvalue()


ORDERS_SHEET = [["工单编号", "主要内容"], ["1", "内容"]]


def test_the_sheet_with_the_orders_is_found_wherever_it_stands(take):
    data = sheets_of(说明=[["请看第二页"], ["=HYPERLINK(1)"]], 空=[], 数据=ORDERS_SHEET, 字典=[["来电类别"], ["投诉"]])
    _, rows, last = take(data, "a.xlsx")
    assert last["summary"]["new"] == 1, rows


def test_several_sheets_of_orders_are_not_half_imported(take):
    told, _, _ = take(sheets_of(一月=ORDERS_SHEET, 二月=[ORDERS_SHEET[0], ["2", "内容"]]), "a.xlsx")
    assert (told.exit_code, "一月、二月" in told.output, count()) == (1, True, 0)


def test_a_disabled_platform_imports_nothing(take, city):
    platforms.enable(city, enabled=False)
    session.commit()
    told, _, _ = take(workbook(*ORDERS_SHEET), "a.xlsx")
    assert (told.exit_code, "已停用" in told.output, count()) == (1, True, 0)
