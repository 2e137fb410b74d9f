"""Real Chromium against a real threaded server on a database of its own."""

import threading

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from hotline.people import sessions
from tests.conftest import demo_people


@pytest.fixture
def served(committed_app):
    """The application listening on a free port: its address."""
    server = make_server("127.0.0.1", 0, committed_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def staff(committed_app):
    """The demonstration's accounts by role, committed: account ids."""
    with committed_app.app_context():
        made = demo_people()
        sessions.session.commit()
        ids = {role: account.id for role, account in made.items()}
        sessions.session.remove()
    return ids


@pytest.fixture(scope="package")
def chromium():
    """One browser for these tests only: while it lives, its event loop keeps any other from running here."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def screen(chromium):
    """An office screen, light; its page."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", color_scheme="light")
    yield context.new_page()
    context.close()
