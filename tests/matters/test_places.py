"""Areas, and institutions under every name they ever had."""

from datetime import date

import pytest

from hotline import reference
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places import institutions, naming, notices, service
from hotline.places import reference as place_reference
from hotline.places.models import Area, Institution, InstitutionName
from hotline.places.spelling import spell

GULOU = "南京鼓楼医院"


@pytest.fixture(autouse=True)
def _app(app):
    return app


def test_the_cities_stand_in_official_order():
    assert [area.short for area in service.cities()] == [
        *("南京", "无锡", "徐州", "常州", "苏州", "南通", "连云港"),
        *("淮安", "盐城", "扬州", "镇江", "泰州", "宿迁"),
    ]


def test_a_city_is_found_by_dial_code_name_and_code():
    assert service.city_of_dial_code("0512").code == "320500"
    assert service.city_of_dial_code("021") is None
    assert {service.city_named(text).code for text in ("苏州", "苏州市", " 320500 ")} == {"320500"}
    assert service.city("320500").short == "苏州"
    with pytest.raises(NotFound):
        service.city("320102")


def test_nanjing_has_eleven_districts_and_a_new_area_without_a_national_code():
    found = service.districts("320100")
    assert len(found) == 12
    assert [area.name for area in found if area.gb_code is None] == ["江北新区"]


def test_loading_again_changes_nothing_and_keeps_what_was_edited():
    naming.rename(institutions.by_name("南京明基医院"), "南京明基国际医院", date(2026, 5, 1))
    session.commit()
    before = [session.query(model).count() for model in (Area, Institution, InstitutionName)]
    place_reference.load()
    reference.load()
    assert [session.query(model).count() for model in (Area, Institution, InstitutionName)] == before
    assert institutions.by_name("南京明基国际医院") is not None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("gly", GULOU),
        ("glyy", GULOU),
        ("gulou", GULOU),
        ("鼓楼医院", GULOU),
        ("njglyy", GULOU),
        ("八一", "解放军第八一医院"),
        ("zdyy", "东南大学附属中大医院"),
        ("mingji", "南京明基医院"),
        ("G L Y Y", GULOU),
    ],
)
def test_type_ahead_finds_by_characters_pinyin_and_initials(typed, found):
    assert institutions.search(typed)[0].name == found


def test_type_ahead_for_nonsense_finds_nothing():
    assert institutions.search("zzzzqq") == []


@pytest.mark.parametrize(
    ("printed", "canonical"),
    [
        ("明基医院", "南京明基医院"),
        ("八一医院", "解放军第八一医院"),
        ("中国人民解放军第八一医院", "解放军第八一医院"),
        ("南京军区南京总医院", "东部战区总医院"),
        ("解放军南京总医院", "东部战区总医院"),
        ("南京市六合人民医院", "南京市六合区人民医院"),
        ("江宁区中医医院", "南京市江宁中医院"),
        ("上海梅山医院", "南京梅山医院"),
        ("南京市第二人民医院", "南京市第二医院"),
        ("南京固生堂宁西中医门诊部", "南京固生堂宁西中医"),
        (" 南京鼓楼医院 ", GULOU),
    ],
)
def test_a_printed_name_means_exactly_one_institution(printed, canonical):
    assert institutions.match(printed).exact.name == canonical


def test_a_misspelt_name_gets_suggestions_and_no_guess():
    match = institutions.match("南京市股楼医院")
    assert match.exact is None
    assert GULOU in [each.name for each in match.suggestions]
    with pytest.raises(Invalid, match="是否"):
        institutions.named("南京市股楼医院")


@pytest.mark.parametrize(
    ("name", "month", "printed"),
    [
        ("东部战区总医院", "2018-03", "南京军区南京总医院"),
        ("东部战区总医院", "2024-02", "东部战区总医院"),
        (GULOU, "2024-10", GULOU),
        (GULOU, "2024-11", "南京鼓楼医院（含分院）"),
        ("南京鼓楼医院江北国际医院", "2024-02", "南京鼓楼医院江北国际医院"),
        ("南京鼓楼医院江北国际医院", "2024-11", "南京鼓楼医院（含分院）"),
        ("南京市儿童医院河西分院", "2018-03", "南京市儿童医院河西分院"),
    ],
)
def test_each_month_prints_its_own_name(name, month, printed):
    assert institutions.printed_name(institutions.by_name(name), Month(month)) == printed


