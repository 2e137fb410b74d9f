"""Who may read a crisis record: the agent of the call, supervisors, the crisis-trained, or whoever breaks the glass."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from hotline import audit, clock
from hotline.calls.models import Call, Category, Registration
from hotline.crisis.models import BrokenGlass, RiskSheet
from hotline.db import session
from hotline.errors import Invalid, Refused

GLASS_HOLDS = timedelta(minutes=30)


@dataclass(frozen=True)
class Reader:
    """Who wants to read; `trained`: serves the crisis line."""

    id: int
    supervisor: bool = False
    trained: bool = False


def is_crisis(call: Call) -> bool:
    """A call of the crisis category, or one that has a risk sheet whatever its category."""
    return call.category is Category.CRISIS or session.get(RiskSheet, call.id) is not None


def may_write(call: Call, reader: Reader) -> bool:
    """Whose work it is. Broken glass opens a record to read, never to write."""
    if reader.supervisor or reader.trained or call.agent_id == reader.id:
        return True
    writer = session.scalar(select(Registration.agent_id).where(Registration.call_id == call.id))
    return writer == reader.id


def may_read(call: Call, reader: Reader) -> bool:
    return may_write(call, reader) or _glass_is_broken(call.id, reader.id)


def _glass_is_broken(call_id: int, account_id: int) -> bool:
    until = session.scalar(
        select(func.max(BrokenGlass.until)).where(
            BrokenGlass.call_id == call_id,
            BrokenGlass.account_id == account_id,
        )
    )
    return until is not None and until > clock.now()


def require(call: Call, reader: Reader) -> None:
    """Raise Refused unless the reader may read this crisis record."""
    if not may_read(call, reader):
        raise Refused("心理危机记录只有受理坐席、班长和心理热线人员可以查看；确有需要请写明理由后紧急查看。")


def require_writer(call: Call, reader: Reader) -> None:
    """Raise Refused unless this crisis record is the reader's to write."""
    if not may_write(call, reader):
        raise Refused("心理危机记录只有受理坐席、班长和心理热线人员可以填写。")


def break_glass(call_id: int, account_id: int, reason: str) -> BrokenGlass:
    """Open one record for half an hour, with a reason that supervisors and auditors see."""
    if len(reason.strip()) < 4:
        raise Invalid("请写明紧急查看的理由。", fields={"reason": ["请写明理由（不少于4个字）"]})
    made = BrokenGlass(
        call_id=call_id,
        account_id=account_id,
        at=clock.now(),
        until=clock.now() + GLASS_HOLDS,
        reason=reason.strip()[:200],
    )
    session.add(made)
    session.flush()
    audit.record("crisis.break_glass", f"call:{call_id}", reason=made.reason)
    return made
