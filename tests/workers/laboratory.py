"""Real worker and clock processes whose COUNT_DAYS job leaves a countable effect instead of counting.

`python -m tests.workers.laboratory work statistics` is `python -m workers work statistics` with that one task
exchanged; everything else (RQ, Redis, database, kills) is real.
"""

import os
import signal
import sys
import time
from pathlib import Path

from sqlalchemy import text

from hotline.db import session
from workers import __main__, schedule, tasks

EFFECT_TABLE = "CREATE TABLE effect (marker INTEGER NOT NULL)"


def leave_effect(marker: int, how: str = "", note: str = "") -> None:
    """Insert one row; `how` makes the first try go wrong in some way. `note` is a file that tells we are at work.

    On SQLite a task holds the only write lock from its receipt on, so `slow` is shorter than others wait for it.
    """
    session.execute(text("INSERT INTO effect (marker) VALUES (:marker)"), {"marker": marker})
    first = note and not Path(note).exists()
    if note:
        with Path(note).open("a") as file:
            file.write(f"{os.getpid()}\n")
    if how == "fail":
        raise ValueError("张三 13800001234 cannot be counted")
    if how == "hang":
        session.commit()
        time.sleep(600)
    if how == "slow" and first:
        time.sleep(8)
    if how == "die" and first:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    tasks.count_days = leave_effect
    schedule.TIMETABLE = ()
    return __main__.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
