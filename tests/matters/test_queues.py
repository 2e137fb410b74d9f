"""Routing, claims and conversations: who gets whom, exactly once, and nobody is forgotten."""

import os
import threading
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Call, CallState, EventKind, Outcome
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.people.models import Account
from hotline.queues import (
    board,
    contacts,
    conversation,
    decide,
    parting,
    presence,
    staffing,
    ticker,
    transfers,
    unconnected,
    waiting,
)
from hotline.queues.acts import HangUp, Redirect
from hotline.queues.decide import Caller, Candidate, Match, Route
from hotline.queues.models import (
    AgentInterval,
    AgentState,
    Offer,
    OfferOutcome,
    Part,
    Presence,
    Skill,
    Stint,
    StintState,
    Waiting,
    WaitState,
)
from hotline.queues.transfers import How

NOW = clock.now()
ROUTES = {
    "crisis": Route("crisis", 0, True, reserved=1),
    "consult": Route("consult", 5, False),
    "general": Route("general", 6, False),
}


def caller(number: int, line: str = "consult", ago: int = 0, **more) -> Caller:
    return Caller(number, line, NOW - timedelta(seconds=ago), **more)


def agent(number: int, idle: int = 0, **skills: int) -> Candidate:
    return Candidate(number, NOW - timedelta(seconds=idle), skills)


@pytest.mark.parametrize(
    ("callers", "ready", "expected"),
    [
        ([caller(1)], [], []),
        ([caller(1)], [agent(7, general=1)], []),
        ([caller(1)], [agent(7, idle=5, consult=1), agent(8, idle=9, consult=1)], [Match(1, 8)]),
        ([caller(1)], [agent(7, idle=5, consult=1), agent(8, idle=9, consult=2)], [Match(1, 7)]),
        ([caller(1, ago=1), caller(2, ago=9)], [agent(7, consult=1)], [Match(2, 7)]),
        ([caller(1, ago=99), caller(2, "crisis")], [agent(7, consult=1, crisis=1)], [Match(2, 7)]),
        ([caller(1)], [agent(7, consult=1, crisis=1)], []),
        ([caller(1)], [agent(7, consult=1, crisis=1), agent(8, crisis=1)], [Match(1, 7)]),
        ([caller(1, "crisis")], [agent(7, general=1)], [Match(1, 7)]),
        (
            [caller(1, "crisis", missed_by=frozenset({7}))],
            [agent(7, crisis=1), agent(8, crisis=1), agent(9)],
            [Match(1, 7), Match(1, 8)],
        ),
        ([caller(1, missed_by=frozenset({7}))], [agent(7, idle=9, consult=1), agent(8, consult=1)], [Match(1, 8)]),
        ([caller(1, missed_by=frozenset({7}))], [agent(7, consult=1)], [Match(1, 7)]),
        ([caller(1, preferred_agent=8)], [agent(7, idle=9, consult=1), agent(8, consult=1)], [Match(1, 8)]),
        ([caller(1, preferred_agent=8)], [agent(7, consult=1)], [Match(1, 7)]),
    ],
)
def test_truth_table_of_routing(callers, ready, expected):
    assert decide.decide(callers, ready, ROUTES) == expected


def test_a_line_taken_over_asks_its_supervisor_first():
    routes = {**ROUTES, "consult": Route("consult", 5, False, taken_over_by=3)}
    colleague, taker = agent(7, consult=1), agent(3)
    assert decide.decide([caller(1)], [colleague, taker], routes) == [Match(1, 3)]
    assert decide.decide([caller(1, new=True)], [colleague], routes) == []
    assert decide.decide([caller(1)], [colleague], routes) == [Match(1, 7)]
    assert decide.decide([caller(1, missed_by=frozenset({3}))], [colleague, taker], routes) == [Match(1, 7)]


def test_a_crisis_line_taken_over_keeps_nobody_waiting():
    routes = {**ROUTES, "crisis": Route("crisis", 0, True, taken_over_by=3)}
    trained, taker = agent(7, crisis=1), agent(3)
    assert decide.decide([caller(1, "crisis", new=True)], [trained], routes) == [Match(1, 7)]
    assert decide.decide([caller(1, "crisis", new=True)], [trained, taker], routes) == [Match(1, 3)]
    missed = caller(1, "crisis", missed_by=frozenset({3}))
    assert sorted(decide.decide([missed], [trained, taker], routes), key=lambda match: match.agent_id) == [
        Match(1, 3),
        Match(1, 7),
    ]


