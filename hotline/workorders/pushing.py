"""Events pushed to platforms: signed as Standard Webhooks say, tried again with back-off, visible until delivered.

A body is made when it is sent: what the platform itself delivered, what was decided, never an internal line.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from hotline import audit, clock
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.jobs import Job, enqueue
from hotline.places.models import Institution
from hotline.workorders import platforms
from hotline.workorders.codes import Move, State
from hotline.workorders.exchange_models import Attachment, OutgoingEvent, Platform
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.outgoing import DRAFTS, NAMES
from hotline.workorders.posting import Answer, Parcel

WAITS = tuple(timedelta(minutes=wait) for wait in (1, 5, 30, 120, 360, 720, 1440))
ANSWERED = frozenset({State.TO_REVISIT, State.CLOSED, State.ARCHIVED, State.MERGED})
DECISIONS = {Move.GRANT_EXTENSION: True, Move.REFUSE_EXTENSION: False, Move.REJECT_RETURN: False}
PLAIN = (
    *("until", "attempt", "outcome", "solved", "sat_result", "sat_unit", "sat_agent", "reply_fit", "level"),
    "not_accepted",
)
"""What stands beside a move and is told as it is."""

UNHEARD = "推送中断，没有结果"
"""What stands beside an event until its try has come to an end."""

OF_FILE = ("ref", "name", "media_type", "size", "sha256")


def body(event: OutgoingEvent) -> dict[str, Any]:
    """What the platform is told."""
    order, line = session.get_one(Order, event.order_id), session.get_one(OrderMove, event.move_id)
    return {
        "id": f"evt_{event.id}",
        "type": event.kind,
        "timestamp": event.made_at.isoformat(),
        "data": {"external_no": order.external_no, "own_no": order.own_no, **line_of(line)},
    }


def answered(order: Order) -> bool:
    """Whether the order's answer stands approved."""
    return order.state in ANSWERED and order.replied_at is not None


def line_of(line: OrderMove) -> dict[str, Any]:
    """One line of an order's history, as platforms read it; an answer only where it was approved."""
    return (
        _answer(line)
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


def _answer(line: OrderMove) -> dict[str, str]:
    """The answer that was approved with this line, that of its own round, whatever was answered since."""
    if line.move is Move.APPROVE:
        given = select(OrderMove).where(
            OrderMove.order_id == line.order_id, OrderMove.move.in_(DRAFTS), OrderMove.id < line.id
        )
        line = session.scalars(given.order_by(OrderMove.id.desc()).limit(1)).one()
    elif line.move is not Move.ANSWERED_WITH_PARENT:
        return {}
    return {"result": line.result or "", "reply": line.reason or ""}


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
    """The headers of a Standard Webhook: id, time, HMAC-SHA256 over both and the body, keyed as `platforms` says."""
    at = str(int(clock.now().timestamp()))
    text = f"{event_id}.{at}.".encode() + content
    seal = base64.b64encode(hmac.digest(platforms.signing_key(platform), text, "sha256")).decode()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{seal}",
    }


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
    wait, event.status, event.error = WAITS[event.tries], None, UNHEARD
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


def history(order: Order) -> list[dict[str, Any]]:
    """The order's history as its platform may read it, oldest first."""
    lines = select(OrderMove).where(
        OrderMove.order_id == order.id, OrderMove.move.in_(NAMES), OrderMove.internal.is_(False)
    )
    return [line_of(line) for line in session.scalars(lines.order_by(OrderMove.id))]


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
