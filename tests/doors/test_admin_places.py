"""Institutions, calendar, topics and code lists, as administrators keep them."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.calls import codes, topics
from hotline.clock import Month
from hotline.db import session
from hotline.people.models import Role
from hotline.places import calendar_book, institutions
from hotline.places.models import CalendarYear
from hotline.statistics import returns, sealing

NOTICE = "2027-01-01,休,元旦\n2027-01-02,休,元旦\n2027-01-03,班,元旦"


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


@pytest.fixture
def mingji(app):
    return institutions.by_name("南京明基医院")


def test_institutions_are_found_by_initials(admin):
    page = admin.get("/admin/institutions?q=gly").text
    assert "南京鼓楼医院" in page
    assert "南京明基医院" not in page
    assert admin.get("/admin/institutions/like?q=mj").json["items"][0]["name"] == "南京明基医院"
    assert admin.get("/admin/institutions/like?q=").json == {"items": []}
    assert "没有找到" in admin.get("/admin/institutions?q=zzzz").text


def test_an_institution_is_created_once(admin):
    sent = {"name": "南京新设医院", "since": "2026-01-01", "district_code": "320104"}
    answer = admin.post("/admin/institutions", data=sent)
    assert "南京新设医院" in admin.get(answer.location).text
    assert admin.post("/admin/institutions", data=sent).status_code == 409


def test_a_new_name_begins_on_its_day(admin, mingji):
    there = f"/admin/institutions/{mingji.id}"
    answer = admin.post(f"{there}/name", data={"name": "南京明基国际医院", "since": "2026-06-01", "remark": "批复"})
    assert answer.status_code == 303
    page = admin.get(there).text
    assert "南京明基国际医院" in page
    assert institutions.printed_name(mingji, clock.Month("2026-05")) == "南京明基医院"


@pytest.mark.parametrize(
    ("act", "sent", "told"),
    [
        ("name", {"name": "南京鼓楼医院", "since": "2026-06-01"}, "已是南京鼓楼医院的名称"),
        ("name", {"name": "新名", "since": "1990-01-01"}, "晚于"),
        ("name", {"name": "新名", "since": "soon"}, "日期或时间格式不对"),
        ("alias", {"name": "鼓楼医院", "since": "2000-01-01"}, "已是南京鼓楼医院的名称"),
        ("merge", {"institution": "没有的医院", "since": "2026-01-01"}, "没有名为"),
        ("merge", {"institution": "南京明基医院", "since": "2026-01-01"}, "自己"),
        ("close", {"on": ""}, "必填"),
    ],
)
def test_what_does_not_do_is_told(admin, mingji, act, sent, told):
    answer = admin.post(f"/admin/institutions/{mingji.id}/{act}", data=sent)
    assert answer.status_code in (409, 422)
    assert told in answer.text


def test_alias_merge_place_close_and_reopen(admin, mingji):
    there = f"/admin/institutions/{mingji.id}"
    admin.post(f"{there}/alias", data={"name": "明基友达医院", "since": "2000-01-01"})
    assert institutions.match("明基友达医院").exact == mingji
    admin.post(f"{there}/merge", data={"institution": "鼓楼医院", "since": "2026-01-01"})
    assert institutions.printed_name(mingji, clock.Month("2026-01")) == "南京鼓楼医院（含分院）"
    admin.post(f"{there}/place", data={"district_code": "320104"})
    assert (mingji.district_code, mingji.handles_orders) == ("320104", False)
    admin.post(f"{there}/close", data={"on": "2026-03-01"})
    assert "已停用 2026-03-01" in admin.get(there).text
    admin.post(f"{there}/reopen")
    assert mingji.closed_on is None
    assert admin.get("/admin/institutions/99999").status_code == 404


def test_the_year_shows_holidays_and_make_up_days(admin):
    page = admin.get("/admin/calendar?year=2024").text
    assert "已按通知载入" in page
    assert 'title="春节：放假"' in page
    assert 'title="春节：调休上班"' in page
    assert "按周末暂计" in admin.get("/admin/calendar?year=2031").text
    assert admin.get("/admin/calendar?year=1").status_code == 422


@pytest.mark.parametrize("way", ["typed", "uploaded", "uploaded with a heading"])
def test_a_notice_is_loaded(admin, way):
    sent = {"year": "2027", "notice": "国办发明电", "days": NOTICE}
    if way != "typed":
        heading = "日期,休班,名称\n" if "heading" in way else ""
        sent |= {"days": "", "file": (BytesIO((heading + NOTICE).encode("gb18030")), "2027.csv")}
    answer = admin.post("/admin/calendar/notice", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    assert session.get(CalendarYear, 2027).notice == "国办发明电"
    assert calendar_book.current().is_workday(date(2027, 1, 3))
    assert not calendar_book.current().is_workday(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("days", "told"),
    [("2027-01-01,歇,元旦", "第 1 行"), ("", "空的"), ("2025-05-01,休,劳动节", "不属于2027年")],
)
def test_a_notice_that_cannot_be_read_changes_nothing(admin, days, told):
    answer = admin.post("/admin/calendar/notice", data={"year": "2027", "notice": "x", "days": days})
    assert answer.status_code == 422
    assert told in answer.text
    assert session.get(CalendarYear, 2027) is None


def test_working_hours_are_set_from_a_day_on(admin):
    sent = {"windows": "08:30-12:00，13:00-17:30", "valid_from": "2026-12-01", "valid_to": ""}
    assert admin.post("/admin/calendar/hours", data=sent).status_code == 303
    opens, closes = calendar_book.current().windows(date(2026, 12, 1))[0]
    assert clock.local(opens).strftime("%H:%M") == "08:30"
    assert clock.local(closes).strftime("%H:%M") == "12:00"


@pytest.mark.parametrize("windows", ["whenever", "12:00-09:00", "09:00-12:00 11:00-13:00"])
def test_hours_that_make_no_sense_are_refused(admin, windows):
    answer = admin.post("/admin/calendar/hours", data={"windows": windows, "valid_from": "2026-12-01"})
    assert answer.status_code == 422


def test_a_topic_begins_is_renamed_and_ends_with_dates(admin):
    begin = {"code": "98", "name": "新主题", "category": "consultation", "valid_from": "2026-01-01"}
    assert admin.post("/admin/topics", data=begin).status_code == 303
    assert admin.post("/admin/topics", data=begin).status_code == 409
    admin.post("/admin/topics/succeed", data={"code": "98", "name": "更好的主题", "on": "2026-03-01"})
    names = {day: {t.name for t in topics.tree(day) if t.code == "98"} for day in (date(2026, 2, 1), date(2026, 3, 1))}
    assert list(names.values()) == [{"新主题"}, {"更好的主题"}]
    admin.post("/admin/topics/end", data={"code": "98", "valid_to": "2026-05-01"})
    assert "更好的主题" not in admin.get("/admin/topics?on=2026-05-01").text
    assert admin.post("/admin/topics/end", data={"code": "98", "valid_to": "2026-05-01"}).status_code == 404


def test_a_code_begins_is_renamed_and_ends_with_dates(admin):
    begin = {"list_name": "nature", "code": "77", "name": "新性质", "valid_from": "2026-01-01"}
    assert admin.post("/admin/codes", data=begin).status_code == 303
    assert admin.post("/admin/codes", data=begin).status_code == 409
    rename = {"list_name": "nature", "code": "77", "name": "改性质", "on": "2026-02-01"}
    assert admin.post("/admin/codes/succeed", data=rename).status_code == 303
    assert codes.choices("nature", date(2026, 1, 15))["77"] == "新性质"
    end = {"list_name": "nature", "code": "77", "valid_to": "2026-03-01"}
    assert admin.post("/admin/codes/end", data=end).status_code == 303
    assert "77" not in codes.choices("nature", date(2026, 3, 1))
    assert admin.get("/admin/codes").text.count("性质") >= 3
    assert admin.post("/admin/codes/end", data=end).status_code == 404


@pytest.fixture
def march(app):
    """It is 4 March 2024; every other city of the province files."""
    clock.use(lambda: datetime(2024, 3, 4, 1, tzinfo=UTC))
    yield
    clock.use(None)


def kinds(month: str) -> dict[str, bool]:
    return {area.code: counted for area, counted in returns.cities(Month(month))}


def test_a_city_is_counted_here_from_a_month_on(march, admin):
    page = admin.get("/admin/reporting").text
    assert "由该市报送" in page
    assert "南京" not in page[page.index("<select") : page.index("</select>")]
    sent = {"city_code": "320500", "standing": "counted", "since": "2024-02"}
    assert admin.post("/admin/reporting/city", data=sent).status_code == 303
    assert [kinds(month)["320500"] for month in ("2024-01", "2024-02", "2024-03")] == [False, True, True]
    admin.post("/admin/reporting/city", data={**sent, "standing": "apart", "since": "2024-06"})
    admin.post("/admin/reporting/city", data={**sent, "standing": "asked", "since": "2024-04"})
    assert [kinds(month)["320500"] for month in ("2024-03", "2024-04", "2024-06")] == [True, False, False]
    admin.post("/admin/reporting/city", data={**sent, "standing": "apart", "since": "2024-06"})
    assert "320500" in kinds("2024-05")
    assert "320500" not in kinds("2024-06")
    assert [one.subject for one in session.scalars(select(AuditEntry).where(AuditEntry.action == "return.city"))] == [
        "city:320500"
    ] * 4


def test_a_city_of_a_sealed_month_stays_as_it_was(march, admin):
    sealing.seal(Month("2024-02"))
    session.commit()
    sent = {"city_code": "320500", "standing": "counted", "since": "2024-02"}
    refused = admin.post("/admin/reporting/city", data=sent)
    assert refused.status_code == 422
    assert "请从 2024-03 起" in refused.text
    assert kinds("2024-02")["320500"] is False


@pytest.mark.parametrize(
    "changes",
    [{"city_code": "320100"}, {"city_code": "x"}, {"since": "2024"}, {"since": "9999-12"}, {"standing": "x"}],
)
def test_refused_standings(march, admin, changes):
    sent = {"city_code": "320500", "standing": "counted", "since": "2024-02", **changes}
    assert admin.post("/admin/reporting/city", data=sent).status_code == 422


def test_the_due_day_changes_from_a_month_on(march, admin):
    sent = {"due_day": "10", "remind_before": "2", "since": "2024-02"}
    assert admin.post("/admin/reporting/rule", data=sent).status_code == 303
    assert admin.post("/admin/reporting/rule", data={**sent, "due_day": "8"}).status_code == 303
    assert (returns.due(Month("2024-01")), returns.due(Month("2024-02"))) == (date(2024, 2, 5), date(2024, 3, 8))
    for changes in ({"since": "2024-01"}, {"due_day": "29"}, {"remind_before": "21"}, {"since": "x"}):
        assert admin.post("/admin/reporting/rule", data={**sent, **changes}).status_code == 422