@given(
    st.lists(st.tuples(st.sampled_from(list(ROUTES)), st.integers(0, 500)), max_size=30),
    st.lists(st.tuples(st.sets(st.sampled_from(list(ROUTES))), st.integers(0, 500)), max_size=12),
)
def test_nobody_is_offered_twice_and_crisis_goes_first(waiting_callers, ready):
    callers = [caller(n, line, ago) for n, (line, ago) in enumerate(waiting_callers, 1)]
    agents = [agent(n, idle, **dict.fromkeys(skills, 1)) for n, (skills, idle) in enumerate(ready, 1)]
    matches = decide.decide(callers, agents, ROUTES)
    assert len({m.agent_id for m in matches}) == len(matches)
    assert len({m.waiting_id for m in matches}) == len(matches)
    crisis = [c.waiting_id for c in callers if c.line == "crisis"]
    offered = {m.waiting_id for m in matches}
    assert len(offered & set(crisis)) == min(len(crisis), len(agents))


# On real tables ------------------------------------------------------------------------------------------


def make_agents(count: int, *lines: str) -> list[int]:
    at = clock.now()
    made = []
    for number in range(count):
        account = Account(
            login=f"a{number}", name=f"坐席{number}", agent_no=f"9{number:03d}", password_hash="", password_set_at=at
        )
        session.add(account)
        session.flush()
        session.add_all([Skill(agent_id=account.id, line=line, level=1) for line in lines])
        presence.choose(account.id, AgentState.READY)
        made.append(account.id)
    return made


def ring(number: int = 1, line: str = "consult") -> Call:
    report = intake.Report("test", f"leg-{number}", f"ring-{number}", EventKind.OFFERED, clock.now(), {}, "13800001234")
    call_id = intake.receive(report, "320100").call_id
    waiting.enter(call_id, line)
    waiting.dispatch()
    return session.get_one(Call, call_id)


def offers() -> list[Offer]:
    """What is offered once the doors have dispatched, as they do after every commit that gave reason to."""
    waiting.dispatch()
    session.expire_all()
    return list(session.scalars(select(Offer).where(Offer.outcome == OfferOutcome.OPEN).order_by(Offer.id)))


def answer(call: Call, leg: str = "agent-leg") -> Stint:
    offer = offers()[-1]
    stint = conversation.claim(offer.id, offer.agent_id)
    _, acts = conversation.leg_arrived(stint.id, offer.agent_id, leg)
    assert acts == [Redirect(call.provider_ref, f"/phone/join?stint={stint.id}")]
    return conversation.caller_joined(call.id, stint.id)


def hang_up(call: Call) -> None:
    report = intake.Report(
        "test", call.provider_ref, f"end-{call.id}", EventKind.LEG_STATUS, clock.now(), {"status": "completed"}
    )
    intake.receive(report, "320100")
    parting.caller_gone(call.id)
    session.refresh(call)


def state(agent_id: int) -> AgentState:
    session.expire_all()
    return session.get_one(Presence, agent_id).state


def test_a_call_is_offered_claimed_talked_finished_and_wrapped_up(app):
    (agent_id,) = make_agents(1, "consult")
    call = ring()
    assert state(agent_id) is AgentState.OFFERED
    stint = answer(call)
    assert (state(agent_id), call.state) == (AgentState.TALKING, CallState.TALKING)
    acts = parting.finish(agent_id)
    assert Redirect(call.provider_ref, f"/phone/farewell?stint={stint.id}") in acts
    assert HangUp("agent-leg") in acts
    assert (state(agent_id), session.get_one(Call, call.id).state) == (AgentState.WRAP_UP, CallState.CLOSING)
    hang_up(call)
    conversation.wrapped(agent_id)
    assert state(agent_id) is AgentState.READY
    assert (call.outcome, call.agent_id, call.wrap_ms is not None) == (Outcome.ANSWERED, agent_id, True)
    kept = session.scalars(select(AgentInterval.state).order_by(AgentInterval.id)).all()
    assert kept == [AgentState.OFFLINE, AgentState.READY, AgentState.OFFERED, AgentState.TALKING, AgentState.WRAP_UP]


