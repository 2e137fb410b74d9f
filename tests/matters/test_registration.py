from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.calls import history, registration, registration_versions
from hotline.calls.list_models import Topic
from hotline.calls.models import Call, Category, InvalidType, Outcome, RegistrationState, RegistrationVersion
from hotline.calls.numbers import normalise
from hotline.calls.registration import ManualEntry
from hotline.calls.registration_rules import Evidence
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.jobs import Job, Outbox
from tests.matters.calls_made import AT, answered, house_of_three


@pytest.fixture
def desk(app):
    return house_of_three()


def topic(code):
    return session.scalar(select(Topic.id).where(Topic.code == code))


def consultation(**changes):
    values = {
        "category": Category.CONSULTATION,
        "topic_id": topic("0205"),
        "content": "孩子打疫苗后发热",
        "reply": "观察，超过38.5度就诊",
    }
    return {**values, **changes}


def complaint(institution_id, **changes):
    values = {
        "category": Category.COMPLAINT,
        "institution_id": institution_id,
        "content": "挂号窗口等候两小时",
        "demand": "要求道歉",
    }
    return {**values, **changes}


def test_a_draft_is_saved_again_and_again_and_then_completed(desk):
    agent, *_ = desk
    call_id = answered(agent)
    registration.open_draft(call_id, agent.id)
    first = registration.save(call_id, agent, {"content": "孩子"}, 1)
    assert (first.state, first.content) == (RegistrationState.DRAFT, "孩子")
    second = registration.save(call_id, agent, consultation(), first.version)
    done = registration.complete(call_id, agent, {}, second.version)
    assert (done.state, done.nature, done.handling) == (RegistrationState.COMPLETE, "1", "DIRECT")
    call = session.get(Call, call_id)
    assert (call.accepted, call.category, call.outcome) == (True, Category.CONSULTATION, Outcome.ANSWERED)
    assert len(registration_versions.versions(call_id, call.business_day)) == 1


def test_saving_the_same_twice_is_one_version(desk):
    agent, *_ = desk
    call_id = answered(agent)
    saved = registration.save(call_id, agent, {"content": "甲"}, 0)
    again = registration.save(call_id, agent, {"content": "甲"}, 0)
    assert again.version == saved.version


def test_the_second_of_two_writers_is_told_the_difference_and_nothing_is_overwritten(desk):
    agent, _, supervisor, _ = desk
    call_id = answered(agent)
    base = registration.save(call_id, agent, {"content": "甲说"}, 0).version
    registration.save(call_id, supervisor, {"content": "班长改"}, base)
    with pytest.raises(Conflict) as told:
        registration.save(call_id, agent, {"content": "甲又说", "remark": "备注"}, base)
    assert told.value.facts["difference"] == {
        "content": {
            "label": "内容",
            "mine": "甲又说",
            "theirs": "班长改",
            "mine_words": "甲又说",
            "theirs_words": "班长改",
        },
        "remark": {"label": "备注", "mine": "备注", "theirs": None, "mine_words": "备注", "theirs_words": ""},
    }
    found = registration.save(call_id, agent, {"content": "甲又说"}, told.value.facts["version"])
    assert found.content == "甲又说"


def test_taking_the_next_call_moves_the_draft_to_the_unfinished_list(desk):
    agent, *_ = desk
    first, second = answered(agent), answered(agent, at=AT + timedelta(minutes=5), provider_ref="CA2")
    registration.open_draft(first, agent.id)
    registration.open_draft(second, agent.id)
    states = [(call.id, form.state) for form, call in registration.unfinished(agent.id)]
    assert states == [(first, RegistrationState.PENDING), (second, RegistrationState.DRAFT)]


def test_after_a_transfer_the_form_goes_on_under_the_agent_who_has_the_caller(desk):
    agent, other, *_ = desk
    call_id = answered(agent)
    registration.open_draft(call_id, agent.id)
    registration.save(call_id, agent, {"content": "已问清"}, 1)
    taken = registration.open_draft(call_id, other.id)
    assert (taken.agent_id, taken.content) == (other.id, "已问清")
    assert registration.save(call_id, other, {"content": "接着问"}, taken.version).agent_id == other.id


