"""Nuisance numbers: one person asks, another approves, and every block ends by itself. Crisis lines stay open."""

from datetime import timedelta

from sqlalchemy import select, update

from hotline import audit, clock
from hotline.calls.numbers import normalise
from hotline.db import changed, session
from hotline.errors import Conflict, Invalid
from hotline.queues.records import Blocked

LONGEST = timedelta(days=90)
KEPT_SECONDS = 1.0

_newest: tuple[float, frozenset[str]] | None = None


def ask(number: str, reason: str, days: int, by: int) -> Blocked:
    """Ask for a number to be blocked for `days` once somebody else approves."""
    known = normalise(number)
    if known.hash is None:
        raise Invalid("请填写要拦截的号码", fields={"number": ["号码无法识别"]})
    if not 1 <= days <= LONGEST.days:
        raise Invalid("拦截期限为1至90天", fields={"days": ["1至90天"]})
    if not reason.strip():
        raise Invalid("请填写拦截理由", fields={"reason": ["必填"]})
    at = clock.now()
    row = Blocked(
        number=known.display,
        number_hash=known.hash,
        reason=reason.strip(),
        asked_by=by,
        asked_at=at,
        until=at + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    audit.record("block.ask", f"block:{row.id}", days=days)
    return row


def approve(block_id: int, by: int) -> None:
    """The second person's word. Raises Conflict for one's own request or one already decided."""
    done = changed(
        update(Blocked)
        .where(
            Blocked.id == block_id,
            Blocked.approved_by.is_(None),
            Blocked.lifted_at.is_(None),
            Blocked.asked_by != by,
        )
        .values(approved_by=by)
    )
    if not done:
        raise Conflict("需要另一人审批，且每条只审批一次")
    audit.record("block.approve", f"block:{block_id}")
    forget()


def lift(block_id: int) -> None:
    """End a block, or a request for one, before its time."""
    done = changed(
        update(Blocked).where(Blocked.id == block_id, Blocked.lifted_at.is_(None)).values(lifted_at=clock.now())
    )
    if not done:
        raise Conflict("该号码已解除拦截")
    audit.record("block.lift", f"block:{block_id}")
    forget()


def is_blocked(number_hash: str | None) -> bool:
    """Whether calls from this number are blocked now; the short list is read once a second at most."""
    global _newest
    if number_hash is None:
        return False
    if _newest is None or clock.monotonic() - _newest[0] >= KEPT_SECONDS:
        _newest = (clock.monotonic(), _in_force())
    return number_hash in _newest[1]


def _in_force() -> frozenset[str]:
    statement = select(Blocked.number_hash).where(
        Blocked.approved_by.is_not(None), Blocked.lifted_at.is_(None), Blocked.until > clock.now()
    )
    return frozenset(session.scalars(statement))


def forget() -> None:
    """Read the list anew at the next call, because it was just changed here."""
    global _newest
    _newest = None


def all_open() -> list[Blocked]:
    """Requests and blocks that are still in force, newest first."""
    statement = select(Blocked).where(Blocked.lifted_at.is_(None), Blocked.until > clock.now())
    return list(session.scalars(statement.order_by(Blocked.id.desc())))
