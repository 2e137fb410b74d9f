"""What the provider told without a call, and whether its clock is ours."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.calls import provider_clock
from hotline.calls.models import Call, Outcome
from hotline.db import session
from hotline.people.models import Role
from hotline.queues import orphans
from hotline.telephony.provider import provider_for
from hotline.telephony.simulator.direct import DirectHttpClient
from hotline.telephony.steps import Pause
from hotline.telephony.twilio.http import RebasingHttpClient
from tests.signed import Provider, caller_leg
from tests.telephony.house import Stage

HOURS_23 = 23 * 3600
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def provider(app):
    return Provider(app.test_client(), app.config["HOTLINE"])


@pytest.fixture
def elsewhere(app):
    """The provider's books: legs that rang while this house heard nothing, in virtual time."""
    ours = provider_for(app.config["HOTLINE"])
    before = ours.http
    with Stage({"/phone/voice": [Pause(5)], "/phone/outside": [Pause(5)]}) as stage:
        ours.connect(DirectHttpClient(stage.exchange))
        yield stage
        ours.connect(before)


def tell_end(provider, ref: str) -> Call:
    """Only the end of a call is told; two days pass."""
    provider.call("/phone/status", ref, CallStatus="completed", CallDuration="9")
    return session.scalars(select(Call).where(Call.provider_ref == ref)).one()


def test_a_call_that_never_rang_is_listed_after_a_day(elsewhere, provider):
    provider.call("/phone/voice", caller_leg(1))
    for number in (1, 2):
        provider.call("/phone/status", caller_leg(number), CallStatus="completed")
    elsewhere.pass_time(HOURS_23)
    assert orphans.count() == 0
    elsewhere.pass_time(HOURS_23)
    assert [call.provider_ref for call in orphans.unsettled()] == [caller_leg(2)]


def test_what_came_in_is_shown_and_the_provider_is_asked(elsewhere, provider, client, sign_in):
    leg = elsewhere.dial("13800004321", wait=10)
    rang_at = provider_for(client.application.config["HOTLINE"]).fetch_leg(leg.sid).started_at
    stray = tell_end(provider, leg.sid)
    elsewhere.pass_time(2 * HOURS_23)
    supervisor = sign_in(client, Role.SUPERVISOR)
    page = supervisor.get("/wallboard/orphans").text
    assert (stray.call_no in page, "线路状态 completed" in page, page.count("向平台核对</button>")) == (True, True, 1)
    assert supervisor.post(f"/wallboard/orphans/{stray.id}/adopt").status_code == 303
    call = session.get_one(Call, stray.id)
    assert (call.offered_at, call.called, call.outcome) == (rang_at, leg.called, Outcome.MENU_HANGUP)
    assert call.caller.endswith("4321")
    assert orphans.count() == 0
    assert supervisor.post(f"/wallboard/orphans/{stray.id}/adopt").status_code == 404


@pytest.mark.parametrize(
    ("known", "status", "told"),
    [("nothing", 409, "电话平台查无此呼叫"), ("outbound", 409, "不是来电"), ("away", 503, "电话平台暂时没有应答")],
)
def test_what_the_provider_does_not_know_stays_until_it_is_explained(
    elsewhere, provider, client, sign_in, known, status, told
):
    ours = provider_for(client.application.config["HOTLINE"])
    outbound = elsewhere.provider.originate("02583000120", "/phone/outside", "/phone/leg", 20, "key")
    stray = tell_end(provider, outbound if known == "outbound" else caller_leg(2))
    elsewhere.pass_time(2 * HOURS_23)
    supervisor = sign_in(client, Role.SUPERVISOR)
    if known == "away":
        ours.connect(RebasingHttpClient(NOBODY))
    refused = supervisor.post(f"/wallboard/orphans/{stray.id}/adopt")
    assert (refused.status_code, told in refused.text, orphans.count()) == (status, True, 1)
    assert supervisor.post(f"/wallboard/orphans/{stray.id}/close", data={"reason": ""}).status_code == 422
    assert supervisor.post(f"/wallboard/orphans/{stray.id}/close", data={"reason": "平台已删除"}).status_code == 303
    assert supervisor.post(f"/wallboard/orphans/{stray.id}/close", data={"reason": "平台已删除"}).status_code == 404
    assert (orphans.count(), session.get_one(Call, stray.id).outcome) == (0, Outcome.MENU_HANGUP)


def stamped(provider, number: int, ahead: int) -> None:
    at = clock.now() + timedelta(seconds=ahead)
    provider.call("/phone/status", caller_leg(number), CallStatus="ringing", Timestamp=format_datetime(at))


@pytest.mark.parametrize(("late", "agrees"), [(-3, True), (59, True), (75, False), (-75, False)])
def test_a_provider_whose_clock_differs_is_noticed(client, provider, sign_in, late, agrees):
    assert provider_clock.ahead("simulator") is None
    stamped(provider, 1, late)
    provider.call("/phone/status", caller_leg(2), CallStatus="ringing")
    seconds = provider_clock.ahead("simulator").total_seconds()
    assert seconds == pytest.approx(late, abs=1.5)
    told = client.get("/ready").json
    assert ("provider_clock" in told["degraded"]) is not agrees
    assert told["provider_clock"] == {"ok": agrees, "ahead_seconds": pytest.approx(seconds)}
    page = sign_in(client, Role.ADMIN).get("/admin/jobs").text
    assert ("相差超过60秒" in page) is not agrees
    assert ("慢" if late < 0 else "快") in page


def test_a_late_notice_is_no_skew_and_an_old_one_no_news(provider):
    stamped(provider, 1, -900)
    stamped(provider, 2, -2)
    assert provider_clock.agrees(provider_clock.ahead("simulator"))
    later = clock.now() + timedelta(hours=2)
    clock.use(lambda: later)
    try:
        assert provider_clock.ahead("simulator") is None
    finally:
        clock.use(None)
