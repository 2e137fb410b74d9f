"""python3 run.py starts the hotline; python3 run.py help tells the rest. Needs nothing but Python 3.11."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts" if os.name == "nt" else "bin") / "python"
RUNTIME, DEV = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"

HELP = """\
python3 run.py [start] [--port 8320] [--data var]   start everything: Redis, web, workers, clock, fake telephone
python3 run.py test [pytest arguments]              the whole suite, on SQLite and then on PostgreSQL
python3 run.py lint                                 ruff, mypy, import contracts
python3 run.py bench [name …] [--json FILE]         measure; without a name everything
python3 run.py flask …                              the house's own commands: run.py flask --help
python3 run.py help                                 this text

DATABASE_URL and REDIS_URL select real servers; TEST_POSTGRES_URL a PostgreSQL for the tests; .env is read.
"""


class Cannot(Exception):
    """Something the person must do first; the message says what, in one line."""


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  this file is what tells an older Python
        found = ".".join(map(str, sys.version_info[:2]))
        raise Cannot(f"Python 3.11 or newer is needed, this is {found}. Try: python3.11 run.py")


def has_pip() -> bool:
    """A venv that was broken off half-way has a python but no pip."""
    return PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def make_venv() -> None:
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        raise Cannot(f"Python's venv module is missing. Try: apt install python{version}-venv") from None
    say("Making the environment .venv …")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode:
        raise Cannot(f"Could not make .venv: {(made.stderr or made.stdout).strip().splitlines()[-1]}")


def index_answers() -> bool:
    """Whether the package index can be reached at all, to tell a missing network from a bad package."""
    url = os.environ.get("PIP_INDEX_URL") or pip_setting("global.index-url") or "https://pypi.org/simple/"
    try:
        urllib.request.urlopen(url.rstrip("/") + "/pip/", timeout=10).close()  # noqa: S310
    except OSError:
        return False
    return True


def pip_setting(name: str) -> str:
    found = subprocess.run([PYTHON, "-m", "pip", "config", "get", name], capture_output=True, text=True)
    return found.stdout.strip()


def install(lock: Path) -> None:
    """Install the pinned packages of `lock` unless this very lock was installed before."""
    stamp = VENV / f".{lock.stem}.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    ready = has_pip() if not stamp.exists() else PYTHON.exists()
    if ready and stamp.exists() and stamp.read_text() == digest:
        return
    if not ready:
        make_venv()
    say(f"Installing the packages of {lock.name} (once, about half a minute) …")
    command = [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "-r", lock]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        if not index_answers():
            raise Cannot("No network: the package index cannot be reached. Connect, or set PIP_INDEX_URL to a mirror.")
        raise Cannot("pip could not install the packages:\n" + done.stderr.strip())
    stamp.write_text(digest)


def read_dotenv() -> None:
    """Settings of `.env`, where the environment has none of that name."""
    file = ROOT / ".env"
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def replace_by(*command: str) -> None:
    """Become `command`, run by the environment's Python."""
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), *command])  # noqa: S606


def run(*command: str) -> int:
    """Run a program of the environment."""
    say("$ " + " ".join(command))
    return subprocess.run([PYTHON.parent / command[0], *command[1:]], cwd=ROOT).returncode


def start(arguments: list[str]) -> int:
    install(RUNTIME)
    replace_by("-m", "workers.start", *arguments)
    return 0


def flask(arguments: list[str]) -> int:
    install(RUNTIME)
    replace_by("-m", "flask", "--app", "app", *arguments)
    return 0


def test(arguments: list[str]) -> int:
    """Both databases, one exit code. `--database X` among the arguments runs only that one."""
    install(DEV)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a hundred processes would each compile the house for themselves
    if "--database" in arguments:
        return run("pytest", *arguments)
    workers = min(4, (os.cpu_count() or 1) + 1)  # one more than cores: some tests wait for processes
    spread = [] if "-n" in arguments or "-p" in arguments else ["-n", str(workers), "--dist", "worksteal"]
    codes = [run("pytest", "--database", name, *spread, *arguments) for name in ("sqlite", "postgresql")]
    told = {0: "passed", 5: "no test selected"}
    say("SQLite {}, PostgreSQL {}".format(*(told.get(code, "FAILED") for code in codes)))
    failed = [code for code in codes if code not in told]
    return max(failed, default=min(codes))  # chosen tests may all belong to one database


def lint(_arguments: list[str]) -> int:
    install(DEV)
    checks = [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",)]
    return max(run(*check) for check in checks)


def bench(arguments: list[str]) -> int:
    install(DEV)
    replace_by("-m", "tests.load.bench", *arguments)
    return 0


def show_help(_arguments: list[str]) -> int:
    sys.stdout.write(HELP)
    return 0


def say(line: str) -> None:
    print(line, flush=True)


COMMANDS = {"start": start, "test": test, "lint": lint, "bench": bench, "flask": flask, "help": show_help}


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments and not arguments[0].startswith("-") else "start"
    if {"-h", "--help"} & set(arguments[:1]):
        name = "help"
    if name not in COMMANDS:
        sys.stderr.write(f"There is no command {name!r}.\n\n{HELP}")
        return 2
    rest = arguments[1:] if arguments and arguments[0] == name else arguments
    try:
        check_python()
        read_dotenv()
        return COMMANDS[name](rest)
    except Cannot as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
