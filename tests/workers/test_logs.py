"""Logs are JSON lines that carry ids and no personal data, however it tries to get in."""

import json
import logging
import subprocess
import sys
from io import StringIO

import pytest
import structlog

from hotline import logs

SECRETS = ["13800001234", "138 0000 1234", "+86 13800001234", "025-83781234", "(025)83781234", "+8613800001234"]
SECRETS += ["32010219900101123X"]


@pytest.fixture
def lines(monkeypatch):
    """What has been logged since the test began, read as JSON."""
    written = StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.configure()
    logging.getLogger().handlers[0].setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.reset_defaults()


@pytest.mark.parametrize("secret", SECRETS)
def test_numbers_are_taken_out(lines, secret):
    log = structlog.get_logger("test")
    log.warning(f"call of {secret} failed", caller=secret)
    logging.getLogger("library").error("number %s is not valid", secret)
    told = lines()
    assert len(told) == 2
    assert secret not in json.dumps(told)


@pytest.mark.parametrize(
    "kept", ["2024022900000012", "CA0123456789abcdef0123456789abcdef", "12320", "2026-11-20T18:22:28"]
)
def test_ids_stay(kept):
    assert logs.scrub(f"call {kept}!") == f"call {kept}!"


def test_an_error_tells_its_place_and_nobodys_words(lines):
    try:
        try:
            raise KeyError("张三说胸口疼")
        except KeyError as cause:
            raise ValueError("invalid literal for 李四 at 13800001234") from cause
    except ValueError:
        structlog.get_logger("test").exception("failed")
    (told,) = lines()
    assert told["error"] == "ValueError: invalid literal for … at [number]"
    assert told["cause"] == "KeyError: '…'"
    assert "test_logs.py" in told["trace"][0]


def test_ids_of_request_and_job_are_on_every_line(lines):
    with logs.bound_contextvars(request_id="r1", job="count_days"):
        logging.getLogger("library").warning("something")
    (told,) = lines()
    assert (told["request_id"], told["job"], told["level"]) == ("r1", "count_days", "warning")


def test_the_access_log_names_the_route_not_the_address(lines, client):
    client.get("/live?phone=13800001234")
    client.get("/sign-in?next=%E5%BC%A0%E4%B8%89")
    told = [line for line in lines() if line.get("logger") == "access"]
    assert [(line["method"], line["status"] < 500) for line in told] == [("GET", True)]
    assert "13800001234" not in json.dumps(told)
    assert told[0]["request_id"]


def test_importing_the_factory_prints_nothing():
    done = subprocess.run([sys.executable, "-c", "import app"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
