from datetime import date, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hotline import clock
from hotline.calls.models import Call, Category
from hotline.calls.numbers import normalise
from hotline.crisis import access, followups, scale, service
from hotline.crisis.access import Reader
from hotline.crisis.models import Level, ScaleItem
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from tests.matters.calls_made import AT, answered, house_of_three

ON = date(2026, 11, 2)
PLAN = {"safety_plan": "家人陪伴，收走药物，明日随访"}


@pytest.fixture
def crisis(app):
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        agent, other, supervisor, _ = house_of_three()
        yield agent, other, supervisor, answered(agent)


SCALE = [ScaleItem(code=f"H{n}", points=0) for n in range(1, 5)] + [
    ScaleItem(code=f"E{n:02d}", points=2 if n <= 4 else 1) for n in range(1, 13)
]
CUTS = {1: 0, 2: 4, 3: 8}


@given(st.dictionaries(st.sampled_from([i.code for i in SCALE if i.points]), st.integers(0, 2), min_size=1))
def test_the_level_follows_from_the_total_and_its_cut_offs(answers):
    fitting = {code: min(points, next(i.points for i in SCALE if i.code == code)) for code, points in answers.items()}
    level, score = scale.assess(fitting, SCALE, CUTS)
    assert score == sum(fitting.values())
    assert level == (Level.HIGH if score >= 8 else Level.MODERATE if score >= 4 else Level.LOW)


@given(
    st.sampled_from(["H1", "H2", "H3", "H4"]),
    st.dictionaries(st.sampled_from(["E01", "E02", "E05"]), st.integers(0, 1)),
)
def test_an_immediate_sign_is_high_whatever_the_score(sign, answers):
    assert scale.assess({**answers, sign: 1}, SCALE, CUTS) == (Level.HIGH, sum(answers.values()))


@given(st.lists(st.sampled_from([i.code for i in SCALE if i.points]), unique=True), st.sampled_from(SCALE[4:]))
def test_one_more_answer_never_lowers_the_level(codes, added):
    before = {code: 1 for code in codes}
    assert scale.assess({**before, added.code: 1}, SCALE, CUTS)[0] >= scale.assess(before, SCALE, CUTS)[0]


def test_nothing_answered_is_not_assessed():
    assert scale.assess({}, SCALE, CUTS) == (Level.NONE, None)


def test_the_scale_that_comes_with_the_product_adds_up_to_sixteen(crisis):
    loaded = scale.items(ON)
    assert sum(item.points for item in loaded) == 16
    assert len([item for item in loaded if item.points]) == 12
    assert [item.code for item in loaded if item.points == 0] == ["H1", "H2", "H3", "H4"]
    assert scale.cut_offs(ON) == CUTS


def test_the_sheet_is_saved_as_it_is_typed_and_high_calls_the_supervisor_at_once(crisis):
    agent, _, supervisor, call_id = crisis
    first = service.save(call_id, agent.id, {"answers": {"E01": 2}, "whereabouts": "江边"}, 0)
    assert (first.level, first.score) == (Level.LOW, 2)
    assert service.open_alerts() == []
    high = service.save(call_id, agent.id, {"answers": {"E01": 2, "H2": 1}}, first.version)
    assert (high.level, high.submitted_at) == (Level.HIGH, None)
    assert [alert.call_id for alert in service.open_alerts()] == [call_id]
    assert [(shown["call"], shown["agent"]) for shown in service.on_board()] == [
        (session.get(Call, call_id).ref, "坐席甲")
    ]
    service.take_alert(call_id, supervisor.id)
    assert service.open_alerts() == []
    assert service.on_board() == []
    with pytest.raises(Conflict):
        service.take_alert(call_id, supervisor.id)


def test_a_second_writer_is_refused_and_a_repetition_is_not(crisis):
    agent, _, supervisor, call_id = crisis
    first = service.save(call_id, agent.id, {"plan": "甲"}, 0).version
    service.save(call_id, supervisor.id, {"plan": "乙"}, first)
    with pytest.raises(Conflict):
        service.save(call_id, agent.id, {"plan": "丙"}, first)
    assert service.save(call_id, agent.id, {"plan": "乙"}, first).plan == "乙"


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({}, {"answers"}),
        ({"answers": {"H1": 1}}, {"safety_plan"}),
        ({"answers": {"E01": 1}, "breach_reason": "有生命危险"}, {"breach_approved_by"}),
        ({"answers": {"H9": 1}}, {"answers"}),
        ({"answers": {"E05": 2}}, {"answers"}),
        ({"answers": {"E01": 1}, "flag": "??"}, {"flag"}),
    ],
)
def test_an_unfinished_sheet_is_not_submitted(crisis, values, missing):
    agent, *_, call_id = crisis
    with pytest.raises(Invalid) as told:
        service.submit(call_id, agent.id, values, 0)
    assert set(told.value.fields) == missing


