"""Indicators, agents' time and the roster: every number opens the list it counts."""

import html
import io
import re
from datetime import time, timedelta

import pytest

from hotline import clock
from hotline.calls import intake
from hotline.db import session
from hotline.people.models import Role
from hotline.queues import presence, roster
from hotline.queues.models import AgentState, Offer, OfferOutcome, Waiting, WaitState
from tests.matters import months_made

COUNT = re.compile(r'<td><a href="(/wallboard/calls[^"]*)">(\d+)</a>')
LINK = re.compile(r'<a href="(/wallboard/(?:calls|agent-time|roster)[^"]*)">')


@pytest.fixture
def supervisor(client, sign_in):
    return sign_in(client, Role.SUPERVISOR)


@pytest.fixture
def a_day_at_work(people):
    """Calls of two agents and of nobody, rings that were missed, and what one agent did about noon."""
    agent, other, noon = people[Role.AGENT].id, people[Role.SUPERVISOR].id, clock.at_local(clock.today(), 12)
    made = [("answered", agent), ("answered", agent), ("answered", other), ("abandoned", 0), ("abandoned", 0)]
    calls = [
        months_made.history(noon - timedelta(hours=n), outcome, agent=who, queue="consult")
        for n, (outcome, who) in enumerate(made)
    ]
    ids = intake.record(calls, months_made.HOME)
    for n, call_id in enumerate(ids):
        at = noon - timedelta(hours=n)
        turn = Waiting(call_id=call_id, turn=1, line="consult", state=WaitState.LEFT, queued_at=at, ranked_at=at)
        session.add(turn)
        session.flush()
        outcome = OfferOutcome.ACCEPTED if n % 2 else OfferOutcome.MISSED
        session.add(
            Offer(waiting_id=turn.id, agent_id=agent, offered_at=at, expires_at=at, outcome=outcome, ended_at=at)
        )
    roster.add(agent, clock.today(), roster.Span(time(6), time(12)))
    clock.use(lambda: noon - timedelta(hours=2))
    here = presence.present(agent)
    for minutes, state, reason in (
        (1, AgentState.READY, ""),
        (20, AgentState.BREAK, "meal"),
        (95, AgentState.READY, ""),
    ):
        presence.move(here, state, reason, at=noon + timedelta(minutes=minutes - 120))
    clock.use(lambda: noon)
    session.commit()
    yield noon
    clock.use(None)


@pytest.mark.parametrize("by", ["line", "agent", "hour", "day"])
def test_a_count_is_as_many_calls_as_its_list(a_day_at_work, supervisor, by):
    page = supervisor.get(f"/wallboard/indicators?by={by}").text
    counts = COUNT.findall(page)
    assert counts
    for address, number in counts:
        listed = supervisor.get(html.unescape(address)).text
        assert listed.count("138****1234") == int(number), address
    rung = [address for address in LINK.findall(page) if "offers" in address]
    assert any(supervisor.get(html.unescape(address)).text.count("超时未应答</td>") == 3 for address in rung)
    assert "60.00%" in page


@pytest.mark.parametrize("by", ["agent", "hour", "day"])
def test_every_number_of_agents_time_opens_its_list(a_day_at_work, supervisor, by):
    page = supervisor.get(f"/wallboard/agent-time?by={by}").text
    addresses = {html.unescape(address) for address in LINK.findall(page)}
    assert {address.partition("?")[0].rpartition("/")[2] for address in addresses} == {"stretches", "offers", "roster"}
    for address in addresses:
        assert supervisor.get(address).status_code == 200, address
    assert [each for each in ("用餐", "1:15:00", "振铃超时 ÷ 已有结果的振铃") if each not in page] == []
    assert "33.1%" in page  # 1 h 59 min of the six planned


def test_what_is_asked_wrongly_is_refused(supervisor):
    for address in ("agent-time?by=line", "agent-time/stretches?hour=24", "agent-time/stretches?state=offline"):
        assert supervisor.get(f"/wallboard/{address}").status_code == 422
    assert supervisor.get("/wallboard/agent-time?first=2024-02-02&last=2024-02-01").status_code == 422


def test_the_roster_is_entered_imported_and_taken_back(supervisor, people):
    agent, today = people[Role.AGENT].id, clock.today()
    sent = {"agent": agent, "day": str(today), "starts": "08:00", "ends": "16:00"}
    assert supervisor.post("/wallboard/roster", data=sent).status_code == 303
    again = supervisor.post("/wallboard/roster", data=sent)
    assert (again.status_code, "重叠" in again.text) == (409, True)
    assert supervisor.post("/wallboard/roster", data={**sent, "ends": "07:00"}).status_code == 422
    assert supervisor.post("/wallboard/roster", data={**sent, "agent": 0}).status_code == 404
    assert "林知夏 8001" in supervisor.get("/wallboard/roster").text
    table = f"工号,日期,上班,下班\n8001,{today},20:00,04:00\n".encode()
    loaded = supervisor.post("/wallboard/roster/import", data={"file": (io.BytesIO(table), "排班.csv")})
    assert loaded.status_code == 303
    shift = roster.planned(today, today)[0].id
    assert [clock.local(each.starts_at).hour for each in roster.planned(today, today)] == [20]
    wrong = supervisor.post("/wallboard/roster/import", data={"file": (io.BytesIO(table + b"1,2,3,4\n"), "a.csv")})
    assert (wrong.status_code, "第3行：没有工号 1 的坐席" in wrong.text) == (422, True)
    assert supervisor.post(f"/wallboard/roster/{shift}/remove").status_code == 303
    assert supervisor.post(f"/wallboard/roster/{shift}/remove").status_code == 404
    assert roster.planned(today, today) == []
