"""Who has the caller when somebody leaves, on real tables: each kind of transfer, and what each way out leads to."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.calls.models import Call, CallState, Outcome
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.queues import (
    callback_work,
    contacts,
    conversation,
    course,
    parting,
    presence,
    reconcile,
    staffing,
    transfers,
    unconnected,
)
from hotline.queues.acts import HangUp, Redirect, Ring, SetHold
from hotline.queues.models import AgentState, Part, Stint, StintState, Waiting, WaitState
from hotline.queues.records import CallBack
from hotline.queues.transfers import How
from hotline.statistics import indicators
from hotline.statistics.indicators import By
from tests.matters.test_queues import answer, hang_up, make_agents, offers, ring, state

WARM = (How.WARM, How.THREE_WAY)


@pytest.fixture
def talking(app):
    """The first of two agents in conversation: the call, the agent's stint, the other agent."""
    agents = make_agents(2, "consult")
    call = ring()
    stint = answer(call)
    (other,) = set(agents) - {stint.agent_id}
    return call, stint, other


def outside(stint, how, code="120"):
    """An outside party that has been asked in and rings; its stint, and what else was asked of the provider."""
    *acts, wanted = transfers.ask_contact(stint.agent_id, contacts.contact(code), how)
    assert isinstance(wanted, Ring)
    assert transfers.rung(int(wanted.key), "outside-leg") == []
    return session.get_one(Stint, int(wanted.key)), acts


def accepted():
    """How many accepted calls the tables and the board's indicators count."""
    today = clock.today()
    counted = sum(each.get("answered", 0) for each in indicators.counts(By.LINE, today, today).values())
    return session.scalar(select(func.count(Call.id)).where(Call.accepted)), counted


def words(call):
    return [step.words for step in course.of_call(call.id)]


@pytest.mark.parametrize("how", WARM)
def test_an_outside_party_takes_part_and_is_handed_the_caller(talking, how):
    call, stint, _ = talking
    party, acts = outside(stint, how)
    room = stint.room_ref or stint.room
    assert acts == ([SetHold(room, call.provider_ref, True)] if how is How.WARM else [])
    parting.reached(party)
    handed = transfers.step_out(stint.agent_id)
    assert handed == [*([SetHold(room, call.provider_ref, False)] if how is How.WARM else []), HangUp("agent-leg")]
    assert state(stint.agent_id) is AgentState.WRAP_UP
    assert parting.out(party, "left") == [Redirect(call.provider_ref, f"/phone/farewell?stint={party.id}")]
    hang_up(call)
    assert accepted() == (1, 1)
    assert [line for line in words(call) if "急救120" in line] == [
        f"坐席0 {'咨询转接' if how is How.WARM else '三方通话'}：呼叫急救120",
        "急救120 接入通话",
        "坐席0 离开，由急救120继续接待",
        "急救120 退出通话",
    ]


@pytest.mark.parametrize("how", WARM)
def test_a_line_is_asked_in_and_its_colleague_takes_over(talking, how):
    call, stint, other = talking
    staffing.set_skills(other, ["complaint"])
    transfers.ask_line(stint.agent_id, "complaint", how)
    with pytest.raises(Conflict, match="已在呼叫其他线路"):
        transfers.ask_line(stint.agent_id, "consult", how)
    assert (call.state, call.queue) == (CallState.TALKING, "consult")
    (offer,) = offers()
    invited = conversation.claim(offer.id, other)
    assert (offer.agent_id, invited.part, invited.room) == (other, Part.CONSULTED, stint.room)
    assert conversation.leg_arrived(invited.id, other, "second-leg") == (invited, [])
    transfers.step_out(stint.agent_id)
    session.refresh(call)
    assert (call.state, call.queue, call.agent_id) == (CallState.TALKING, "complaint", other)
    parting.finish(other)
    hang_up(call)
    assert call.outcome is Outcome.ANSWERED
    assert accepted() == (1, 1)


@pytest.mark.parametrize("to", ["line", "agent", "contact"])
def test_given_away_at_once_the_call_stays_one(talking, to):
    call, stint, other = talking
    acts = {
        "line": lambda: transfers.to_line(stint.agent_id, "complaint"),
        "agent": lambda: transfers.to_agent(stint.agent_id, other),
        "contact": lambda: transfers.to_contact(stint.agent_id, contacts.contact("120")),
    }[to]()
    assert isinstance(acts[0], Redirect)
    assert acts[1:] == [HangUp("agent-leg")]
    assert state(stint.agent_id) is AgentState.WRAP_UP
    with pytest.raises(Conflict, match="没有通话"):
        transfers.to_line(stint.agent_id, "complaint")
    hang_up(call)
    assert accepted() == (1, 1)


@pytest.mark.parametrize("cause", ["busy", "no_answer", "failed", "left"])
def test_a_party_that_does_not_come_brings_the_caller_back(talking, cause):
    call, stint, _ = talking
    party, _ = outside(stint, How.WARM)
    assert state(stint.agent_id) is AgentState.HOLD
    assert parting.out(party, cause) == [SetHold(stint.room, call.provider_ref, False)]
    assert parting.out(party, cause) == []
    assert state(stint.agent_id) is AgentState.TALKING
    assert course.last_unreached(call.id)["words"] == f"急救120 未接通：{course.CAUSE[cause]}"


