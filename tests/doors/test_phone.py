"""The telephone door: genuine or nothing, once, never silent, never an error."""

import re
from copy import deepcopy
from datetime import date

import pytest
from sqlalchemy import func, select, text

from hotline import clock
from hotline.calls.models import Call, CallEvent, CallState, Category, EventKind, Outcome
from hotline.db import session
from hotline.ivr import service as ivr
from hotline.people.models import Role
from hotline.queues import blocklist
from hotline.queues.records import CallBack
from tests.signed import Provider, caller_leg

LEG = caller_leg(1)


@pytest.fixture
def provider(app, client):
    return Provider(client, app.config["HOTLINE"])


def rows() -> tuple[int, int]:
    return session.scalar(select(func.count(Call.id))), session.scalar(select(func.count(CallEvent.id)))


def the_call() -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def next_path(reply, tag: str = "action") -> str:
    """The address a document leads to, relative to the house and without its retry settings."""
    found = re.search(rf'{tag}="(?:http://[^/]*)?([^"#]*)', reply.text) or re.search(
        r"<Redirect[^>]*>(?:http://[^/]*)?([^<#]*)", reply.text
    )
    return found[1].replace("&amp;", "&")


def test_the_first_sentence_offers_the_crisis_key_and_the_row_exists(provider):
    reply = provider.call("/phone/voice", LEG)
    assert reply.status_code == 200
    assert reply.content_type == "text/xml; charset=utf-8"
    assert "心理危机求助请直接按5" in reply.text.split("。")[0]
    call = the_call()
    assert (call.state, call.outcome, call.caller) == (CallState.OFFERED, Outcome.OPEN, "13800001234")
    assert call.caller_hash is not None


def test_the_same_request_gets_the_same_document_and_one_row(provider):
    first = provider.call("/phone/voice", LEG)
    again = provider.call("/phone/voice", LEG)
    assert (again.status_code, again.text) == (200, first.text)
    assert rows() == (1, 1)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"sign": False}, 403),
        ({"headers": {"X-Twilio-Signature": ""}}, 403),
        ({"headers": {"X-Twilio-Signature": "你好".encode().decode("latin-1")}}, 403),
        ({"headers": {"X-Twilio-Signature": "x" * 10_000}}, 403),
        ({"token": "another-token"}, 403),
    ],
)
def test_what_is_not_signed_by_the_provider_leaves_no_row(provider, change, status):
    reply = provider.post("/phone/voice", provider.params(LEG), **change)
    assert reply.status_code == status
    assert rows() == (0, 0)


