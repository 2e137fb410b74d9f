"""Streams: nothing before the right is proven, whole snapshots, no double, an end when the right ends."""

import threading
import time
from types import SimpleNamespace

import pytest

from hotline import clock, live
from hotline.errors import Unavailable
from hotline.people.models import Role
from hotline.web.gate import hearing, streams
from hotline.web.gate.hearing import Hub, Subscription
from hotline.web.gate.streams import ALIVE, SnapshotCache, Snapshots, signals
from tests.signed import Provider, caller_leg


def test_a_stream_is_refused_before_its_first_byte(client, sign_in):
    sign_in(client, Role.AGENT)
    assert client.get("/wallboard/stream").status_code == 403
    sign_in(client, Role.STATISTICIAN)
    assert client.get("/desk/line/stream").status_code == 403


def test_the_board_is_streamed_and_not_buffered(client, sign_in, monkeypatch):
    sign_in(client, Role.SUPERVISOR)
    monkeypatch.setattr(streams.hub, "hears", lambda _seconds: True)
    reply = client.get("/wallboard/stream", buffered=False)
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    parts = iter(reply.response)
    assert next(parts) == b"retry: 2000\n\n"
    assert b"event: snapshot" in next(parts)
    reply.close()


def test_beyond_the_cap_a_page_is_told_to_poll():
    hub = Hub()
    hub._thread = threading.current_thread()
    first = hub.subscribe("a", cap=1)
    with pytest.raises(Unavailable) as refused:
        hub.subscribe("b", cap=1)
    assert refused.value.facts["retry_after"] == 5
    hub.unsubscribe(first)
    assert hub.count() == 0
    hub.unsubscribe(hub.subscribe("b", cap=1))


def test_words_reach_their_topic_and_everybody_after_a_gap():
    hub = Hub()
    hub._thread = threading.current_thread()
    board, agent = hub.subscribe("board", 9), hub.subscribe("agent:1", 9)
    hub._spread({"board"})
    assert (board.mailbox.qsize(), agent.mailbox.qsize()) == (1, 0)
    hub._spread(None)
    assert (board.mailbox.qsize(), agent.mailbox.qsize()) == (2, 1)


def test_a_reader_who_is_too_slow_is_dropped():
    slow = Subscription("board")
    for _ in range(hearing.BACKLOG + 1):
        slow.put("changed")
    assert slow.dropped


def test_a_snapshot_the_page_has_is_not_sent_again(app):
    made = []

    def make():
        made.append(1)
        return {"n": len(made) // 3}

    cache = SnapshotCache("board")
    first = Snapshots("board", make, cache, "")
    said = first.say(clock.monotonic())
    digest = said.split("\n")[0].removeprefix("id: ")
    assert first.say(clock.monotonic()) is None
    assert Snapshots("board", make, cache, digest).say(clock.monotonic()) is not None
    assert Snapshots("board", make, cache, "").say(clock.monotonic()) is not None


def test_streams_woken_by_one_change_share_one_snapshot_and_none_older_than_it(app):
    made = []

    def make():
        made.append(1)
        return {"n": len(made)}

    cache = SnapshotCache("board")
    wall = [Snapshots("board", make, cache, "") for _ in range(50)]
    for expected in (1, 2):  # the second change comes at once after the first
        moment = clock.monotonic()
        assert len({one.say(moment) for one in wall}) == 1
        assert len(made) == expected


def test_who_opens_or_polls_after_a_change_sees_it_however_fresh_the_kept_snapshot_is(app, monkeypatch):
    hub = Hub()
    monkeypatch.setattr(streams, "hub", hub)
    cache, state = SnapshotCache("board"), {"n": 1}
    assert cache.current(lambda: state)[0] == '{"n":1}'
    state["n"] = 2
    assert cache.current(lambda: state)[0] == '{"n":1}'
    hub._spread({"board"})
    assert cache.current(lambda: state)[0] == '{"n":2}'


def test_a_burst_of_changes_wakes_the_streams_once(monkeypatch):
    monkeypatch.setattr(hearing, "PACE_SECONDS", 0.05)
    hub = Hub()
    hub._thread = threading.current_thread()
    board = hub.subscribe("board", 9)

    class Burst:
        words = [b"board"] * 20
        connection = SimpleNamespace(register_connect_callback=lambda _called: None)

        def subscribe(self, _channel):
            pass

        def get_message(self, timeout):
            if self.words:
                return {"type": "message", "data": self.words.pop()}
            if timeout >= 1:
                raise ConnectionError
            time.sleep(timeout)
            return None

    monkeypatch.setattr(hearing.broker, "redis", lambda: SimpleNamespace(pubsub=lambda **_: Burst()))
    with pytest.raises(ConnectionError):
        hub._hear()
    assert board.mailbox.qsize() == 3  # the gap before, the first word at once, all others together


def test_streams_end_when_redis_goes_and_none_begins_before_it_is_back(client, sign_in, monkeypatch):
    hub = Hub()
    hub._thread = threading.current_thread()
    monkeypatch.setattr(streams, "hub", hub)
    monkeypatch.setattr(streams, "HEARD_WITHIN", 0.01)
    sign_in(client, Role.SUPERVISOR)
    refused = client.get("/wallboard/stream", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert hub.count() == 0
    hub._hearing.set()
    reply = client.get("/wallboard/stream", buffered=False)
    parts = iter(reply.response)
    assert (next(parts), b"event: snapshot" in next(parts)) == (b"retry: 2000\n\n", True)
    hub._drop()
    assert list(parts) == []
    reply.close()
    assert hub.count() == 0


def test_a_right_withdrawn_ends_the_stream(app, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.01)
    mailbox = Subscription("agent:1")
    answers = iter([True, False])
    told = list(streams._events(app.app_context, signals("agent:1"), mailbox, lambda: next(answers)))
    assert told[-1] == "event: ended\ndata: {}\n\n"
    assert told.count(ALIVE) == 1


def test_a_call_that_rings_is_told_to_the_boards(app, client, monkeypatch):
    told = []
    monkeypatch.setattr(
        live.broker, "redis", lambda: SimpleNamespace(publish=lambda _channel, words: told.append(words))
    )
    monkeypatch.setattr(live, "_away_until", float("-inf"))
    Provider(client, app.config["HOTLINE"]).call("/phone/voice", caller_leg(1))
    assert "board" in told