def test_the_caller_stays_on_hold_while_another_is_still_on_the_way(talking):
    call, stint, other = talking
    first, _ = outside(stint, How.WARM)
    transfers.ask_agent(stint.agent_id, other, How.WARM)
    assert parting.out(first, "busy") == []
    assert stint.held
    invited = session.scalars(select(Stint).where(Stint.agent_id == other)).one()
    assert transfers.put_out(stint.agent_id, invited.id) == [SetHold(stint.room, call.provider_ref, False)]
    assert state(other) is AgentState.READY
    with pytest.raises(NotFound):
        transfers.put_out(stint.agent_id, invited.id)


def test_a_telephone_that_is_placed_after_it_was_cancelled_is_ended(talking):
    _, stint, _ = talking
    (wanted,) = transfers.ask_contact(stint.agent_id, contacts.contact("120"), How.THREE_WAY)
    transfers.put_out(stint.agent_id, int(wanted.key))
    assert transfers.rung(int(wanted.key), "late-leg") == [HangUp("late-leg")]


def test_an_agent_lost_beside_an_outside_party_leaves_it_with_the_caller(talking):
    call, stint, _ = talking
    party, _ = outside(stint, How.WARM)
    parting.reached(party)
    assert parting.lost(stint) == [SetHold(stint.room, call.provider_ref, False)]
    assert parting.out(party, "left") == [Redirect(call.provider_ref, "/phone/again?turn=2")]
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id, Waiting.turn == 2)).one()
    assert (turn.line, turn.preferred_agent_id) == ("consult", stint.agent_id)
    hang_up(call)
    assert accepted() == (1, 1)


def test_an_agent_lost_while_others_ring_takes_the_search_along(talking):
    call, stint, other = talking
    presence.choose(other, AgentState.BREAK, "rest")
    transfers.ask_line(stint.agent_id, "complaint", How.WARM)
    outside(stint, How.WARM)
    acts = parting.lost(stint)
    assert acts == [Redirect(call.provider_ref, "/phone/again?turn=3"), HangUp("outside-leg")]
    turns = session.scalars(select(Waiting).where(Waiting.call_id == call.id).order_by(Waiting.turn)).all()
    assert [(turn.line, turn.state, turn.reason) for turn in turns] == [
        ("consult", WaitState.CONNECTED, ""),
        ("complaint", WaitState.LEFT, "withdrawn"),
        ("consult", WaitState.WAITING, ""),
    ]
    assert turns[2].ranked_at < clock.now() - timedelta(hours=23)


def test_a_caller_given_to_nobody_in_time_is_back_at_the_top(talking):
    """The redirect was lost: the outside party was never rung."""
    call, stint, _ = talking
    transfers.to_contact(stint.agent_id, contacts.contact("120"))
    with clock.held_at(clock.now() + unconnected.CONNECT_WITHIN + timedelta(seconds=1)):
        (acts,) = unconnected.overdue(clock.now())
    assert acts == [Redirect(call.provider_ref, "/phone/again?turn=2&why=unreached")]
    assert session.scalar(select(func.count(Stint.id)).where(Stint.state != StintState.ENDED)) == 0


def test_only_who_has_the_caller_decides(talking):
    call, stint, other = talking
    transfers.ask_agent(stint.agent_id, other, How.THREE_WAY)
    invited = session.scalars(select(Stint).where(Stint.agent_id == other)).one()
    conversation.leg_arrived(invited.id, other, "second-leg")
    for act in (
        lambda: transfers.hold(other, True),
        lambda: transfers.to_line(other, "complaint"),
        lambda: transfers.put_out(other, stint.id),
        lambda: transfers.ask_contact(other, contacts.contact("120"), How.WARM),
    ):
        with pytest.raises(Conflict, match="由邀请您的同事接待"):
            act()
    with pytest.raises(Conflict, match="还有其他人"):
        transfers.to_line(stint.agent_id, "complaint")
    with pytest.raises(NotFound):
        transfers.put_out(stint.agent_id, stint.id)


@pytest.mark.parametrize("way", ["line", "contact", "talk"])
def test_who_hangs_up_on_the_way_to_somebody_is_called_back(talking, way):
    call, stint, _ = talking
    if way == "line":
        transfers.to_line(stint.agent_id, "complaint")
    elif way == "contact":
        transfers.to_contact(stint.agent_id, contacts.contact("12356"))
    hang_up(call)
    reconcile.ended(call.id)
    assert (session.get(CallBack, call.id) is not None) == (way != "talk")
    if way != "talk":
        callback_work.take(call.id, stint.agent_id)
        assert callback_work.dialled(call.id, stint.agent_id) == ""
        presence.move(presence.present(stint.agent_id), AgentState.READY)
        callback_work.dial(call.id, stint.agent_id)
        assert callback_work.dialled(call.id, stint.agent_id) == "+8613800001234"
