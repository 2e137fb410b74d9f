"""The agent's registration (受理单): draft, 待补录, complete, corrected. Nothing an agent types is lost.

Every verb locks the call's row first, so that two writers stand in line and the second is told the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from hotline import audit, clock, jobs
from hotline.calls import codes, intake, registration_versions
from hotline.calls.events import Event
from hotline.calls.models import Call, Category, EventKind, Registration, RegistrationState
from hotline.calls.numbers import normalise
from hotline.calls.registration_rules import (
    DEFAULT_NATURE,
    Evidence,
    check_codes,
    check_complete,
    default_handling,
)
from hotline.calls.registration_versions import FIELDS, difference
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.people.models import Account
from hotline.places.models import Area


@dataclass(frozen=True)
class Writer:
    """Who writes: agents their own calls, supervisors any."""

    id: int
    supervisor: bool = False


def open_draft(call_id: int, agent_id: int) -> Registration:
    """Begin the form when an agent takes a call. The agent's earlier draft goes to 待补录 by itself.

    After a transfer the form that was begun goes on under the agent who has the caller now.
    """
    intake.lock_call(call_id)
    found = session.get(Registration, call_id, populate_existing=True)
    if found and (found.state is RegistrationState.COMPLETE or found.agent_id == agent_id):
        return found
    drafts = update(Registration).where(
        Registration.agent_id == agent_id, Registration.state == RegistrationState.DRAFT
    )
    session.execute(drafts.values(state=RegistrationState.PENDING), execution_options={"synchronize_session": "fetch"})
    if found is None:
        return _begin(call_id, agent_id)
    found.agent_id, found.state = agent_id, RegistrationState.DRAFT
    session.flush()
    return found


def _begin(call_id: int, agent_id: int) -> Registration:
    made = Registration(
        call_id=call_id, agent_id=agent_id, state=RegistrationState.DRAFT, saved_at=clock.now(), urgency="0"
    )
    session.add(made)
    session.flush()
    return made


def unfinished(agent_id: int) -> list[tuple[Registration, Call]]:
    """The agent's draft and everything in 待补录, oldest first."""
    rows = session.execute(
        select(Registration, Call)
        .join(Call, Call.id == Registration.call_id)
        .where(
            Registration.agent_id == agent_id,
            Registration.state.in_([RegistrationState.DRAFT, RegistrationState.PENDING]),
        )
        .order_by(Call.offered_at, Call.id)
    )
    return [(row[0], row[1]) for row in rows]


def save(call_id: int, by: Writer, values: Mapping[str, Any], version: int) -> Registration:
    """Keep a draft as it stands. Raises Conflict with the difference when somebody else saved in between."""
    call, found = _taken(call_id, by)
    if found.state is RegistrationState.COMPLETE:
        raise Conflict("这张受理单已经完成，修改请用“更正”。", version=found.version)
    _write(call, found, values, version)
    return found


def complete(
    call_id: int, by: Writer, values: Mapping[str, Any], version: int, evidence: Evidence | None = None
) -> Registration:
    """Finish the form. Raises Invalid naming what is missing; what was typed is written all the same."""
    call, found = _taken(call_id, by)
    if found.state is RegistrationState.COMPLETE:
        raise Conflict("这张受理单已经完成，修改请用“更正”。", version=found.version)
    _write(call, found, values, version)
    _finish(call, found, by, "", evidence or Evidence(), was=None)
    return found


def correct(
    call_id: int, by: Writer, values: Mapping[str, Any], version: int, reason: str, evidence: Evidence | None = None
) -> Registration:
    """Change a completed form, with a reason; every version is kept."""
    if not reason.strip():
        raise Invalid("请写明更正原因。", fields={"reason": ["请写明更正原因"]})
    call, found = _taken(call_id, by)
    if found.state is not RegistrationState.COMPLETE:
        raise Conflict("这张受理单还没有完成，直接填写即可。", version=found.version)
    was = found.category
    _write(call, found, values, version)
    audit.record("registration.correct", f"call:{call_id}", reason=reason.strip())
    _finish(call, found, by, reason.strip(), evidence or Evidence(), was)
    return found


def may_write(call: Call, by: Writer) -> bool:
    """Whether the call is theirs to write: who took it, whose form it has become, any supervisor."""
    form = session.get(Registration, call.id, populate_existing=True)
    return by.supervisor or by.id in (call.agent_id, form.agent_id if form else None)


def _taken(call_id: int, by: Writer) -> tuple[Call, Registration]:
    """The call, locked, with its form; the form is begun if there is none."""
    intake.lock_call(call_id)
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("没有这个来电。")
    if not may_write(call, by):
        raise Refused("这是其他坐席的来电，只有本人和班长可以填写。")
    return call, session.get(Registration, call_id) or _begin(call_id, call.agent_id or by.id)


