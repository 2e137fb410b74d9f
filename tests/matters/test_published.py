"""Published months: kept as printed, corrected beside it, drafted, printed in editions that never change the past."""

import json

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from hotline import clock, jobs
from hotline.calls.models import Call, CallState, Category, Outcome
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.statistics import bulletin, checks, document, drafts, edition_changes, editions, months, outputs, published
from hotline.statistics import figures as f
from hotline.statistics.bulletin_commands import line
from hotline.statistics.cells import place_of
from hotline.statistics.outputs import plain
from tests.matters.months_printed import MONTHS, archive
from workers.schedule import TIMETABLE


def take(month, **changes):
    body = archive(month)
    body.update(changes)
    return published.take(body, origin=f"{month}.json")


def test_the_same_file_twice_is_one_row_and_another_is_the_next_number(app):
    first, again = take("2024-02"), take("2024-02")
    assert (first.is_new, again.is_new, again.row.id) == (True, False, first.row.id)
    body = archive("2024-02")
    body["hotline"]["total"]["value"] += 1
    second = published.take(body, origin="other.json")
    assert [row.number for row in published.versions(Month("2024-02"))] == [1, 2]
    assert published.figures(Month("2024-02")) == second.figures
    assert [one.rule for one in months.findings(second.figures)][:1] == ["S1"]


@pytest.mark.parametrize("model", [published.PublishedMonth, published.PublishedCorrection])
@pytest.mark.parametrize("change", [lambda model: delete(model), lambda model: update(model).values(number=9)])
def test_the_database_refuses_to_change_what_was_printed(app, model, change):
    take("2023-03")
    published.correct(Month("2023-03"), "province.苏州", 16198, reason="多印一位", by=None)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(change(model))


def test_a_correction_stands_beside_the_print(app):
    month = Month("2023-03")
    take("2023-03")
    published.correct(month, "province.苏州", 16198, reason="多印一位", by=None)
    assert published.figures(month).province.city_sum == 217884
    checked = published.as_checked(month)
    assert checked.province.city_sum == checked.province.total == 72102
    assert [one.rule for one in checks.run(checks.look_at(checked))] == ["H1"]
    text = plain.render(document.build(checked, editions.of(month))).decode()
    assert "苏州市16198人次" in text
    assert "苏州市161980人次" in plain.render(bulletin.document(bulletin.of(month))).decode()
    published.correct(month, "province.苏州", 16199, reason="再核", by=None)
    assert [one.checked for one in published.corrections(month)] == [16199]


def test_a_correction_replaces_a_sentence_kept_verbatim(app):
    take("2018-03")
    published.correct(Month("2018-03"), "province.淮安", 3460, reason="漏印一位", by=None)
    checked = published.as_checked(Month("2018-03"))
    text = plain.render(document.build(checked, editions.of(checked.month))).decode()
    assert "淮安3460人次" in text


@pytest.mark.parametrize(
    ("subject", "value", "reason", "fault"),
    [
        ("province.苏州", 161980, "同", Conflict),
        ("province.苏州", -1, "负", Invalid),
        ("province.苏州", 5, " ", Invalid),
        ("province.扬州", 5, "没有", Invalid),
    ],
)
def test_corrections_are_judged(app, subject, value, reason, fault):
    take("2023-03")
    with pytest.raises(fault):
        published.correct(Month("2023-03"), subject, value, reason=reason, by=None)
    with pytest.raises(NotFound):
        published.correct(Month("2022-03"), subject, value, reason=reason, by=None)


OPTIONAL = ["province", "bookings", "channels", "other_tables", "bulletin"]


@pytest.mark.parametrize("missing", OPTIONAL)
@pytest.mark.parametrize("how", ["absent", "null"])
def test_optional_parts_may_be_missing(app, missing, how):
    body = archive("2024-02")
    if how == "absent":
        del body[missing]
    else:
        body[missing] = None
    figures = published.take(body, origin="x").figures
    text = plain.render(document.build(figures, editions.of(figures.month))).decode()
    assert body["hotline"]["sentence"] in text
    assert ("全省" in text) == (missing != "province")


def test_texts_may_be_missing_the_edition_supplies_them(app):
    body = archive("2023-03")
    for part in (body["hotline"], body["province"], body["bookings"], body["channels"]):
        for text in ("title", "sentence", "subtitle", "sentence_lines"):
            part.pop(text, None)
    figures = published.take(body, origin="x").figures
    text = plain.render(document.build(figures, editions.of(figures.month))).decode()
    for said in ("title", "sentence"):
        assert archive("2023-03")["hotline"][said] in text
    assert archive("2023-03")["province"]["sentence"] in text
    assert archive("2023-03")["channels"]["subtitle"] in text