def test_another_agent_may_not_write_and_an_unknown_call_is_not_found(desk):
    agent, other, *_ = desk
    call_id = answered(agent)
    with pytest.raises(Refused):
        registration.save(call_id, other, {"content": "x"}, 0)
    with pytest.raises(NotFound):
        registration.save(999999, agent, {"content": "x"}, 0)


@pytest.mark.parametrize(
    ("values", "evidence", "missing"),
    [
        ({}, Evidence(), {"category"}),
        ({"category": Category.IVR}, Evidence(), {"category"}),
        ({"category": Category.EXPERT_QA}, Evidence(), {"category"}),
        ({"category": Category.CONSULTATION}, Evidence(), {"topic_id", "content", "reply"}),
        ({"category": Category.CONSULTATION, "handling": "CALLBACK"}, Evidence(), {"topic_id", "content"}),
        ({"category": Category.COMPLAINT}, Evidence(), {"institution_id", "content", "demand"}),
        ({"category": Category.COMPLAINT, "district_code": "320100"}, Evidence(), {"content", "demand"}),
        ({"category": Category.PHONE_BOOKING}, Evidence(), {"topic_id"}),
        ({"category": Category.PHONE_BOOKING, "topic_id": "B1"}, Evidence(), {"booking"}),
        ({"category": Category.PHONE_BOOKING, "topic_id": "B1"}, Evidence(booking=True), set()),
        ({"category": Category.PHONE_BOOKING, "topic_id": "B3"}, Evidence(), set()),
        ({"category": Category.PHONE_BOOKING, "topic_id": "T01"}, Evidence(), {"topic_id"}),
        ({"category": Category.CRISIS, "topic_id": "C14"}, Evidence(), {"risk_sheet"}),
        ({"category": Category.CRISIS, "topic_id": "C14"}, Evidence(risk_sheet=True), set()),
        ({"category": Category.MANUAL}, Evidence(), {"content"}),
        ({"category": Category.MANUAL, "content": "转120"}, Evidence(), set()),
        ({"invalid_type": InvalidType.SILENT}, Evidence(), set()),
    ],
)
def test_what_each_category_needs(desk, values, evidence, missing):
    agent, *_ = desk
    call_id = answered(agent)
    wanted = {**values, "topic_id": topic(values["topic_id"])} if "topic_id" in values else values
    if not missing:
        assert registration.complete(call_id, agent, wanted, 0, evidence).state is RegistrationState.COMPLETE
        return
    with pytest.raises(Invalid) as told:
        registration.complete(call_id, agent, wanted, 0, evidence)
    assert set(told.value.fields) == missing


def test_a_reply_needs_a_number_to_reply_to(desk):
    agent, *_ = desk
    call_id = answered(agent, number="anonymous")
    with pytest.raises(Invalid) as told:
        registration.complete(call_id, agent, consultation(reply_required=True), 0)
    assert set(told.value.fields) == {"contact_phone"}
    registration.complete(call_id, agent, consultation(reply_required=True, contact_phone="8320 6620"), 2)
    assert session.get(Call, call_id).accepted


def test_an_invalid_call_is_not_accepted_and_choosing_a_category_makes_it_valid_again(desk):
    agent, *_ = desk
    call_id = answered(agent)
    saved = registration.save(call_id, agent, {"invalid_type": InvalidType.NUISANCE}, 0)
    call = session.get(Call, call_id)
    assert (call.accepted, call.category, call.invalid_type) == (False, None, InvalidType.NUISANCE)
    registration.save(call_id, agent, {"category": Category.MANUAL}, saved.version)
    assert (call.accepted, call.category, call.invalid_type) == (True, Category.MANUAL, None)


@pytest.mark.parametrize(
    "values",
    [
        {"nature": "99"},
        {"topic_id": 999999},
        {"institution_id": 999999},
        {"district_code": "999999"},
    ],
)
def test_codes_that_do_not_exist_are_refused_even_in_a_draft(desk, values):
    agent, *_ = desk
    call_id = answered(agent)
    with pytest.raises(Invalid) as told:
        registration.save(call_id, agent, values, 0)
    assert set(told.value.fields) == set(values)


def wanted_orders():
    rows = session.execute(select(Outbox.key, Outbox.arguments).where(Outbox.name == Job.OPEN_SELF_ORDER.value))
    return [(row.key, row.arguments) for row in rows]