def test_a_merged_branch_is_counted_under_its_parent():
    branch, parent = institutions.by_name("南京鼓楼医院江北国际医院"), institutions.by_name(GULOU)
    assert institutions.printed_under(branch, Month("2024-10")) == branch
    assert institutions.printed_under(branch, Month("2024-11")) == parent


def test_a_new_name_begins_with_its_month_and_the_old_one_is_still_found():
    found = institutions.by_name("南京同仁医院")
    naming.rename(found, "南京同仁新院", date(2025, 6, 1))
    assert institutions.printed_name(found, Month("2025-05")) == "南京同仁医院"
    assert institutions.printed_name(found, Month("2025-06")) == "南京同仁新院"
    assert institutions.match("南京同仁医院").exact == found
    assert institutions.by_name("南京同仁医院", on=date(2025, 6, 1)) is None


def test_names_belong_to_one_institution_and_dates_run_forward():
    found = institutions.by_name("南京同仁医院")
    with pytest.raises(Conflict, match=GULOU):
        naming.rename(found, GULOU, date(2025, 6, 1))
    with pytest.raises(Conflict):
        naming.add_alias(found, "鼓楼医院", date(2025, 6, 1))
    with pytest.raises(Invalid, match="晚于"):
        naming.rename(found, "同仁新名", date(1999, 1, 1))
    with pytest.raises(Invalid, match="相同"):
        naming.rename(found, "南京同仁医院", date(2025, 6, 1))
    with pytest.raises(Invalid, match="自己"):
        naming.merge(found, found, date(2025, 6, 1))
    with pytest.raises(Conflict, match="已有"):
        institutions.add(GULOU, since=date(2025, 1, 1))


def test_a_branch_is_merged_with_a_date():
    branch, parent = institutions.by_name("东部战区总医院秦淮医疗区"), institutions.by_name("东部战区总医院")
    naming.merge(branch, parent, date(2025, 1, 1))
    assert institutions.printed_name(branch, Month("2024-12")) == "东部战区总医院秦淮医疗区"
    assert institutions.printed_name(branch, Month("2025-01")) == "东部战区总医院"


def test_a_closed_institution_is_no_longer_offered():
    found = institutions.add("南京新设医院", since=date(2025, 1, 1), district_code="320104")
    naming.add_alias(found, "新设医院", date(2025, 1, 1))
    naming.locate(found, "320105", handles_orders=False)
    naming.close(found, date(2026, 1, 1))
    assert institutions.search("新设") == []
    assert institutions.search("新设", closed=True) == [found]
    with pytest.raises(Invalid, match="停用"):
        institutions.named("新设医院")
    with pytest.raises(Conflict):
        naming.close(found, date(2026, 1, 2))
    naming.reopen(found)
    assert institutions.search("新设") == [found]


def test_brackets_and_spaces_are_not_typed():
    assert spell("南京市江宁医院（湖山路）") == ("nanjingshijiangningyiyuanhushanlu", "njsjnyyhsl")


def test_a_notice_is_read_line_by_line():
    days = notices.read_text("2027-01-01,休,元旦\n\n 2027-01-03 , 班 , 元旦\n")
    assert [(str(day.day), day.is_workday, day.name) for day in days] == [
        ("2027-01-01", False, "元旦"),
        ("2027-01-03", True, "元旦"),
    ]


@pytest.mark.parametrize("line", ["2027-13-01,休,元旦", "2027-01-01,放,元旦", "2027-01-01,休", "2027-01-01,休,"])
def test_a_line_that_cannot_be_read_is_named(line):
    with pytest.raises(Invalid) as fault:
        notices.read_text(f"2027-01-01,休,元旦\n{line}")
    assert fault.value.fields["days"] == [f"第 2 行：{line}"]
