"""Months that nobody has seen before, of every edition: read, rendered, checked, and counted from their own calls."""

import json
from datetime import UTC, datetime

import pytest

from hotline import clock
from hotline.clock import Month
from hotline.db import session
from hotline.demo import month as demo_month
from hotline.statistics import bulletin, checks, document, editions, months, outputs, printed, published, revisions
from hotline.statistics.checks import Severity
from hotline.statistics.figures import Source
from hotline.statistics.outputs import plain
from tests.conftest import run_command
from tests.matters import months_written

SEEN = [
    (2018, 1),
    (2019, 7),
    (2020, 1),
    (2021, 12),
    (2022, 12),
    (2023, 1),
    (2023, 11),
    (2024, 1),
    (2025, 12),
    (2031, 10),
]
SIZES = [
    {"cities": 0},
    {"cities": 2, "channels": 1},
    {"cities": 13, "channels": 12},
    {"channels": 7, "hospitals": 2},
    {"hospitals": 60},
]


def text_of(figures) -> str:
    written = plain.render(document.build(figures, editions.of(figures.month))).decode()
    return "".join(written.split())


def found_in(figures) -> list[tuple[str, str]]:
    return [(one.rule, one.subject) for one in checks.run(checks.look_at(figures))]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("year", "month"), SEEN)
def test_an_unseen_month_is_worded_by_its_edition(app, year, month, size):
    body = months_written.file(year, month, **size)
    figures = printed.read(body)
    assert (figures.wording, figures.conflicts) == ({}, ())
    assert text_of(figures) == months_written.lines(body)
    assert found_in(figures) == []


def without_texts(body):
    """Figures alone."""
    for part, names in {
        "hotline": ("title", "sentence"),
        "province": ("sentence",),
        "bookings": ("title",),
        "channels": ("title", "subtitle"),
    }.items():
        for name in names:
            del body[part][name]
    del body["bookings"]["cumulative"]["text"], body["channels"]["total"]["text"]


def without_cells(body):
    for row in (*body["bookings"]["rows"], *body["channels"]["rows"], body["bookings"]["totals"]):
        del row["cells"]


def without_values(body):
    for row in (*body["bookings"]["rows"], *body["channels"]["rows"], body["bookings"]["totals"]):
        del row["values"]


def other_key(body):
    """The second column under the other edition's key."""
    old = body["bookings"]["columns"][3]["key"]
    new = "quick" if old == "phone" else "phone"
    body["bookings"]["columns"][3]["key"] = new
    for row in (*body["bookings"]["rows"], body["bookings"]["totals"]):
        row["values"][new] = row["values"].pop(old)


def silent_city(body):
    body["province"]["cities"].append({"city": "宿迁", "value": None})


def nothing_else(body):
    del body["other_tables"]
    body["bulletin"] = {"stat_year": body["hotline"].pop("year"), "stat_month": body["hotline"].pop("month")}


@pytest.mark.parametrize("change", [without_texts, without_cells, without_values, other_key, silent_city, nothing_else])
@pytest.mark.parametrize("year", [2018, 2020, 2023, 2024])
def test_what_a_file_may_leave_out(app, year, change):
    body = months_written.file(year, 5)
    wanted = months_written.lines(body)
    change(body)
    figures = printed.read(body)
    assert (text_of(figures), figures.wording, found_in(figures)) == (wanted, {}, [])


@pytest.mark.parametrize("empty", ["province", "bookings", "channels"])
@pytest.mark.parametrize("leave", [lambda body, part: body.pop(part), lambda body, part: body.update({part: None})])
def test_a_part_that_is_not_there_is_not_printed(app, empty, leave):
    body = months_written.file(2024, 6)
    leave(body, empty)
    text = text_of(printed.read(body))
    assert {"province": "全省", "bookings": "总预约挂号量", "channels": "线上预约情况"}[empty] not in text


@pytest.mark.parametrize(
    ("year", "note"),
    [
        (2018, "（截止5月底，总预约挂号量为{n}次）"),
        (2020, "（截至2020年5月底，总预约挂号量为{n}人次）"),
        (2023, "（截止5月底，总预约挂号量为{n}次）"),
        (2024, "（截止2024年5月底，总预约挂号量为{n}人次）"),
    ],
)
def test_another_note_stays_as_it_was_printed(app, year, note):
    body = months_written.file(year, 5)
    body["bookings"]["cumulative"]["text"] = note.format(n=body["bookings"]["cumulative"]["value"])
    figures = printed.read(body)
    assert (text_of(figures), figures.conflicts) == (months_written.lines(body), ())
    assert list(figures.wording) == ["bookings.note"]


TABLES = [
    {
        "id": "never_seen",
        "title": "2024年5月新报表",
        "columns": [{"key": "unit", "label": "单位"}, {"key": "n", "label": "数量", "group": None}],
        "rows": [{"cells": ["甲", "3"], "values": {"unit": "甲", "n": 3}}, {"cells": ["乙", "4"]}],
        "totals": {"label": "合计", "cells": ["7"], "values": {"n": 7}},
        "notes": [{"text": "（截止2024年5月，累计70）", "value": 70}, {"text": "另有说明。"}],
    },
    {"id": "a_sentence", "title": "2024年5月一段话", "sentence": "本月开展3次。", "paragraphs": ["共12例。"]},
]


