"""One decision with 300 callers waiting and 100 agents ready, and 200 rounds of 40 agents claiming one call."""

import threading
import time
from datetime import timedelta

from flask import current_app

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import EventKind
from hotline.db import session
from hotline.errors import Conflict
from hotline.people.models import Account
from hotline.queues import conversation, presence, waiting
from hotline.queues.models import AgentState, Offer, OfferOutcome, Skill, Waiting
from tests.load.web import percentile

CALLERS, AGENTS, DECISIONS = 300, 100, 20
CLAIMERS, ROUNDS = 40, 200
LINES = ("crisis", "complaint", "consult", "booking", "general")


def _agents(count: int) -> list[int]:
    made = []
    for number in range(count):
        account = Account(
            login=f"b{number}",
            name=f"坐席{number}",
            agent_no=f"8{number:03d}",
            password_hash="",
            password_set_at=clock.now(),
        )
        session.add(account)
        session.flush()
        session.add_all([Skill(agent_id=account.id, line=line, level=1) for line in LINES[number % 3 :]])
        made.append(account.id)
    session.commit()
    return made


def _ring(number: int, line: str) -> int:
    report = intake.Report("bench", f"leg-{number}", f"ring-{number}", EventKind.OFFERED, clock.now(), {}, None)
    call_id = intake.receive(report, "320100").call_id
    waiting.enter(call_id, line)
    return call_id


def _decisions(agents: list[int]) -> list[float]:
    """Milliseconds of a dispatch that finds everybody waiting and everybody ready; rolled back each time."""
    for number in range(CALLERS):
        _ring(number, LINES[number % len(LINES)])
    session.commit()
    for agent_id in agents:
        presence.move(presence.present(agent_id), AgentState.READY)
    session.commit()
    spent = []
    for _ in range(DECISIONS):
        began = time.perf_counter()
        matches = waiting.decision()
        spent.append((time.perf_counter() - began) * 1000)
        assert matches
        session.rollback()
    return spent


def _claims(agents: list[int]) -> dict[str, int]:
    """Every round has one winner, and everybody else is told who."""
    app = current_app._get_current_object()
    wins = told = wrong = 0
    for number in range(ROUNDS):
        call_id = _ring(10_000 + number, "crisis")
        turn = session.query(Waiting).filter_by(call_id=call_id).one()
        at = clock.now()
        offers = [
            Offer(
                waiting_id=turn.id,
                agent_id=agent_id,
                offered_at=at,
                expires_at=at + timedelta(minutes=5),
                outcome=OfferOutcome.OPEN,
            )
            for agent_id in agents
        ]
        session.add_all(offers)
        session.commit()
        results: list[str] = []
        pairs = [(offer.id, offer.agent_id) for offer in offers]
        threads = [threading.Thread(target=_claim, args=(app, *pair, results)) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wins += results.count("won") == 1
        told += sum(result not in ("won", "") for result in results)
        wrong += results.count("won") != 1
        for stint in session.query(conversation.Stint).filter(conversation.Stint.state != "ended"):
            conversation.end(stint)
            presence.choose(stint.agent_id, AgentState.OFFLINE)
        session.commit()
    return {"rounds": ROUNDS, "one_winner": wins, "losers_told_who": told, "wrong": wrong}


def _claim(app, offer_id: int, agent_id: int, results: list[str]) -> None:
    with app.app_context():
        try:
            conversation.claim(offer_id, agent_id)
            session.commit()
            results.append("won")
        except Conflict as refused:
            session.rollback()
            results.append(refused.facts.get("winner", ""))
        finally:
            session.remove()


def run() -> dict[str, object]:
    agents = _agents(AGENTS)
    claims = _claims(agents[:CLAIMERS])
    spent = _decisions(agents)
    return {
        "callers": CALLERS,
        "agents": AGENTS,
        "decision_p50_ms": percentile(spent, 0.5),
        "decision_max_ms": round(max(spent), 1),
        "claims": claims,
    }
