"""Recordings: when they ran, what was paused, and a real small sound file."""

import io
import math
import struct
import wave
from dataclasses import dataclass, field
from datetime import datetime

from hotline.telephony.simulator.legs import Leg, StatusHook

RATE = 8000
MOST_SECONDS = 3


@dataclass(eq=False)
class Recording:
    sid: str
    leg: Leg
    source: str
    channels: int
    started_at: datetime
    url: str
    hook: StatusHook | None = None
    room_sid: str = ""
    status: str = "in-progress"
    seconds: int = 0
    ended_at: datetime | None = None
    paused: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.status in ("in-progress", "paused")

    def pause(self, at: datetime) -> None:
        self.status = "paused"
        self.paused.append((at, None))

    def resume(self, at: datetime) -> None:
        self.status = "in-progress"
        if self.paused and self.paused[-1][1] is None:
            self.paused[-1] = (self.paused[-1][0], at)

    def finish(self, at: datetime) -> None:
        self.resume(at)
        self.ended_at = at
        self.seconds = round((at - self.started_at).total_seconds())
        self.status = "completed" if self.seconds > 0 else "absent"

    def sound(self) -> bytes:
        """A WAV of at most three seconds: a soft tone, so that a player has something to play."""
        frames = RATE * max(1, min(self.seconds, MOST_SECONDS))
        tone = [round(2000 * math.sin(2 * math.pi * 440 * frame / RATE)) for frame in range(RATE)]
        second = b"".join(struct.pack("<h", value) * self.channels for value in tone)
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(self.channels)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(second * (frames // RATE))
        return file.getvalue()
