"""The board: the truth of the database, every number with its list, and what a supervisor may do."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.calls import intake
from hotline.calls.models import Call
from hotline.db import session
from hotline.ivr import service as ivr
from hotline.people.models import AccountRole, Role
from hotline.queues import presence
from hotline.queues.models import AgentState, Line
from hotline.statistics import indicators
from hotline.statistics.indicators import INDICATORS
from hotline.web.wallboard import board
from tests.matters import months_made
from tests.signed import Provider, caller_leg


@pytest.fixture
def provider(app):
    return Provider(app.test_client(), app.config["HOTLINE"])


@pytest.fixture
def supervisor(client, sign_in):
    return sign_in(client, Role.SUPERVISOR)


@pytest.fixture(autouse=True)
def fresh_snapshot(monkeypatch):
    monkeypatch.setattr(board._cache, "_begun", float("-inf"))


def abandon(provider, number: int, key: str = "2") -> None:
    leg = caller_leg(number)
    provider.call("/phone/voice", leg)
    provider.call("/phone/menu?node=welcome&n=1", leg, Digits=key)
    provider.call("/phone/status", leg, CallStatus="completed")


def test_the_snapshot_counts_what_its_lists_show(supervisor, provider):
    for number in (1, 2, 3):
        abandon(provider, number)
    provider.call("/phone/voice", caller_leg(9))
    provider.call("/phone/menu?node=welcome&n=1", caller_leg(9), Digits="5")
    view = supervisor.get("/wallboard/snapshot").json
    consult = next(line for line in view["lines"] if line["code"] == "consult")
    crisis = next(line for line in view["lines"] if line["code"] == "crisis")
    assert (consult["abandoned"], consult["short_abandoned"], consult["connect"]) == (3, 3, 0.0)
    assert (crisis["waiting"], len(view["crisis"]), view["call_backs"]["open"]) == (1, 1, 1)
    assert view["connect_broken"] is True
    listed = supervisor.get("/wallboard/calls?figure=outcome_abandoned&line=consult").text
    assert listed.count("138****1234") == 3


def test_who_waits_stands_in_order_with_the_wait_so_far(supervisor, provider):
    now = clock.now()
    for number, key in ((1, "2"), (2, "2"), (3, "0")):
        clock.use(lambda past=now - timedelta(seconds=100 - 20 * number): past)
        provider.call("/phone/voice", caller_leg(number))
        provider.call("/phone/menu?node=welcome&n=1", caller_leg(number), Digits=key)
    clock.use(lambda: now)
    try:
        listed = supervisor.get("/wallboard/waiting?line=consult").text
        assert (listed.count("138****1234"), "01:20" in listed, "00:40" in listed) == (2, True, False)
        assert listed.index("01:20") < listed.index("01:00")
        assert supervisor.get("/wallboard/waiting").text.count("138****1234") == 3
    finally:
        clock.use(None)
    assert "现在没有来电等待" in supervisor.get("/wallboard/waiting?line=crisis").text
    assert supervisor.get("/wallboard/waiting?line=moon").status_code == 404


@pytest.fixture
def a_day_of_calls(people):
    """Every outcome, waits about each threshold, one call of yesterday that the last 24 hours hold too."""
    agent, now = people[Role.AGENT].id, clock.now()
    made = [("answered", wait) for wait in (3, 12, 17, 25, 40)] + [("abandoned", wait) for wait in (3, 12, 17, 25, 40)]
    day = [months_made.history(now, outcome, wait=wait, agent=agent) for outcome, wait in made]
    day += [months_made.history(now, outcome) for outcome in ("voicemail", "self_service", "none")]
    earlier = [months_made.history(now - timedelta(hours=ago), agent=agent) for ago in (23, 25)]
    intake.record(day + earlier, months_made.HOME)
    session.commit()
    return now


@pytest.mark.parametrize("indicator", INDICATORS.values(), ids=INDICATORS)
def test_an_indicator_lists_the_calls_it_divides_by(supervisor, a_day_of_calls, indicator):
    since = a_day_of_calls - timedelta(hours=24)
    whole = indicator.of(indicators.since(since)).whole
    counted = session.scalar(select(func.count()).where(Call.offered_at >= since, indicator.calls))
    assert counted == whole > 0
    listed = supervisor.get(f"/wallboard/calls?figure={indicator.id}&span=24h").text
    assert (listed.count("138****1234"), indicator.formula in listed) == (whole, True)


def test_a_list_of_nothing_known_is_refused(supervisor):
    assert supervisor.get("/wallboard/calls?figure=moon").status_code == 404
    assert supervisor.get("/wallboard/calls?span=year").status_code == 422


def test_the_stream_of_the_board_holds_no_personal_data(supervisor, provider):
    abandon(provider, 1)
    body = supervisor.get("/wallboard/snapshot").text
    assert "1234" not in body
    assert "138" not in body


def test_pages_open(supervisor):
    for path in ("/wallboard/", "/wallboard/tv", "/wallboard/blocked", "/wallboard/indicators?by=hour"):
        assert supervisor.get(path).status_code == 200
    refused = supervisor.get("/wallboard/indicators?first=2024-02-02&last=2024-02-01")
    assert refused.status_code == 422


def test_a_supervisor_frees_an_agent_and_sets_skills(supervisor, people):
    agent = people[Role.AGENT].id
    presence.choose(agent, AgentState.READY)
    session.commit()
    done = supervisor.post("/wallboard/skills", json={"agent": agent, "lines": ["crisis", "consult"]})
    assert done.status_code == 200
    assert supervisor.post("/wallboard/skills", json={"agent": agent, "lines": ["moon"]}).status_code == 422
    assert supervisor.post("/wallboard/release", json={"agent": agent, "reason": "页面卡住"}).status_code == 200
    assert presence.present(agent).state is AgentState.OFFLINE
    assert supervisor.post("/wallboard/release", json={"agent": agent, "reason": ""}).status_code == 422


def test_taking_a_line_over_and_giving_it_back(supervisor, people):
    presence.choose(people[Role.SUPERVISOR].id, AgentState.READY)
    session.commit()
    taken = supervisor.post("/wallboard/take-over", json={"line": "consult", "on": True})
    assert taken.status_code == 200
    assert session.get_one(Line, "consult").taken_over_by == people[Role.SUPERVISOR].id
    assert supervisor.post("/wallboard/take-over", json={"line": "consult", "on": False}).status_code == 200
    assert supervisor.post("/wallboard/take-over", json={"line": "moon", "on": True}).status_code == 404


def test_an_event_line_opens_on_its_key_and_closes(supervisor, provider):
    body = {"key": "9", "name": "疫情专线", "line": "special", "announcement": "正在转接疫情专线。", "hours": 24}
    opened = supervisor.post("/wallboard/event-lines", json=body)
    assert opened.status_code == 200
    assert supervisor.post("/wallboard/event-lines", json=body).status_code == 409
    assert "疫情专线请按9" in provider.call("/phone/voice", caller_leg(1)).text
    parked = provider.call("/phone/menu?node=welcome&n=1", caller_leg(1), Digits="9")
    assert "正在转接疫情专线" in parked.text
    line_id = opened.json["event_line"]
    assert supervisor.post(f"/wallboard/event-lines/{line_id}/off", json={}).status_code == 200
    assert supervisor.post(f"/wallboard/event-lines/{line_id}/off", json={}).status_code == 409
    assert "9" not in ivr.tree().nodes["welcome"].keys


def test_observing_needs_a_conversation(supervisor):
    missing = supervisor.post("/wallboard/observe", json={"call": "0" * 32, "mode": "listen"})
    assert missing.status_code == 404
    assert supervisor.post("/wallboard/observe/mode", json={"mode": "barge"}).status_code == 409
    assert supervisor.post("/wallboard/observe/leave", json={}).status_code == 409


def test_agents_have_no_board(client, sign_in):
    sign_in(client, Role.AGENT)
    assert client.get("/wallboard/snapshot", headers={"Accept": "application/json"}).status_code == 403


def test_an_alarm_is_silenced_for_the_person_and_not_for_long(supervisor, client, sign_in, people):
    def told() -> dict[str, int]:
        return {kind: one["seconds"] for kind, one in supervisor.get("/wallboard/silence").json.items()}

    now = clock.now()
    try:
        clock.use(lambda: now)
        assert told() == {}
        supervisor.post("/wallboard/silence", json={"kinds": ["crisis"]})
        clock.use(lambda: now + timedelta(minutes=2))
        assert told() == {"crisis": 60}
        supervisor.post("/wallboard/silence", json={"kinds": ["connect"]})
        assert told() == {"crisis": 60, "connect": 3600}
        clock.use(lambda: now + timedelta(minutes=3))
        assert told() == {"connect": 3540}
        supervisor.post("/wallboard/silence", json={"kinds": []})
        assert told() == {}
        assert supervisor.post("/wallboard/silence", json={"kinds": ["moon"]}).status_code == 422
        actions = select(AuditEntry.action).where(AuditEntry.action.startswith("alarm.")).order_by(AuditEntry.id)
        assert session.scalars(actions).all() == ["alarm.silence", "alarm.silence", "alarm.sound"]
        supervisor.post("/wallboard/silence", json={"kinds": ["crisis"]})
        second = people[Role.STATISTICIAN]
        session.add(AccountRole(account_id=second.id, role=Role.SUPERVISOR))
        session.commit()
        assert sign_in(client, second).get("/wallboard/silence").json == {}
    finally:
        clock.use(None)