def test_a_linkage_stands_in_for_the_safety_plan_and_cannot_be_changed(crisis):
    agent, *_, call_id = crisis
    service.link(call_id, agent.id, "110", "已出警，现场接到人")
    assert service.submit(call_id, agent.id, {"answers": {"H1": 1}}, 0).level == Level.HIGH
    assert [link.target for link in service.linkages(call_id)] == ["110"]
    with pytest.raises(Invalid):
        service.link(call_id, agent.id, "110", " ")
    with pytest.raises(Invalid):
        service.link(call_id, agent.id, "911", "x")
    with pytest.raises(NotFound):
        service.link(999999, agent.id, "110", "x")
    with pytest.raises(DBAPIError, match="append only"):
        session.execute(text("UPDATE crisis_linkage SET target = '120'"))


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        ({"H2": 1}, ["24小时", "1周", "1个月", "3个月"]),
        ({"E01": 2, "E02": 2}, ["1周", "1个月"]),
        ({"E01": 1}, []),
    ],
)
def test_the_ladder_follows_the_level(crisis, answers, names):
    agent, *_, call_id = crisis
    sheet = service.submit(call_id, agent.id, {"answers": answers, **PLAN}, 0)
    steps = followups.of_call(call_id)
    assert [step.name for step in steps] == names
    if names:
        hours = {"24小时": 24, "1周": 168, "1个月": 720, "3个月": 2160}
        assert [step.due_at - sheet.submitted_at for step in steps] == [timedelta(hours=hours[n]) for n in names]


def test_without_consent_there_is_no_follow_up(crisis):
    agent, *_, call_id = crisis
    service.submit(call_id, agent.id, {"answers": {"H2": 1}, "followup_consent": False, **PLAN}, 0)
    assert followups.of_call(call_id) == []


def test_a_sheet_that_turns_high_later_gets_the_higher_ladder_once(crisis):
    agent, *_, call_id = crisis
    sheet = service.submit(call_id, agent.id, {"answers": {"E01": 2, "E02": 2}, **PLAN}, 0)
    sheet = service.save(call_id, agent.id, {"answers": {"E01": 2, "E02": 2, "H3": 1}}, sheet.version)
    service.save(call_id, agent.id, {"alias": "小明"}, sheet.version)
    assert [step.name for step in followups.of_call(call_id)] == ["24小时", "1周", "1个月", "3个月"]


def test_a_follow_up_is_late_after_its_time_and_stays_open_while_nobody_answers(crisis):
    agent, other, _, call_id = crisis
    service.submit(call_id, agent.id, {"answers": {"H2": 1}, **PLAN}, 0)
    (first, *_rest) = followups.of_call(call_id)
    assert followups.overdue_count() == 0
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        assert followups.overdue_count() == 1
        assert [(f.id, level) for f, level in followups.due(clock.now())] == [(first.id, Level.HIGH)]
        followups.record(first.id, agent.id, "NOANSWER", "两次未接", first.version)
        followups.hand_over(first.id, other.id, first.version)
        assert [f.id for f, _level in followups.due(clock.now(), other.id)] == [first.id]
        done = followups.record(first.id, other.id, "SAFE", "情绪平稳", first.version)
        assert (done.attempts, done.note, done.done_by) == (2, "两次未接\n情绪平稳", other.id)
        assert followups.overdue_count() == 0
        with pytest.raises(Invalid):
            followups.record(first.id, other.id, "SAFE", "", first.version)
    with pytest.raises(Conflict):
        followups.record(first.id, other.id, "SAFE", "", 1)
    with pytest.raises(NotFound):
        followups.record(999999, other.id, "SAFE", "", 1)


def test_records_are_kept_at_least_three_years_after_the_last_entry(crisis):
    agent, *_, call_id = crisis
    sheet = service.submit(call_id, agent.id, {"answers": {"H2": 1}, **PLAN}, 0)
    assert sheet.keep_until >= date(2029, 11, 2)
    with time_machine.travel(clock.now() + timedelta(days=90), tick=False):
        last = followups.of_call(call_id)[-1]
        followups.record(last.id, agent.id, "SAFE", "", last.version)
    assert sheet.keep_until >= date(2030, 1, 31)


def test_only_the_agent_supervisors_and_trained_people_read_and_others_break_the_glass(crisis):
    agent, other, supervisor, call_id = crisis
    service.save(call_id, agent.id, {"plan": "x"}, 0)
    call = session.get(Call, call_id)
    assert access.is_crisis(call)
    for reader in (Reader(agent.id), Reader(supervisor.id, supervisor=True), Reader(other.id, trained=True)):
        access.require(call, reader)
    with pytest.raises(Refused):
        access.require(call, Reader(other.id))
    with pytest.raises(Invalid):
        access.break_glass(call_id, other.id, "看")
    access.break_glass(call_id, other.id, "来电人再次来电，需了解情况")
    access.require(call, Reader(other.id))
    assert "crisis.break_glass" in [entry["action"] for entry in session.info["audit"]]
    with time_machine.travel(clock.now() + timedelta(minutes=31)), pytest.raises(Refused):
        access.require(call, Reader(other.id))


def test_the_last_level_of_a_number_is_known_at_the_next_call(crisis):
    agent, *_, call_id = crisis
    service.submit(call_id, agent.id, {"answers": {"E01": 2, "E02": 2}, **PLAN}, 0)
    assert service.last_level(normalise("+86 138-0000-1234").hash) is Level.MODERATE
    assert service.last_level(normalise("13800001234").hash, before_call=call_id) is Level.NONE
    assert service.last_level(None) is Level.NONE
    ordinary = session.get(Call, answered(agent, provider_ref="CA9"))
    assert ordinary.category is Category.MANUAL
    assert not access.is_crisis(ordinary)


def test_what_a_caller_said_is_not_readable_in_the_database(crisis):
    agent, *_, call_id = crisis
    service.save(call_id, agent.id, {"plan": "今晚去桥上"}, 0)
    stored = session.connection().exec_driver_sql("SELECT plan FROM risk_sheet").scalar_one()
    assert "桥".encode() not in bytes(stored)
