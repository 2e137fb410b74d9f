"""Production does not start unsafe; each fault is told in a line that says what to set."""

import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOOD = {
    "HOTLINE_MODE": "production",
    "SECRET_KEY": "kJ8s0-qLw93ZzPfT2mXcVbN1aSdFgHjK",
    "DATA_KEYS": "k1:" + urlsafe_b64encode(bytes(range(32))).decode(),
    "DATABASE_URL": "sqlite:////tmp/never-opened.db",
    "REDIS_URL": "redis://:secret@redis.example:6379/0",
    "PUBLIC_BASE_URL": "https://hotline.example",
    "PROVIDER": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKENS": "9f" * 16,
}

BAD = [
    ({"SECRET_KEY": ""}, "SECRET_KEY"),
    ({"SECRET_KEY": "short"}, "SECRET_KEY"),
    ({"SECRET_KEY": "a" * 64}, "SECRET_KEY"),
    ({"DATA_KEYS": ""}, "DATA_KEYS"),
    ({"DATA_KEYS": "k1:dG9vIHNob3J0"}, "DATA_KEYS"),
    ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
    ({"PUBLIC_BASE_URL": "http://hotline.example"}, "PUBLIC_BASE_URL"),
    ({"REDIS_URL": "redis://redis.example:6379/0"}, "REDIS_URL"),
    ({"REDIS_URL": "redis://127.0.0.1:6379/0"}, "REDIS_URL"),
    ({"STREAM_CAP": "many"}, "STREAM_CAP must be a whole number"),
    ({"PROXY_COUNT": "-1"}, "PROXY_COUNT must be a whole number"),
    ({"PROVIDER": "simulator"}, "PROVIDER"),
    ({"TWILIO_AUTH_TOKENS": ""}, "TWILIO_AUTH_TOKENS"),
    ({"TWILIO_ACCOUNT_SID": ""}, "TWILIO_ACCOUNT_SID"),
    ({"HOTLINE_MODE": "prod"}, "HOTLINE_MODE"),
    ({"OUTSIDE_TRUNK": "pbx.example"}, "OUTSIDE_TRUNK"),
    ({"OUTSIDE_TRUNK": "sip:{number}@pbx.example?To=x"}, "OUTSIDE_TRUNK"),
    ({"OUTSIDE_TRUNK": "sip:120@pbx.example"}, "OUTSIDE_TRUNK"),
    ({"OUTSIDE_TRUNK": "{number}"}, "OUTSIDE_CALLER_ID must be line"),
    ({"OUTSIDE_CALLER_ID": "nobody"}, "OUTSIDE_CALLER_ID"),
]


def start(what: list[str], **changes: str) -> subprocess.CompletedProcess:
    env = {name: value for name, value in {**GOOD, **changes}.items() if value}
    return subprocess.run([sys.executable, *what], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("changes", "named"), BAD)
def test_a_fault_stops_the_start_and_is_named(changes, named):
    done = start(["-c", "from hotline import config; config.from_environment()"], **changes)
    assert done.returncode != 0
    assert named in done.stderr


@pytest.mark.parametrize("trunk", ["sip:{number}@pbx.example", "sips:{number}@10.0.0.8:5061;transport=tls"])
def test_a_trunk_is_taken_as_it_is(trunk):
    done = start(
        ["-c", "from hotline import config; print(config.from_environment().outside_trunk)"], OUTSIDE_TRUNK=trunk
    )
    assert (done.returncode, done.stdout.strip()) == (0, trunk)


@pytest.mark.processes
@pytest.mark.parametrize("what", [["-m", "workers", "clock"], ["-m", "workers.prepare"], ["-m", "workers.start"]])
def test_every_process_refuses_without_a_traceback_and_names_all_faults(what):
    done = start(what, SECRET_KEY="", PUBLIC_BASE_URL="http://x")
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert "SECRET_KEY" in done.stderr
    assert "PUBLIC_BASE_URL" in done.stderr


@pytest.mark.processes
def test_the_web_server_does_not_boot():
    done = start(["-m", "gunicorn", "app:create_app()"], SECRET_KEY="", PORT="0")
    assert done.returncode != 0
    assert "SECRET_KEY must be set" in done.stderr


def test_a_sound_configuration_starts():
    done = start(["-c", "import app; app.create_app(); print('ok')"])
    assert done.stdout.strip() == "ok", done.stderr
