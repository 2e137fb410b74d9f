"""The commands of operators: their lines are JSON, their last line sums up."""

import json
from datetime import timedelta

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from hotline import clock
from hotline.db import session
from hotline.workorders import handling, moves, platforms
from hotline.workorders.codes import Move, Source, State
from hotline.workorders.commands import groups
from hotline.workorders.models import Order
from tests.matters import workorders as make

ORDERS, CALENDAR, PLATFORMS = groups


@pytest.fixture
def run(app):
    def call(group, *words, code=0):
        result = app.test_cli_runner().invoke(group, words)
        assert result.exit_code == code, result.output
        return [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]

    return call


@pytest.fixture
def city(app):
    made = platforms.add("市12345", Source.CITY)
    session.commit()
    return made


HEAD = ["工单编号", "来电类别", "标题", "主要内容", "来电人", "联系电话", "受理时间", "是否保密"]


def book(path, *rows):
    made = Workbook()
    made.active.append(HEAD)
    for row in rows:
        made.active.append(row)
    made.save(path)
    return str(path)


def row(number, **changes):
    usual = [number, "投诉", "标题", "内容", "钱多多", "13800001234", "2026-03-02 10:00:00", "否"]
    values = dict(zip(HEAD, usual, strict=True))
    return list({**values, **changes}.values())


def count():
    return session.scalar(select(func.count()).select_from(Order))


def test_a_file_is_taken_in_with_a_line_per_row(run, city, tmp_path):
    file = book(tmp_path / "a.xlsx", row("0001"), row("0002", 是否保密="是"))
    lines = run(ORDERS, "import", file, "--platform", "市12345")
    assert [line["status"] for line in lines[:-1]] == ["new", "new"]
    assert lines[-1]["summary"] == {"rows": 2, "new": 2, "known": 0, "refused": 0}
    assert all(line["own_no"].startswith("SZ20260302") for line in lines[:-1])
    assert session.scalars(select(Order.confidential).order_by(Order.external_no)).all() == [False, True]
    again = run(ORDERS, "import", file, "--platform", "市12345")
    assert [line["status"] for line in again[:-1]] == ["known", "known"]
    assert count() == 2


def test_a_dry_run_writes_nothing(run, city, tmp_path):
    lines = run(ORDERS, "import", book(tmp_path / "a.xlsx", row("1")), "--platform", "市12345", "--dry-run")
    assert (lines[-1]["written"], count()) == (0, 0)


BAD = [
    ({"来电类别": "怪事"}, "无法识别"),
    ({"主要内容": ""}, "为空"),
    ({"工单编号": "a/b"}, "不能使用"),
    ({"受理时间": "昨天"}, "不是日期"),
    ({"受理时间": "2099-01-01"}, "当前时间以前"),
    ({"是否保密": "也许"}, "是或否"),
    ({"主要内容": "长" * 10_001}, "超过"),
]


@pytest.mark.parametrize(("change", "why"), BAD)
def test_a_bad_row_keeps_everything_out_unless_the_rest_is_accepted(run, city, tmp_path, change, why):
    file = book(tmp_path / "a.xlsx", row("1"), row("2", **change))
    lines = run(ORDERS, "import", file, "--platform", "市12345", code=1)
    assert why in lines[1]["reason"]
    assert count() == 0
    run(ORDERS, "import", file, "--platform", "市12345", "--accept-rest")
    assert count() == 1


def test_a_number_twice_in_one_file_is_refused(run, city, tmp_path):
    lines = run(ORDERS, "import", book(tmp_path / "a.xlsx", row("1"), row("1")), "--platform", "市12345", code=1)
    assert [line["status"] for line in lines[:-1]] == ["new", "refused"]


def test_formulas_and_unknown_platforms_are_refused(run, city, tmp_path, app):
    file = book(tmp_path / "a.xlsx", row("1", 标题="=HYPERLINK(1)"))
    result = app.test_cli_runner().invoke(ORDERS, ["import", file, "--platform", "市12345"])
    assert result.exit_code == 1
    assert "公式" in result.output
    result = app.test_cli_runner().invoke(ORDERS, ["import", file, "--platform", "无此平台"])
    assert (result.exit_code, "没有名为" in result.output) == (1, True)