def test_a_missed_offer_keeps_the_callers_place_and_rests_the_agent_in_the_end(app):
    (agent_id,) = make_agents(1, "consult")
    call = ring()
    later = clock.now() + timedelta(seconds=20)
    waiting.expire_offers(later)
    assert state(agent_id) is AgentState.READY
    waiting.dispatch()
    assert state(agent_id) is AgentState.OFFERED
    waiting.expire_offers(later + timedelta(seconds=20))
    assert state(agent_id) is AgentState.BREAK
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id)).one()
    assert turn.ranked_at == turn.queued_at


def test_a_lost_agent_sends_the_caller_back_to_the_top(app):
    first, second = make_agents(2, "consult")
    call = ring()
    other = ring(2)
    hang_up(other)
    stint = answer(call)
    third = ring(3)
    acts = parting.lost(stint)
    session.expire_all()
    assert acts == [Redirect(call.provider_ref, "/phone/again?turn=2")]
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id, Waiting.turn == 2)).one()
    assert turn.ranked_at < session.scalars(select(Waiting.ranked_at).where(Waiting.call_id == third.id)).one()
    assert turn.preferred_agent_id == stint.agent_id
    assert session.get_one(Call, call.id).state is CallState.QUEUED
    assert parting.lost(stint) == []


def test_a_line_taken_over_by_somebody_who_goes_is_everybodys_again(app):
    first, second = make_agents(2, "consult")
    staffing.take_over("consult", second, on=True)
    assert [line["code"] for line in board.lines() if line["taken_over_by"]] == ["consult"]
    presence.choose(second, AgentState.OFFLINE)
    assert [line["code"] for line in board.lines() if line["taken_over_by"]] == []
    ring()
    assert [offer.agent_id for offer in offers()] == [first]
    with pytest.raises(Conflict, match="就绪"):
        staffing.take_over("consult", second, on=True)


def test_a_crisis_call_whose_agent_is_lost_waits_on_the_board_again(app):
    make_agents(1, "crisis")
    call = ring(line="crisis")

    def told() -> list[tuple[str, str | None, bool]]:
        session.expire_all()
        turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id).order_by(Waiting.turn.desc())).first()
        shown = board.crisis_calls(clock.now())
        return [(one["state"], one["agent"], one["since"] == turn.queued_at.isoformat()) for one in shown]

    assert told() == [("queued", None, True)]
    stint = answer(call)
    assert told() == [("talking", "坐席0", False)]
    parting.lost(stint)
    assert told() == [("queued", None, True)]
    presence.choose(stint.agent_id, AgentState.READY)
    parting.finish(answer(call, "second-leg").agent_id)
    assert told() == []


def test_a_telephone_that_never_comes_gives_the_caller_back(app):
    (agent_id,) = make_agents(1, "consult")
    call = ring()
    offer = offers()[0]
    stint = conversation.claim(offer.id, agent_id)
    stint.claimed_at = clock.now() - timedelta(seconds=30)
    session.flush()
    list(ticker.tick())
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id)).one()
    assert (turn.state, turn.claimed_by) == ("waiting", None)
    resting = session.get_one(Presence, agent_id, populate_existing=True)
    assert (resting.state, resting.reason) == (AgentState.BREAK, "no_phone")  # or the same call would come again
    with pytest.raises(Conflict, match="坐席已离开"):
        conversation.caller_joined(call.id, stint.id)


def test_the_page_of_a_ready_agent_that_fell_silent_gets_no_offers(app):
    (agent_id,) = make_agents(1, "consult")
    session.get_one(Presence, agent_id).heard_at = clock.now() - timedelta(minutes=2)
    session.flush()
    ring()
    assert offers() == []
    list(ticker.tick())
    assert state(agent_id) is AgentState.OFFLINE


