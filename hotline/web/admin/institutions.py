"""Institutions: found by any name, written under the name of the period; renamed, merged and closed with dates."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import HotlineError
from hotline.places import institutions as book
from hotline.places import naming
from hotline.places import service as places
from hotline.places.models import Area, Institution
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door

MOST_SHOWN = 200


class InstitutionQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=40))
    closed = fields.Boolean(load_default=False)


class NewForm(Schema):
    name = fields.String(required=True, validate=validate.Length(2, 80))
    since = fields.Date(required=True)
    district_code = fields.String(load_default="", validate=validate.Length(max=6))


class NameForm(Schema):
    name = fields.String(required=True, validate=validate.Length(2, 80))
    since = fields.Date(required=True)
    remark = fields.String(load_default="", validate=validate.Length(max=200))


class MergeForm(Schema):
    institution = fields.String(required=True, validate=validate.Length(2, 80))
    since = fields.Date(required=True)


class PlaceForm(Schema):
    district_code = fields.String(load_default="", validate=validate.Length(max=6))
    handles_orders = fields.Boolean(load_default=False)


class CloseForm(Schema):
    on = fields.Date(required=True)


@door.get("/institutions")
@administrators
def institutions() -> ResponseReturnValue:
    query = gate.query(InstitutionQuery())
    found = book.search(query["q"], MOST_SHOWN, query["closed"])
    return gate.page(
        "admin/institutions.html", institutions=found, districts=_districts(), query=query, today=clock.today()
    )


@door.get("/institutions/like")
@administrators
def institutions_like() -> ResponseReturnValue:
    """Type-ahead for the forms of this door."""
    text = gate.query(InstitutionQuery())["q"]
    found = book.search(text, 12) if text.strip() else []
    return jsonify(items=[{"id": each.id, "name": each.name} for each in found])


def _districts() -> dict[str, str]:
    home = gate.config().home_city
    return {area.code: area.name for area in places.districts(home)}


@door.post("/institutions")
@administrators
def create_institution() -> ResponseReturnValue:
    form = gate.load(NewForm())
    made = book.add(form["name"], since=form["since"], district_code=form["district_code"])
    session.commit()
    gate.done(f"已建立机构 {made.name}。")
    return redirect(url_for("admin.institution", institution_id=made.id), 303)


@door.get("/institutions/<int:institution_id>")
@administrators
def institution(institution_id: int) -> ResponseReturnValue:
    return _show(institution_id)


def _show(institution_id: int, fault: HotlineError | None = None) -> ResponseReturnValue:
    found = book.find(institution_id)
    branches = select(Institution).where(Institution.parent_id == found.id).order_by(Institution.name)
    context: dict[str, Any] = {
        "institution": found,
        "names": book.names_of(found),
        "parent": book.find(found.parent_id) if found.parent_id else None,
        "branches": session.scalars(branches).all(),
        "district": session.get(Area, found.district_code) if found.district_code else None,
        "districts": list(_districts().items()),
        "today": clock.today(),
        "printed": book.printed_name(found, clock.Month.of(clock.today())),
    }
    if fault:
        return gate.refill(fault, "admin/institution.html", **context)
    return gate.page("admin/institution.html", **context)


def _act(
    institution_id: int, schema: Schema, act: Callable[[Institution, dict[str, Any]], object], told: str
) -> ResponseReturnValue:
    """Change one institution."""

    def do() -> str:
        found = book.find(institution_id)
        act(found, gate.load(schema))
        return f"{found.name}：{told}"

    return gate.act(do, partial(_show, institution_id), url_for("admin.institution", institution_id=institution_id))


@door.post("/institutions/<int:institution_id>/name")
@administrators
def rename_institution(institution_id: int) -> ResponseReturnValue:
    return _act(institution_id, NameForm(), lambda which, form: naming.rename(which, **form), "新名称已登记")


@door.post("/institutions/<int:institution_id>/alias")
@administrators
def add_alias(institution_id: int) -> ResponseReturnValue:
    return _act(institution_id, NameForm(), lambda which, form: naming.add_alias(which, **form), "别名已登记")


def _merge(which: Institution, form: dict[str, Any]) -> None:
    naming.merge(which, book.named(form["institution"]), form["since"])


@door.post("/institutions/<int:institution_id>/merge")
@administrators
def merge_institution(institution_id: int) -> ResponseReturnValue:
    return _act(institution_id, MergeForm(), _merge, "已登记合并列示")


@door.post("/institutions/<int:institution_id>/place")
@administrators
def locate_institution(institution_id: int) -> ResponseReturnValue:
    return _act(institution_id, PlaceForm(), lambda which, form: naming.locate(which, **form), "已保存")


@door.post("/institutions/<int:institution_id>/close")
@administrators
def close_institution(institution_id: int) -> ResponseReturnValue:
    return _act(institution_id, CloseForm(), lambda which, form: naming.close(which, form["on"]), "已停用")


@door.post("/institutions/<int:institution_id>/reopen")
@administrators
def reopen_institution(institution_id: int) -> ResponseReturnValue:
    return _act(institution_id, gate.Nothing(), lambda which, _: naming.reopen(which), "已恢复")
