"""What a registration needs before it is complete, by category, in the agent's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hotline.calls import codes
from hotline.calls.list_models import Topic
from hotline.calls.models import Call, Category, Registration
from hotline.db import Base, session
from hotline.errors import Invalid
from hotline.places.models import Area, Institution

CHOSEN_BY_AGENTS = (
    Category.CONSULTATION,
    Category.COMPLAINT,
    Category.PHONE_BOOKING,
    Category.CRISIS,
    Category.MANUAL,
)
"""The categories behind the keys 1 to 5; 6 is invalid."""

RETIRED_FROM = date(2023, 1, 1)
RETIRED = (Category.EXPERT_QA, Category.SATISFACTION_INBOUND)

DEFAULT_NATURE: dict[Category, str] = {
    Category.CONSULTATION: "1",
    Category.COMPLAINT: "4",
    Category.PHONE_BOOKING: "8",
    Category.CRISIS: "2",
}

_REQUIRED: dict[Category, dict[str, str]] = {
    Category.CONSULTATION: {
        "topic_id": "请选择咨询主题，可输拼音首字母",
        "content": "请写下咨询内容",
    },
    Category.COMPLAINT: {
        "content": "请写明投诉的事实：时间、地点、经过",
        "demand": "请写明诉求：对方希望怎样处理",
    },
    Category.PHONE_BOOKING: {"topic_id": "请选择预约业务：预约、退号、查询…"},
    Category.CRISIS: {"topic_id": "请选择问题类型"},
    Category.MANUAL: {"content": "请用一句话写明通话内容"},
}
_NEEDS_BOOKING = ("B1", "B2")


def default_handling(category: Category) -> str:
    """处理方式 where the agent chose none."""
    return {Category.COMPLAINT: "FORWARD", Category.PHONE_BOOKING: "BOOK"}.get(category, "DIRECT")


@dataclass(frozen=True)
class Evidence:
    """What stands beside the call elsewhere in the house: a booking record, a risk sheet."""

    booking: bool = False
    risk_sheet: bool = False


_LISTS = ("nature", "handling", "urgency", "sex", "age_group")
_ROWS: tuple[tuple[str, type[Base], str], ...] = (
    ("topic_id", Topic, "主题不存在"),
    ("institution_id", Institution, "机构不存在"),
    ("district_code", Area, "区不存在"),
)


def check_codes(values: Mapping[str, Any], on: date) -> None:
    """Refuse codes, topics and places that do not exist on the day of the call, even in a draft."""
    for list_name in _LISTS:
        codes.check(list_name, values.get(list_name, ""), on, list_name)
    for field, model, message in _ROWS:
        key = values.get(field)
        if key is not None and session.get(model, key) is None:
            raise Invalid(f"{message}，请重新选择。", fields={field: [message]})


def check_complete(registration: Registration, call: Call, evidence: Evidence) -> None:
    """Raise Invalid naming everything that is still missing."""
    if registration.invalid_type is not None:
        return
    category = registration.category
    if category is None or not _choosable(category, call.business_day):
        raise Invalid("还不能完成：请选择类别。", fields={"category": ["请选择类别（Alt+1 至 Alt+6）"]})
    missing = {
        field: message for field, message in _REQUIRED.get(category, {}).items() if not getattr(registration, field)
    }
    missing |= _topic_fault(registration, call.business_day)
    missing |= _by_category(registration, category, evidence)
    if registration.reply_required and not (registration.contact_phone or call.caller_hash):
        missing["contact_phone"] = "对方要求回复而来电号码未显示，请填写联系电话"
    if missing:
        raise Invalid(
            f"还不能完成：{'；'.join(missing.values())}。", fields={name: [text] for name, text in missing.items()}
        )


def _choosable(category: Category, on: date) -> bool:
    return category in CHOSEN_BY_AGENTS or (category in RETIRED and on < RETIRED_FROM)


def _topic_fault(registration: Registration, on: date) -> dict[str, str]:
    topic = session.get(Topic, registration.topic_id) if registration.topic_id else None
    if topic is None:
        return {}
    if topic.category is not registration.category:
        return {"topic_id": "主题不属于所选类别，请重新选择"}
    in_force = topic.valid_from <= on and (topic.valid_to is None or on < topic.valid_to)
    return {} if in_force else {"topic_id": "该主题在来电当日不可用，请重新选择"}


def _by_category(registration: Registration, category: Category, evidence: Evidence) -> dict[str, str]:
    handling = registration.handling or default_handling(category)
    if category is Category.CONSULTATION and handling == "DIRECT" and not registration.reply:
        return {"reply": "直接答复的，请写下答复内容"}
    if category is Category.COMPLAINT and not (registration.institution_id or registration.district_code):
        return {"institution_id": "请选择被投诉机构；机构不明的，至少选择所在区"}
    if category is Category.CRISIS and not evidence.risk_sheet:
        return {"risk_sheet": "请先填写风险评估表"}
    if category is Category.PHONE_BOOKING and not evidence.booking and _topic_code(registration) in _NEEDS_BOOKING:
        return {"booking": "请先登记或取消预约，再完成"}
    return {}


def _topic_code(registration: Registration) -> str:
    topic = session.get(Topic, registration.topic_id) if registration.topic_id else None
    return topic.code if topic else ""
