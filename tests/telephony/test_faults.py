"""Faults happen as asked, the same for the same seed; retries and limits are Twilio's."""

import asyncio

import pytest

from hotline.telephony.simulator.faults import USUAL, Faults
from hotline.telephony.simulator.overrides import BadOverride, Overrides, split
from hotline.telephony.simulator.transport import ConnectFailed, ReadTimedOut
from hotline.telephony.steps import Join, Pause, Say
from tests.telephony.house import Stage

ROOM = {"/phone/voice": [Join("c-1", "caller", "/phone/left", "/phone/room")]}


def room_events(**faults):
    with Stage(ROOM, seed=5, **faults) as stage:
        for _ in range(15):
            leg = stage.dial(wait=1)
            stage.exchange.hang_up(leg)
            stage.pass_time(1)
        stage.pass_time(20)
        return [(each["ConferenceSid"], int(each["SequenceNumber"])) for each in stage.house.asked("/phone/room")]


def test_without_faults_every_event_comes_once_and_in_order():
    told = room_events()
    assert len(told) == len(set(told)) == 30
    assert told == sorted(told, key=lambda each: (list(dict(told)).index(each[0]), each[1]))


def test_dropped_events_are_missing_and_duplicates_come_twice():
    assert len(room_events(drop=0.3)) < 30
    twice = room_events(duplicate=0.5)
    assert len(twice) > len(set(twice)) == 30


def test_reordered_events_all_come_but_not_in_order():
    told = room_events(reorder=0.5, delay=0.2)
    assert len(set(told)) == 30
    assert told != room_events()


def test_the_same_seed_gives_the_same_faults():
    assert room_events(drop=0.2, duplicate=0.2, delay=0.2) == room_events(drop=0.2, duplicate=0.2, delay=0.2)


def test_faults_are_named():
    assert Faults.named("none") == Faults()
    assert Faults.named("drop,vanish") == Faults(drop=USUAL["drop"], vanish=USUAL["vanish"])
    assert Faults.named("all") == Faults(**USUAL)
    with pytest.raises(ValueError, match="rain"):
        Faults.named("drop,rain")


@pytest.mark.parametrize("fragment", ["rc=9", "rp=sometimes", "ct=1", "rt=99999", "tt=x"])
def test_wrong_overrides_are_refused(fragment):
    with pytest.raises(BadOverride):
        split(f"https://a.example/x#{fragment}")


def test_overrides_are_read_and_not_part_of_the_address():
    address, overrides = split("https://a.example/x?y=1#ct=1500&rt=4000&rc=2&rp=ct,rt,5xx")
    assert address == "https://a.example/x?y=1"
    assert overrides == Overrides(1.5, 4.0, 15.0, 2, frozenset({"ct", "rt", "5xx"}))
    assert split("https://a.example/x")[1] == Overrides()


class Failing:
    """A transport that fails as told before it lets a request through."""

    def __init__(self, inner, failures) -> None:
        self.inner, self.failures, self.tokens, self.limits = inner, list(failures), [], []

    async def send(self, method, url, headers, body, limits):
        self.tokens.append(headers["I-Twilio-Idempotency-Token"])
        self.limits.append(limits)
        if self.failures:
            failure = self.failures.pop(0)
            if failure == "hang":
                await asyncio.sleep(60)
            raise failure
        return await self.inner.send(method, url, headers, body, limits)


def failing(stage, *failures):
    stage.exchange.courier.transport = Failing(stage.transport, failures)
    return stage.exchange.courier.transport


def test_a_control_webhook_is_tried_again_with_the_same_token():
    with Stage({"/phone/voice": [Say("您好"), Pause(60)]}) as stage:
        transport = failing(stage, ReadTimedOut("x"), ConnectFailed("x"))
        leg = stage.dial(wait=3)
        assert stage.heard(leg) == ["您好"]
        assert len(transport.tokens) == 3
        assert len(set(transport.tokens)) == 1
        assert transport.limits[0] == (1.5, 4.0)


def test_fifteen_seconds_in_all_then_the_fallback():
    with Stage({"/phone/fallback": [Say("请稍候"), Pause(60)]}) as stage:
        failing(stage, "hang")
        leg = stage.dial(wait=14)
        assert stage.heard(leg) == []
        stage.pass_time(3)
        assert stage.heard(leg) == ["请稍候"]
        assert stage.house.asked("/phone/fallback")[0]["ErrorCode"] == "11200"


def test_a_status_callback_is_tried_again_on_any_error():
    answers = iter(["503 Busy", "400 Bad", "204 No Content"])
    plans = {"/phone/voice": [Say("您好")], "/phone/status": lambda _params: (next(answers), [], "")}
    with Stage(plans) as stage:
        stage.dial(wait=20)
        assert len(stage.house.asked("/phone/status")) == 3
        assert len({token for path, token in stage.house.tokens if path == "/phone/status"}) == 1


def test_a_server_error_on_the_way_is_tried_again():
    answers = iter([("500 Oops", [("Content-Type", "text/html")], "x"), [Say("您好")]])
    with Stage({"/phone/voice": lambda _params: next(answers)}) as stage:
        leg = stage.dial(wait=20)
        assert stage.heard(leg) == ["您好"]
        assert stage.exchange.courier.meter.errors == []
