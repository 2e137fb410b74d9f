"""The neutral plan: what a leg shall do next. The core builds steps; the provider's adapter says them in its own words.

Paths are relative to the house (`/phone/…`); the adapter makes them absolute on the public base.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Say:
    """Speak `text` with the line's Chinese voice."""

    text: str


@dataclass(frozen=True)
class Prompt:
    """Play the recorded prompt `name` where a file is configured, else speak `text`."""

    name: str
    text: str


@dataclass(frozen=True)
class Pause:
    """Silence."""

    seconds: int = 1


Spoken: TypeAlias = Say | Prompt | Pause


@dataclass(frozen=True)
class Collect:
    """Play `prompts`, which a key interrupts, and gather keys; go to `then` with them.

    Without any key the next step of the plan runs, or `then` is asked with none when `on_empty`.
    """

    prompts: tuple[Spoken, ...]
    then: str
    digits: int | None = 1
    seconds: int = 5
    finish_on: str = "#"
    on_empty: bool = False


@dataclass(frozen=True)
class Park:
    """Into the waiting room `queue`: `wait` is asked again and again for what to hear, `then` once when it is over."""

    queue: str
    wait: str
    then: str


@dataclass(frozen=True)
class Unpark:
    """Only in an answer to `wait`: leave the waiting room; `then` of the Park goes on."""


@dataclass(frozen=True)
class Join:
    """Into the room `room` as `role`. `then` is asked when the leg has left it, `status` told what happens inside.

    `end_on_exit`: the room closes when this leg leaves. `start`: others hear silence until such a leg is in.
    `coach`: only that leg hears this one. `label` is unique in a room.
    `record`: the path told when the recording of leg and room (two channels) can be fetched; empty: none is made.
    """

    room: str
    role: str
    then: str
    status: str
    end_on_exit: bool = False
    start: bool = True
    muted: bool = False
    coach: str | None = None
    record: str = ""
    wait_silent: bool = True
    label: str = ""


@dataclass(frozen=True)
class Record:
    """Record a message; `then` is asked when it is spoken, `done` told when the file can be fetched."""

    then: str
    done: str
    seconds: int = 120
    finish_on: str = "#"


@dataclass(frozen=True)
class Connect:
    """Ring `endpoint` (`client:…`, `sip:…` or a number) and connect; `then` is asked afterwards.

    `caller_id` is the true number of whom it is for; empty: the number of the leg itself.
    """

    endpoint: str
    then: str
    status: str | None = None
    caller_id: str = ""
    seconds: int = 20


@dataclass(frozen=True)
class Goto:
    """Ask `path` for the next plan."""

    path: str


@dataclass(frozen=True)
class Hangup:
    """End the leg."""


@dataclass(frozen=True)
class Reject:
    """Do not take the call; only as the first step of a leg."""

    reason: str = "rejected"


Step: TypeAlias = Say | Prompt | Pause | Collect | Park | Unpark | Join | Record | Connect | Goto | Hangup | Reject
Plan: TypeAlias = list[Step]
