"""Keeps processes running: starts them in groups of their own, restarts what dies, stops everything in order."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_PAUSE = 5.0
STEADY = 10.0
"""A process that ran for so long is started again at once."""

SOCKET = "HELD_SOCKET"
"""Where a program finds the number of the listening socket that was handed down to it."""


def _die_with_parent() -> None:
    """Linux: a child gets SIGTERM when its supervisor is killed, so that nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass
class Program:
    """One process to keep alive. `patience` is how many seconds it gets to stop by itself.

    `needed` marks what the others cannot end without; it is stopped after them. `listener` is a socket that it
    inherits, named to it by the environment variable `SOCKET`: who connects while it is dead waits for its successor.
    """

    name: str
    command: Sequence[str]
    patience: float = 20.0
    needed: bool = False
    listener: socket.socket | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    next_start: float = 0.0
    pause: float = 0.0

    def start(self, env: Mapping[str, str], logs: Path) -> None:
        inherited = [self.listener.fileno()] if self.listener else []
        with (logs / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                env={**env, SOCKET: str(inherited[0])} if inherited else env,
                stdout=log,
                stderr=log,
                process_group=0,
                pass_fds=inherited,
                preexec_fn=_die_with_parent,
            )
        self.started_at = time.monotonic()

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: int) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return

    def plan_restart(self) -> None:
        """Note a death: sweep up the rest of its group, and wait longer each time it dies young."""
        at = time.monotonic()
        self.send(signal.SIGKILL)
        self.pause = 0.0 if at - self.started_at > STEADY else min(max(self.pause * 2, 0.5), LONGEST_PAUSE)
        self.next_start, self.process = at + self.pause, None


class Supervisor:
    """Programs in the order they start."""

    def __init__(self, env: Mapping[str, str], logs: Path, say: Callable[[str], None]) -> None:
        self.env, self.logs, self.say = env, logs, say
        self.programs: list[Program] = []
        self.stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.stopping = True

    def start(self, program: Program) -> None:
        program.start(self.env, self.logs)
        self.programs.append(program)

    def turn(self) -> None:
        """Look once at every program."""
        for program in self.programs:
            if program.process is None and time.monotonic() >= program.next_start:
                program.start(self.env, self.logs)
            elif program.process is not None and not program.running:
                code = program.process.returncode
                program.plan_restart()
                self.say(f"{program.name} ended ({code}), starting it again; see {self.logs}/{program.name}.log")

    def keep(self) -> None:
        """Until somebody asks to stop."""
        while not self.stopping:
            self.turn()
            time.sleep(0.2)

    def stop(self) -> None:
        """First the programs that need others, then those that are needed."""
        self._end([program for program in self.programs if not program.needed])
        self._end([program for program in self.programs if program.needed])

    def _end(self, programs: Sequence[Program]) -> None:
        for program in programs:
            program.send(signal.SIGTERM)
        for program in programs:
            try:
                if program.process is not None:
                    program.process.wait(program.patience)
            except subprocess.TimeoutExpired:
                program.send(signal.SIGKILL)