def test_tables_without_totals_have_their_own_sums(app):
    body = archive("2024-02")
    del body["bookings"]["totals"], body["channels"]["total"]
    figures = published.take(body, origin="x").figures
    assert (figures.bookings.grand_total, figures.channels.total) == (23105, 22373)
    assert months.findings(figures) == []


def test_unknown_reported_tables_are_printed_from_their_own_words(app):
    odd = {
        "id": "vaccines",
        "title": "2024年2月疫苗接种统计",
        "columns": [
            {"key": "unit", "label": "单位", "group": None},
            {"key": "a", "label": "首针", "group": "剂次"},
            {"key": "b", "label": "加强", "group": "剂次"},
        ],
        "rows": [{"cells": ["甲", "3", "4"]}, {"cells": ["乙", "1", "2"]}],
        "totals": {"label": "合计", "cells": ["4", "7"]},
        "notes": [{"text": "（截止2月底，总量为70）", "value": 70, "unit": None}],
    }
    talk = {"id": "talks", "title": "远程医疗", "sentence": "本月会诊12例。"}
    figures = take("2024-02", other_tables=[odd, talk]).figures
    text = plain.render(document.build(figures, editions.of(figures.month))).decode()
    for said in (
        "2024年2月疫苗接种统计",
        "单位\t剂次",
        "首针\t加强",
        "甲\t3\t4",
        "合计\t4\t7",
        "（截止2月底，总量为70）",
        "本月会诊12例。",
    ):
        assert said in text
    assert [(one.rule, one.subject, one.shown_difference) for one in months.findings(figures)] == [
        ("T1", "vaccines.合计.b", "+1")
    ]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.pop("hotline"),
        lambda body: body["hotline"].pop("total"),
        lambda body: body["hotline"]["total"].update(value="22307"),
        lambda body: body["hotline"]["categories"][0].update(value=-1),
        lambda body: body["hotline"]["categories"][0].pop("code"),
        lambda body: body["hotline"].update(year=None, month=None) or body.pop("bulletin"),
        lambda body: body["hotline"].update(month=13),
        lambda body: body["bookings"].update(rows=7),
        lambda body: body["bookings"].update(columns=[]),
        lambda body: body["bookings"]["rows"][0]["values"].update(online=1.5),
        lambda body: body["other_tables"].append({"title": "没有代号"}),
    ],
)
def test_a_file_that_is_no_bulletin_is_refused(app, spoil):
    body = archive("2024-02")
    spoil(body)
    with pytest.raises(Invalid):
        published.take(body, origin="x")
    assert published.months() == []


def test_a_month_before_the_first_edition_is_told(app):
    body = archive("2018-03")
    body["hotline"]["year"] = 2017
    with pytest.raises(NotFound):
        published.take(body, origin="x")


@pytest.mark.parametrize("month", MONTHS)
def test_commands_take_print_and_check(app, tmp_path, month):
    path = tmp_path / f"{month}.json"
    path.write_text(json.dumps(archive(month), ensure_ascii=False), encoding="utf-8")
    run = app.test_cli_runner().invoke
    taken = run(args=["bulletin", "import", str(path)])
    assert (taken.exit_code, f"{month} 第1次导入" in taken.output) == (0, True)
    shown = run(args=["bulletin", "render", month, "--source", "printed"])
    assert archive(month)["hotline"]["sentence"] in shown.output
    target = tmp_path / "month.docx"
    assert run(args=["bulletin", "render", month, "--format", "docx", "--output", str(target)]).exit_code == 0
    assert target.read_bytes()[:2] == b"PK"
    checked = run(args=["bulletin", "check", month])
    findings = months.findings(published.figures(Month(month)))
    assert checked.output.splitlines() == [line(one) for one in findings]
    assert checked.exit_code == (0 if month == "2024-02" else 1)
    as_json = json.loads(run(args=["bulletin", "check", month, "--format", "json"]).output)
    assert [one["rule"] for one in as_json["findings"]] == [one.rule for one in findings]


def test_the_corrected_month_marks_every_correction_on_every_output(app):
    month = Month("2023-03")
    take("2023-03")
    published.correct(month, "province.苏州", 16198, reason="多印一位", by=None)
    mark = "更正：全省 苏州 原印 161980，应为 16198。多印一位"
    shown = app.test_cli_runner().invoke(args=["bulletin", "render", "2023-03", "--checked"]).output
    assert mark in shown
    assert "苏州市16198人次" in shown
    for name in ("html", "csv", "json"):
        written = outputs.format_of(name).render(bulletin.document(bulletin.as_checked(month)))
        assert mark in written.decode()
    assert bulletin.of(month).marks == ()
    with pytest.raises(NotFound):
        bulletin.as_checked(Month("2023-04"))


@pytest.mark.parametrize(
    "args", [["render", "2019-01"], ["check", "2019-01"], ["check", "2019-13"], ["render", "24-1"]]
)
def test_commands_tell_what_is_wrong_without_a_trace(app, args):
    result = app.test_cli_runner().invoke(args=["bulletin", *args])
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    assert "Error: " in result.output