def test_tables_that_no_edition_knows_are_printed_as_they_are(app):
    body = months_written.file(2024, 5)
    body["other_tables"] = TABLES
    figures = printed.read(body)
    wanted = "2024年5月新报表单位数量甲3乙4合计7（截止2024年5月，累计70）另有说明。2024年5月一段话本月开展3次。共12例。"
    assert text_of(figures) == months_written.lines(body) + wanted
    assert found_in(figures) == []
    body["other_tables"][0]["totals"] = {"label": "合计", "cells": ["8"], "values": {"n": 8}}
    assert [rule for rule, _ in found_in(printed.read(body))] == ["T1"]


def test_a_city_that_falls_silent_and_a_counter_that_does_not_add_up(app):
    body, next_one = months_written.file(2024, 5), months_written.file(2024, 6, cities=3)
    published.take(body, origin="5")
    published.take(next_one, origin="6")
    looked = months.findings(published.figures(Month("2024-06")))
    gone = {c["city"] for c in body["province"]["cities"]} - {c["city"] for c in next_one["province"]["cities"]}
    assert {f"province.{city}" for city in gone} <= {one.subject for one in looked if one.rule == "J1"}
    assert [one.severity for one in looked if one.rule == "B7"] == [Severity.ERROR]
    then, now = body["bookings"]["cumulative"], next_one["bookings"]["cumulative"]
    now["text"] = now["text"].replace(
        str(now["value"]), str(then["value"] + next_one["bookings"]["totals"]["values"]["total"])
    )
    now["value"] = then["value"] + next_one["bookings"]["totals"]["values"]["total"]
    published.take(next_one, origin="6 again")
    assert "B7" not in {one.rule for one in months.findings(published.figures(Month("2024-06")))}


@pytest.fixture
def later(app):
    clock.use(lambda: datetime(2026, 11, 20, 4, tzinfo=UTC))
    yield app
    clock.use(None)


@pytest.mark.parametrize(("year", "month"), [(2018, 4), (2020, 1), (2022, 12), (2023, 1), (2024, 6), (2025, 12)])
@pytest.mark.parametrize("cities", [0, 4])
def test_a_month_counted_from_its_own_calls_prints_the_same(later, year, month, cities):
    body = months_written.file(year, month, calls=30, cities=cities, hospitals=4)
    figures = printed.read(body)
    one = demo_month.begin(figures)
    for _ in demo_month.make(one, figures):
        session.flush()
    counted = bulletin.of(figures.month, Source.COUNTED).figures
    assert text_of(counted) == months_written.lines(body)
    published.take(body, origin="x")
    assert revisions.recount(figures.month) == {}
    assert not [one for one in months.findings(counted) if one.severity is Severity.ERROR]


def test_rows_come_in_any_order_and_print_in_the_one_right_order(later):
    """Total, then the first channel, then as they came; without the empty ones, numbered through."""
    body = months_written.file(2024, 6, calls=30, hospitals=1, channels=3)
    names = {"甲": (1, 0, 3, 1), "乙": (2, 0, 0, 3), "丙": (2, 0, 3, 0), "空": (0, 0, 0, 0), "丁": (9, 0, 0, 0)}
    keys = [column["key"] for column in body["bookings"]["columns"]]
    body["bookings"]["rows"] = [
        {"values": dict(zip(keys, (n, name, *counts, sum(counts)), strict=True))}
        for n, (name, counts) in enumerate(names.items(), 1)
    ]
    del body["bookings"]["totals"]
    body["channels"]["rows"].insert(0, {"cells": ["0", "没有用的途径", "0"]})
    figures = printed.read(body)
    one = demo_month.begin(figures)
    for _ in demo_month.make(one, figures):
        session.flush()
    shown = document.build(months.figures(figures.month), editions.of(figures.month)).figures
    assert [(row.seq, row.institution) for row in shown.bookings.rows] == [(1, "丁"), (2, "乙"), (3, "丙"), (4, "甲")]
    assert "没有用的途径" not in {row.name for row in shown.channels.rows}
    assert {rule for rule, _ in found_in(figures)} >= {"B4", "B6", "C2", "C3"}


def test_a_misprint_is_told_by_the_demonstration_and_stops_the_seal(later, tmp_path):
    body = months_written.file(2023, 5, calls=30)
    total, cities = body["province"]["total"]["value"], body["province"]["cities"]
    cities[1]["value"], right = cities[1]["value"] * 10, cities[1]["value"]
    del body["province"]["sentence"]
    body["other_tables"] = TABLES
    file = tmp_path / "2023-05.json"
    file.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    made = run_command(later, "demo", "month", str(file))
    assert made.exit_code == 0, made.output
    assert "left out: never_seen a_sentence" in made.output
    sealed = run_command(later, "statistics", "seal", "2023-05")
    checked = run_command(later, "bulletin", "check", "2023-05")
    for said in (made, sealed, checked):
        assert (cities[1]["city"] in said.output, str(right) in said.output, str(total) in said.output) == (True,) * 3
    assert (sealed.exit_code, checked.exit_code) == (1, 1)


@pytest.mark.parametrize("name", list(outputs.FORMATS))
@pytest.mark.parametrize("left", [(), ("province", "channels"), ("province", "bookings", "channels")], ids=str)
def test_every_output_of_an_unseen_month(app, tmp_path, name, left):
    body = months_written.file(2025, 1, channels=1, hospitals=1)
    body["other_tables"] = TABLES
    for part in left:
        body[part] = None
    file = tmp_path / "2025-01.json"
    file.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    assert run_command(app, "bulletin", "import", str(file)).exit_code == 0
    written = tmp_path / "out"
    made = run_command(app, "bulletin", "render", "2025-01", "--format", name, "--output", str(written))
    assert (made.exit_code, made.output) == (0, "")
    said = written.read_bytes()
    assert len(said) > 300
    if name in ("text", "csv", "json", "html"):
        assert "共受理咨询电话" in said.decode()
