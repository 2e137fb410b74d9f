"""REST: calls."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hotline.telephony.simulator.legs import HungUp, Leg, Request, StatusHook
from hotline.telephony.simulator.rest import AnswerLost, Reply, RestFault, RestRequest, Router, page
from hotline.telephony.simulator.webhooks import API, stamp

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange

router = Router()
STALE_SECONDS = 5.0
RING_SECONDS = 60.0


def show(exchange: "Exchange", leg: Leg) -> dict[str, Any]:
    """REST knows no `initiated`."""
    uri = f"/{API}/Accounts/{exchange.account}/Calls/{leg.sid}"
    return {
        "sid": leg.sid,
        "account_sid": exchange.account,
        "api_version": API,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "from": leg.caller,
        "from_formatted": leg.caller,
        "to": leg.called,
        "to_formatted": leg.called,
        "status": "queued" if leg.status == "initiated" else leg.status,
        "direction": leg.direction,
        "date_created": stamp(leg.created_at),
        "date_updated": stamp(leg.ended_at or leg.created_at),
        "start_time": stamp(leg.created_at),
        "end_time": stamp(leg.ended_at) if leg.ended_at else None,
        "duration": str(leg.seconds) if leg.over else None,
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "annotation": None,
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "phone_number_sid": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": uri + ".json",
        "subresource_uris": {"recordings": uri + "/Recordings.json"},
    }


def leg_of(exchange: "Exchange", sid: str) -> Leg:
    if sid not in exchange.legs:
        raise RestFault(404, 20404)
    return exchange.legs[sid]


@router.serve("POST", "/Calls.json")
def create(exchange: "Exchange", request: RestRequest) -> Reply:
    if not request.get("To"):
        raise RestFault(400, 21201)
    if not request.get("Url"):
        raise RestFault(400, 21205)
    hook = None
    if url := request.get("StatusCallback"):
        events = frozenset(request.form.get("StatusCallbackEvent", ["completed"]))
        hook = StatusHook(url, request.get("StatusCallbackMethod", "POST"), events)
    then = Request(request.get("Url"), request.get("Method", "POST"))
    seconds = float(request.get("Timeout") or RING_SECONDS)
    leg = exchange.originate(request.get("From"), request.get("To"), then, hook, seconds)
    if exchange.fate.strikes("lost_create"):
        raise AnswerLost
    return Reply(201, show(exchange, leg))


@router.serve("GET", "/Calls.json")
def index(exchange: "Exchange", request: RestRequest) -> Reply:
    """Newest first. With stale lists the last seconds are missing."""
    found = [leg for leg in reversed(exchange.legs.values()) if _wanted(leg, request)]
    if exchange.fate.strikes("stale_lists"):
        now = exchange.pace.now()
        found = [leg for leg in found if (now - leg.created_at).total_seconds() > STALE_SECONDS]
    return page(exchange, request, "calls", [show(exchange, leg) for leg in found])


@router.serve("GET", "/Calls/{}.json")
def fetch(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    return Reply(200, show(exchange, leg_of(exchange, sid)))


@router.serve("POST", "/Calls/{}.json")
def update(exchange: "Exchange", request: RestRequest, sid: str) -> Reply:
    """A new document, or the end."""
    leg = leg_of(exchange, sid)
    if not leg.over and exchange.fate.strikes("race"):
        exchange.hang_up(leg)
        raise RestFault(400, 21220)
    if leg.over or isinstance(leg.interruption, HungUp):
        raise RestFault(400, 21220)
    if status := request.get("Status"):
        leg.interrupt(HungUp(status))
    elif url := request.get("Url"):
        exchange.redirect(leg, Request(url, request.get("Method", "POST")))
    else:
        raise RestFault(400, 20001)
    return Reply(200, show(exchange, leg))


@router.serve("DELETE", "/Calls/{}.json")
def delete(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    if not leg_of(exchange, sid).over:
        raise RestFault(400, 21220)
    del exchange.legs[sid]
    return Reply(204)


def _wanted(leg: Leg, request: RestRequest) -> bool:
    same = {
        "Status": leg.status,
        "To": leg.called,
        "From": leg.caller,
        "ParentCallSid": leg.parent.sid if leg.parent else "",
    }
    if any(request.get(name) not in ("", value) for name, value in same.items()):
        return False
    at = leg.created_at.replace(microsecond=0)
    after, before = request.get("StartTime>"), request.get("StartTime<")
    return (not after or at >= datetime.fromisoformat(after)) and (not before or at <= datetime.fromisoformat(before))
