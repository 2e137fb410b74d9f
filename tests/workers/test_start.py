"""`python3 run.py` on one machine: comes up, heals what is killed, says what is in the way, leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from sqlalchemy import create_engine, text

from tests.load.web import free_port
from tests.workers.conftest import ROOT, wait_for

pytestmark = pytest.mark.processes


class Home:
    """The whole house as its operator starts it."""

    def __init__(self, folder, url: str) -> None:
        self.folder, self.port = folder, free_port()
        self.env = {**os.environ, "HOTLINE_MODE": "demo"}
        if url.startswith("postgresql"):
            self.env["DATABASE_URL"] = url
            engine = create_engine(url)
            with engine.begin() as connection:  # a first start finds an empty database
                connection.execute(text("DROP SCHEMA public CASCADE"))
                connection.execute(text("CREATE SCHEMA public"))
            engine.dispose()

    def command(self, port: int | None = None) -> list[str]:
        return [sys.executable, "-m", "workers.start", "--port", str(port or self.port), "--data", str(self.folder)]

    def start(self) -> None:
        self.told = self.folder.parent / "told"
        with self.told.open("w") as out:
            self.process = subprocess.Popen(self.command(), cwd=ROOT, env=self.env, stdout=out, stderr=out)
        wait_for(lambda: "Ctrl+C" in self.told.read_text() or self.process.poll() is not None, 300)
        assert self.process.poll() is None, self.told.read_text()

    def try_again(self, **changes) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(**changes), cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60
        )

    def ready(self) -> dict | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return None

    def sound(self) -> bool:
        told = self.ready()
        return bool(told) and not told["degraded"]

    def child(self, mark: str) -> psutil.Process | None:
        family = [one for one in psutil.Process(self.process.pid).children() if one.status() != psutil.STATUS_ZOMBIE]
        return next((one for one in family if mark in " ".join(one.cmdline())), None)

    def sql(self, statement: str) -> list:
        """Run one statement on the house's own database; its rows, if it gives any."""
        engine = create_engine(self.env.get("DATABASE_URL") or f"sqlite:///{self.folder / 'hotline.db'}")
        with engine.begin() as connection:
            done = connection.execute(text(statement))
            rows = done.all() if done.returns_rows else []
        engine.dispose()
        return rows

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)


@pytest.fixture
def home(tmp_path, database_url):
    made = Home(tmp_path / "var", database_url)
    yield made
    if made.process.poll() is None:
        made.process.kill()


def test_the_house_comes_up_heals_and_goes(home):
    home.start()
    told = home.told.read_text()
    assert f"http://127.0.0.1:{home.port}" in told
    assert "zuoxi01" in told
    assert "Demo-12320!" in told
    family = [psutil.Process(home.process.pid), *psutil.Process(home.process.pid).children(recursive=True)]

    second = home.try_again()
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "already runs" in second.stderr

    for mark in ("gunicorn", "workers work urgent", "workers clock", "unixsocket"):
        victim = home.child(mark)
        victim.kill()
        wait_for(lambda victim=victim: not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE)
        if mark == "gunicorn":  # whoever asks now waits, and is not refused
            with urllib.request.urlopen(f"http://127.0.0.1:{home.port}/live", timeout=120) as answer:
                assert answer.status == 200
    wait_for(lambda: home.child("gunicorn"), 60)
    time.sleep(1)
    wait_for(home.sound, 240)

    family += psutil.Process(home.process.pid).children(recursive=True)
    assert home.stop() == 0
    wait_for(lambda: not [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE], 90)

    made = home.sql("SELECT id, password_hash FROM account ORDER BY id")
    home.start()
    assert home.sql("SELECT id, password_hash FROM account ORDER BY id") == made  # the database was there
    assert home.stop() == 0


def test_a_taken_port_is_told_in_one_line(home):
    home.folder.mkdir(parents=True)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", home.port))
        taken.listen()
        done = home.try_again()
    home.process = subprocess.Popen(["true"])
    assert done.returncode == 1
    assert f"Port {home.port}" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.parametrize("number", ["x", "0", "65535", "70000"])
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_port_that_is_none_is_refused(tmp_path, number, by):
    command = [sys.executable, "-m", "workers.start", "--data", str(tmp_path / "var")]
    if by == "argument":
        command += ["--port", number]
    env = {**os.environ, "HOTLINE_MODE": "demo", "PORT": number if by == "environment" else "8320"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert number in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_data_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    file = tmp_path / "file"
    file.touch()
    command = [sys.executable, "-m", "workers.start", "--data", str(file / "var")]
    env = {**os.environ, "HOTLINE_MODE": "demo"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "--data" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [(["help"], 0, "run.py test"), (["--help"], 0, "run.py bench"), (["dance"], 2, "There is no command 'dance'")],
)
def test_the_first_file_explains_itself(arguments, code, told):
    done = subprocess.run([sys.executable, "-S", "run.py", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code
    assert told in done.stdout + done.stderr
