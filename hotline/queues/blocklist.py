"""Nuisance numbers: one person asks, another approves, and every block ends by itself. Crisis lines stay open."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select, update

from hotline import audit, clock, db
from hotline.calls.models import Call
from hotline.calls.numbers import Number, NumberKind, normalise
from hotline.db import changed, session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places import home
from hotline.queues import contacts
from hotline.queues.records import Blocked

LONGEST = timedelta(days=90)
CALLERS = (NumberKind.MOBILE, NumberKind.LANDLINE, NumberKind.SHORT, NumberKind.INTERNATIONAL)
PUBLIC_SERVICE = re.compile(r"(0\d{2,3}-)?1\d{2,5}")
KEPT_SECONDS = 1.0

_newest: tuple[float, frozenset[str]] | None = None


def ask(number: str, reason: str, days: int, by: int, own: str = "") -> Blocked:
    """Ask for a number to be blocked for `days` once somebody else approves. `own`: the number of this hotline."""
    known = _nuisance(number, own)
    if not 1 <= days <= LONGEST.days:
        raise Invalid("拦截期限为1至90天", fields={"days": ["1至90天"]})
    if not reason.strip():
        raise Invalid("请填写拦截理由", fields={"reason": ["必填"]})
    at = clock.now()
    db.lock("blocklist")
    if session.scalar(_open(at).with_only_columns(Blocked.id).where(Blocked.number_hash == known.hash)):
        raise Conflict("这个号码已在拦截或待审批", fields={"number": ["已在名单中"]})
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


def _nuisance(text: str, own: str) -> Number:
    """A number that may be blocked: a caller's, never one of help, of the public services or of the house."""
    known = normalise(text, home.dial_code())
    if known.kind not in CALLERS:
        wrong = "须为手机、固定电话（外地加区号）、企业服务号码或境外号码"
        raise Invalid("号码不能拦截", fields={"number": [wrong]})
    if known.search_key in {normalise(each).search_key for each in (own, home.dial_code() + own) if own}:
        raise Invalid("号码不能拦截", fields={"number": ["这是本热线自己的号码"]})
    if PUBLIC_SERVICE.fullmatch(known.display):
        raise Invalid("号码不能拦截", fields={"number": ["110、120、12345 等公共服务号码不能拦截"]})
    for contact in contacts.all_contacts():
        if normalise(contact.endpoint).search_key == known.search_key:
            raise Invalid("号码不能拦截", fields={"number": [f"这是外部通讯录中的“{contact.name}”"]})
    return known


def approve(block_id: int, by: int) -> None:
    """The second person's word. Raises Conflict for one's own request or one already decided."""
    done = changed(
        update(Blocked)
        .where(
            Blocked.id == block_id,
            Blocked.approved_by.is_(None),
            Blocked.lifted_at.is_(None),
            Blocked.until > clock.now(),
            Blocked.asked_by != by,
        )
        .values(approved_by=by)
    )
    if not done:
        raise Conflict("需要另一人审批，且每条只审批一次")
    audit.record("block.approve", f"block:{block_id}")
    forget()


def lift(block_id: int, by: int) -> None:
    """End a block, or a request for one, before its time."""
    at = clock.now()
    open_one = Blocked.id == block_id, Blocked.lifted_at.is_(None), Blocked.until > at
    if not changed(update(Blocked).where(*open_one).values(lifted_at=at, lifted_by=by)):
        raise Conflict("该号码已不在拦截中")
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


def find(block_id: int) -> Blocked:
    """One block or request. Raises NotFound."""
    row = session.get(Blocked, block_id)
    if row is None:
        raise NotFound("没有这条拦截")
    return row


def reveal(block_id: int, reason: str) -> str:
    """The number in full, for a reason that the trail keeps."""
    row = find(block_id)
    audit.record("block.reveal", f"block:{block_id}", reason=reason)
    return row.number


def calls_of(row: Blocked, most: int) -> list[Call]:
    """The latest calls from a blocked number: what the second person judges by."""
    statement = select(Call).where(Call.caller_hash == row.number_hash)
    return list(session.scalars(statement.order_by(Call.offered_at.desc()).limit(most)))


def _open(at: datetime) -> Select[Any]:
    return select(Blocked).where(Blocked.lifted_at.is_(None), Blocked.until > at)


def all_open() -> list[Blocked]:
    """Requests and blocks that are still in force, newest first."""
    return list(session.scalars(_open(clock.now()).order_by(Blocked.id.desc())))


def over(most: int) -> list[Blocked]:
    """Those that ended or were lifted, the latest first."""
    ended = Blocked.lifted_at.is_not(None) | (Blocked.until <= clock.now())
    return list(session.scalars(select(Blocked).where(ended).order_by(Blocked.id.desc()).limit(most)))


def state(row: Blocked) -> str:
    """How a block stands, in words."""
    if row.lifted_at is not None:
        return "已解除" if row.approved_by else "已撤回"
    if row.until <= clock.now():
        return "已到期" if row.approved_by else "未审批，已过期"
    return "拦截中" if row.approved_by else "待审批"
