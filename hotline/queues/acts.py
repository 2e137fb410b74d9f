"""What the provider is asked to do once the transaction that decided it has committed.

Services return acts; the door commits and then carries them out. An act that fails is not lost: the
state that wanted it stays in the database, and the ticker repairs what should have happened by now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from hotline.telephony.provider import LegRef, Mode, Provider, ProviderError, RecordingOp, Unknown

log = structlog.get_logger()


@dataclass(frozen=True)
class Redirect:
    """Send a live leg to another plan."""

    leg: str
    path: str


@dataclass(frozen=True)
class HangUp:
    leg: str


@dataclass(frozen=True)
class SetHold:
    room: str
    leg: str
    on: bool


@dataclass(frozen=True)
class Mute:
    room: str
    leg: str
    on: bool


@dataclass(frozen=True)
class Supervise:
    room: str
    leg: str
    mode: Mode
    target: str


@dataclass(frozen=True)
class Ring:
    """Ring an outside party into a conversation: `key` is the stint it belongs to, `caller` the caller's number."""

    endpoint: str
    path: str
    status_path: str
    key: str
    seconds: int = 30
    caller: str = ""


@dataclass(frozen=True)
class Recorder:
    leg: str
    op: RecordingOp
    done: str = ""


Act: TypeAlias = Redirect | HangUp | SetHold | Mute | Supervise | Ring | Recorder


Result: TypeAlias = ProviderError | Unknown | LegRef | None
"""What came of an act: an error, the leg that a Ring has placed, or nothing to tell."""


def carry_out(provider: Provider, acts: Iterable[Act]) -> list[tuple[Act, Result]]:
    """Ask for each act in turn; what came of it beside it. Never raises for what the provider did not do."""
    done: list[tuple[Act, Result]] = []
    for act in acts:
        try:
            done.append((act, _ask(provider, act)))
        except ProviderError as error:
            log.warning("telephony.act_failed", act=type(act).__name__, error=type(error).__name__)
            done.append((act, error))
    return done


def _ask(provider: Provider, act: Act) -> Unknown | LegRef | None:
    match act:
        case Redirect(leg, path):
            provider.redirect(leg, path)
        case HangUp(leg):
            provider.hangup(leg)
        case SetHold(room, leg, on):
            provider.hold(room, leg, on)
        case Mute(room, leg, on):
            provider.mute(room, leg, on)
        case Supervise(room, leg, mode, target):
            provider.supervise(room, leg, mode, target)
        case Recorder(leg, op, done):
            provider.record(leg, op, done)
        case Ring(endpoint, path, status_path, key, seconds, caller):
            return provider.originate(endpoint, path, status_path, seconds, key, caller)
    return None