def test_hold_transfer_and_three_way_keep_one_call(app):
    first, second = make_agents(2, "consult", "complaint")
    call = ring()
    stint = answer(call)
    other = second if stint.agent_id == first else first
    transfers.hold(stint.agent_id, True)
    assert state(stint.agent_id) is AgentState.HOLD
    transfers.hold(stint.agent_id, False)
    transfers.ask_agent(stint.agent_id, other, How.THREE_WAY)
    invited = session.scalars(select(Stint).where(Stint.agent_id == other)).one()
    conversation.leg_arrived(invited.id, other, "second-leg")
    acts = transfers.step_out(stint.agent_id)
    assert acts == [HangUp("agent-leg")]
    assert parting.lost(invited) == [Redirect(call.provider_ref, "/phone/again?turn=2")]
    session.expire_all()
    assert session.get_one(Call, call.id).agent_id == other
    assert session.scalar(select(func.count(Call.id)).where(Call.accepted)) == 1


def test_a_blind_transfer_keeps_the_place_and_the_number(app):
    (agent_id,) = make_agents(1, "consult")
    call = ring()
    answer(call)
    asked = call.queued_at
    transfers.to_line(agent_id, "complaint")
    session.expire_all()
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id, Waiting.turn == 2)).one()
    assert (turn.line, turn.ranked_at) == ("complaint", asked)
    assert session.get_one(Call, call.id).caller == "13800001234"


def test_a_colleague_who_is_asked_in_has_longer_than_a_claimed_call(app):
    agents = make_agents(2, "consult")
    stint = answer(ring())
    (colleague,) = set(agents) - {stint.agent_id}
    transfers.ask_agent(stint.agent_id, colleague, How.THREE_WAY)
    (wanted,) = transfers.ask_contact(stint.agent_id, contacts.contact("110"), How.THREE_WAY)
    assert (wanted.endpoint, wanted.caller) == ("110", "+8613800001234")
    transfers.rung(int(wanted.key), "outside-leg")
    outside = session.get_one(Stint, int(wanted.key))
    with clock.held_at(clock.now() + unconnected.CONNECT_WITHIN + timedelta(seconds=1)):
        assert list(unconnected.overdue(clock.now())) == []
    with clock.held_at(clock.now() + unconnected.RING_WITHIN + timedelta(seconds=1)):
        assert list(unconnected.overdue(clock.now())) == [[], [HangUp("outside-leg")]]
    missed = presence.present(colleague)
    assert (missed.state, missed.reason) == (AgentState.BREAK, "missed")
    assert session.get_one(Stint, outside.id).state is StintState.ENDED
    assert session.get_one(Stint, stint.id).state is StintState.TALKING


def test_a_stuck_agent_is_released_and_the_caller_goes_back_to_the_top(app):
    make_agents(1, "consult")
    call = ring()
    stint = answer(call)
    acts = unconnected.release(stint.agent_id, "班长", "页面卡住")
    session.expire_all()
    assert acts == [Redirect(call.provider_ref, "/phone/again?turn=2"), HangUp("agent-leg")]
    assert presence.present(stint.agent_id).state is AgentState.OFFLINE
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id, Waiting.turn == 2)).one()
    assert turn.state is WaitState.WAITING
    assert turn.ranked_at < clock.now() - timedelta(hours=23)


def test_an_offer_that_begins_to_ring_meanwhile_is_not_passed_over(app, monkeypatch):
    (agent_id,) = make_agents(1, "consult")
    call = ring()
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id)).one()
    locked = presence.present

    def rung_by_another_process(agent_id):
        """As the row reads once the lock is had, when a dispatch elsewhere has committed in between."""
        row, at = locked(agent_id), clock.now()
        session.add(
            Offer(waiting_id=turn.id, agent_id=agent_id, offered_at=at, expires_at=at, outcome=OfferOutcome.OPEN)
        )
        row.state = AgentState.OFFERED
        session.flush()
        return row

    monkeypatch.setattr(presence, "present", rung_by_another_process)
    with pytest.raises(Conflict, match="刚有来电振铃"):
        presence.choose(agent_id, AgentState.BREAK, "rest")
    session.execute(update(Offer).values(outcome=OfferOutcome.MISSED))
    later = clock.now() + 2 * presence.SILENT_AFTER
    assert presence.silent_agents(later) == [agent_id]
    presence.gone(agent_id, later)
    assert locked(agent_id).state is AgentState.OFFERED