def body_from(month, **changes):
    return {**editions.body_of(Month(month)), "code": "next", "name": "新版", "valid_from": month, **changes}


def test_a_saved_edition_words_the_months_from_its_first_on(app):
    body = body_from("2027-01")
    body["hotline"] = {**body["hotline"], "title": "{line}月报（{y}年{m}月）"}
    edition_changes.save(body, by=None, reason="改题")
    assert editions.of(Month("2027-01")).hotline.title == "{line}月报（{y}年{m}月）"
    assert editions.of(Month("2026-12")).code == "2024"
    edition_changes.save({**body, "name": "再改"}, by=None, reason="改名")
    assert editions.of(Month("2030-01")).name == "再改"


@pytest.mark.parametrize("covered", ["2024-02", "2023-12"])
def test_an_edition_never_changes_a_month_that_is_printed(app, covered):
    take("2024-02")
    with pytest.raises(Invalid, match="2024-03"):
        edition_changes.save(body_from(covered, valid_to=None), by=None, reason="改过去")
    edition_changes.save(body_from("2024-03"), by=None, reason="以后")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (("hotline", "sentence"), "{y}年共{total}个：{categories}，{orders}，{secret}", "secret"),
        (("hotline", "sentence"), "{y}年：{categories}，{orders}", "total"),
        (("hotline", "title"), "{y年", "花括号"),
        (("hotline", "orders"), [], "orders"),
        (("province", "city"), "{city}", "{n}"),
        (("bookings", "columns"), ["序号"], "列名"),
        (("bookings", "note"), "{x}", "x"),
        (("valid_to",), "2026-01", "早于"),
        (("valid_from",), "2027-1", "2024-01"),
        (("surprise",), 1, "surprise"),
    ],
)
def test_an_edition_that_could_not_be_printed_is_refused(app, place, value, told):
    body = json.loads(json.dumps(body_from("2027-01")))
    holder = body
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    with pytest.raises(Invalid) as fault:
        edition_changes.save(body, by=None, reason="错")
    assert told in fault.value.message + json.dumps(fault.value.fields, ensure_ascii=False)


def one_call(month):
    at = clock.at_local(month.first, 10)
    session.add(
        Call(
            ref="x", provider="simulator", provider_ref="x", opened_on=month.first, city_code="320100",
            state=CallState.ENDED, outcome=Outcome.ANSWERED, offered_at=at, ended_at=at, business_day=month.first,
            accepted=True, category=Category.CONSULTATION,
        )
    )  # fmt: skip
    session.flush()


def test_a_counted_month_is_preferred_to_its_print_and_both_can_be_read(app):
    month = Month("2024-02")
    printed_figures = take("2024-02").figures
    assert bulletin.of(month).figures.source is f.Source.PRINTED
    one_call(month)
    issue = bulletin.of(month)
    assert (issue.figures.source, issue.figures.hotline.total, issue.version) == (f.Source.COUNTED, 1, 0)
    assert bulletin.of(month, f.Source.PRINTED).figures == printed_figures


def test_drafts_are_kept_once_per_state_of_the_figures(app):
    month = Month("2026-07")
    one_call(month)
    first = drafts.prepare(month)
    assert first is not None
    assert drafts.prepare(month).id == first.id
    assert "共受理咨询电话" in first.text
    assert drafts.latest(month) == first
    assert drafts.prepare(Month("2019-01")) is None


def test_the_timetable_drafts_the_month_that_ended():
    entry = next(one for one in TIMETABLE if one.job is jobs.Job.DRAFT_BULLETIN)
    at = clock.at_local(Month("2024-03").first, 2, 30)
    assert entry.arguments(at) == {"month": "2024-02"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("hotline.total", "热线 总量"),
        ("orders.wo_municipal", "工单 市12345工单"),
        ("province.苏州", "全省 苏州"),
        ("bookings.南京鼓楼医院.online", "预约表 南京鼓楼医院 12320自助预约"),
        ("bookings.cumulative", "预约表 累计"),
        ("channels.total", "途径表 合计"),
        ("citizen_card.9.2", "2018年3月市民卡（医疗卡）开卡量统计表 第9行 单位"),
        ("citizen_card.total.1", "2018年3月市民卡（医疗卡）开卡量统计表 合计 合计"),
        ("citizen_card.note", "2018年3月市民卡（医疗卡）开卡量统计表 累计"),
        ("lab_report_upload.南京鼓楼医院.seq", "2018年3月医学检验检查报告上传情况统计 南京鼓楼医院 序号"),
        ("no_such_table.1.2", "报表 1 2"),
    ],
)
def test_a_figure_says_where_it_stands(app, name, place):
    assert place_of(name, Month("2018-03")) == place
