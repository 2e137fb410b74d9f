from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.calls import codes, registration, search, topics
from hotline.calls import reference as call_reference
from hotline.calls.list_models import CodeItem, Topic
from hotline.calls.models import Category, InvalidType, Outcome, RegistrationState
from hotline.calls.scripts import scripts
from hotline.calls.search import Filter
from hotline.db import session
from hotline.errors import Conflict, Invalid, Malformed, NotFound
from tests.matters.calls_made import AT, answered, house_of_three

ON = date(2026, 11, 2)
NEXT_YEAR = date(2027, 1, 1)


def paths(text, category=None):
    return [found.path for found in topics.find(text, ON, category)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("疫苗", "免疫规划 ▸ 儿童疫苗"),
        ("etym", "免疫规划 ▸ 儿童疫苗"),
        ("jiehe", "传染病防控 ▸ 结核病"),
        ("JHB", "传染病防控 ▸ 结核病"),
        ("0105", "传染病防控 ▸ 结核病"),
        ("非法行医", "非法行医"),
    ],
)
def test_a_topic_is_found_by_characters_initials_pinyin_and_code(app, typed, first):
    assert first in paths(typed)[:3]


def test_the_category_narrows_and_nothing_typed_shows_the_first_level(app):
    assert paths("非法行医", Category.COMPLAINT) == ["非法行医"]
    assert paths("", Category.PHONE_BOOKING) == ["预约挂号", "退预约号", "预约信息查询", "其他", "账号管理"]
    assert paths("没有这样的主题") == []


def test_loading_reference_data_again_changes_nothing(app):
    def counted():
        return [session.scalar(select(func.count()).select_from(model)) for model in (CodeItem, Topic)]

    before = counted()
    codes.end("channel", "FAX", NEXT_YEAR)
    call_reference.load()
    assert counted() == before
    assert "FAX" not in codes.choices("channel", NEXT_YEAR)


def test_a_code_ends_and_its_successor_begins_on_the_same_day(app):
    codes.succeed("handling", "FORWARD", "转办理", NEXT_YEAR)
    assert codes.choices("handling", ON)["FORWARD"] == "转办"
    assert codes.choices("handling", NEXT_YEAR)["FORWARD"] == "转办理"
    with pytest.raises(Conflict):
        codes.add("handling", "FORWARD", "再次", NEXT_YEAR)
    with pytest.raises(NotFound):
        codes.end("handling", "NONE", NEXT_YEAR)
    with pytest.raises(Invalid):
        codes.end("nature", "1", date(2018, 1, 1))


def test_a_renamed_topic_keeps_its_children_and_old_calls_their_names(app):
    old = session.scalar(select(Topic).where(Topic.code == "0205"))
    topics.succeed("02", "疫苗与接种", NEXT_YEAR)
    assert topics.path(old.id) == "免疫规划 ▸ 疑似预防接种异常反应"
    assert [f.path for f in topics.find("0205", NEXT_YEAR)] == ["疫苗与接种 ▸ 疑似预防接种异常反应"]
    assert [f.path for f in topics.find("0205", ON)] == ["免疫规划 ▸ 疑似预防接种异常反应"]


def test_topics_are_added_and_ended_by_rule(app):
    made = topics.add("0206", "旅行疫苗", Category.CONSULTATION, ON, "02")
    assert (made.pinyin, made.initials) == ("lvxingyimiao", "lxym")
    with pytest.raises(Conflict):
        topics.add("0206", "旅行疫苗", Category.CONSULTATION, ON, "02")
    with pytest.raises(Invalid):
        topics.add("B9", "新业务", Category.PHONE_BOOKING, ON, "02")
    topics.end("0206", NEXT_YEAR)
    with pytest.raises(NotFound):
        topics.end("0206", NEXT_YEAR)
    with pytest.raises(Invalid):
        topics.end("01", date(2017, 1, 1))


def test_every_category_an_agent_chooses_has_its_scripts(app):
    assert {Category.CONSULTATION, Category.COMPLAINT, Category.CRISIS} <= set(scripts(ON))


@pytest.fixture
def thirty(app):
    """Thirty calls, one an hour, the last two at the same instant."""
    agent, other, _, hospital = house_of_three()
    ids = [
        answered(agent if n % 3 else other, f"1380000{n:04d}", AT + timedelta(hours=min(n, 28)), f"L{n}")
        for n in range(30)
    ]
    registration.save(ids[4], agent, {"institution_id": hospital, "contact_phone": "025-83206620"}, 0)
    registration.save(ids[5], agent, {"invalid_type": InvalidType.SILENT}, 0)
    return agent, hospital, ids


def found(**wanted):
    return [row.id for row in search.every(Filter(**wanted))]


def test_pages_follow_each_other_without_gap_or_double(thirty):
    _, _, ids = thirty
    seen, after = [], ""
    while True:
        page = search.page(Filter(), after, size=7)
        seen += [row.id for row in page.rows]
        after = page.following
        if not after:
            break
    assert seen == [*reversed(ids)]


def test_each_filter_finds_its_calls(thirty):
    agent, hospital, ids = thirty
    assert found(institution_id=hospital) == [ids[4]]
    assert found(number="(025)8320-6620") == [ids[4]]
    assert found(number="+86 138 0000 0007") == [ids[7]]
    assert found(invalid_type=InvalidType.SILENT) == [ids[5]]
    assert found(accepted=False) == [ids[5]]
    assert found(state=RegistrationState.DRAFT) == [ids[5], ids[4]]
    assert len(found(agent_id=agent.id)) == 20
    assert len(found(category=Category.MANUAL)) == 29
    assert found(outcome=Outcome.ABANDONED, queue="crisis", channel="TEL") == []
    row = search.page(Filter()).rows[0]
    number = f"{row.opened_on:%Y%m%d}{row.id:08d}"
    assert found(call_no=number) == [row.id]
    assert found(call_no="20260101" + number[8:]) == []
    assert found(call_no="不是号码") == []
    assert found(call_no="2026999900000001") == []


def test_days_are_business_days_both_included(thirty):
    _, _, ids = thirty
    assert found(first=date(2026, 11, 3), last=date(2026, 11, 3)) == [*reversed(ids[14:])]
    assert found(last=date(2026, 11, 2)) == [*reversed(ids[:14])]


@pytest.mark.parametrize("marker", ["x", "AAAA", "MjAyNi0xMS0wMiAx", "é"])
def test_a_marker_that_was_tampered_with_is_refused(app, marker):
    with pytest.raises(Malformed):
        search.page(Filter(), marker)


def test_the_page_carries_no_more_than_it_shows(thirty):
    assert not {"content", "caller_name"} & set(search.page(Filter()).rows[0]._mapping)
    assert clock.business_day(AT) == ON