def test_a_complaint_wants_its_order_and_so_does_every_correction_of_it(desk):
    agent, _, supervisor, hospital = desk
    call_id = answered(agent)
    done = registration.complete(call_id, agent, complaint(hospital), 0)
    assert wanted_orders() == [(f"{call_id}:{done.version}", {"call_id": call_id})]
    away = registration.correct(call_id, supervisor, consultation(), done.version, "误选投诉")
    assert session.get(Call, call_id).category is Category.CONSULTATION
    assert len(wanted_orders()) == 2
    registration.correct(call_id, supervisor, {"remark": "无"}, away.version, "补备注")
    assert len(wanted_orders()) == 2


def test_a_correction_needs_a_reason_and_keeps_every_version(desk):
    agent, *_ = desk
    call_id = answered(agent)
    with pytest.raises(Conflict):
        registration.correct(call_id, agent, {"remark": "x"}, 0, "原因")
    done = registration.complete(call_id, agent, consultation(), 0)
    with pytest.raises(Invalid):
        registration.correct(call_id, agent, {"content": "改"}, done.version, "  ")
    with pytest.raises(Conflict):
        registration.save(call_id, agent, {"content": "改"}, done.version)
    registration.correct(call_id, agent, {"content": "改", "confidential": True}, done.version, "漏听")
    newest, oldest = registration_versions.versions(call_id, date(2026, 11, 2))
    assert newest.reason == "漏听"
    assert [(c.label, c.before, c.after) for c in newest.changes] == [
        ("保密", "", "是"),
        ("内容", "孩子打疫苗后发热", "改"),
    ]
    assert ("主题", "", "免疫规划 ▸ 疑似预防接种异常反应") in [(c.label, c.before, c.after) for c in oldest.changes]


def test_versions_are_not_readable_in_the_database(desk):
    agent, *_ = desk
    registration.complete(answered(agent), agent, consultation(), 0)
    stored = session.connection().exec_driver_sql("SELECT body FROM registration_version").scalar_one()
    assert "孩子".encode() not in bytes(stored)
    assert session.scalar(select(func.count(RegistrationVersion.id))) == 1


def test_a_manual_entry_is_back_dated_counted_and_audited(desk):
    agent, *_ = desk
    entry = ManualEntry("LETTER", AT, 6, "来信补录", "025-83206620", "320100", consultation())
    found = registration.enter(entry, agent)
    call = session.get(Call, found.call_id)
    assert (call.provider, call.channel, call.business_day) == ("manual", "LETTER", date(2026, 11, 2))
    assert (call.accepted, call.category, call.agent_id) == (True, Category.CONSULTATION, agent.id)
    assert call.caller_hash == normalise("025-83206620").hash
    assert "call.manual" in [entry["action"] for entry in session.info["audit"]]


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"reason": " "}, "reason"), ({"at": AT + timedelta(days=3650)}, "at"), ({"channel": "PIGEON"}, "channel")],
)
def test_a_manual_entry_without_reason_from_the_future_or_by_pigeon_is_refused(desk, changes, field):
    agent, *_ = desk
    entry = ManualEntry(
        **{
            "channel": "LETTER",
            "at": AT,
            "minutes": 5,
            "reason": "补录",
            "city_code": "320100",
            "values": consultation(),
            **changes,
        }
    )
    with pytest.raises(Invalid) as told:
        registration.enter(entry, agent)
    assert field in told.value.fields


def test_the_history_counts_calls_from_a_number_in_any_spelling_and_contacts(desk):
    agent, *_ = desk
    now = clock.now()
    for days, spelling in ((2, "+8613800001234"), (20, "138 0000 1234"), (200, "013800001234"), (500, "13800001234")):
        answered(agent, number=spelling, at=now - timedelta(days=days), provider_ref=f"H{days}")
    by_contact = answered(agent, number="anonymous", at=now - timedelta(days=5), provider_ref="H5")
    registration.save(by_contact, agent, {"contact_phone": "138-0000-1234"}, 0)
    found = history.of_number(normalise("13800001234").hash)
    assert found.counts == {7: 2, 30: 3, 365: 4}
    assert [call.offered_at for call in found.last] == sorted((c.offered_at for c in found.last), reverse=True)
    assert len(found.last) == 5
    assert history.of_number(None).last == []
