"""Fixtures for the whole suite.

`app`: an application on a migrated database; everything a test does is rolled back after it.
`committed_app`: an application on a database of its own, for tests that need real commits and threads.
"""

import os
from contextvars import Context
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from flask.cli import FlaskGroup
from flask.testing import FlaskClient
from flask_migrate import upgrade
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from app import create_app
from hotline import config as configuration
from hotline import db, reference
from hotline.ivr import service as menu
from hotline.people import demo, passwords, sessions
from hotline.people.models import Account, Role
from hotline.places.models import Institution
from hotline.queues import blocklist
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.story import town  # noqa: F401  a fixture of the whole suite

passwords.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))

os.environ.setdefault("TZ", "America/New_York")


def pytest_addoption(parser):
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


def pytest_collection_modifyitems(config, items):
    """Each test where it means something, which is not the same as skipping it: what only PostgreSQL can do runs
    there; what touches no database, or is marked as not depending on which, runs once, beside SQLite."""
    on_sqlite = config.getoption("--database") == "sqlite"

    def belongs(item) -> bool:
        if on_sqlite:
            return item.get_closest_marker("postgres") is None
        if item.get_closest_marker("once"):
            return False
        return "databases" in item.fixturenames or item.get_closest_marker("postgres") is not None

    config.hook.pytest_deselected(items=[item for item in items if not belongs(item)])
    items[:] = spread([item for item in items if belongs(item)])


def spread(items):
    """Tests that mostly wait for processes, evenly among those that compute: several workers keep the cores busy."""

    def waits(item) -> bool:
        return item.get_closest_marker("processes") is not None and item.get_closest_marker("browser") is None

    waiting, rest = [item for item in items if waits(item)], [item for item in items if not waits(item)]
    for place, item in enumerate(waiting):
        rest.insert(round(place * (len(rest) + 1) / len(waiting)) if place else 0, item)
    return rest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """With CI=true a skipped test is a failed build: everything it needs is installed there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if os.environ.get("CI") == "true" and skipped and exitstatus == 0:
        reporter.write_line(f"{skipped} skipped, and nothing may be skipped here", red=True)
        session.exitstatus = 1


def build_schema(url: str) -> None:
    """A database as a release has it: migrated to head, reference data loaded."""
    app = create_app(test_config(url))
    with app.app_context():
        upgrade()
        reference.load()
        db.session.commit()
        db.session.remove()
        db.db.engine.dispose()


def test_config(url: str, **changes) -> configuration.Config:
    base = configuration.from_environment({"HOTLINE_MODE": "test", "DATABASE_URL": url})
    return replace(base, **changes)


test_config.__test__ = False


@pytest.fixture(scope="session")
def databases(request):
    kind = request.config.getoption("--database")
    made = (SqliteDatabases if kind == "sqlite" else PostgresDatabases)(build_schema)
    yield made
    made.close()


@pytest.fixture(scope="session")
def shared_app(databases, tmp_path_factory):
    with databases.fresh() as url:
        app = create_app(test_config(url, data_dir=tmp_path_factory.mktemp("data")))
        app.config.update(TESTING=True)
        yield app
        with app.app_context():
            db.db.engine.dispose()


@pytest.fixture
def app(shared_app):
    """The shared application inside one outer transaction, rolled back at the end."""
    with shared_app.app_context():
        engine = db.db.engine
        connection = engine.connect()
        outer = connection.begin()
        engines = db.db._app_engines[shared_app]
        engines[None] = connection
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield shared_app
        finally:
            db.session.remove()
            db.session.session_factory.kw.pop("join_transaction_mode")
            engines[None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture
def committed_app(databases, tmp_path):
    """An application on a fresh database where commits are real."""
    with databases.fresh() as url:
        app = create_app(test_config(url, data_dir=tmp_path))
        app.config.update(TESTING=True)
        yield app
        with app.app_context():
            db.session.remove()
            db.db.engine.dispose()


@pytest.fixture
def database_url(databases):
    with databases.fresh() as url:
        yield url


class Client(FlaskClient):
    """A client whose requests run as they do in production: in a context of their own, with a session of their own.

    What the test has flushed is visible to the request (one outer transaction); what the request committed
    is read anew by the test.
    """

    def open(self, *args, **kwargs):
        from flask import has_app_context

        if has_app_context():
            db.session.flush()
        response = Context().run(super().open, *args, **kwargs)
        if has_app_context():
            db.session.expire_all()
        for _, value in response.headers:
            value.encode("latin-1")  # as a web server writes it: anything else is a 500 there
        return response


@pytest.fixture
def client(app):
    app.test_client_class = Client
    return app.test_client()


def demo_people() -> dict[Role, Account]:
    """The demonstration's accounts, the first of each role."""
    unit = db.session.scalars(select(Institution).where(Institution.name == "南京鼓楼医院")).one()
    made = demo.demo_accounts(unit.id)
    return {role: made[person.login] for person in reversed(demo.DEMO_PEOPLE) for role in person.roles}


@pytest.fixture
def people(app):
    """One account per role (`people[Role.AGENT]`), password `demo.DEMO_PASSWORD`; `zuoxi02` and others by login."""
    made = demo_people()
    db.session.commit()
    return made


@pytest.fixture
def sign_in(people):
    """`sign_in(client, Role.AGENT)` or `sign_in(client, account)`: a real session and CSRF token for the client."""

    def enter(client, who):
        account = people[who] if isinstance(who, Role) else who
        token = sessions.open_session(account, "127.0.0.1")
        db.session.commit()
        return carry(client, token)

    return enter


def carry(client, token: str):
    """Put a session's token and a CSRF token into the client, as a signed-in browser has them."""
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"], cookie["csrf_token"] = token, True, "test-csrf"
    signer = URLSafeTimedSerializer(client.application.secret_key, salt="wtf-csrf-token")
    client.environ_base["HTTP_X_CSRFTOKEN"] = signer.dumps("test-csrf")
    return client


def run_command(app, *arguments: str, input: str | None = None):  # noqa: A002  click's own name
    """`flask …` on an application, as the command line runs it; returns click's result."""
    return CliRunner().invoke(FlaskGroup(create_app=lambda: app), list(arguments), input=input)


@pytest.fixture(autouse=True)
def fresh_lists():
    """What a process keeps for a second belongs to one test only."""
    menu.forget()
    blocklist.forget()