def test_an_agent_is_released_whose_telephone_never_came(app):
    make_agents(1, "consult")
    call = ring()
    offer = offers()[-1]
    conversation.claim(offer.id, offer.agent_id)
    assert unconnected.release(offer.agent_id, "班长", "电话未连通") == []
    assert presence.present(offer.agent_id).state is AgentState.OFFLINE
    turn = session.scalars(select(Waiting).where(Waiting.call_id == call.id)).one()
    assert turn.state is WaitState.WAITING


def test_a_blind_transfer_to_a_colleague_asks_that_colleague_first(app):
    agents = make_agents(3, "consult")
    stint, another = answer(ring(1)), answer(ring(2), "another-leg")
    (chosen,) = set(agents) - {stint.agent_id, another.agent_id}
    transfers.to_agent(stint.agent_id, chosen)
    assert [offer.agent_id for offer in offers()] == [chosen]
    with pytest.raises(Conflict, match="对方当前振铃"):
        transfers.to_agent(another.agent_id, chosen)


def test_leaving_alone_is_refused(app):
    (agent_id,) = make_agents(1, "consult")
    answer(ring())
    with pytest.raises(Conflict, match="还没有其他人"):
        transfers.step_out(agent_id)
    with pytest.raises(Conflict, match="通话中不能切换状态"):
        presence.choose(agent_id, AgentState.READY)


def test_a_break_needs_its_reason(app):
    (agent_id,) = make_agents(1)
    with pytest.raises(Invalid):
        presence.choose(agent_id, AgentState.BREAK, "")


def test_a_supervisor_listens_without_becoming_the_agent(app):
    agent_id, supervisor = make_agents(2, "consult")
    presence.choose(supervisor, AgentState.OFFLINE)
    call = ring()
    stint = answer(call)
    listening = transfers.observe(call.id, supervisor, Part.LISTEN)
    conversation.leg_arrived(listening.id, supervisor, "listener")
    acts = transfers.observe_as(supervisor, Part.BARGE)
    assert acts[0].target == stint.leg_ref
    parting.lost(listening)
    session.expire_all()
    assert session.get_one(Call, call.id).state is CallState.TALKING


@pytest.mark.parametrize("rounds", [int(os.environ.get("CLAIM_ROUNDS", "10"))])
def test_forty_agents_claim_one_call_and_one_wins(committed_app, rounds):
    """The first to commit wins; every other one is told who did."""
    app = committed_app
    with app.app_context():
        agents = make_agents(40, "crisis")
        session.commit()
    results: list[list[object]] = []
    barrier = threading.Barrier(40)

    def claim(offer_id: int, agent_id: int, told: list[object]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                stint = conversation.claim(offer_id, agent_id)
                session.commit()
                told.append(stint.id)
            except Conflict as refused:
                session.rollback()
                told.append(refused.facts["winner"])
            finally:
                session.remove()

    for number in range(rounds):
        with app.app_context():
            made = _offer_to_all(number, agents)
            session.commit()
            session.remove()
        told: list[object] = []
        threads = [threading.Thread(target=claim, args=(offer, who, told)) for offer, who in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        results.append(told)
        with app.app_context():
            winner = session.scalars(
                select(Account.name).join(Stint, Stint.agent_id == Account.id).where(Stint.state != "ended")
            ).one()
            assert told.count(winner) == 39
            assert sum(isinstance(result, int) for result in told) == 1
            stint = session.scalars(select(Stint).where(Stint.state != "ended")).one()
            conversation.end(stint)
            session.commit()
            session.remove()
    assert len(results) == rounds


def _offer_to_all(number: int, agents: list[int]) -> list[tuple[int, int]]:
    """A crisis call that was missed once rings everybody."""
    report = intake.Report("test", f"leg-{number}", f"ring-{number}", EventKind.OFFERED, clock.now(), {}, None)
    call_id = intake.receive(report, "320100").call_id
    turn = waiting.enter(call_id, "crisis")
    waiting.dispatch()
    waiting.expire_offers(clock.now() + timedelta(seconds=60))
    for agent_id in agents:
        presence.choose(agent_id, AgentState.READY)
    waiting.dispatch()
    rows = session.execute(
        select(Offer.id, Offer.agent_id).where(Offer.waiting_id == turn.id, Offer.outcome == OfferOutcome.OPEN)
    ).all()
    assert len(rows) == len(agents)
    return [(row.id, row.agent_id) for row in rows]
