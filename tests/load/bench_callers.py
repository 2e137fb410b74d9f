"""Three hundred callers at once and a hundred agents at ten times real speed, against the real web server and clock.

Two web processes, one per core, as in production. People talk for three minutes and agents write for forty seconds on
average, as the field reports of a busy month; the house fills over the time of a call, then stays full.
"""

import json
import os
import subprocess
import sys

from tests.load import web


def run(calls: int = 600, concurrency: int = 300, agents: int = 100) -> dict[str, object]:
    """What `flask simulate` says, good or bad, and the memory of the web process under the load."""
    with web.serve("app:create_app()", WEB_PROCESSES="2") as (port, master):
        env = {**web.environment(port), "REDIS_URL": os.environ["REDIS_URL"]}
        clock = subprocess.Popen([sys.executable, "-m", "workers", "clock"], cwd=web.ROOT, env=env)
        try:
            options = {"calls": calls, "concurrency": concurrency, "agents": agents, "speed": 10, "seed": 1}
            arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
            command = [sys.executable, "-m", "flask", "--app", "app", "simulate", *arguments]
            done = subprocess.run(command, cwd=web.ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
            memory = web.memory_mb(master)
        finally:
            clock.terminate()
            clock.wait(30)
    return {**json.loads(done.stdout), "memory_mb": memory}
