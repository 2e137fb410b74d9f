"""People: the list, a new account, one account's page."""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError
from hotline.people import service, sessions
from hotline.people.models import ROLE_LABEL, Account, Role, SignIn
from hotline.places import institutions
from hotline.places import service as places
from hotline.places.models import Institution
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door


class PeopleQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=40))
    role = fields.Enum(Role, by_value=True, load_default=None)
    disabled = fields.Boolean(load_default=False)


class BoundForm(Schema):
    """What an account may do and what it is bound to."""

    roles = fields.List(fields.Enum(Role, by_value=True), load_default=list)
    institution = fields.String(load_default="", validate=validate.Length(max=80))
    city_code = fields.String(load_default="", validate=validate.Length(max=6))


class AccountForm(BoundForm):
    login = fields.String(required=True, validate=validate.Length(3, 40))
    name = fields.String(required=True, validate=validate.Length(1, 40))
    agent_no = fields.String(load_default="", validate=validate.Length(max=12))
    password = fields.String(required=True, validate=validate.Length(1, 128))


@door.get("/people")
@administrators
def people() -> ResponseReturnValue:
    query = gate.query(PeopleQuery())
    found = service.listing(query["q"], query["role"], query["disabled"])
    units = {each.institution_id for each in found if each.institution_id}
    names = dict(session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(units))).all())
    return gate.page(
        "admin/people.html",
        accounts=found,
        roles=service.roles_of(found),
        units=names,
        cities={area.code: area.short for area in places.cities()},
        query=query,
        now=clock.now(),
    )


@door.get("/people/new")
@administrators
def new_person() -> ResponseReturnValue:
    return _new()


def _new(fault: HotlineError | None = None) -> ResponseReturnValue:
    context: dict[str, Any] = {"city_choices": _city_choices(), "all_roles": ROLE_LABEL}
    if fault:
        return gate.refill(fault, "admin/person_new.html", **context)
    return gate.page("admin/person_new.html", **context)


def _city_choices() -> list[tuple[str, str]]:
    return [(area.code, area.name) for area in places.cities()]


@door.post("/people")
@administrators
def create_person() -> ResponseReturnValue:
    try:
        form = gate.load(AccountForm())
        account = service.create(
            form["login"],
            form["name"],
            form["password"],
            form["roles"],
            agent_no=form["agent_no"],
            institution_id=unit_named(form["institution"]),
            city_code=form["city_code"],
        )
    except HotlineError as fault:
        session.rollback()
        return _new(fault)
    session.commit()
    gate.done(f"已建立账户 {account.login}，首次登录时须修改密码。")
    return redirect(url_for("admin.person", account_id=account.id), 303)


def unit_named(text: str) -> int | None:
    """The institution of a name typed into a form; None for none. Raises Invalid with the likely ones."""
    return institutions.named(text).id if text.strip() else None


@door.get("/people/<int:account_id>")
@administrators
def person(account_id: int) -> ResponseReturnValue:
    return show(account_id)


def show(account_id: int, fault: HotlineError | None = None) -> ResponseReturnValue:
    """One account's page, with what went wrong when an act was refused."""
    account = service.find(account_id)
    context: dict[str, Any] = {
        "account": account,
        "roles": service.roles_of([account])[account.id],
        "unit": institutions.find(account.institution_id).name if account.institution_id else "",
        "city_choices": _city_choices(),
        "end_reason": end_reason,
        "all_roles": ROLE_LABEL,
        "sign_ins": _sign_ins(account),
        "now": clock.now(),
    }
    return gate.refill(fault, "admin/person.html", **context) if fault else gate.page("admin/person.html", **context)


def _sign_ins(account: Account) -> list[SignIn]:
    query = select(SignIn).where(SignIn.account_id == account.id, SignIn.pending.is_(False))
    return list(session.scalars(query.order_by(SignIn.id.desc()).limit(10)))


END_REASON = {
    "sign_out": "退出登录",
    "roles": "角色变更",
    "disabled": "账户停用",
    "password": "密码变更",
    "second_factor": "两步验证停用",
    "administrator": "管理员结束",
    "expired": "超时",
}


def end_reason(sign_in: SignIn) -> str:
    """Why a session ended, in words; an open one that has outlived its time is over as well."""
    if sign_in.ended_at is not None:
        return END_REASON.get(sign_in.end_reason, sign_in.end_reason)
    return "" if sessions.alive(sign_in, gate.lifetime()) else END_REASON["expired"]
