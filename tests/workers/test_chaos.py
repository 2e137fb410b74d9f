"""Signed webhooks with a provider's retries while web, workers, clock and Redis are killed: nothing lost or doubled."""

import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import psutil
import pytest
import requests
from twilio.request_validator import RequestValidator

from hotline import clock
from hotline import config as configuration
from tests.workers.conftest import ROOT, wait_for
from tests.workers.test_start import Home

pytestmark = pytest.mark.processes

VICTIMS = ("gunicorn", "workers work urgent", "workers clock", "unixsocket", "gunicorn")
CALLERS = 6


class Killer(threading.Thread):
    """Kills one process of the house after another, twice around, and lets each come back."""

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self.home, self.random, self.killed, self.over = home, random.Random(7), [], threading.Event()

    def run(self) -> None:
        for mark in 2 * VICTIMS:
            time.sleep(self.random.uniform(0.5, 3))
            self.kill(mark)
        self.over.set()

    def kill(self, mark: str) -> None:
        while (victim := self.home.child(mark)) is None:
            time.sleep(0.1)
        for one in [*victim.children(recursive=True), victim]:
            if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
                one.kill()
        self.killed.append(mark)


@pytest.fixture
def home(tmp_path, database_url):
    made = Home(tmp_path / "var", database_url)
    made.start()
    yield made
    made.stop()


class Provider:
    """Sends each webhook until it is acknowledged, every other one twice, as a provider may."""

    def __init__(self, home: Home) -> None:
        self.base = f"http://127.0.0.1:{home.port}"
        self.validator = RequestValidator(configuration.DEMO_TOKEN)

    def tell(self, path: str, leg: str, **more: str) -> str:
        form = {
            "AccountSid": configuration.DEMO_ACCOUNT,
            "ApiVersion": "2010-04-01",
            "CallSid": leg,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "From": f"1380000{int(leg[-4:], 16) % 10000:04d}",
            "To": "12320",
            **more,
        }
        url = self.base + path
        sent = {"X-Twilio-Signature": self.validator.compute_signature(url, form)}
        end = time.monotonic() + 240
        while time.monotonic() < end:
            try:
                answer = requests.post(url, form, headers=sent, timeout=15)
                if answer.ok and "Redirect" not in answer.text.partition("<Gather")[0]:
                    return answer.text
            except requests.RequestException:
                pass
            time.sleep(0.2)
        raise AssertionError(f"{path} of {leg} was never acknowledged")

    def calls(self, first: int, over: threading.Event) -> list[str]:
        """One call after another until it is over: every sixth number from `first`."""
        made = []
        for number in count(first, CALLERS):
            made.append(self.call(number))
            if over.wait(0.05):
                return made
        raise AssertionError("numbers never end")

    def call(self, number: int) -> str:
        leg = f"CA{number:032x}"
        first = self.tell("/phone/voice", leg)
        if number % 2:
            assert self.tell("/phone/voice", leg) == first
        self.tell("/phone/status", leg, CallStatus="completed", CallDuration="9", SequenceNumber="3")
        return leg


def flask(home: Home, *arguments: str) -> str:
    env = {**home.env, "DATA_DIR": str(home.folder)}
    command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=240).stdout


def test_nothing_acknowledged_is_lost_or_doubled_and_the_month_stays_the_same(home):
    killer, provider = Killer(home), Provider(home)
    killer.start()
    with ThreadPoolExecutor(CALLERS) as pool:
        told = pool.map(lambda first: provider.calls(first, killer.over), range(1, CALLERS + 1))
        legs = [leg for made in told for leg in made]
    assert killer.killed == [*VICTIMS, *VICTIMS]
    wait_for(home.sound, 240)
    ours = "FROM call WHERE provider_ref LIKE 'CA000000000000%'"
    assert sorted(ref for (ref,) in home.sql(f"SELECT provider_ref {ours}")) == sorted(legs)
    assert home.sql(f"SELECT state, outcome, count(*) {ours} GROUP BY state, outcome") == [
        ("ended", "menu_hangup", len(legs))
    ]
    events = (
        f"SELECT count(*) FROM call_event WHERE call_id IN (SELECT id {ours}) AND kind IN ('offered', 'leg_status')"
    )
    assert home.sql(events) == [(2 * len(legs),)]
    month = str(clock.Month.of(clock.today()))
    facts = (
        "SELECT day, city_code, metric, line, category, outcome, source, value FROM fact ORDER BY 1, 2, 3, 4, 5, 6, 7"
    )
    flask(home, "statistics", "count", month)
    counted = home.sql(facts)
    for _ in range(2):
        flask(home, "statistics", "count", month)
        assert home.sql(facts) == counted
    assert os.path.getsize(home.folder / "log" / "web.log") > 0
