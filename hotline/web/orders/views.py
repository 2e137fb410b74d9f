"""A person's own views beside the fixed ones: saved from the list as it is narrowed, renamed, deleted."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline.db import session
from hotline.web import gate
from hotline.web.orders import forms
from hotline.web.orders.entrance import desks, door
from hotline.workorders import saved_views


@door.post("/views")
@desks
def save_view() -> ResponseReturnValue:
    """Keep the list's filters under a name."""
    sent = gate.load(forms.NewView())
    made = saved_views.save(gate.person().id, sent["name"], sent)
    session.commit()
    flash(f"已保存视图“{made.name}”")
    return _list(made.filters)


@door.post("/views/<int:view_id>/rename")
@desks
def rename_view(view_id: int) -> ResponseReturnValue:
    """Another name for one's own view."""
    made = saved_views.rename(gate.person().id, view_id, gate.load(forms.NamedView())["name"])
    session.commit()
    flash(f"视图已改名为“{made.name}”")
    return _list(made.filters)


@door.post("/views/<int:view_id>/delete")
@desks
def delete_view(view_id: int) -> ResponseReturnValue:
    """One's own view goes; its orders stay where they are."""
    saved_views.delete(gate.person().id, view_id)
    session.commit()
    flash("视图已删除")
    return redirect(url_for("orders.inbox"), 303)


def _list(filters: dict[str, str]) -> ResponseReturnValue:
    return redirect(url_for("orders.inbox", _external=False, **filters), 303)