def test_another_account_is_refused(provider):
    assert provider.call("/phone/voice", LEG, AccountSid="AC" + "9" * 32).status_code == 403
    assert rows() == (0, 0)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"CallSid": "x"}', "application/json", 415),
        (b"CallSid=x", "text/plain", 415),
        (b"x" * 70_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_only_small_forms_come_in(client, app, body, content_type, status):
    reply = client.post("/phone/voice", data=body, content_type=content_type, headers={"X-Twilio-Signature": "x"})
    assert reply.status_code == status
    assert rows() == (0, 0)


def test_a_second_token_is_accepted_while_tokens_change(provider):
    from dataclasses import replace

    app = provider.client.application
    config = app.config["HOTLINE"]
    app.config["HOTLINE"] = replace(config, twilio_auth_tokens=("new-token", *config.twilio_auth_tokens))
    try:
        assert provider.call("/phone/voice", LEG).status_code == 200
    finally:
        app.config["HOTLINE"] = config


def test_chinese_in_the_address_keeps_its_signature(provider):
    path = "/phone/menu?node=%E5%BF%83%7E&n=1"
    provider.call("/phone/voice", LEG)
    assert provider.call(path, LEG, Digits="2").status_code == 200


def test_a_key_leads_into_its_line_and_no_key_to_a_person(provider):
    reply = provider.call("/phone/voice", LEG)
    parked = provider.call(next_path(reply), LEG, Digits="5", CallStatus="in-progress")
    assert "<Enqueue" in parked.text
    call = the_call()
    assert (call.state, call.queue, call.menu_path) == (CallState.QUEUED, "crisis", "5")
    other = caller_leg(2)
    reply = provider.call("/phone/voice", other, From="anonymous")
    assert "<Enqueue" in provider.call(next_path(reply), other).text
    anonymous = session.scalars(select(Call).where(Call.provider_ref == other)).one()
    assert (anonymous.queue, anonymous.caller_hash, anonymous.caller) == ("general", None, "")


def test_self_service_ends_as_ivr(provider):
    reply = provider.call("/phone/voice", LEG)
    topics = provider.call(next_path(reply), LEG, Digits="4")
    answer = provider.call(next_path(topics), LEG, Digits="1")
    assert "疫苗接种" in answer.text
    provider.call("/phone/status", LEG, CallStatus="completed", CallDuration="30")
    call = the_call()
    assert (call.outcome, call.accepted, call.category) == (Outcome.SELF_SERVICE, True, Category.IVR)


@pytest.mark.parametrize(
    ("hour", "day", "said"),
    [
        (20, 12, "节假日期间，电话预约挂号"),
        (20, 25, "电话预约挂号的服务时间是每天"),
        (20, 4, "电话预约挂号的服务时间是每天"),
        (10, 12, "正在为您转接预约挂号"),
    ],
    ids=["holiday", "sunday", "worked-sunday", "holiday-open"],
)
def test_a_closed_line_has_its_own_words_on_a_public_holiday(provider, hour, day, said):
    with clock.held_at(clock.at_local(date(2024, 2, day), hour)):
        reply = provider.call("/phone/voice", LEG)
        told = provider.call(next_path(reply), LEG, Digits="1")
        assert said in told.text
        if hour == 20:
            assert "<Enqueue" in provider.call(next_path(told), LEG).text
    session.expire_all()
    closed = session.scalars(select(CallEvent.data).where(CallEvent.kind == EventKind.CLOSED_HOURS)).all()
    assert [each["node"] for each in closed] == (["booking"] if hour == 20 else [])
    assert the_call().queue == ("general" if hour == 20 else "booking")


def test_a_caller_who_hangs_up_in_the_line_is_abandoned_and_to_be_called_back(provider):
    from hotline.queues.models import Waiting, WaitState
    from hotline.queues.records import CallBack, CallBackSource

    reply = provider.call("/phone/voice", LEG)
    provider.call(next_path(reply), LEG, Digits="2")
    provider.call("/phone/status", LEG, CallStatus="completed", CallDuration="30")
    call = the_call()
    assert (call.outcome, call.accepted, call.category) == (Outcome.ABANDONED, False, None)
    assert session.scalars(select(Waiting.state)).one() is WaitState.LEFT
    assert session.scalars(select(CallBack.source)).one() is CallBackSource.ABANDONED


def test_an_end_told_before_the_ring_is_kept(provider):
    assert provider.call("/phone/status", LEG, CallStatus="no-answer").status_code == 204
    provider.call("/phone/voice", LEG)
    call = the_call()
    assert (call.state, call.outcome, call.caller) == (CallState.ENDED, Outcome.MENU_HANGUP, "13800001234")


def test_an_end_is_never_undone(provider):
    provider.call("/phone/voice", LEG)
    provider.call("/phone/status", LEG, CallStatus="completed", CallDuration="9")
    ended_at = the_call().ended_at
    provider.call("/phone/status", LEG, CallStatus="ringing", SequenceNumber="1")
    provider.call("/phone/status", LEG, CallStatus="completed", CallDuration="9")
    call = the_call()
    assert (call.state, call.ended_at) == (CallState.ENDED, ended_at)
    assert session.scalar(select(func.count(CallEvent.id)).where(CallEvent.kind == EventKind.LEG_STATUS)) == 2


def test_when_something_breaks_the_caller_hears_so_and_is_asked_again(provider):
    session.execute(text("ALTER TABLE menu RENAME TO menu_away"))
    session.commit()
    try:
        reply = provider.call("/phone/voice", LEG)
        assert reply.status_code == 200
        assert "请不要挂机" in reply.text
        assert next_path(reply) == "/phone/voice?tries=1"
        last = provider.call("/phone/voice?tries=5", LEG)
        assert "110" in last.text
        assert "<Hangup" in last.text
        assert rows() == (0, 0)
    finally:
        session.execute(text("ALTER TABLE menu_away RENAME TO menu"))
        session.commit()


@pytest.fixture
def blocked(people):
    """The usual caller's number is blocked."""
    agent, supervisor = people[Role.AGENT], people[Role.SUPERVISOR]
    block = blocklist.ask("13800001234", "反复骚扰", 7, agent.id)
    blocklist.approve(block.id, supervisor.id)
    session.commit()


def test_a_blocked_number_still_reaches_the_crisis_line(provider, blocked):
    reply = provider.call("/phone/voice", LEG)
    assert "暂时无法使用" in reply.text
    assert "<Enqueue" in provider.call(next_path(reply), LEG, Digits="5").text
    assert the_call().queue == "crisis"
    provider.call("/phone/status", LEG, CallStatus="completed")
    assert the_call().outcome is Outcome.ABANDONED
    assert session.scalars(select(CallBack)).one().line == "crisis"


@pytest.mark.parametrize("presses", [None, "", "1"])
def test_a_blocked_caller_is_blocked_also_without_a_key(provider, blocked, presses):
    reply = provider.call("/phone/voice", LEG)
    if presses is not None:
        assert "<Hangup" in provider.call(next_path(reply), LEG, Digits=presses).text
    provider.call("/phone/status", LEG, CallStatus="completed")
    assert the_call().outcome is Outcome.BLOCKED


def test_a_blocked_caller_is_told_the_crisis_key_of_the_menu(provider, blocked):
    document = deepcopy(ivr.current().document)
    entry = document["nodes"][document["entry"]]
    entry["keys"]["7"] = entry["keys"].pop("5")
    entry["say"][0] = entry["say"][0].replace("按5", "按7")
    ivr.publish(document, by=None, at=clock.now())
    session.commit()
    ivr.forget()
    reply = provider.call("/phone/voice", LEG)
    assert "请按7" in reply.text
    assert "<Enqueue" not in provider.call(next_path(reply), LEG, Digits="5").text
    again = caller_leg(77)
    assert "<Enqueue" in provider.call(next_path(provider.call("/phone/voice", again)), again, Digits="7").text
