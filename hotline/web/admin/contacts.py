"""The outside parties that agents can join to a conversation: added, renamed, renumbered, taken out of use."""

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline.errors import HotlineError
from hotline.queues import contacts as book
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door


class ContactForm(Schema):
    name = fields.String(required=True, validate=validate.Length(2, 40))
    number = fields.String(required=True, validate=validate.Length(3, 40))


@door.get("/contacts")
@administrators
def contacts() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    rows = [(row, book.shown(row)) for row in book.all_contacts()]
    if fault:
        return gate.refill(fault, "admin/contacts.html", rows=rows)
    return gate.page("admin/contacts.html", rows=rows)


@door.post("/contacts")
@administrators
def add_contact() -> ResponseReturnValue:
    def do() -> str:
        made = book.add(**gate.load(ContactForm()))
        return f"已登记 {made.name}（{book.shown(made)}）。"

    return gate.act(do, _show, url_for("admin.contacts"))


@door.post("/contacts/<contact_code>")
@administrators
def change_contact(contact_code: str) -> ResponseReturnValue:
    def do() -> str:
        kept = book.change(contact_code, **gate.load(ContactForm()))
        return f"已保存 {kept.name}（{book.shown(kept)}）。"

    return gate.act(do, _show, url_for("admin.contacts"))


@door.post("/contacts/<contact_code>/remove")
@administrators
def remove_contact(contact_code: str) -> ResponseReturnValue:
    def do() -> str:
        gate.load(gate.Nothing())
        return f"{book.remove(contact_code).name} 已停用。"

    return gate.act(do, _show, url_for("admin.contacts"))
