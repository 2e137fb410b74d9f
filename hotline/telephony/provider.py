"""The seam every telephone provider fills: Twilio, its simulator, later a PBX in the house."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from hotline.config import Config
from hotline.telephony.notices import LegStatus, Notice
from hotline.telephony.requests import WebhookRequest
from hotline.telephony.steps import Step


class ProviderError(Exception):
    """Something the provider did not do for us."""


class LegGone(ProviderError):
    """The leg is over or unknown: it hung up a moment before."""


class ProviderUnavailable(ProviderError):
    """No usable answer in time; what was asked may or may not have happened."""


@dataclass(frozen=True)
class Caps:
    """What a provider can do beyond parking and joining; the house asks before it offers a function."""

    conference: bool = True
    hold: bool = True
    coach: bool = True
    pause_recording: bool = True
    speech: bool = False
    dials_outside: bool = False
    wait_collect: bool = True
    softphone: bool = True
    push_events: bool = False


@dataclass(frozen=True)
class Document:
    """An answer to a control webhook."""

    body: str
    content_type: str


LegRef: TypeAlias = str
"""The provider's own id of a leg; opaque to the core."""


@dataclass(frozen=True)
class Unknown:
    """A leg may have been placed: the provider did not say. Never place it again; reconcile by `key`."""

    key: str


@dataclass(frozen=True)
class LegSnapshot:
    """A leg as the provider's own list shows it."""

    ref: LegRef
    parent: LegRef
    caller: str
    called: str
    inbound: bool
    status: LegStatus
    started_at: datetime | None
    ended_at: datetime | None
    seconds: int | None


class Mode(StrEnum):
    """How a supervisor takes part."""

    LISTEN = "listen"
    WHISPER = "whisper"
    BARGE = "barge"


class RecordingOp(StrEnum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class Provider(Protocol):
    """Every method that talks to the provider returns within a second or raises ProviderUnavailable."""

    name: str
    caps: Caps

    def verify(self, request: WebhookRequest) -> dict[str, str]:
        """The parameters of a genuine webhook. Raises Refused, Malformed, TooLarge or WrongType."""

    def read(self, params: dict[str, str]) -> Notice:
        """Verified parameters in neutral words."""

    def render(self, plan: Sequence[Step]) -> Document:
        """The plan in the provider's words."""

    def redirect(self, leg: LegRef, path: str) -> None:
        """Make a live leg ask `path` for its next plan. Raises LegGone."""

    def hangup(self, leg: LegRef) -> None:
        """End a leg; one that is already over is fine."""

    def hold(self, room: str, leg: LegRef, on: bool) -> None:
        """`room` is the ref told by room notices, or the name given in Join while that is not yet known."""

    def mute(self, room: str, leg: LegRef, on: bool) -> None: ...

    def remove(self, room: str, leg: LegRef) -> None:
        """Put a leg out of the room; it asks the `then` of its Join."""

    def supervise(self, room: str, leg: LegRef, mode: Mode, target: LegRef) -> None:
        """Change how a supervisor's leg, already in the room, takes part beside `target`."""

    def originate(
        self, endpoint: str, path: str, status_path: str, seconds: int, key: str, caller: str = ""
    ) -> LegRef | Unknown:
        """Ring `endpoint`; when answered the leg asks `path`. `key` marks the leg so that an Unknown can be found.

        `caller` is the true number of whom it is for; it goes along in whatever way the network allows.
        """

    def record(self, leg: LegRef, op: RecordingOp, done: str = "") -> None: ...

    def fetch_leg(self, ref: LegRef) -> LegSnapshot: ...

    def list_legs(self, since: datetime, until: datetime) -> Iterator[LegSnapshot]:
        """Every leg started in `[since, until)`, inbound and outbound."""

    def live_legs(self) -> Iterator[LegSnapshot]:
        """Every leg in progress now; the youngest may still be missing."""

    def fetch_recording(self, ref: str) -> bytes: ...

    def delete_recording(self, ref: str) -> None: ...

    def client_token(self, identity: str) -> dict[str, Any]:
        """What the browser of `identity` needs to connect its softphone."""


@lru_cache(maxsize=8)
def provider_for(config: Config) -> Provider:
    """The provider the configuration names."""
    from hotline.telephony.twilio.adapter import TwilioProvider

    return TwilioProvider(config)
