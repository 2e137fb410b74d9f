"""What one agent sees of the line: state, what rings, the conversation, what waits. Numbers are masked."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from hotline import clock
from hotline.calls.models import Call
from hotline.db import session
from hotline.people.models import Account
from hotline.privacy import mask_phone
from hotline.queues import conversation, course, parting, presence
from hotline.queues.models import (
    AgentState,
    Line,
    Offer,
    OfferOutcome,
    Part,
    Presence,
    Stint,
    StintState,
    Waiting,
    WaitState,
)
from hotline.queues.records import CallBack


def view(agent_id: int) -> dict[str, Any]:
    """The whole line of one agent as JSON; instants in ISO 8601 UTC."""
    at = clock.now()
    row = session.get(Presence, agent_id)
    state = row.state if row else AgentState.OFFLINE
    reason = row.reason if row else ""
    stint = conversation.current(agent_id)
    return {
        "now": at.isoformat(),
        "state": state.value,
        "label": presence.label(state, reason),
        "reason": reason,
        "since": (row.since if row else at).isoformat(),
        "hand": bool(row and row.hand_raised_at),
        "offers": [*_offers(agent_id), *_call_backs(agent_id)],
        "invited": _conversation(stint) if stint and stint.state is StintState.CONNECTING else None,
        "talk": _conversation(stint) if stint and stint.state is StintState.TALKING else None,
        "wrapping": _last_call(agent_id) if state is AgentState.WRAP_UP else None,
        "waiting": _waiting(at),
    }


def _caller(call: Call) -> str:
    return mask_phone(call.caller) or "未显示号码"


def _offers(agent_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Offer, Waiting, Line, Call)
        .join(Waiting, Waiting.id == Offer.waiting_id)
        .join(Line, Line.code == Waiting.line)
        .join(Call, Call.id == Waiting.call_id)
        .where(Offer.agent_id == agent_id, Offer.outcome == OfferOutcome.OPEN)
    )
    return [_ringing(row.Offer, row.Call, row.Waiting.queued_at, row.Line.name, crisis=row.Line.crisis) for row in rows]


def _call_backs(agent_id: int) -> list[dict[str, Any]]:
    """A caller who asked to be called back and whose turn it is."""
    rows = session.execute(
        select(Offer, CallBack, Line, Call)
        .join(CallBack, CallBack.call_id == Offer.call_back_id)
        .join(Line, Line.code == CallBack.line)
        .join(Call, Call.id == CallBack.call_id)
        .where(Offer.agent_id == agent_id, Offer.outcome == OfferOutcome.OPEN)
    )
    return [_ringing(row.Offer, row.Call, row.CallBack.asked_at, f"回拨·{row.Line.name}") for row in rows]


def _ringing(offer: Offer, call: Call, since: datetime, line: str, *, crisis: bool = False) -> dict[str, Any]:
    """One open offer as the agent's bar shows it; `since` is the caller's place in the line."""
    return {
        "id": offer.id,
        "call": call.ref,
        "caller": _caller(call),
        "line": line,
        "crisis": crisis,
        "path": call.menu_path,
        "queued_at": since.isoformat(),
        "expires_at": offer.expires_at.isoformat(),
    }


def _conversation(stint: Stint) -> dict[str, Any]:
    call = session.get_one(Call, stint.call_id)
    line = session.get(Line, call.queue) if call.queue else None
    return {
        "stint": stint.id,
        "part": stint.part.value,
        "call": call.ref,
        "call_no": call.call_no,
        "caller": _caller(call),
        "line": line.name if line else "",
        "crisis": bool(line and line.crisis),
        "path": call.menu_path,
        "claimed_at": stint.claimed_at.isoformat(),
        "connected_at": stint.connected_at.isoformat() if stint.connected_at else None,
        "leads": _leads(stint),
        "held": stint.held,
        "unrecorded": stint.unrecorded,
        "dialled_in": bool(stint.leg_ref),
        "others": _others(stint),
        "unreached": course.last_unreached(stint.call_id),
    }


def _leads(stint: Stint) -> bool:
    """Whether what happens to the caller is this person's to decide."""
    leads = conversation.principal(stint.call_id)
    return stint.part in conversation.PEOPLE and (leads is None or leads.id == stint.id)


def _others(stint: Stint) -> list[dict[str, Any]]:
    """Who else is in the conversation or on the way, the line last that is being asked; `part` says what they are."""
    rows = session.execute(
        select(Stint.id, Stint.part, Stint.state, Stint.endpoint, Account.name)
        .join(Account, Account.id == Stint.agent_id, isouter=True)
        .where(
            Stint.room == stint.room,
            Stint.id != stint.id,
            Stint.state != StintState.ENDED,
            Stint.part.in_([*parting.COMPANY, Part.BARGE]),
        )
    )
    found = [
        {"stint": row.id, "name": row.name or row.endpoint, "part": row.part.value, "state": row.state.value}
        for row in rows
    ]
    asked = parting.asked_in(stint.call_id) if stint.state is StintState.TALKING else None
    if asked is not None and asked.state is WaitState.WAITING:
        name = session.get_one(Line, asked.line).name
        found.append({"stint": None, "name": name, "part": "line", "state": StintState.CONNECTING.value})
    return found


def _last_call(agent_id: int) -> str | None:
    return session.scalar(
        select(Call.ref)
        .join(Stint, Stint.call_id == Call.id)
        .where(Stint.agent_id == agent_id, Stint.connected_at.is_not(None))
        .order_by(Stint.id.desc())
        .limit(1)
    )


def _waiting(at: datetime) -> dict[str, Any]:
    row = session.execute(
        select(func.count(), func.min(Waiting.queued_at)).where(Waiting.state == WaitState.WAITING)
    ).one()
    longest = int((at - row[1]).total_seconds()) if row[1] else 0
    return {"count": row[0], "longest": max(longest, 0)}


def colleagues(agent_id: int) -> list[dict[str, Any]]:
    """Everybody else who is signed on, with the state, for a transfer."""
    rows = session.execute(
        select(Account.id, Account.name, Account.agent_no, Presence.state, Presence.reason)
        .join(Presence, Presence.agent_id == Account.id)
        .where(Presence.state != AgentState.OFFLINE, Account.id != agent_id)
        .order_by(Presence.state, Account.agent_no)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "agent_no": row.agent_no,
            "state": presence.label(row.state, row.reason),
            "ready": row.state is AgentState.READY,
        }
        for row in rows
    ]
