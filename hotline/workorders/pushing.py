"""Events pushed to platforms: signed as Standard Webhooks say, tried again with back-off, visible until delivered.

A body is made when it is sent: what the platform itself delivered, what was decided, never an internal line.
"""

import base64
import hmac
import http.client
import ipaddress
import json
import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from hotline import audit, clock
from hotline.config import Config
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.jobs import Job, enqueue
from hotline.places.models import Institution
from hotline.workorders.codes import Move, State
from hotline.workorders.exchange_models import Attachment, OutgoingEvent, Platform
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.outgoing import DRAFTS, NAMES

WAITS = tuple(timedelta(minutes=wait) for wait in (1, 5, 30, 120, 360, 720, 1440))
SECONDS = 10
ANSWERS = frozenset({Move.APPROVE, Move.ANSWERED_WITH_PARENT})
ANSWERED = frozenset({State.TO_REVISIT, State.CLOSED, State.ARCHIVED, State.MERGED})
DECISIONS = {Move.GRANT_EXTENSION: True, Move.REFUSE_EXTENSION: False, Move.REJECT_RETURN: False}
PLAIN = (
    *("until", "attempt", "outcome", "solved", "sat_result", "sat_unit", "sat_agent", "reply_fit", "level"),
    "not_accepted",
)
"""What stands beside a move and is told as it is."""

OF_FILE = ("ref", "name", "media_type", "size", "sha256")


@dataclass(frozen=True)
class Answer:
    """What the other side said: a status, or why there was none."""

    status: int | None
    error: str = ""


def body(event: OutgoingEvent) -> dict[str, Any]:
    """What the platform is told."""
    order, line = session.get_one(Order, event.order_id), session.get_one(OrderMove, event.move_id)
    return {
        "id": f"evt_{event.id}",
        "type": event.kind,
        "timestamp": event.made_at.isoformat(),
        "data": {"external_no": order.external_no, "own_no": order.own_no, **line_of(order, line)},
    }


def answered(order: Order) -> bool:
    """Whether the order's answer stands approved."""
    return order.state in ANSWERED and order.replied_at is not None


def line_of(order: Order, line: OrderMove) -> dict[str, Any]:
    """One line of an order's history, as platforms read it; an answer only once it is approved."""
    told = line.move in ANSWERS and answered(order)
    answer = {"result": order.result or "", "reply": order.reply or ""} if told else {}
    return (
        answer
        | _beside(line)
        | {
            "type": NAMES[line.move],
            "from_state": line.from_state.value if line.from_state else None,
            "to_state": line.to_state.value,
            "at": line.at.isoformat(),
            "by": line.party.value,
            "reason": "" if line.move in DRAFTS or line.move is Move.ANSWERED_WITH_PARENT else line.reason or "",
        }
    )


def _beside(line: OrderMove) -> dict[str, Any]:
    """What the message tells besides: the unit, the date, the grades, the main order, the file."""
    data = line.data
    told = {name: data[name] for name in PLAIN if data.get(name) is not None}
    if line.move in DECISIONS:
        told["granted"] = DECISIONS[line.move]
    if "unit" in data:
        told["unit"] = session.get_one(Institution, data["unit"]).name
    if "parent" in data:
        told["main"] = data["parent"]
    if "file" in data:
        kept = session.get_one(Attachment, data["file"])
        told["file"] = {name: getattr(kept, name) for name in OF_FILE}
    return told


def signed(platform: Platform, event_id: str, content: bytes) -> dict[str, str]:
    """The headers of a Standard Webhook: id, time, HMAC-SHA256 over both and the body."""
    at = str(int(clock.now().timestamp()))
    text = f"{event_id}.{at}.".encode() + content
    seal = base64.b64encode(hmac.new((platform.secret or "").encode(), text, sha256).digest()).decode()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{seal}",
    }


@dataclass(frozen=True)
class Parcel:
    """One event ready to be sent."""

    url: str
    content: bytes
    headers: dict[str, str]


def prepare(event_id: int) -> Parcel | None:
    """Make the next try of an event ready, if it is still to be delivered.

    The try after it is wanted now already, so that a sender that dies on the way loses nothing. Commit before
    sending: a request to another house holds no transaction of ours.
    """
    event = session.get(OutgoingEvent, event_id, with_for_update=True)
    if event is None or event.delivered_at or event.failed_at:
        return None
    platform = session.get_one(Platform, event.platform_id)
    if not platform.callback_url or platform.disabled_at:
        event.failed_at, event.error = clock.now(), "平台已停用或没有回调地址"
        return None
    if event.tries >= len(WAITS):
        event.failed_at, event.next_at = clock.now(), None
        return None
    wait = WAITS[event.tries]
    event.tries += 1
    event.next_at = clock.now() + wait
    enqueue(Job.PUSH_EVENT, delay=wait, event_id=event.id)
    content = json.dumps(body(event), ensure_ascii=False).encode()
    return Parcel(platform.callback_url, content, signed(platform, f"evt_{event.id}", content))


def note(event_id: int, answer: Answer) -> None:
    """Write down what came of a try."""
    event = session.get_one(OutgoingEvent, event_id, with_for_update=True)
    event.status, event.error = answer.status, answer.error[:200]
    if answer.status is not None and 200 <= answer.status < 300:
        event.delivered_at, event.next_at = clock.now(), None


_inside = False


def configure(config: Config) -> None:
    """In production nothing is sent to an address inside; a demonstration has nobody outside to talk to."""
    global _inside
    _inside = not config.production


def send(parcel: Parcel) -> Answer:
    """One request; no redirect is followed, no address inside is reached."""
    parts = urlsplit(parcel.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        if not _inside and not _outside(host, port):
            return Answer(None, "回调地址指向内部网络，已拒绝")
        with closing(kind(host, port, timeout=SECONDS)) as connection:
            connection.request("POST", path, parcel.content, parcel.headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as fault:
        return Answer(None, type(fault).__name__)
    return Answer(status, "" if status < 300 else f"HTTP {status}")


def _outside(host: str, port: int) -> bool:
    found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    return all(ipaddress.ip_address(address).is_global for address in found)


def history(order: Order) -> list[dict[str, Any]]:
    """The order's history as its platform may read it, oldest first."""
    lines = select(OrderMove).where(
        OrderMove.order_id == order.id, OrderMove.move.in_(NAMES), OrderMove.internal.is_(False)
    )
    return [line_of(order, line) for line in session.scalars(lines.order_by(OrderMove.id))]


def again(event_id: int) -> None:
    """A person wants a failed event tried again."""
    event = session.get(OutgoingEvent, event_id)
    if event is None:
        raise NotFound("没有这个事件")
    if event.delivered_at:
        raise Conflict("该事件已送达")
    event.failed_at, event.next_at, event.tries = None, clock.now(), 0
    audit.record("event.again", f"event:{event.id}")
    enqueue(Job.PUSH_EVENT, event_id=event.id)


def listed(*, open_only: bool, before: int | None = None, limit: int = 100) -> Sequence[tuple[OutgoingEvent, str, str]]:
    """Events with the platform's name and the order's own number, newest first."""
    rows = (
        select(OutgoingEvent, Platform.name, Order.own_no)
        .join(Platform, Platform.id == OutgoingEvent.platform_id)
        .join(Order, Order.id == OutgoingEvent.order_id)
        .order_by(OutgoingEvent.id.desc())
    )
    if open_only:
        rows = rows.where(OutgoingEvent.delivered_at.is_(None))
    if before:
        rows = rows.where(OutgoingEvent.id < before)
    return [(row[0], row[1], row[2]) for row in session.execute(rows.limit(limit))]
