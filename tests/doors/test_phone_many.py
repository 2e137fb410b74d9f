"""The same webhook many times at once, and again when the call is over: one row, no change."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select

from hotline.calls.models import Call, CallEvent
from hotline.db import session
from tests.signed import Provider, caller_leg

LEG, TIMES = caller_leg(7), 50


def at_once(app, path, **more):
    start = Barrier(TIMES)

    def send(_):
        provider = Provider(app.test_client(), app.config["HOTLINE"])
        start.wait()
        return provider.call(path, LEG, **more)

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(send, range(TIMES)))


def rows(app):
    with app.app_context():
        return session.scalar(select(func.count(Call.id))), session.scalar(select(func.count(CallEvent.id)))


def record(app):
    with app.app_context():
        return dict(session.execute(select(Call.__table__)).mappings().one())


def test_one_event_told_fifty_times_at_once_is_one_row(committed_app):
    rung = at_once(committed_app, "/phone/voice")
    assert ({reply.status_code for reply in rung}, len({reply.text for reply in rung})) == ({200}, 1)
    assert rows(committed_app) == (1, 1)
    ended = at_once(committed_app, "/phone/status", CallStatus="completed", CallDuration="9")
    assert {reply.status_code for reply in ended} == {204}
    assert rows(committed_app) == (1, 2)


def test_what_was_captured_changes_nothing_of_a_closed_call(committed_app):
    provider = Provider(committed_app.test_client(), committed_app.config["HOTLINE"])
    captured = [("/phone/voice", {}), ("/phone/menu?node=start&n=1", {"Digits": "2"})]
    for path, more in captured:
        assert provider.call(path, LEG, **more).status_code == 200
    provider.call("/phone/status", LEG, CallStatus="completed", CallDuration="9")
    before = record(committed_app), rows(committed_app)
    for path, more in captured:
        assert provider.call(path, LEG, **more).status_code == 200
    assert (record(committed_app), rows(committed_app)) == before
