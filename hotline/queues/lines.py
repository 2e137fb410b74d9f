"""受理线路 as administrators keep them: how fast they ring, who is kept free, where callers go who wait too long.

A line is never taken away, for calls and orders are counted by it. Which lines are for people in crisis is settled
with the product: there is always one, it rings for ten seconds at most and its callers are moved nowhere.
"""

import re
from dataclasses import asdict, dataclass

from sqlalchemy import func, select

from hotline import audit, db, live
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.queues.models import Line, Skill
from hotline.queues.waiting import CRISIS_OFFER_SECONDS, lines, want_dispatch

CODE = re.compile(r"[a-z][a-z0-9_-]{1,19}")
OFFER_SECONDS = (5, 60)
PRIORITIES = (1, 9)
MOST_RESERVED = 50
OVERFLOW_SECONDS = (10, 3600)
MOST_LINES = 40


@dataclass(frozen=True)
class Terms:
    """What may be said of a line. `overflow_after` in seconds and `overflow_to` go together."""

    name: str
    priority: int
    offer_seconds: int
    reserved: int = 0
    overflow_after: int | None = None
    overflow_to: str | None = None


def terms(line: Line) -> Terms:
    """Those in force."""
    return Terms(line.name, line.priority, line.offer_seconds, line.reserved, line.overflow_after, line.overflow_to)


def agents() -> dict[str, int]:
    """How many agents serve each line; a line that is missing here has nobody."""
    rows = session.execute(select(Skill.line, func.count()).group_by(Skill.line))
    return {row[0]: row[1] for row in rows}


def add(code: str, wanted: Terms) -> Line:
    """A further line, last on the board; nobody serves it until supervisors give agents the skill."""
    db.lock("lines")
    known = lines()
    if not CODE.fullmatch(code):
        raise Invalid("线路代码无效", fields={"code": ["以小写字母开头，只用小写字母、数字、下划线和连字符，2至20个"]})
    if code in known:
        raise Conflict("已有这个代码的线路", fields={"code": ["已登记"]})
    if len(known) >= MOST_LINES:
        raise Conflict(f"线路已有{MOST_LINES}条，不能再加")
    _judge(code, wanted, False, known)
    place = max((line.position for line in known.values()), default=0) + 1
    made = Line(code=code, crisis=False, position=place, **asdict(wanted))
    session.add(made)
    _kept("line.add", made, after=asdict(wanted))
    return made


def change(code: str, wanted: Terms) -> Line:
    """Other terms for a line, for offers and callers from now on."""
    db.lock("lines")
    known = lines()
    found = known.get(code)
    if found is None:
        raise NotFound("没有这条受理线路")
    _judge(code, wanted, found.crisis, known)
    before = asdict(terms(found))
    for name, value in asdict(wanted).items():
        setattr(found, name, value)
    if asdict(wanted) != before:
        _kept("line.change", found, before=before, after=asdict(wanted))
    return found


def _kept(action: str, line: Line, **told: object) -> None:
    session.flush()
    audit.record(action, f"line:{line.code}", **told)
    live.touch()
    want_dispatch()


def _judge(code: str, wanted: Terms, crisis: bool, known: dict[str, Line]) -> None:
    """Raise Invalid with every field that is wrong."""
    twice = any(line.name == wanted.name for line in known.values() if line.code != code)
    wrong = {
        "name": "已有同名的线路" if twice else "" if wanted.name.strip() else "必填",
        "priority": _priority_fault(wanted.priority, crisis),
        "offer_seconds": _ringing_fault(wanted.offer_seconds, crisis),
        "reserved": _reserved_fault(wanted.reserved, crisis),
        **_overflow_faults(code, wanted, crisis, known),
    }
    if any(wrong.values()):
        raise Invalid("线路的设置有误", fields={name: [reason] for name, reason in wrong.items() if reason})


def _priority_fault(priority: int, crisis: bool) -> str:
    if crisis:
        return "心理危机线路的优先级固定为0" if priority != 0 else ""
    low, high = PRIORITIES
    return "" if low <= priority <= high else f"须为{low}至{high}，0 只用于心理危机线路"


def _ringing_fault(seconds: int, crisis: bool) -> str:
    low, high = OFFER_SECONDS[0], CRISIS_OFFER_SECONDS if crisis else OFFER_SECONDS[1]
    return "" if low <= seconds <= high else f"{'心理危机线路' if crisis else ''}须为{low}至{high}秒"


def _reserved_fault(agents_kept: int, crisis: bool) -> str:
    if not crisis:
        return "只有心理危机线路可以预留坐席" if agents_kept else ""
    return "" if 0 <= agents_kept <= MOST_RESERVED else f"须为0至{MOST_RESERVED}"


def _overflow_faults(code: str, wanted: Terms, crisis: bool, known: dict[str, Line]) -> dict[str, str]:
    after, to = wanted.overflow_after, wanted.overflow_to
    if after is None and to is None:
        return {}
    if crisis:
        return {"overflow_to": "心理危机线路的来电不转往其他线路"}
    if after is None or to is None:
        return {"overflow_after" if after is None else "overflow_to": "溢出时间和溢出线路须一起填写"}
    low, high = OVERFLOW_SECONDS
    return {
        "overflow_after": "" if low <= after <= high else f"须为{low}至{high}秒",
        "overflow_to": _target_fault(code, to, known),
    }


def _target_fault(code: str, to: str, known: dict[str, Line]) -> str:
    if to not in known:
        return "没有这条受理线路"
    if known[to].crisis:
        return "不能溢出到心理危机线路"
    passed: str | None = to
    for _ in known:
        if passed == code:
            return "溢出线路转了一圈又回到本线路"
        passed = known[passed].overflow_to if passed else None
    return ""
