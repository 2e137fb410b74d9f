"""Events whose call never appeared: its ring was never told, so nobody knows who called and when.

Status notices, a key, a recording's step may come through while the first webhook is lost. After a day the list of
them is settled by a person: the provider is asked for the call, or why there is none is written down.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select

from hotline import audit, clock
from hotline.calls import intake
from hotline.calls.models import Call, CallEvent, EventKind
from hotline.db import session
from hotline.errors import Conflict, NotFound
from hotline.queues.records import ClosedOrphan
from hotline.telephony.provider import LegSnapshot

PATIENCE = timedelta(hours=24)
"""How long the ring may still come: the nightly sweep looks two days back."""

SHOWN = 200
EVENT_LABEL: dict[EventKind, str] = {
    EventKind.OFFERED: "呼入",
    EventKind.MENU_KEY: "按键",
    EventKind.SERVED: "自助应答",
    EventKind.QUEUED: "进入排队",
    EventKind.OFFER_MADE: "派给坐席",
    EventKind.OFFER_MISSED: "坐席未应答",
    EventKind.CONNECTED: "接通",
    EventKind.HELD: "保持",
    EventKind.RESUMED: "恢复通话",
    EventKind.TRANSFERRED: "转接",
    EventKind.AGENT_LEFT: "坐席离开",
    EventKind.WRAPPED: "整理完毕",
    EventKind.QUEUE_LEFT: "离开排队",
    EventKind.OVERFLOWED: "溢出到其他线路",
    EventKind.VOICEMAIL: "留言",
    EventKind.CALLBACK_ASKED: "预约回拨",
    EventKind.BLOCKED: "拦截",
    EventKind.CLOSED_HOURS: "非服务时间",
    EventKind.SURVEYED: "评价",
    EventKind.LEG_STATUS: "线路状态",
    EventKind.STEP: "流程请求",
    EventKind.RECONCILED: "对账",
}

_RUNG = select(CallEvent.id).where(CallEvent.call_id == Call.id, CallEvent.kind == EventKind.OFFERED).exists()
_CLOSED = select(ClosedOrphan.call_id).where(ClosedOrphan.call_id == Call.id).exists()


def _old() -> tuple[ColumnElement[bool], ...]:
    """A call without a ring has no called number either, which an index knows."""
    return Call.called == "", Call.offered_at < clock.now() - PATIENCE, ~_RUNG, ~_CLOSED


def count() -> int:
    return session.scalar(select(func.count()).select_from(Call).where(*_old())) or 0


def unsettled() -> Sequence[Call]:
    """The calls that only stray events tell of, the oldest first."""
    return session.scalars(select(Call).where(*_old()).order_by(Call.offered_at, Call.id).limit(SHOWN)).all()


def events(calls: Sequence[Call]) -> dict[int, list[CallEvent]]:
    """What came in of each, in the order it came."""
    found: dict[int, list[CallEvent]] = {}
    told = select(CallEvent).where(CallEvent.call_id.in_([call.id for call in calls])).order_by(CallEvent.id)
    for event in session.scalars(told):
        found.setdefault(event.call_id, []).append(event)
    return found


def find(call_id: int, provider: str) -> str:
    """The provider's name of an unsettled call of its own. Raises NotFound."""
    own = Call.id == call_id, Call.provider == provider
    ref = session.scalar(select(Call.provider_ref).where(*own, *_old()))
    if ref is None:
        raise NotFound("这通来电已核对，或不在清单中")
    return ref


def adopt(call_id: int, leg: LegSnapshot) -> None:
    """The ring as the provider's own list has it: from now on the call is one like any other."""
    call = session.get_one(Call, call_id)
    if not leg.inbound or leg.parent or leg.started_at is None:
        raise Conflict("平台记录的是呼出或内部的一段，不是来电：请写明情况后销去")
    report = intake.Report(
        call.provider, leg.ref, f"reconciled:{leg.ref}", EventKind.OFFERED, leg.started_at, {}, leg.caller, leg.called
    )
    intake.receive(report, call.city_code)
    audit.record("orphan.adopt", f"call:{call_id}")


def close(call_id: int, by_id: int, reason: str) -> None:
    """There is nothing more to be found out; the events stay, and the call stays counted."""
    intake.lock_call(call_id)
    if session.scalar(select(Call.id).where(Call.id == call_id, *_old())) is None:
        raise NotFound("这通来电已核对，或不在清单中")
    session.add(ClosedOrphan(call_id=call_id, at=clock.now(), by_id=by_id, reason=reason))
    session.flush()
    audit.record("orphan.close", f"call:{call_id}", reason=reason)
