"""What a provider tells us, in neutral words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LegStatus(StrEnum):
    """How far a leg has come. The last five are terminal and stick."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCELED = "canceled"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL

    @property
    def rank(self) -> int:
        """Only upward: a late lower rank never undoes a higher one."""
        return min(list(LegStatus).index(self), 4)


TERMINAL = frozenset({LegStatus.COMPLETED, LegStatus.BUSY, LegStatus.NO_ANSWER, LegStatus.CANCELED, LegStatus.FAILED})


class WaitOver(StrEnum):
    """Why a leg is no longer in the waiting room."""

    LEFT = "left"
    CONNECTED = "connected"
    REDIRECTED = "redirected"
    HUNG_UP = "hung_up"
    FULL = "full"
    ERROR = "error"


class RoomEvent(StrEnum):
    STARTED = "started"
    ENDED = "ended"
    JOINED = "joined"
    LEFT = "left"
    HELD = "held"
    RESUMED = "resumed"
    MUTED = "muted"
    UNMUTED = "unmuted"
    OTHER = "other"


class RecordingState(StrEnum):
    RUNNING = "running"
    READY = "ready"
    ABSENT = "absent"


@dataclass(frozen=True)
class Notice:
    """One webhook read. Empty string or None: not told.

    `sequence` orders notices of one leg or one room; `at` is the provider's clock to the second.
    `keys` are the keys pressed (None: this notice is not about keys), `dialled` how a Connect ended.
    """

    leg: str = ""
    parent: str = ""
    caller: str = ""
    called: str = ""
    status: LegStatus | None = None
    inbound: bool = True
    seconds: int | None = None
    sequence: int | None = None
    at: datetime | None = None
    keys: str | None = None
    speech: str = ""
    wait_over: WaitOver | None = None
    waited: int | None = None
    dialled: LegStatus | None = None
    room: str = ""
    room_name: str = ""
    room_event: RoomEvent | None = None
    room_reason: str = ""
    label: str = ""
    recording: str = ""
    recording_state: RecordingState | None = None
    recording_seconds: int | None = None
    error: str = ""
