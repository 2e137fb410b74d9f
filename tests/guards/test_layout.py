"""The house keeps its shape: floors, sizes, one clock, one place for commits, nothing foreign in the tree."""

import ast
import socket
import subprocess
import sys
from itertools import chain
from pathlib import Path
from statistics import median

import pytest

from hotline.jobs import QUEUE_OF, SECONDS_OF, TRIES_OF, Job, Queue
from workers import schedule, start, tasks

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = sorted(chain(ROOT.glob("hotline/**/*.py"), ROOT.glob("workers/**/*.py"), [ROOT / "app.py", ROOT / "run.py"]))
PRODUCT = [file for file in PRODUCT if "migrations" not in file.parts]
TREES = {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in PRODUCT}


def lines_of(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def functions():
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node.name, (node.end_lineno or 0) - node.lineno + 1


def test_modules_are_short():
    sizes = {path: lines_of(path) for path in TREES}
    assert {path: size for path, size in sizes.items() if size > 300} == {}
    assert median(size for size in sizes.values() if size > 1) <= 110


def test_functions_are_short():
    found = list(functions())
    assert [(path, name, size) for path, name, size in found if size > 40] == []
    assert median(size for _, _, size in found) <= 10


def test_no_module_is_a_drawer():
    drawers = {"utils", "helpers", "manager", "base", "common", "misc"}
    assert [path for path in TREES if Path(path).stem in drawers] == []


def calls(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield (owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")), node.func.attr


TIME_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
TIME_CALLS |= {("time", "monotonic"), ("func", "now"), ("func", "current_timestamp"), ("time", "localtime")}
KEEPS_ITS_OWN_TIME = {"hotline/clock.py", "workers/supervisor.py", "workers/start.py", "workers/embedded.py"}


def test_only_the_clock_asks_the_time():
    """The three files outside are about processes starting on one machine, before there is a house."""
    asking = {path for path, tree in TREES.items() if TIME_CALLS & set(calls(tree))}
    assert asking <= KEEPS_ITS_OWN_TIME


def test_services_never_commit():
    def commits(path: str) -> bool:
        return ("session", "commit") in set(calls(TREES[path]))

    allowed = ("hotline/web/", "workers/", "hotline/demo", "hotline/reference.py")
    inside = [path for path in TREES if path.startswith("hotline/") and not path.startswith(allowed)]
    assert [path for path in inside if commits(path) and not path.endswith("commands.py")] == []


def imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").split(".")[0])
    return found


@pytest.mark.parametrize(
    ("package", "where"),
    [
        ("flask", ("hotline/web/", "app.py", "workers/telephone.py")),
        ("flask_login", ("hotline/web/", "app.py")),
        ("twilio", ("hotline/telephony/",)),
        ("openpyxl", ("hotline/sheets/", "hotline/statistics/outputs/")),
        ("rq", ("workers/",)),
        ("pickle", ()),
    ],
)
def test_a_library_has_its_place(package, where):
    users = [path for path, tree in TREES.items() if package in imports(tree)]
    assert [path for path in users if not path.startswith(where or ("nowhere",))] == []


def test_the_floors_hold():
    done = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_job_has_a_queue_and_a_function_and_the_other_way_round():
    own = {name for name, thing in vars(tasks).items() if getattr(thing, "__module__", "") == tasks.__name__}
    assert {job.value for job in Job} == {name for name in own if not name.startswith("_")}
    assert set(QUEUE_OF) == set(Job)
    assert set(SECONDS_OF) | set(TRIES_OF) <= set(Job)


def test_every_queue_is_worked():
    procfile = (ROOT / "Procfile").read_text()
    with socket.socket() as held:
        programs = start.programs(simulated=True, held=held, port=1)
    worked = [program.command for program in programs if "work" in program.command]
    for queue in Queue:
        assert f" {queue.value}" in procfile
        assert any(queue.value in command for command in worked)


def test_the_timetable_names_each_schedule_once():
    names = [entry.name for entry in schedule.TIMETABLE]
    assert len(names) == len(set(names))
    assert {entry.job for entry in schedule.TIMETABLE} <= set(Job)


def test_nothing_third_party_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    foreign = [
        path for path in listed if ".min." in path or "vendor" in path or path.endswith((".woff2", ".ttf", ".whl"))
    ]
    assert foreign == []
    heavy = [path for path in listed if path and (ROOT / path).exists() and (ROOT / path).stat().st_size > 300_000]
    assert heavy == []


def test_templates_load_nothing_from_elsewhere():
    files = [
        *ROOT.glob("templates/**/*.html"),
        *ROOT.glob("hotline/static/**/*.js"),
        *ROOT.glob("hotline/static/**/*.css"),
    ]
    outside = ('src="http', "src='http", 'href="http', "url(http", "from 'http", 'from "http', "@import")
    assert [file.name for file in files if any(mark in file.read_text(encoding="utf-8") for mark in outside)] == []


def test_the_runtime_lock_is_part_of_the_development_lock():
    def pins(name: str) -> set[str]:
        return {
            line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line and line[0] != " "
        }

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