def _write(call: Call, found: Registration, values: Mapping[str, Any], version: int) -> None:
    tidy = _tidied(call, values)
    changes = difference(found, tidy)
    if not changes:
        return
    check_codes(tidy, call.business_day)
    untouched = version == 0 and found.version == 1
    if version != found.version and not untouched:
        raise _conflict(found, changes, call.business_day)
    place = (found.category, found.invalid_type)
    for name, value in tidy.items():
        setattr(found, name, value)
    if "contact_phone" in tidy:
        found.contact_hash = normalise(found.contact_phone).hash
    found.saved_at = clock.now()
    session.flush()
    if place != (found.category, found.invalid_type):
        intake.resettle(call.id)


def _conflict(found: Registration, changes: dict[str, dict[str, Any]], on: date) -> Conflict:
    name = session.scalar(select(Account.name).where(Account.id == found.agent_id))
    for field_name, change in changes.items():
        change["mine_words"] = registration_versions.in_words(field_name, change["mine"], on)
        change["theirs_words"] = registration_versions.in_words(field_name, change["theirs"], on)
    return Conflict(
        f"这张受理单刚被修改过（登记人 {name}），没有覆盖。请核对差异后再保存。",
        version=found.version,
        saved_at=found.saved_at.isoformat(),
        difference=changes,
    )


def _tidied(call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
    """Blank texts become nothing, the phone its one form; an invalid call has no category."""
    tidy = {name: values[name] for name in FIELDS if name in values}
    for name in ("caller_name", "contact_phone", "content", "demand", "reply", "remark"):
        if name in tidy:
            tidy[name] = (tidy[name] or "").strip() or None
    if tidy.get("contact_phone"):
        dial = session.scalar(select(Area.dial_code).where(Area.code == call.city_code))
        tidy["contact_phone"] = normalise(tidy["contact_phone"], dial or "").display or tidy["contact_phone"]
    if tidy.get("invalid_type"):
        tidy["category"] = None
    elif tidy.get("category"):
        tidy["invalid_type"] = None
    return tidy


def _finish(call: Call, found: Registration, by: Writer, reason: str, evidence: Evidence, was: Category | None) -> None:
    check_complete(found, call, evidence)
    if found.category:
        found.nature = found.nature or DEFAULT_NATURE.get(found.category, "7")
        found.handling = found.handling or default_handling(found.category)
    found.state = RegistrationState.COMPLETE
    found.completed_at = found.completed_at or clock.now()
    found.saved_at = clock.now()
    session.flush()
    registration_versions.keep(found, by.id, reason)
    if Category.COMPLAINT in (found.category, was):
        jobs.enqueue(jobs.Job.OPEN_SELF_ORDER, key=f"{call.id}:{found.version}", call_id=call.id)


@dataclass(frozen=True)
class ManualEntry:
    """A call taken outside the line: by letter, from a voicemail, or while the line was away."""

    channel: str
    at: datetime
    minutes: int
    reason: str
    caller: str = ""
    city_code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def enter(entry: ManualEntry, by: Writer, evidence: Evidence | None = None) -> Registration:
    """Register a call by hand, back-dated if need be, with a reason and an entry in the trail."""
    if not entry.reason.strip():
        raise Invalid("请写明补录原因。", fields={"reason": ["请写明补录原因"]})
    if entry.at > clock.now():
        raise Invalid("来电时间不能晚于现在。", fields={"at": ["来电时间不能晚于现在"]})
    codes.check("channel", entry.channel or "?", clock.business_day(entry.at), "channel")
    end = entry.at + timedelta(minutes=entry.minutes)
    ref = uuid4().hex
    stint = {"agent": by.id, "stint": 1, "turn": 1}
    events = (
        Event(f"{ref}:offered", EventKind.OFFERED, entry.at),
        Event(f"{ref}:connected", EventKind.CONNECTED, entry.at, stint),
        Event(f"{ref}:left", EventKind.AGENT_LEFT, end, {**stint, "finished": True}),
        Event(f"{ref}:ended", EventKind.LEG_STATUS, end, {"status": "completed"}),
    )
    history = intake.History("manual", ref, events, caller=entry.caller or None, channel=entry.channel)
    (call_id,) = intake.record([history], entry.city_code)
    _taken(call_id, by)
    found = complete(call_id, by, entry.values, 0, evidence)
    audit.record("call.manual", f"call:{call_id}", channel=entry.channel, reason=entry.reason.strip())
    return found
