"""What happened in a call, step by step, in the words of the field: its events told to people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from hotline.calls.events import TERMINAL
from hotline.calls.models import CallEvent
from hotline.calls.models import EventKind as K
from hotline.db import session
from hotline.people import service as people
from hotline.queues import contacts, waiting
from hotline.queues.models import Stint

HOW = {"blind": "直接转接", "warm": "咨询转接", "three_way": "三方通话"}
CAUSE = {
    "busy": "占线",
    "no_answer": "无人应答",
    "failed": "线路不通",
    "withdrawn": "已取消",
    "hung_up": "来电人已挂机",
    "left": "已离开",
}
LEFT = {"withdrawn": "不再呼叫线路", "hung_up": "排队中挂机", "callback": "改为预约回拨", "voicemail": "改为留言"}

Data = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One thing that happened."""

    at: datetime
    words: str


def of_call(call_id: int) -> list[Step]:
    """The whole course of a call, in the order of time."""
    rows = _events(call_id, list(_WORDS))
    told = _Telling(call_id, rows)
    steps = [Step(row.occurred_at, _WORDS[row.kind](told, row.data)) for row in rows]
    return [step for step in steps if step.words]


def last_unreached(call_id: int) -> dict[str, Any] | None:
    """The last party that was asked in and never came: `id` tells repetitions apart, `words` who and why."""
    rows = _events(call_id, [K.TRANSFERRED])
    missed = [row for row in rows if row.data.get("step") == "unreached" and row.data.get("cause") != "withdrawn"]
    if not missed:
        return None
    return {"id": missed[-1].id, "words": _Telling(call_id, rows).transferred(missed[-1].data)}


def _events(call_id: int, kinds: list[K]) -> Sequence[Any]:
    wanted = select(CallEvent.id, CallEvent.kind, CallEvent.occurred_at, CallEvent.data)
    mine = CallEvent.call_id == call_id, CallEvent.kind.in_(kinds)
    return session.execute(wanted.where(*mine).order_by(CallEvent.occurred_at, CallEvent.id)).all()


class _Telling:
    """The names behind the numbers that the events of one call carry."""

    def __init__(self, call_id: int, rows: Sequence[Any]) -> None:
        self.stints = {row.id: row for row in session.scalars(select(Stint).where(Stint.call_id == call_id))}
        told = [row.data.get("agent") for row in rows]
        asked = [int(row.data["target"]) for row in rows if row.data.get("to") == "agent"]
        self.people = people.names([*(stint.agent_id for stint in self.stints.values()), *told, *asked])
        self.lines = {code: line.name for code, line in waiting.lines().items()}
        self.contacts = {row.code: row.name for row in contacts.all_contacts()}

    def person(self, account_id: int | None) -> str:
        return self.people.get(account_id or 0, "坐席")

    def who(self, stint_id: int | None) -> str:
        """Whose part a stint is: a colleague's or an outside party's."""
        stint = self.stints.get(stint_id or 0)
        return "" if stint is None else stint.endpoint or self.person(stint.agent_id)

    def line(self, code: str) -> str:
        return f"“{self.lines.get(code, code)}”"

    def target(self, data: Data) -> str:
        if data["to"] == "line":
            return self.line(data["target"])
        if data["to"] == "agent":
            return self.person(int(data["target"]))
        return self.who(data.get("stint")) or self.contacts.get(data["target"], "外部单位")

    def transferred(self, data: Data) -> str:
        """One step of a transfer or three-way call."""
        step, by, other = data.get("step"), self.who(data.get("by")), self.who(data.get("stint"))
        if step == "asked":
            return f"{by} {HOW[data['how']]}：呼叫{self.target(data)}"
        if step == "handed":
            return f"{by} 直接转接至{self.target(data)}" if "how" in data else f"{by} 离开，由{other}继续接待"
        if step == "unreached":
            return f"{other} 未接通：{CAUSE[data['cause']]}"
        return {"joined": f"{other} 接入通话", "left": f"{other} 退出通话"}.get(step or "", "")


def _how_left(data: Data) -> str:
    return "完成" if data.get("finished") else "通话中断"


_WORDS: dict[K, Callable[[_Telling, Data], str]] = {
    K.OFFERED: lambda told, data: "呼入",
    K.QUEUED: lambda told, data: f"进入{told.line(data.get('queue', ''))}",
    K.CONNECTED: lambda told, data: f"{told.person(data.get('agent'))} 接通",
    K.HELD: lambda told, data: "保持",
    K.RESUMED: lambda told, data: "恢复通话",
    K.TRANSFERRED: lambda told, data: told.transferred(data),
    K.AGENT_LEFT: lambda told, data: f"{told.person(data.get('agent'))} {_how_left(data)}",
    K.QUEUE_LEFT: lambda told, data: LEFT.get(data.get("reason", ""), "离开排队"),
    K.OVERFLOWED: lambda told, data: f"久候，由{told.line(data['from'])}溢出到{told.line(data['to'])}",
    K.VOICEMAIL: lambda told, data: "留言",
    K.CALLBACK_ASKED: lambda told, data: "预约回拨",
    K.LEG_STATUS: lambda told, data: "来电结束" if data.get("status") in TERMINAL else "",
    K.RECONCILED: lambda told, data: "来电结束" if data.get("status") in TERMINAL else "",
    K.SURVEYED: lambda told, data: "参加满意度评价",
}
