"""漏接回拨 as services on real tables: who is on the list, once each, and how one leaves it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Call, EventKind
from hotline.db import session
from hotline.queues import callback_turns, callback_work, callbacks, parting, presence, reconcile, ticker, waiting
from hotline.queues.models import AgentState, Offer, OfferOutcome
from hotline.queues.records import CallBack, CallBackCall, CallBackSource, CallBackState
from tests.matters.test_queues import answer, make_agents, offers

NUMBER = "13800001234"


class Caller:
    """Rings again and again; each ring is a call of its own."""

    def __init__(self, number=NUMBER):
        self.number, self.rings = number, 0

    def rings_in(self, line="consult"):
        self.rings += 1
        leg = f"{self.number}-{self.rings}"
        report = intake.Report("test", leg, f"ring-{leg}", EventKind.OFFERED, clock.now(), {}, self.number)
        call = session.get_one(Call, intake.receive(report, "320100").call_id)
        if line:
            waiting.enter(call.id, line)
        return call

    def gives_up(self, line="consult"):
        call = self.rings_in(line)
        ends(call)
        return call


def ends(call, status="completed"):
    report = intake.Report(
        "test", call.provider_ref, f"end-{call.id}", EventKind.LEG_STATUS, clock.now(), {"status": status}
    )
    intake.receive(report, "320100")
    reconcile.ended(call.id)


def rows():
    session.expire_all()
    return session.scalars(select(CallBack).order_by(CallBack.call_id)).all()


def served(call):
    """An agent answers the call, finishes, and the caller hangs up."""
    stint = answer(call, f"leg-{call.id}")
    parting.finish(stint.agent_id)
    ends(call)
    presence.move(presence.present(stint.agent_id), AgentState.READY)


def test_who_rings_five_times_is_on_the_list_once(app):
    caller = Caller()
    calls = [caller.gives_up() for _ in range(5)]
    (row,) = rows()
    shown = callback_work.of_call(calls[3].id)
    assert (row.call_id, shown.row, shown.calls, shown.last_at) == (calls[0].id, row, 5, calls[4].offered_at)
    Caller("13800005678").gives_up()
    caller.gives_up("general")
    assert len(rows()) == 3


def test_ending_a_call_twice_counts_it_once(app):
    call = Caller().gives_up()
    reconcile.ended(call.id)
    assert callback_work.of_call(call.id).calls == 1


def test_an_answered_call_closes_what_is_open_for_its_caller(app):
    caller = Caller()
    for line in ("consult", "general", "crisis"):
        caller.gives_up(line)
    make_agents(1, "consult")
    served(caller.rings_in())
    assert [(row.line, row.state, row.outcome) for row in rows()] == [
        ("consult", CallBackState.DONE, "served"),
        ("general", CallBackState.DONE, "served"),
        ("crisis", CallBackState.OPEN, ""),
    ]
    caller.gives_up()
    assert [row.state for row in rows()][-1] is CallBackState.OPEN


def test_an_abandoned_call_whose_end_is_told_after_the_caller_was_answered_is_done(app):
    caller = Caller()
    early = caller.rings_in()
    waiting.leave(early.id, 1, parting.HUNG_UP)
    make_agents(1, "consult")
    served(caller.rings_in())
    assert rows() == []
    ends(early)
    assert [(row.state, row.outcome) for row in rows()] == [(CallBackState.DONE, "served")]


def test_an_answer_told_late_does_not_close_what_came_after_it(app):
    caller = Caller()
    make_agents(1, "consult")
    answered = caller.rings_in()
    stint = answer(answered, "leg")
    parting.finish(stint.agent_id)
    caller.gives_up("general")
    later = rows()
    ends(answered)
    assert [(row.state, row.line) for row in later] == [(CallBackState.OPEN, "general")]
    assert [row.state for row in rows()] == [CallBackState.OPEN]


def test_closed_and_failed_callers_are_on_the_list(app):
    closed, failed = Caller().rings_in(""), Caller("13800005678").rings_in("")
    intake.append(closed.id, EventKind.CLOSED_HOURS, "closed:1", node="complaint", line="complaint")
    ends(closed)
    ends(failed, "failed")
    assert [(row.source, row.line) for row in rows()] == [
        (CallBackSource.CLOSED, "complaint"),
        (CallBackSource.MISSED, ""),
    ]


def test_a_message_names_the_call_back_whatever_was_told_before(app):
    caller = Caller("")
    call = caller.gives_up()
    assert rows() == []
    callbacks.want(call, CallBackSource.VOICEMAIL)
    known = Caller()
    first = known.gives_up()
    callbacks.want(first, CallBackSource.VOICEMAIL)
    assert [(row.source, row.caller_hash is None) for row in rows()] == [
        (CallBackSource.VOICEMAIL, True),
        (CallBackSource.VOICEMAIL, False),
    ]
    assert len(session.scalars(select(CallBackCall)).all()) == 2


class TestOwner:
    def test_gone_off_duty_with_it_untouched(self, app):
        Caller().gives_up()
        (agent,) = make_agents(1, "general")
        row = callback_work.take(rows()[0].call_id, agent)
        presence.choose(agent, AgentState.OFFLINE)
        list(ticker.tick())
        assert [(each.state, each.owner_id) for each in rows()] == [(CallBackState.OPEN, None)]
        callback_work.take(row.call_id, agent)
        list(ticker.tick())
        assert rows()[0].owner_id == agent

    @pytest.mark.parametrize(("minutes", "freed"), [(100, False), (140, False), (250, True)])
    def test_who_has_tried_keeps_it_until_two_hours_after(self, app, minutes, freed):
        Caller().gives_up()
        (agent,) = make_agents(1, "general")
        start = clock.now()
        row = callback_work.take(rows()[0].call_id, agent)
        with clock.held_at(start + timedelta(minutes=60)):
            callback_work.attempt(row.call_id, agent, "no_answer")
            presence.choose(agent, AgentState.OFFLINE)
        callback_work.free_left(start + timedelta(minutes=minutes))
        assert (rows()[0].owner_id is None) == freed


class TestTurn:
    """Who asked to be called back keeps the place."""

    def ask(self, number=NUMBER):
        caller = Caller(number)
        call = caller.rings_in()
        waiting.leave(call.id, 1, "callback")
        intake.append(call.id, EventKind.CALLBACK_ASKED, "asked")
        ends(call)
        return session.get_one(CallBack, call.id)

    def ringing(self):
        waiting.dispatch()
        return session.scalars(select(Offer).where(Offer.outcome == OfferOutcome.OPEN).order_by(Offer.id)).all()

    def test_is_before_who_came_later_and_after_who_came_before(self, app):
        before = Caller("13800001111").rings_in()
        asked = self.ask()
        Caller("13800002222").rings_in()
        (first,) = make_agents(1, "consult")
        assert [offer.call_back_id for offer in self.ringing()] == [None]
        ends(before)
        (offer,) = self.ringing()
        assert (offer.agent_id, offer.call_back_id, offer.waiting_id) == (first, asked.call_id, None)

    def test_who_accepts_owns_it_and_is_away_from_the_lines(self, app):
        asked = self.ask()
        agent, other = make_agents(2, "consult")
        (offer,) = self.ringing()
        callback_work.claim(offer.id, offer.agent_id)
        (row,) = rows()
        assert (row.call_id, row.owner_id, row.state) == (asked.call_id, offer.agent_id, CallBackState.TAKEN)
        taker = presence.present(offer.agent_id)
        assert (taker.state, taker.reason) == (AgentState.BREAK, "outbound")
        assert self.ringing() == []
        callback_work.give_back(row.call_id, offer.agent_id)
        assert self.ringing() == []
        with clock.held_at(clock.now() + callback_turns.ATTEMPTS_APART):
            for each in (agent, other):
                presence.heard(each)
            assert len(self.ringing()) == 1

    def test_one_that_rang_out_goes_to_the_next_and_one_taken_by_hand_rings_no_longer(self, app):
        asked = self.ask()
        first, second = make_agents(2, "consult")
        (offer,) = self.ringing()
        waiting.expire_offers(offer.expires_at)
        (again,) = self.ringing()
        assert {offer.agent_id, again.agent_id} == {first, second}
        callback_work.take(asked.call_id, offer.agent_id)
        assert offers() == []
        assert presence.present(again.agent_id).state is AgentState.READY
        with pytest.raises(callback_work.Conflict, match="已由同事领取"):
            callback_work.claim(again.id, again.agent_id)
