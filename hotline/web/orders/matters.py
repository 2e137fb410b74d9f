"""What belongs to an order: linked calls, bundled orders, files."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline import db
from hotline.db import session
from hotline.web import gate
from hotline.web.gate.attachments import attachment
from hotline.web.orders import forms
from hotline.web.orders.entrance import by, config, desks, dispatchers, door, seen, unit_of_viewer
from hotline.workorders import bundles, files, links, moves


def _back(order_id: int, done: str) -> ResponseReturnValue:
    session.commit()
    flash(done)
    return redirect(url_for("orders.show", order_id=order_id), 303)


@door.post("/<int:order_id>/links")
@dispatchers
def link(order_id: int) -> ResponseReturnValue:
    sent = gate.load(forms.Link())
    links.link(moves.locked(seen(order_id).id), sent["call_id"], by(), sent["reason"])
    return _back(order_id, "已关联来电")


@door.post("/<int:order_id>/links/<int:link_id>/undo")
@dispatchers
def unlink(order_id: int, link_id: int) -> ResponseReturnValue:
    sent = gate.load(forms.Unlink())
    links.unlink(moves.locked(seen(order_id).id), link_id, by(), sent["reason"])
    return _back(order_id, "已取消关联")


@door.post("/<int:order_id>/bundle")
@dispatchers
def bundle(order_id: int) -> ResponseReturnValue:
    """Put this order under a main order."""
    sent = gate.load(forms.Bundle())
    main = bundles.merge(seen(order_id).id, seen(sent["parent_id"]).id, by(), sent["reason"])
    return _back(order_id, f"已并入 {main.own_no}，可随时拆单")


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
    found, data = files.read(config().attachments_dir, seen(order_id), ref, unit_of_viewer())
    session.commit()
    return attachment(found.name, found.media_type, data)


@door.post("/<int:order_id>/files/<int:file_id>/release")
@dispatchers
def release_file(order_id: int, file_id: int) -> ResponseReturnValue:
    """Let the handling unit open a file of a confidential order."""
    files.release(moves.locked(seen(order_id).id), file_id, by())
    return _back(order_id, "附件已对承办单位开放")
