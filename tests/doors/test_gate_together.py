"""Many at once, on a database where commits are real."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from hotline import clock, db
from hotline.db import session
from hotline.people import sessions, signing_in
from hotline.people.models import Account, Role, SignIn, SignInFailure
from tests.conftest import carry, demo_people


@pytest.fixture
def agent_token(committed_app):
    with committed_app.app_context():
        token = sessions.open_session(demo_people()[Role.AGENT], "127.0.0.1")
        session.commit()
    return token


def test_a_page_is_read_while_somebody_else_writes(committed_app, agent_token):
    """SQLite has one writer; a GET must not queue behind it."""
    client = carry(committed_app.test_client(), agent_token)
    assert client.get("/me").status_code == 200
    with committed_app.app_context():
        writer = db.db.engine.connect()
    with writer, writer.begin():
        writer.execute(Account.__table__.update().values(failures=1))
        started = time.perf_counter()
        assert client.get("/me").status_code == 200
        assert time.perf_counter() - started < 2


def test_being_seen_is_noted_once_a_minute_by_a_read(committed_app, agent_token, monkeypatch):
    client = carry(committed_app.test_client(), agent_token)
    later = clock.now() + sessions.TOUCH_EVERY
    monkeypatch.setattr(clock, "now", lambda: later)
    for _ in range(3):
        assert client.get("/me").status_code == 200
    with committed_app.app_context():
        assert session.scalars(select(SignIn.seen_at)).all() == [later]


def test_guesses_at_the_same_time_all_count(committed_app, agent_token):
    def guess(_number):
        with committed_app.app_context():
            token = signing_in.attempt("zuoxi02", "wrong", "10.0.0.1", None)
            session.commit()
            return token

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(guess, range(10))) == {None}
    with committed_app.app_context():
        account = session.scalars(select(Account).where(Account.login == "zuoxi02")).one()
        assert account.locked_until is not None
        assert session.query(SignInFailure).count() == 10
