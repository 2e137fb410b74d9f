"""Agents' time: no stretch overlaps another, nothing is lost where an hour, a day or a month ends."""

import io
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from hotline import clock
from hotline.calls import intake
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.people.models import Role
from hotline.queues import presence, roster
from hotline.queues.models import AgentInterval, AgentState, Offer, OfferOutcome, Presence, Waiting, WaitState
from hotline.statistics import agent_lists, agent_time
from hotline.statistics.agent_time import RATIOS, Range
from hotline.statistics.indicators import By
from tests.matters import months_made

LAST = date(2024, 1, 31)
"""The month's last day: what happens on it goes on in the next."""
DAYS = [LAST + timedelta(days=n) for n in (-1, 0, 1, 2)]
STEPS = st.tuples(
    st.sampled_from(AgentState),
    st.sampled_from(["", "rest", "meal"]),
    st.timedeltas(timedelta(minutes=-2), timedelta(hours=7)),
)


@pytest.fixture
def at():
    """Sets the time."""
    yield lambda moment: clock.use(lambda: moment)
    clock.use(None)


def live(agent_id: int, begun: datetime, steps, at) -> datetime:
    """An agent's states one after the other; a step back in time is an instant taken too early."""
    at(begun)
    agent = presence.present(agent_id)
    moment = begun
    for state, reason, lasts in steps:
        moment += lasts
        presence.move(agent, state, reason if state is AgentState.BREAK else "", at=moment)
    now = max(moment, agent.since) + timedelta(minutes=1, microseconds=1500)
    at(now)
    return now


def told(agent_id: int, now: datetime):
    """The stretches as they are kept, the open one last."""
    rows = session.scalars(select(AgentInterval).where(AgentInterval.agent_id == agent_id).order_by(AgentInterval.id))
    here = session.get_one(Presence, agent_id)
    kept = [(row.state, row.started_at, row.ended_at) for row in rows]
    return [*kept, (here.state, here.since, now)]


