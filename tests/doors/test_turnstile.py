"""The turnstile: one at a time on the line, in order of arrival; who waits elsewhere or sends much holds no place."""

import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from hotline.people.models import Role
from hotline.web.gate import turnstile
from hotline.web.gate.hearing import hub
from hotline.web.gate.turnstile import READ_FIRST, Turnstile, aside
from tests.workers.conftest import wait_for


class House:
    """An application whose views go on when they are told to; `inside` are those that were let in, in order."""

    def __init__(self) -> None:
        self.inside, self.doors, self.views = [], {}, {}
        self.turnstile = Turnstile(self.app)
        self.pool = ThreadPoolExecutor(20)

    def app(self, environ, _start_response):
        name = environ["QUERY_STRING"]
        self.inside.append(name)
        self.views.get(name, self.doors[name].wait)()
        return [environ["wsgi.input"].read()]

    def ask(self, name, path="/phone/voice", body=b"", **more):
        self.doors[name] = threading.Event()
        environ = {
            "PATH_INFO": path,
            "QUERY_STRING": name,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        return self.pool.submit(self.turnstile, environ | more, None)

    def queued(self, count):
        wait_for(lambda: len(self.turnstile.lanes[0][1]._waiting) == count, 5)


@pytest.fixture
def house():
    made = House()
    yield made
    for door in made.doors.values():
        door.set()
    made.pool.shutdown()


def test_one_after_the_other_in_order_of_arrival(house):
    names = [f"call-{number}" for number in range(6)]
    answers = []
    for place, name in enumerate(names):
        answers.append(house.ask(name))
        house.queued(place)
    for number, name in enumerate(names):
        wait_for(lambda number=number: len(house.inside) == number + 1, 5)
        house.doors[name].set()
    assert [answer.result(5) for answer in answers] == [[b""]] * 6
    assert house.inside == names


def test_the_office_does_not_keep_the_line_waiting(house):
    pages = [house.ask(f"page-{number}", "/bulletin/2024-02") for number in range(4)]
    call = house.ask("call")
    house.doors["call"].set()
    assert call.result(5) == [b""]
    assert not any(page.done() for page in pages)
    assert len(house.inside) == 3


def test_a_probe_and_a_file_need_no_place(house):
    house.ask("call")
    house.ask("desk", "/desk/topics")
    for number in range(3):
        house.ask(f"page-{number}", "/bulletin/2024-02")
    for name, path in (("probe", "/live"), ("file", "/static/hotline.css")):
        answer = house.ask(name, path)
        house.doors[name].set()
        assert answer.result(5) == [b""]


def test_whoever_waits_for_somebody_else_steps_aside(house):
    asked, answered = threading.Event(), threading.Event()

    def view():
        with aside():
            asked.set()
            answered.wait(5)

    house.views["patient"] = view
    patient = house.ask("patient")
    assert asked.wait(5)
    other = house.ask("other")
    house.doors["other"].set()
    assert other.result(5) == [b""]
    answered.set()
    assert patient.result(5) == [b""]


def test_a_small_body_is_read_before_and_a_large_one_passes_by_the_side(house):
    first = house.ask("first")
    wait_for(lambda: house.inside == ["first"], 5)
    second = house.ask("second", body=b"CallSid=CA1")
    house.queued(1)
    upload = house.ask("upload", body=b"x" * (READ_FIRST + 1))
    chunked = house.ask("chunked", HTTP_TRANSFER_ENCODING="chunked")
    wait_for(lambda: {"upload", "chunked"} <= set(house.inside), 5)
    assert "second" not in house.inside
    for door in house.doors.values():
        door.set()
    assert [each.result(5) for each in (first, second, chunked)] == [[b""], [b"CallSid=CA1"], [b""]]
    assert len(upload.result(5)[0]) == READ_FIRST + 1


def test_a_view_that_breaks_leaves_its_place(house):
    def view():
        raise RuntimeError("broken")

    house.views["broken"] = view
    with pytest.raises(RuntimeError):
        house.ask("broken").result(5)
    after = house.ask("after")
    house.doors["after"].set()
    assert after.result(5) == [b""]


def test_a_stream_waits_for_redis_outside_its_lane(client, sign_in, monkeypatch):
    lanes = []
    monkeypatch.setattr(hub, "hears", lambda _seconds: lanes.append(turnstile._held.get()))
    assert sign_in(client, Role.AGENT).get("/desk/line/stream").status_code == 503
    assert lanes == [None]
