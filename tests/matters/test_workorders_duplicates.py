"""Duplicates are told when they arrive: by number, name, institution and words, of open orders; to no unit."""

from datetime import timedelta

import pytest

from hotline import clock
from hotline.db import session
from hotline.workorders import bundles, delivery, desk, duplicates, handling, importing, moves, platforms, self_orders
from hotline.workorders import timeline as lines
from hotline.workorders.codes import Move, Nature, NotAccepted, Source, State
from hotline.workorders.desk import UNIT_VIEWS, View, Wanted
from tests.matters import workorders as make

WORDS = "市民反映在鼓楼医院呼吸科门诊排队三小时，请核实处理。"
BARE = {"caller_phone": None, "contact_phone": None, "caller_name": None}
NOBODY = {**BARE, "accused_id": None}


def doubtful(unit_id=None):
    return [one.id for one in desk.listed(View.DOUBTFUL, Wanted(), clock.now(), unit_id).orders]


def test_an_order_that_repeats_an_open_one_is_marked_and_says_why(app):
    first, second = make.order(), make.order()
    assert (first.similar_id, second.similar_id) == (None, first.id)
    note = moves.last(second, Move.NOTE)
    assert note.internal
    assert note.reason.startswith(f"疑似与 {first.own_no} 重复：号码相同、姓名相同")
    assert doubtful() == [second.id]
    assert desk.counts(clock.now())[View.DOUBTFUL] == 1
    assert duplicates.told([first, second]) == {second.id: f"疑似与 {first.own_no} 重复"}


@pytest.mark.parametrize(
    "shared",
    [{"caller_phone": "13800001234"}, {"caller_name": "钱多多女士"}, {"accused_id": "gulou"}, {}],
    ids=["number", "name", "institution", "words alone"],
)
def test_each_path_leads_to_the_duplicate(app, shared):
    if "accused_id" in shared:
        shared = {"accused_id": make.gulou()}
    first = make.order(**{**NOBODY, **shared})
    make.order(**NOBODY, title="疫苗", content="咨询疫苗接种点在哪里，什么时候上班")
    assert make.order(**{**NOBODY, **shared}).similar_id == first.id


@pytest.mark.parametrize(
    "other",
    [
        {"title": "疫苗", "content": "咨询疫苗接种点在哪里，什么时候上班"},
        {**NOBODY, "title": "病房", "content": "骨科病房空调损坏一周无人修理"},
        {"registered_at": timedelta(days=40)},
    ],
    ids=["another matter", "another matter and person", "long ago"],
)
def test_another_matter_is_no_duplicate(app, other):
    old = other.get("registered_at")
    make.order(**({"registered_at": clock.now() - old} if old else other))
    assert make.order().similar_id is None


def test_an_order_that_has_ended_or_is_bundled_is_nobodys_duplicate(app):
    here = make.desk()
    void = make.order(here)
    handling.void(void, here, NotAccepted.OTHER, "不予受理")
    main = make.order(here)
    child = make.order(here)
    assert child.similar_id == main.id
    bundles.merge(child.id, main.id, here, "同一事项")
    assert doubtful() == []
    assert make.order(here).similar_id == main.id


def test_a_mark_is_settled_by_dispatching(app):
    here = make.desk()
    make.order(here)
    second = make.order(here)
    handling.dispatch(second, here, make.gulou())
    assert doubtful() == []


def test_no_unit_learns_of_the_mark(app):
    here, there = make.desk(), make.unit(make.gulou())
    foreign, _, _ = make.at_state(State.PROCESSING, unit_id=make.tongren())
    mine = make.order(here)
    assert mine.similar_id == foreign.id
    handling.dispatch(mine, here, there.unit_id)
    told = "".join(line.title + line.text for line in lines.of_order(mine, there.unit_id))
    assert foreign.own_no not in told
    assert "疑似" not in told
    assert "疑似" in "".join(line.text for line in lines.of_order(mine, None))
    assert View.DOUBTFUL not in UNIT_VIEWS
    assert View.DOUBTFUL not in desk.counts(clock.now(), there.unit_id)
    assert doubtful(there.unit_id) == []


def test_a_self_received_order_is_marked_too(app):
    first = make.order()
    assert self_orders.settle(make.call().id).similar_id == first.id


def test_what_is_typed_finds_a_duplicate_without_number_and_institution(app):
    first = make.order(**NOBODY)
    typed = {"phone": "", "institution_id": None, "at": clock.now()}
    by_words = duplicates.of_draft(**typed, name="", words=WORDS, nature=Nature.COMPLAINT)
    assert [one.order.id for one in by_words] == [first.id]
    assert [one.order.id for one in duplicates.of_draft(**typed, name="", words=WORDS)] == [first.id]
    assert duplicates.of_draft(**typed, name="", words=WORDS, nature=Nature.PRAISE) == []
    assert duplicates.of_draft(**typed, name="孙一一", words="咨询疫苗") == []


def rows(*numbers, content=WORDS):
    head = ["工单编号", "主要内容", "来电类别", "来电人"]
    return [(1, head), *((n + 2, [number, content, "投诉", "钱多多"]) for n, number in enumerate(numbers))]


def test_an_import_says_it_in_the_preview_and_in_the_report(app):
    platform = platforms.add("省12345", Source.PROV)
    first = make.order()
    plan = importing.plan([*rows("1"), (3, ["2", "咨询疫苗接种点在哪里，什么时候上班", "投诉", "孙一一"])], platform)
    told = [row.reason for row in importing.with_duplicates(plan)]
    assert told[0].startswith(f"疑似与 {first.own_no} 重复：姓名相同")
    assert told[1] == ""
    written = importing.write(plan, platform)
    assert [row.reason for row in written] == [f"疑似与 {first.own_no} 重复", ""]
    assert [row.report().get("reason", "") for row in written] == [row.reason for row in written]
    assert [row.reason for row in importing.write(plan, platform)] == [importing.KNOWN] * 2


def test_two_rows_of_one_file_are_each_others_duplicates(app):
    platform = platforms.add("省12345", Source.PROV)
    written = importing.write(importing.plan(rows("1", "2", "3"), platform), platform)
    first = written[0].own_no
    assert [row.reason for row in written] == ["", *[f"疑似与 {first} 重复"] * 2]


def receive(source, number, **changes):
    demand = make.demand(source=source, external_no=number, **changes)
    return delivery.receive(
        demand, {"n": number}, delivery.by_platform("平台"), platform_id=platforms.named("平台").id
    ).order


def test_a_platform_learns_the_number_of_its_own_order_only(app):
    platforms.add("平台", Source.CITY)
    own = receive(Source.CITY, "A1")
    assert duplicates.for_platform(own) == duplicates.ForPlatform()
    assert duplicates.for_platform(receive(Source.CITY, "A2")) == duplicates.ForPlatform(True, "A1")
    assert duplicates.for_platform(receive(Source.PROV, "B1")) == duplicates.ForPlatform(True, None)


def test_a_confidential_order_from_elsewhere_is_not_even_hinted_at(app):
    platforms.add("平台", Source.CITY)
    receive(Source.PROV, "B1", confidential=True)
    mine = receive(Source.CITY, "A1")
    assert mine.similar_id
    assert duplicates.for_platform(mine) == duplicates.ForPlatform()
    again = receive(Source.PROV, "B2", confidential=True)
    session.flush()
    assert duplicates.for_platform(again) == duplicates.ForPlatform(True, "B1")
