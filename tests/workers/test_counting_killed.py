"""Eight countings at once, some killed with a real signal, then one more: the result of an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from hotline.calls import intake
from hotline.clock import Month
from hotline.db import session
from hotline.statistics import counting
from hotline.statistics.facts_models import Fact, HourFact, RunState
from tests.matters.months_made import HOME, history

pytestmark = pytest.mark.processes

FEBRUARY = Month("2024-02")


def snapshot() -> tuple[list, list]:
    found = []
    for model in (Fact, HourFact):
        columns = [column for column in model.__table__.columns if column.name != "id"]
        found.append(sorted(tuple(row) for row in session.execute(select(*columns))))
    session.rollback()
    return found[0], found[1]


def count() -> None:
    run = counting.start(FEBRUARY, "test")
    session.commit()
    while counting.step(run.id).state is RunState.RUNNING:
        session.commit()
    session.commit()


def test_killed_countings_leave_one_result(committed_app):
    with committed_app.app_context():
        start = datetime(2024, 2, 1, tzinfo=UTC)
        intake.record([history(start + timedelta(minutes=20 * n), "self_service") for n in range(2000)], HOME)
        session.commit()
        count()
        alone = snapshot()
        url = committed_app.config["SQLALCHEMY_DATABASE_URI"]
        environment = {**os.environ, "HOTLINE_MODE": "test", "DATABASE_URL": url}
        command = [sys.executable, "-m", "flask", "--app", "app", "statistics", "count", "2024-02"]
        running = [
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for _ in range(8)
        ]
        chance = random.Random(8)
        time.sleep(3)
        for process in running[:4]:
            time.sleep(chance.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
        codes = [process.wait(120) for process in running]
        assert codes[4:] == [0] * 4, [process.stderr.read() for process in running[4:]]
        count()
        assert snapshot() == alone
        session.remove()
