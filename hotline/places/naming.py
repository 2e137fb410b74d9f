"""Changing what an institution is called, to whom it belongs, and whether it still is; old months keep old names."""

from datetime import date

from sqlalchemy import select

from hotline import audit
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.places import institutions
from hotline.places.models import Institution, InstitutionName


def rename(institution: Institution, name: str, since: date, remark: str = "") -> None:
    """Print `name` from `since` on. What was printed before keeps its months and is still found as a name."""
    name = name.strip()
    holder = institutions.by_name(name)
    if holder is not None and holder.id != institution.id:
        raise Conflict(f"“{name}”已是{holder.name}的名称。", fields={"name": ["已被使用"]})
    current = _current(institution)
    if current is not None:
        if current.name == name:
            raise Invalid("与现用名称相同。", fields={"name": ["与现用名称相同"]})
        if since <= current.valid_from:
            message = f"更名日期须晚于现用名称的启用日期 {current.valid_from}"
            raise Invalid(f"{message}。", fields={"since": [message]})
        current.valid_to = since
    session.flush()
    institutions.add_name(institution, name, printed=True, since=since, remark=remark)
    before, institution.name = institution.name, name
    session.flush()
    audit.record("institution.renamed", f"institution:{institution.id}", before=before, after=name, since=str(since))


def _current(institution: Institution) -> InstitutionName | None:
    return session.scalars(
        select(InstitutionName)
        .where(InstitutionName.institution_id == institution.id, InstitutionName.printed)
        .where(InstitutionName.valid_to.is_(None))
    ).first()


def add_alias(institution: Institution, name: str, since: date, remark: str = "") -> None:
    """Let the institution be found under another name."""
    name = name.strip()
    holder = institutions.by_name(name)
    if holder is not None:
        raise Conflict(f"“{name}”已是{holder.name}的名称。", fields={"name": ["已被使用"]})
    institutions.add_name(institution, name, printed=False, since=since, remark=remark)
    audit.record("institution.alias", f"institution:{institution.id}", name=name)


def merge(branch: Institution, parent: Institution, since: date) -> None:
    """From `since` on the branch is printed under its parent; its own calls and orders stay its own."""
    if branch.id == parent.id or parent.parent_id == branch.id:
        raise Invalid("不能并入自己或自己的分院。", fields={"parent_id": ["不能并入自己或自己的分院"]})
    current = _current(branch)
    if current is not None:
        if since <= current.valid_from:
            message = f"合并日期须晚于现用名称的启用日期 {current.valid_from}"
            raise Invalid(f"{message}。", fields={"since": [message]})
        current.valid_to = since
    branch.parent_id = parent.id
    session.flush()
    audit.record("institution.merged", f"institution:{branch.id}", parent=parent.id, since=str(since))


def close(institution: Institution, on: date) -> None:
    """No new calls, bookings or orders from now on; everything before stays."""
    if institution.closed_on is not None:
        raise Conflict(f"{institution.name}已于 {institution.closed_on} 停用。")
    institution.closed_on = on
    session.flush()
    audit.record("institution.closed", f"institution:{institution.id}", on=str(on))


def reopen(institution: Institution) -> None:
    institution.closed_on = None
    session.flush()
    audit.record("institution.reopened", f"institution:{institution.id}")


def locate(institution: Institution, district_code: str | None, handles_orders: bool) -> None:
    """Say where it stands and whether orders can be sent to it."""
    institution.district_code, institution.handles_orders = district_code or None, handles_orders
    session.flush()
    audit.record("institution.located", f"institution:{institution.id}")
