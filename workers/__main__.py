"""`python -m workers work [queue …]` works jobs (default: every queue), `python -m workers clock` keeps time."""

import sys

from app import create_or_tell
from hotline.jobs import Queue

USAGE = f"python -m workers work [{' '.join(queue.value for queue in Queue)}] | python -m workers clock"


def main(arguments: list[str]) -> int:
    what, *names = arguments or ["work"]
    if what not in ("work", "clock") or not set(names) <= {queue.value for queue in Queue}:
        sys.stderr.write(f"usage: {USAGE}\n")
        return 2
    app = create_or_tell()
    if app is None:
        return 2
    with app.app_context():
        if what == "clock":
            from workers import schedule, timekeeper

            timekeeper.serve(app.config["HOTLINE"].redis_url, schedule.TIMETABLE)
        else:
            from workers import worker

            worker.serve([Queue(name) for name in names] or list(Queue), app.config["HOTLINE"].redis_url)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
