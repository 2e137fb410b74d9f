"""What belongs to an order: linked calls, bundled orders, files."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hotline import db
from hotline.calls.models import Call
from hotline.db import session
from hotline.errors import Invalid, NotFound
from hotline.web import gate
from hotline.web.gate.attachments import attachment
from hotline.web.orders import forms, show
from hotline.web.orders.entrance import by, config, desks, dispatchers, door, may_know, seen, unit_of_viewer
from hotline.workorders import bundles, files, links, moves
from hotline.workorders.models import Order
from hotline.workorders.reasons import needed


def _back(order_id: int, done: str) -> ResponseReturnValue:
    session.commit()
    flash(done)
    return redirect(url_for("orders.show", order_id=order_id), 303)


def _refill(order_id: int, fault: Invalid, form_name: str) -> ResponseReturnValue:
    """The order's page again, with what was typed and why it was not taken."""
    session.rollback()
    return show.page(seen(order_id), fault=fault, failed_act=form_name, form=request.form), fault.status


@door.post("/<int:order_id>/links")
@dispatchers
def link(order_id: int) -> ResponseReturnValue:
    """Put a call to this order: one that was proposed, or one that a person names, with the reason."""
    order = seen(order_id)
    try:
        sent = gate.load(forms.Link())
        call = _proposed(sent["call_id"]) if sent["call_id"] is not None else _named(sent)
        links.link(moves.locked(order.id), call.id, by(), sent["reason"])
    except Invalid as fault:
        return _refill(order_id, fault, "link")
    return _back(order_id, "已关联来电")


def _proposed(call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None or not may_know(call):
        raise NotFound("没有这个来电")
    return call


def _named(sent: dict[str, Any]) -> Call:
    typed = needed(sent["call"], "call")
    needed(sent["reason"])
    call = links.call_named(typed)
    if call is None or not may_know(call):
        raise Invalid(f"没有编号为“{typed}”的来电", fields={"call": [f"没有编号为“{typed}”的来电"]})
    return call


@door.post("/<int:order_id>/links/<int:link_id>/undo")
@dispatchers
def unlink(order_id: int, link_id: int) -> ResponseReturnValue:
    order = seen(order_id)
    try:
        links.unlink(moves.locked(order.id), link_id, by(), gate.load(forms.Unlink())["reason"])
    except Invalid as fault:
        return _refill(order_id, fault, f"unlink-{link_id}")
    return _back(order_id, "已取消关联")


@door.post("/<int:order_id>/bundle")
@dispatchers
def bundle(order_id: int) -> ResponseReturnValue:
    """Put this order under a main order: one that was proposed, or one that a person names, with the reason."""
    order = seen(order_id)
    try:
        sent = gate.load(forms.Bundle())
        main = seen(sent["parent_id"]) if sent["parent_id"] is not None else _main(sent)
        main = bundles.merge(order.id, main.id, by(), sent["reason"])
    except Invalid as fault:
        return _refill(order_id, fault, "bundle")
    return _back(order_id, f"已并入 {main.own_no}，可随时拆单")


def _main(sent: dict[str, Any]) -> Order:
    typed = needed(sent["parent"], "parent")
    needed(sent["reason"])
    return bundles.named(typed)


@door.post("/<int:order_id>/files")
@desks
def add_file(order_id: int) -> ResponseReturnValue:
    upload = gate.load(forms.File())["file"]
    order = moves.locked(seen(order_id).id)
    files.add(config().attachments_dir, order, upload.filename or "", upload.read(files.MOST_BYTES + 1), by())
    return _back(order_id, "附件已保存")


@door.get("/<int:order_id>/files/<ref>")
@desks
def read_file(order_id: int, ref: str) -> ResponseReturnValue:
    db.declare_reader(False)  # who read a file is written down
    order, unit_id = seen(order_id), unit_of_viewer()
    found, data = files.read(config().attachments_dir, order, ref, unit_id)
    session.commit()
    return attachment(files.name_for(order, found, unit_id), found.media_type, data)


@door.post("/<int:order_id>/files/<int:file_id>/release")
@dispatchers
def release_file(order_id: int, file_id: int) -> ResponseReturnValue:
    """Let the handling unit open a file of a confidential order."""
    files.release(moves.locked(seen(order_id).id), file_id, by())
    return _back(order_id, "附件已对承办单位开放")
