"""提醒 on the pages: the list of what waits for one's side, and the click that says it was seen."""

from flask import flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline.db import session
from hotline.people import service as people
from hotline.people.models import Role
from hotline.places import institutions
from hotline.web import gate
from hotline.web.orders import forms, words
from hotline.web.orders.entrance import by, door, unit_of_viewer
from hotline.workorders import notices, secrecy
from hotline.workorders.notices import Notice

told = gate.allow(Role.DISPATCHER, Role.SUPERVISOR, Role.UNIT)


@door.get("/notices", endpoint="notices")
@told
def notice_list() -> ResponseReturnValue:
    """What waits, and what was seen lately."""
    query, unit_id = gate.query(forms.Notices()), unit_of_viewer()
    rows = notices.seen_lately(unit_id) if query["seen"] else notices.waiting(unit_id)
    return gate.page(
        "orders/notices.html",
        rows=rows,
        said={row.notice.id: _said(row, unit_id) for row in rows},
        names=people.names(row.notice.seen_by_id for row in rows),
        units=institutions.names(row.order.unit_id for row in rows),
        seen=query["seen"],
        of_unit=unit_id,
        **words.LABELS,
    )


@door.get("/notices/count")
@told
def notice_count() -> ResponseReturnValue:
    """How many wait: what an open page asks for every half minute."""
    return jsonify(count=notices.count(unit_of_viewer()))


def _said(row: Notice, unit_id: int | None) -> dict[str, str]:
    """The order's title and the notice's own words, as this viewer may see them."""
    texts = {"title": row.order.title, "reason": row.line.reason}
    return {name: secrecy.text(row.order, text, unit_id) for name, text in texts.items()}


@door.post("/notices/seen")
@told
def acknowledge() -> ResponseReturnValue:
    """知悉."""
    sent = gate.load(forms.Seen())
    done = notices.acknowledge(sent["notice_ids"], by())
    session.commit()
    flash(f"已知悉 {done} 条提醒")
    if sent["order_id"] is not None:
        return redirect(url_for("orders.show", order_id=sent["order_id"]), 303)
    return redirect(url_for("orders.notices"), 303)
