"""Many completed registrations at once, for calls that were written as whole histories. Same rows, same versions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from hotline.calls.models import Registration, RegistrationState, RegistrationVersion
from hotline.calls.numbers import normalise
from hotline.calls.registration_rules import DEFAULT_NATURE, default_handling
from hotline.calls.registration_versions import body_of
from hotline.db import session


@dataclass(frozen=True)
class Written:
    """What one agent wrote about one call, and when. `values` are fields of the form."""

    call_id: int
    agent_id: int
    at: datetime
    values: Mapping[str, Any]


def record(written: Sequence[Written]) -> None:
    """Write completed forms with their first version. The calls were settled with the same category already."""
    if not written:
        return
    forms = [_form(one) for one in written]
    session.execute(insert(Registration), [_row(form) for form in forms])
    session.execute(
        insert(RegistrationVersion),
        [
            {
                "call_id": form.call_id,
                "version": 1,
                "at": form.completed_at,
                "by_id": form.agent_id,
                "reason": "",
                "body": json.dumps(body_of(form), ensure_ascii=False),
            }
            for form in forms
        ],
    )


def _form(one: Written) -> Registration:
    category = one.values.get("category")
    defaults = {
        "nature": DEFAULT_NATURE.get(category, "7") if category else "",
        "handling": default_handling(category) if category else "",
        "urgency": "0",
        "confidential": False,
        "reply_required": False,
        "sex": "",
        "age_group": "",
    }
    values = {**defaults, **one.values}
    return Registration(
        call_id=one.call_id,
        agent_id=one.agent_id,
        version=1,
        state=RegistrationState.COMPLETE,
        saved_at=one.at,
        completed_at=one.at,
        contact_hash=normalise(values["contact_phone"]).hash if values.get("contact_phone") else None,
        **values,
    )


def _row(form: Registration) -> dict[str, Any]:
    return {column.key: getattr(form, column.key) for column in Registration.__table__.columns}
