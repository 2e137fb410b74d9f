"""One export in a process of its own, as a worker makes it: `python -m tests.load.exporting RUN_ID FOLDER`."""

import json
import re
import sys
import time
from pathlib import Path

from app import create_app
from hotline.db import session
from hotline.statistics import exports


def peak_mb() -> float:
    """The most that this process ever held."""
    status = Path("/proc/self/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024, 1)


def main(run_id: int, folder: Path) -> None:
    with create_app().app_context():
        exports.configure(folder)
        begin = time.perf_counter()
        exports.produce(run_id, session.commit)
        print(json.dumps({"seconds": time.perf_counter() - begin, "peak_mb": peak_mb()}))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