def ms(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def inside(stretches, start: datetime, end: datetime) -> Counter:
    """Milliseconds by state between two instants, counted one stretch at a time."""
    found = Counter()
    for state, begun, over in stretches:
        if state is not AgentState.OFFLINE and begun < end and over > start:
            found[state.value] += ms(min(over, end)) - ms(max(begun, start))
    return +found


def by_state(spent) -> Counter:
    return +Counter({key: n for key, n in spent.items() if key in set(AgentState)})


@given(st.timedeltas(timedelta(0), timedelta(hours=23)), st.lists(STEPS, min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_moment_is_counted_once(people, at, after, steps):
    with session.begin_nested() as undone:
        agent = people[Role.AGENT].id
        now = live(agent, clock.day_start(DAYS[0]) + after, steps, at)
        stretches = told(agent, now)
        assert all(earlier[2] == later[1] for earlier, later in zip(stretches, stretches[1:], strict=False))
        assert all(begun <= over for _, begun, over in stretches)
        for first, last in ((DAYS[0], DAYS[-1]), (LAST, LAST), (DAYS[2], DAYS[3])):
            span = Range(first, last)
            whole = inside(stretches, span.start, span.end)
            for by in (By.AGENT, By.HOUR, By.DAY):
                groups = agent_time.spent(by, span)
                added = sum((by_state(group) for group in groups.values()), Counter())
                assert added == whole, by
                assert all(group["signed_in"] == sum(by_state(group).values()) for group in groups.values())
            days = [day for day in DAYS if first <= day <= last]
            counted = {day: inside(stretches, *clock.day_bounds(day)) for day in days}
            by_day = agent_time.spent(By.DAY, span)
            assert {day: by_state(group) for day, group in by_day.items()} == {d: n for d, n in counted.items() if n}
        undone.rollback()
    clock.use(None)


def test_the_list_is_as_long_as_the_number_says(people, at):
    agent = people[Role.AGENT].id
    steps = [
        (AgentState.READY, "", timedelta(minutes=10)),
        (AgentState.TALKING, "", timedelta(hours=1, minutes=20)),
        (AgentState.WRAP_UP, "", timedelta(hours=3)),
        (AgentState.BREAK, "meal", timedelta(minutes=5)),
        (AgentState.BREAK, "rest", timedelta(minutes=30)),
        (AgentState.READY, "", timedelta(hours=4)),
        (AgentState.OFFLINE, "", timedelta(hours=30)),
    ]
    live(agent, clock.at_local(LAST, 21, 30), steps, at)
    everything = Range(DAYS[0], DAYS[-1])
    hours, days = agent_time.spent(By.HOUR, everything), agent_time.spent(By.DAY, everything)
    assert (len(hours), sorted(days)) == (24, DAYS[1:])
    lists = [(Range(DAYS[0], DAYS[-1], hour=hour), spent) for hour, spent in hours.items()]
    lists += [(Range(day, day), spent) for day, spent in days.items()]
    lists += [(Range(DAYS[0], DAYS[-1], agent), agent_time.spent(By.AGENT, everything)[agent])]
    for span, spent in lists:
        for state in AgentState:
            rows = agent_lists.stretches(span, [state], "", 0, 100)
            expected = 0 if state is AgentState.OFFLINE else spent[state]
            assert (sum(row.ms for row in rows), all(row.ms for row in rows)) == (expected, True)
        meals = agent_lists.stretches(span, [AgentState.BREAK], "meal", 0, 100)
        assert sum(row.ms for row in meals) == spent["break:meal"]


def test_occupancy_leaves_breaks_out(people, at):
    steps = [
        (AgentState.READY, "", timedelta(0)),
        (AgentState.TALKING, "", timedelta(minutes=30)),
        (AgentState.HOLD, "", timedelta(minutes=20)),
        (AgentState.WRAP_UP, "", timedelta(minutes=5)),
        (AgentState.BREAK, "meal", timedelta(minutes=5)),
        (AgentState.OFFLINE, "", timedelta(minutes=40)),
    ]
    live(people[Role.AGENT].id, clock.at_local(LAST, 9), steps, at)
    spent = agent_time.spent(By.DAY, Range(LAST, LAST))[LAST]
    share = RATIOS["occupancy"].of(spent)
    assert (share.value, share.whole, spent["break:meal"]) == (0.5, 3_600_000, 2_400_000)


def test_offers_that_rang_out_are_counted_where_they_rang(people, at):
    agent = people[Role.AGENT].id
    begun = clock.at_local(LAST, 23, 59)
    call_id = intake.record([months_made.history(begun, agent=agent)], months_made.HOME)[0]
    turn = Waiting(call_id=call_id, turn=1, line="consult", state=WaitState.CONNECTED, queued_at=begun, ranked_at=begun)
    session.add(turn)
    session.flush()
    outcomes = [OfferOutcome.MISSED, OfferOutcome.MISSED, OfferOutcome.ACCEPTED, OfferOutcome.OPEN]
    for n, outcome in enumerate(outcomes):
        rung = begun + timedelta(seconds=30 * n)
        ended = None if outcome is OfferOutcome.OPEN else rung + timedelta(seconds=15)
        session.add(
            Offer(waiting_id=turn.id, agent_id=agent, offered_at=rung, expires_at=rung, outcome=outcome, ended_at=ended)
        )
    session.flush()
    both = Range(LAST, DAYS[2])
    assert {key: rest for key, *rest in agent_time.offered(By.DAY, both)} == {LAST: [2, 2], DAYS[2]: [1, 0]}
    assert {key: rest for key, *rest in agent_time.offered(By.HOUR, both)} == {23: [2, 2], 0: [1, 0]}
    assert list(agent_time.offered(By.LINE, both)) == [("consult", 3, 2)]
    assert list(agent_time.offered(By.AGENT, both)) == [(agent, 3, 2)]
    assert len(agent_lists.offers(Range(LAST, DAYS[2], agent, 23), "consult", True, 0, 9)) == 2
    assert len(agent_lists.offers(both, "", False, 0, 9)) == 3


def test_a_plan_is_kept_as_far_as_the_agent_was_signed_in(people, at):
    agent = people[Role.AGENT].id
    roster.add(agent, LAST, roster.Span(time(22), time(6)))
    roster.add(agent, DAYS[2], roster.Span(time(22), time(6)))
    late = [(AgentState.READY, "", timedelta(0)), (AgentState.OFFLINE, "", timedelta(hours=3))]
    live(agent, clock.at_local(LAST, 23), late, at)
    at(clock.at_local(DAYS[2], 4))
    span = Range(LAST, DAYS[3])
    found = agent_time.spent(By.DAY, span)
    hour = 3_600_000
    assert {day: (spent["planned"], spent["kept"]) for day, spent in found.items()} == {
        LAST: (2 * hour, hour),
        DAYS[2]: (4 * hour, 2 * hour),
    }
    assert RATIOS["adherence"].of(agent_time.spent(By.AGENT, span)[agent]).value == 0.5
    assert [(row.planned, row.kept) for row in agent_lists.kept(span)] == [(6 * hour, 3 * hour), (0, 0)]
    assert [(row.planned, row.kept) for row in agent_lists.kept(Range(LAST, LAST))] == [(2 * hour, hour)]
    assert [(row.planned, row.kept) for row in agent_lists.kept(Range(LAST, DAYS[2], hour=22))] == [(hour, 0), (0, 0)]


def test_shifts_of_one_agent_never_overlap(people):
    agent, other = people[Role.AGENT].id, people[Role.SUPERVISOR].id
    roster.add(agent, LAST, roster.Span(time(22), time(6)))
    roster.add(other, LAST, roster.Span(time(22), time(6)))
    for day, starts, ends in ((LAST, 20, 23), (DAYS[2], 5, 9), (LAST, 22, 6)):
        with pytest.raises(Conflict):
            roster.add(agent, day, roster.Span(time(starts), time(ends)))
    with pytest.raises(Invalid):
        roster.add(agent, LAST, roster.Span(time(1), time(22)))
    roster.add(agent, DAYS[2], roster.Span(time(6), time(14)))
    roster.remove(roster.planned(LAST, LAST, agent)[0].id)
    assert [shift.day for shift in roster.planned(LAST, DAYS[2], agent)] == [DAYS[2]]


def test_a_table_replaces_the_days_it_names_or_nothing(people):
    agent = people[Role.AGENT].id
    roster.add(agent, LAST, roster.Span(time(8), time(12)))
    table = "工号,姓名,日期,上班,下班\n8001,林知夏,2024-01-31,09:00,13:00\n8001,林知夏,2024-01-31,14:00:00,18:00:00\n"
    assert roster.load(io.BytesIO(table.encode()), "排班.csv") == 2
    local = [clock.local(shift.starts_at).hour for shift in roster.planned(LAST, LAST)]
    assert local == [9, 14]
    wrong = table + "8001,,2024-01-32,9,10\n9999,,2024-01-31,09:00,10:00\n8001,,2024-02-01,00:00,23:00\n"
    with pytest.raises(Invalid) as told_back:
        roster.load(io.BytesIO(wrong.encode()), "排班.csv")
    assert [line.partition("：")[0] for line in told_back.value.fields["file"]] == ["第4行", "第5行", "第6行"]
    with pytest.raises(Invalid):
        roster.load(io.BytesIO("工号,日期\n8001,2024-01-31\n".encode()), "排班.csv")
    assert len(roster.planned(LAST, LAST)) == 2
