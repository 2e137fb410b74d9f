"""A call event as a value: what the fold reads, free of the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotline.calls.models import EventKind
from hotline.telephony.notices import LegStatus

TERMINAL = frozenset(status.value for status in LegStatus if status.terminal)
"""Leg states after which nothing more can happen to a leg."""


@dataclass(frozen=True)
class Event:
    """One thing that happened. `key` tells repetitions apart; `at` is an aware instant.

    `data` by kind: OFFERED (blocked), QUEUED (queue, turn), CONNECTED and AGENT_LEFT (agent, stint, turn; finished),
    VOICEMAIL and CALLBACK_ASKED (line), HELD and RESUMED (stint, n), MENU_KEY (node, key, to, n), QUEUE_LEFT (turn,
    reason), LEG_STATUS and RECONCILED (status, seconds), SURVEYED (score, node, key). A *turn* is one stay in a queue,
    a *stint* one agent's time with the caller; both are numbered, so that pairs need no order of arrival.
    """

    key: str
    kind: EventKind
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