def test_overdue_lists_what_has_run_out(run):
    order, _, _ = make.at_state(State.PROCESSING)
    session.commit()
    assert run(ORDERS, "overdue")[-1]["summary"]["overdue"] == 0
    for late, count_ in ((timedelta(minutes=-1), 0), (timedelta(minutes=1), 1)):
        at = clock.local(order.due_at + late).isoformat()
        assert run(ORDERS, "overdue", "--at", at)[-1]["summary"]["overdue"] == count_
    late = run(ORDERS, "overdue", "--at", "2099-01-05")
    assert [(line["own_no"], line["clock"]) for line in late[:-1]] == [(order.own_no, "reply")]


def test_overdue_in_the_past_lists_what_was_met_since(run):
    order, _, there = make.at_state(State.PROCESSING)
    due = order.due_at
    answered = due + timedelta(hours=2)
    clock.use(lambda: answered)
    try:
        handling.reply(order, there, "已办", "已答")
    finally:
        clock.use(None)
    session.commit()
    for at, count_ in ((due + timedelta(hours=1), 1), (answered, 0), (due - timedelta(hours=1), 0)):
        lines = run(ORDERS, "overdue", "--at", clock.local(at).isoformat())
        assert [line["clock"] for line in lines[:-1]] == ["reply"] * count_


@pytest.mark.parametrize(
    ("words", "due", "counted", "provisional"),
    [
        (("2024-02-07", "咨询"), "2024-02-18", 3, False),
        (("2024-02-07", "1"), "2024-02-18", 3, False),
        (("2026-09-30", "投诉"), "2026-10-13", 5, False),
        (("2018-12-28", "投诉", "--units", "1"), "2018-12-29", 1, False),
        (("2026-12-30", "咨询"), "2027-01-05", 3, True),
        (("2024-10-03T23:59:59", "4", "--units", "1"), "2024-10-08", 1, False),
    ],
)
def test_calendar_due(run, words, due, counted, provisional):
    told = run(CALENDAR, "due", *words)[0]
    assert (told["due"], len(told["counted"]), told["provisional"]) == (due, counted, provisional)


def test_links_quality(run):
    told = run(ORDERS, "links-quality", "--size", "900", "--seed", "7")[0]
    assert told["precision"] >= 0.99
    assert told["milliseconds"] > 0
    assert run(ORDERS, "links-quality", "--size", "900", "--seed", "7")[0]["right"] == told["right"]


def test_platforms_and_keys(run):
    assert run(PLATFORMS, "add", "省12345", "PROV")[0]["source"] == "PROV"
    key = run(PLATFORMS, "token", "省12345", "--scope", "orders:read")[0]["token"]
    assert platforms.recognise(key).scopes == {platforms.Scope.READ}


def test_an_unknown_institution_is_named_in_the_report_and_kept_with_the_order(run, city, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("工单编号,主要内容,涉及机构\n1,内容,鼓娄医院\n2,内容,南京鼓楼医院\n", encoding="utf-8")
    told = "涉及机构“鼓娄医院”不在机构名录中，待人工核实"
    for more in (["--dry-run"], []):
        lines = run(ORDERS, "import", str(path), "--platform", "市12345", *more)
        assert [line.get("reason", "") for line in lines[:-1]] == [told, ""]
    first, second = session.scalars(select(Order).order_by(Order.external_no)).all()
    assert (moves.reasons(first, Move.NOTE), moves.reasons(second, Move.NOTE)) == ([told], [])
    assert (first.accused_id, second.accused_id) == (None, make.gulou())


OUT_OF_BOUNDS = ["0001-01-01", "9999-12-30", "9999-12-31T23:59:59", "1899-12-31", "2026-13-01", "gestern"]


@pytest.mark.parametrize("at", OUT_OF_BOUNDS)
def test_an_instant_out_of_bounds_is_a_word_not_a_fault(app, at):
    runner = app.test_cli_runner()
    for group, words in ((CALENDAR, ["due", at, "咨询"]), (ORDERS, ["overdue", "--at", at])):
        told = runner.invoke(group, words)
        assert told.exit_code == 2
        assert "not a" in told.output
