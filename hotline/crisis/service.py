"""The risk sheet while the caller is on the line and after: saved, submitted, alerted, linked, followed up."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from hotline import audit, clock, live
from hotline.calls import codes, intake
from hotline.calls.models import Call
from hotline.crisis import scale
from hotline.crisis.models import RETENTION_YEARS, Alert, FollowUp, Level, Linkage, RiskSheet
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.people.models import Account

TEXTS: dict[str, str] = {
    "alias": "称呼（可匿名）",
    "whereabouts": "现在位置",
    "people_around": "身边的人",
    "emergency_contact": "紧急联系人",
    "plan": "想法、计划与时间",
    "method": "方法与手边工具",
    "state_of_mind": "情绪、病史与用药",
    "safety_plan": "干预要点与安全计划",
    "referral": "转介机构",
    "breach_reason": "突破保密的理由",
    "supervisor_remark": "督导意见",
}
RATINGS: dict[str, str] = {"intent": "自杀意图强度", "hope": "希望感", "pain": "心理痛苦"}
_FIELDS = (*TEXTS, "answers", "ratings", "flag", "followup_consent", "breach_approved_by")


def sheet_of(call_id: int) -> RiskSheet | None:
    return session.get(RiskSheet, call_id)


def save(call_id: int, by_id: int, values: Mapping[str, Any], version: int) -> RiskSheet:
    """Keep the sheet as it stands and compute its level; high calls the supervisor at once, in any state."""
    call = _locked(call_id)
    found = session.get(RiskSheet, call_id, populate_existing=True)
    tidy = _tidied(values)
    scale.check_answers(tidy.get("answers", {}), call.business_day)
    codes.check("crisis_flag", tidy.get("flag", ""), call.business_day, "flag")
    if found is None:
        found = _begin(call, by_id)
    elif version != found.version and any(getattr(found, name) != value for name, value in tidy.items()):
        raise Conflict("这张评估表刚被修改过，没有覆盖。请核对后再保存。", version=found.version)
    for name, value in tidy.items():
        if getattr(found, name) != value:
            setattr(found, name, value)
    level, found.score = scale.assess(found.answers, scale.items(call.business_day), scale.cut_offs(call.business_day))
    found.level = int(level)
    found.saved_at = clock.now()
    session.flush()
    if level is Level.HIGH:
        _alert(call_id, by_id)
    if found.submitted_at:
        _follow_up(found, call.business_day)
    return found


def submit(call_id: int, by_id: int, values: Mapping[str, Any], version: int) -> RiskSheet:
    """Finish the assessment: it needs an answer to the scale, and for high risk a safety plan or a linkage."""
    found = save(call_id, by_id, values, version)
    missing = {}
    if found.level == Level.NONE:
        missing["answers"] = "请至少评估一项；没有风险的勾选为 0 分"
    if found.level == Level.HIGH and not found.safety_plan and not linkages(call_id):
        missing["safety_plan"] = "高危来电须写明安全计划，或登记联动"
    if found.breach_reason and not found.breach_approved_by:
        missing["breach_approved_by"] = "突破保密须有批准人"
    if missing:
        raise Invalid(
            f"还不能提交：{'；'.join(missing.values())}。", fields={name: [text] for name, text in missing.items()}
        )
    if found.submitted_at is None:
        found.submitted_at = clock.now()
        audit.record("crisis.submit", f"call:{call_id}", level=found.level)
        session.flush()
    _follow_up(found, clock.business_day(found.submitted_at))
    return found


def _locked(call_id: int) -> Call:
    intake.lock_call(call_id)
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("没有这个来电。")
    return call


def _begin(call: Call, by_id: int) -> RiskSheet:
    found = RiskSheet(
        call_id=call.id,
        agent_id=by_id,
        saved_at=clock.now(),
        answers={},
        ratings={},
        keep_until=keep_until(call.business_day),
    )
    session.add(found)
    session.flush()
    return found


def keep_until(day: date) -> date:
    """Until when a crisis record is kept, counted from its last entry; leap days make it a little longer."""
    return day + timedelta(days=366 * RETENTION_YEARS)


def _tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    tidy = {name: values[name] for name in _FIELDS if name in values}
    for name in TEXTS:
        if name in tidy:
            tidy[name] = (tidy[name] or "").strip() or None
    return tidy


def _alert(call_id: int, by_id: int) -> None:
    if session.get(Alert, call_id) is None:
        session.add(Alert(call_id=call_id, raised_at=clock.now(), raised_by=by_id))
        session.flush()
        live.touch()
        audit.record("crisis.alert", f"call:{call_id}")


def open_alerts() -> list[Alert]:
    """High-risk calls that no supervisor has taken, the oldest first."""
    return list(session.scalars(select(Alert).where(Alert.taken_at.is_(None)).order_by(Alert.raised_at)))


def on_board() -> list[dict[str, str]]:
    """What the wall shows of open alerts: which call, since when, who is on it; nothing of the caller."""
    rows = session.execute(
        select(Call.ref, Alert.raised_at, Account.name)
        .join(Call, Call.id == Alert.call_id)
        .join(Account, Account.id == Alert.raised_by)
        .where(Alert.taken_at.is_(None))
        .order_by(Alert.raised_at)
    )
    return [{"call": row.ref, "since": row.raised_at.isoformat(), "agent": row.name} for row in rows]


def take_alert(call_id: int, by_id: int) -> None:
    """A supervisor takes the alert; the second one is told that it is taken."""
    done = session.execute(
        update(Alert)
        .where(Alert.call_id == call_id, Alert.taken_at.is_(None))
        .values(taken_at=clock.now(), taken_by=by_id)
        .returning(Alert.call_id)
    ).scalar_one_or_none()
    if done is None:
        raise Conflict("这个警报已有人处理。")
    live.touch()
    audit.record("crisis.take_alert", f"call:{call_id}")


def link(call_id: int, by_id: int, target: str, result: str, at: datetime | None = None) -> Linkage:
    """Write down that 110, 120, family or a hospital was called, and what came of it."""
    call = _locked(call_id)
    codes.check("linkage_target", target or "?", call.business_day, "target")
    if not result.strip():
        raise Invalid("请写明联动结果。", fields={"result": ["请写明联动结果"]})
    made = Linkage(call_id=call_id, by_id=by_id, target=target, result=result.strip(), at=at or clock.now())
    session.add(made)
    session.flush()
    audit.record("crisis.link", f"call:{call_id}", target=target)
    return made


def linkages(call_id: int) -> list[Linkage]:
    return list(session.scalars(select(Linkage).where(Linkage.call_id == call_id).order_by(Linkage.at, Linkage.id)))


def _follow_up(found: RiskSheet, on: date) -> None:
    """Give the sheet the ladder of its level; steps that are there stay, steps of a lower level are kept too."""
    if not found.followup_consent or found.submitted_at is None:
        return
    there = set(session.scalars(select(FollowUp.due_at).where(FollowUp.call_id == found.call_id)))
    for step in scale.ladder(Level(found.level), on):
        due = found.submitted_at + timedelta(hours=step.hours)
        if due not in there:
            session.add(FollowUp(call_id=found.call_id, name=step.name, due_at=due, owner_id=found.agent_id))
    session.flush()


def last_level(number_hash: str | None, before_call: int | None = None) -> Level:
    """The level of the newest sheet of any call from a number; NONE when there is none."""
    if not number_hash:
        return Level.NONE
    newest = session.scalar(
        select(RiskSheet.level)
        .join(Call, Call.id == RiskSheet.call_id)
        .where(Call.caller_hash == number_hash, Call.id != (before_call or 0))
        .order_by(Call.offered_at.desc())
        .limit(1)
    )
    return Level(newest or 0)
