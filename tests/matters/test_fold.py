"""The call as an order-free fold: the property everything else rests on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.calls.events import TERMINAL, Event
from hotline.calls.fold import fold
from hotline.calls.models import CallState, Outcome
from hotline.calls.models import EventKind as K

START = datetime(2024, 2, 29, 15, 59, 50, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def event(kind: K, after: float, /, **data) -> Event:
    key = f"{kind}:{sorted(data.items())}:{after if not data else ''}"
    return Event(key, kind, at(after), data)


A_WHOLE_CALL = [
    event(K.OFFERED, 0),
    event(K.MENU_KEY, 5, node="root", key="2", n=1),
    event(K.QUEUED, 6, queue="consult", turn=1),
    event(K.CONNECTED, 20, agent=7, stint=1, turn=1),
    event(K.HELD, 60, stint=1, n=1),
    event(K.RESUMED, 70, stint=1, n=1),
    event(K.AGENT_LEFT, 100, agent=7, stint=1, finished=False),
    event(K.QUEUED, 101, queue="consult", turn=2),
    event(K.CONNECTED, 110, agent=8, stint=2, turn=2),
    event(K.AGENT_LEFT, 200, agent=8, stint=2, finished=True),
    event(K.SURVEYED, 205, score=5),
    event(K.LEG_STATUS, 206, status="completed", seconds=206),
    event(K.WRAPPED, 230, agent=8),
]

seconds = st.floats(0, 4000, allow_nan=False)
some_event = st.one_of(
    st.builds(lambda s: event(K.OFFERED, s), seconds),
    st.builds(lambda s, t: event(K.QUEUED, s, queue="q", turn=t), seconds, st.integers(1, 3)),
    st.builds(
        lambda s, t, a: event(K.CONNECTED, s, agent=a, stint=t, turn=t), seconds, st.integers(1, 3), st.integers(1, 4)
    ),
    st.builds(lambda s, t: event(K.AGENT_LEFT, s, agent=1, stint=t), seconds, st.integers(1, 3)),
    st.builds(lambda s, t, n: event(K.HELD, s, stint=t, n=n), seconds, st.integers(1, 3), st.integers(1, 2)),
    st.builds(lambda s, t, n: event(K.RESUMED, s, stint=t, n=n), seconds, st.integers(1, 3), st.integers(1, 2)),
    st.builds(lambda s, t: event(K.QUEUE_LEFT, s, turn=t, reason="hangup"), seconds, st.integers(1, 3)),
    st.builds(
        lambda s, x: event(K.LEG_STATUS, s, status=x),
        seconds,
        st.sampled_from([*sorted(TERMINAL), "ringing", "in-progress"]),
    ),
    st.builds(lambda s: event(K.WRAPPED, s), seconds),
    st.builds(lambda s: event(K.SERVED, s, node="n"), seconds),
)


@settings(max_examples=2000, deadline=None)
@given(st.lists(some_event, min_size=1, max_size=14), st.data())
def test_any_order_and_any_repetition_give_the_same_row(events, data):
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=6))
    shuffled = data.draw(st.permutations(repeated))
    assert fold(shuffled) == fold(events)


@settings(max_examples=500, deadline=None)
@given(st.permutations(A_WHOLE_CALL))
def test_a_whole_call_in_any_order(events):
    row = fold(events)
    assert row.state is CallState.ENDED
    assert row.outcome is Outcome.ANSWERED
    assert (row.queue, row.menu_path, row.agent_id, row.satisfaction) == ("consult", "2", 8, 5)
    assert (row.wait_ms, row.hold_ms, row.talk_ms, row.wrap_ms) == (14_000, 10_000, 160_000, 30_000)
    assert (row.offered_at, row.ended_at) == (at(0), at(206))


@settings(max_examples=500, deadline=None)
@given(st.lists(some_event, min_size=1, max_size=14))
def test_no_duration_is_negative_and_an_end_never_precedes_what_it_ends(events):
    row = fold(events)
    assert all(ms is None or ms >= 0 for ms in (row.wait_ms, row.talk_ms, row.hold_ms, row.wrap_ms))
    if row.ended_at and row.connected_at:
        assert row.ended_at >= row.connected_at


@settings(max_examples=500, deadline=None)
@given(st.lists(some_event, max_size=10), st.lists(some_event, max_size=10))
def test_an_end_once_told_sticks(before, after):
    end = event(K.LEG_STATUS, 10, status="completed")
    assert fold([*before, end]).state is CallState.ENDED
    assert fold([*before, end, *after]).state is CallState.ENDED


@pytest.mark.parametrize(
    ("events", "state", "outcome"),
    [
        ([event(K.OFFERED, 0)], CallState.OFFERED, Outcome.OPEN),
        ([event(K.OFFERED, 0), event(K.SERVED, 3, node="a")], CallState.MENU, Outcome.OPEN),
        ([event(K.QUEUED, 3, queue="q", turn=1)], CallState.QUEUED, Outcome.OPEN),
        (
            [event(K.QUEUED, 3, queue="q", turn=1), event(K.LEG_STATUS, 9, status="completed")],
            CallState.ENDED,
            Outcome.ABANDONED,
        ),
        (
            [event(K.SERVED, 3, node="a"), event(K.LEG_STATUS, 9, status="completed")],
            CallState.ENDED,
            Outcome.SELF_SERVICE,
        ),
        (
            [
                event(K.SERVED, 3, node="a"),
                event(K.QUEUED, 4, queue="q", turn=1),
                event(K.LEG_STATUS, 9, status="completed"),
            ],
            CallState.ENDED,
            Outcome.ABANDONED,
        ),
        ([event(K.OFFERED, 0), event(K.LEG_STATUS, 0, status="no_answer")], CallState.ENDED, Outcome.MENU_HANGUP),
        ([event(K.OFFERED, 0), event(K.LEG_STATUS, 0, status="failed")], CallState.ENDED, Outcome.FAILED),
        ([event(K.LEG_STATUS, 9, status="completed")], CallState.ENDED, Outcome.MENU_HANGUP),
        ([event(K.CONNECTED, 5, agent=1, stint=1, turn=1)], CallState.TALKING, Outcome.ANSWERED),
        (
            [event(K.CONNECTED, 5, agent=1, stint=1, turn=1), event(K.AGENT_LEFT, 9, agent=1, stint=1)],
            CallState.CLOSING,
            Outcome.ANSWERED,
        ),
        (
            [
                event(K.QUEUED, 1, queue="q", turn=1),
                event(K.CALLBACK_ASKED, 4),
                event(K.QUEUE_LEFT, 4, turn=1),
                event(K.LEG_STATUS, 9, status="completed"),
            ],
            CallState.ENDED,
            Outcome.CALLBACK,
        ),
    ],
)
def test_truth_table_of_state_and_outcome(events, state, outcome):
    row = fold(events)
    assert (row.state, row.outcome) == (state, outcome)


def test_two_agents_with_one_caller_talk_once():
    row = fold(
        [
            event(K.OFFERED, 0),
            event(K.CONNECTED, 10, agent=1, stint=1, turn=1),
            event(K.CONNECTED, 20, agent=2, stint=2, turn=1),
            event(K.AGENT_LEFT, 30, agent=1, stint=1),
            event(K.AGENT_LEFT, 50, agent=2, stint=2),
        ]
    )
    assert row.talk_ms == 40_000


def test_a_call_without_events_is_no_call():
    with pytest.raises(ValueError, match="at least one event"):
        fold([])
