"""`flask simulate`: what it cannot begin with is told in one line, and its exit code tells what came of it."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hotline.config import from_environment
from tests.conftest import run_command


@contextmanager
def answering(replies, beside=False):
    """Something on a free port that gives these replies by path, as a house would; its simulator on the next one."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802  the name http.server asks for
            path = self.path.split("?")[0]
            found = replies.get("calls" if path.endswith("/Calls.json") else path)
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found or {}).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    port = free_port(beside)
    servers = [HTTPServer(("127.0.0.1", each), Door) for each in range(port, port + 1 + beside)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield port
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def free_port(beside=False) -> int:
    """A port nobody listens on; `beside`: nor on the next one."""
    while True:
        with socket.socket() as taken, socket.socket() as following:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            if beside and following.connect_ex(("127.0.0.1", port + 1)) == 0:
                continue
            return port


@pytest.mark.parametrize(
    "url",
    [
        *("garbage", "", "http://", "http://127.0.0.1:99999", "http://localhost:abc", "ftp://localhost", "http://[::1"),
        *("http://127.0.0.1:65535", "http://127.0.0.1:0", "http://localhost/hotline", "http://a:b@localhost"),
    ],
)
@pytest.mark.parametrize("command", ["simulate", "simulator"])
def test_an_address_where_no_house_can_be_is_refused(app, command, url):
    done = run_command(app, command, "--base-url", url)
    assert done.exit_code == 2
    assert "Invalid value for '--base-url'" in done.output


@pytest.mark.parametrize("names", ["", ",", "reorder,storm"])
def test_faults_must_be_named(app, names):
    done = run_command(app, "simulate", "--faults", names)
    assert done.exit_code == 2
    assert "Invalid value for '--faults'" in done.output


def test_a_house_that_does_not_answer_is_told_at_once(app):
    url = f"http://127.0.0.1:{free_port()}"
    done = run_command(app, "simulate", "--base-url", url)
    assert (done.exit_code, done.output) == (1, f"Error: no house answers at {url}\n")


def test_a_house_without_its_database_says_so(tmp_path):
    from app import create_app

    empty = create_app(from_environment({"HOTLINE_MODE": "test", "DATA_DIR": str(tmp_path)}))
    with answering({"/live": {}}) as port:
        done = run_command(empty, "simulate", "--base-url", f"http://127.0.0.1:{port}", "--agents", "1")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "workers.prepare" in done.output


@pytest.mark.parametrize(("lost", "code"), [(0, 0), (1, 1)])
def test_lost_callers_are_in_the_exit_code(committed_app, lost, code):
    """The summary is the simulator's; it lists no call, and the database has none either."""
    listed = {"calls": [], "next_page_uri": None, "page": 0, "page_size": 50}
    with answering({"/live": {}, "/load": {"lost": lost, "legs": {}}, "calls": listed}, beside=True) as port:
        done = run_command(committed_app, "simulate", "--base-url", f"http://127.0.0.1:{port}")
    summary = json.loads(done.stdout)
    assert (summary["lost"], summary["reconciled"], done.exit_code) == (lost, True, code)
