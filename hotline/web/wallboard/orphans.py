"""Events whose call never appeared, and settling them."""

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline.db import session
from hotline.errors import Conflict, HotlineError, Unavailable
from hotline.queues import orphans
from hotline.telephony.provider import LegGone, LegSnapshot, ProviderUnavailable
from hotline.web import gate
from hotline.web.wallboard import door


class ReasonForm(Schema):
    reason = fields.String(required=True, validate=validate.Length(2, 200))


@door.get("/orphans")
def strays() -> ResponseReturnValue:
    return _show()


def _show(fault: HotlineError | None = None) -> ResponseReturnValue:
    calls = orphans.unsettled()
    context = {
        "calls": calls,
        "events": orphans.events(calls),
        "total": orphans.count(),
        "event_label": orphans.EVENT_LABEL,
        "provider": gate.provider().name,
    }
    if fault:
        return gate.refill(fault, "wallboard/orphans.html", **context)
    return gate.page("wallboard/orphans.html", **context)


@door.post("/orphans/<int:call_id>/adopt")
def adopt_stray(call_id: int) -> ResponseReturnValue:
    """Ask the provider who called and when; no transaction waits for its answer."""

    def do() -> str:
        gate.load(gate.Nothing())
        ref = orphans.find(call_id, gate.provider().name)
        session.commit()
        orphans.adopt(call_id, _fetched(ref))
        return "已按电话平台的记录补全来电号码与呼入时间。"

    return gate.act(do, _show, url_for("wallboard.strays"))


def _fetched(ref: str) -> LegSnapshot:
    try:
        with gate.aside():
            return gate.provider().fetch_leg(ref)
    except LegGone as gone:
        raise Conflict("电话平台查无此呼叫：请写明情况后销去") from gone
    except ProviderUnavailable as away:
        raise Unavailable("电话平台暂时没有应答，请稍后再核对", retry_after=30) from away


@door.post("/orphans/<int:call_id>/close")
def close_stray(call_id: int) -> ResponseReturnValue:
    def do() -> str:
        orphans.close(call_id, gate.person().id, gate.load(ReasonForm())["reason"])
        return "已销去；事件仍保留在来电记录中。"

    return gate.act(do, _show, url_for("wallboard.strays"))
