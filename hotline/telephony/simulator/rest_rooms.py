"""REST: conferences with their participants, waiting rooms with their members."""

from typing import TYPE_CHECKING, Any

from hotline.telephony.simulator.legs import Redirected, Request
from hotline.telephony.simulator.rest import Reply, RestFault, RestRequest, Router, page
from hotline.telephony.simulator.rest_calls import STALE_SECONDS
from hotline.telephony.simulator.rooms import Participant, Room
from hotline.telephony.simulator.waiting import Waiter, WaitingRoom
from hotline.telephony.simulator.webhooks import API, stamp

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange

router = Router()


def _room(exchange: "Exchange", sid: str) -> Room:
    if sid not in exchange.rooms:
        raise RestFault(404, 20404)
    return exchange.rooms[sid]


def _participant(exchange: "Exchange", sid: str, name: str) -> Participant:
    """By the leg's id or by label."""
    for member in _room(exchange, sid).members.values():
        if name in (member.leg.sid, member.label):
            return member
    raise RestFault(404, 20404)


def _show_room(exchange: "Exchange", room: Room) -> dict[str, Any]:
    uri = f"/{API}/Accounts/{exchange.account}/Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "account_sid": exchange.account,
        "api_version": API,
        "friendly_name": room.name,
        "status": room.status,
        "region": "sg1",
        "date_created": stamp(room.created_at),
        "date_updated": stamp(room.ended_at or room.created_at),
        "reason_conference_ended": None,
        "call_sid_ending_conference": None,
        "uri": uri + ".json",
        "subresource_uris": {"participants": uri + "/Participants.json"},
    }


def _show_participant(exchange: "Exchange", member: Participant) -> dict[str, Any]:
    base = f"/{API}/Accounts/{exchange.account}/Conferences/{member.room.sid}"
    return {
        "call_sid": member.leg.sid,
        "conference_sid": member.room.sid,
        "account_sid": exchange.account,
        "label": member.label or None,
        "muted": member.muted,
        "hold": member.held,
        "coaching": member.coaching,
        "call_sid_to_coach": member.coach or None,
        "end_conference_on_exit": member.end_on_exit,
        "start_conference_on_enter": member.starts,
        "status": "connected",
        "queue_time": None,
        "date_created": stamp(member.joined_at),
        "date_updated": stamp(member.joined_at),
        "uri": f"{base}/Participants/{member.leg.sid}.json",
    }


@router.serve("GET", "/Conferences.json")
def rooms(exchange: "Exchange", request: RestRequest) -> Reply:
    """With stale lists the newest are missing, as with Twilio since 2023."""
    now = exchange.pace.now()
    stale = STALE_SECONDS if exchange.fate.strikes("stale_lists") else -1.0
    found = [
        room
        for room in reversed(exchange.rooms.values())
        if request.get("FriendlyName") in ("", room.name)
        and request.get("Status") in ("", room.status)
        and (now - room.created_at).total_seconds() > stale
    ]
    return page(exchange, request, "conferences", [_show_room(exchange, room) for room in found])


@router.serve("GET", "/Conferences/{}.json")
def room(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    return Reply(200, _show_room(exchange, _room(exchange, sid)))


@router.serve("POST", "/Conferences/{}.json")
def change_room(exchange: "Exchange", request: RestRequest, sid: str) -> Reply:
    found = _room(exchange, sid)
    if request.get("Status") != "completed":
        raise RestFault(400, 20001)
    for member in found.members.values():
        found.put_out(member, "conference_ended_via_api")
    return Reply(200, _show_room(exchange, found))


@router.serve("GET", "/Conferences/{}/Participants.json")
def participants(exchange: "Exchange", request: RestRequest, sid: str) -> Reply:
    members = _room(exchange, sid).members.values()
    return page(exchange, request, "participants", [_show_participant(exchange, member) for member in members])


@router.serve("GET", "/Conferences/{}/Participants/{}.json")
def participant(exchange: "Exchange", _request: RestRequest, sid: str, name: str) -> Reply:
    return Reply(200, _show_participant(exchange, _participant(exchange, sid, name)))


@router.serve("POST", "/Conferences/{}/Participants/{}.json")
def change_participant(exchange: "Exchange", request: RestRequest, sid: str, name: str) -> Reply:
    member = _participant(exchange, sid, name)
    changes: dict[str, bool | str] = {}
    for field, attribute in (
        ("Muted", "muted"),
        ("Hold", "held"),
        ("Coaching", "coaching"),
        ("EndConferenceOnExit", "end_on_exit"),
    ):
        if (value := request.flag(field)) is not None:
            changes[attribute] = value
    if target := request.get("CallSidToCoach"):
        _participant(exchange, sid, target)
        member.coach = target
    if changes.get("held"):
        member.leg.hear("music", "保持音乐")
    member.room.change(member, **changes)
    return Reply(200, _show_participant(exchange, member))


@router.serve("DELETE", "/Conferences/{}/Participants/{}.json")
def remove_participant(exchange: "Exchange", _request: RestRequest, sid: str, name: str) -> Reply:
    member = _participant(exchange, sid, name)
    member.room.put_out(member, "participant_updated_via_api")
    return Reply(204)


def _queue(exchange: "Exchange", sid: str) -> WaitingRoom:
    found = next((queue for queue in exchange.queues.values() if queue.sid == sid), None)
    if found is None:
        raise RestFault(404, 20404)
    return found


def _show_queue(exchange: "Exchange", queue: WaitingRoom) -> dict[str, Any]:
    uri = f"/{API}/Accounts/{exchange.account}/Queues/{queue.sid}"
    average = sum(queue.waits) / len(queue.waits) if queue.waits else 0
    return {
        "sid": queue.sid,
        "account_sid": exchange.account,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.most,
        "average_wait_time": int(average),
        "date_created": stamp(queue.created_at),
        "date_updated": stamp(queue.created_at),
        "uri": uri + ".json",
        "subresource_uris": {"members": uri + "/Members.json"},
    }


def _show_member(exchange: "Exchange", waiter: Waiter) -> dict[str, Any]:
    queue = waiter.room
    return {
        "call_sid": waiter.leg.sid,
        "queue_sid": queue.sid,
        "date_enqueued": stamp(waiter.since),
        "position": queue.members.index(waiter) + 1,
        "wait_time": int((exchange.pace.now() - waiter.since).total_seconds()),
        "uri": f"/{API}/Accounts/{exchange.account}/Queues/{queue.sid}/Members/{waiter.leg.sid}.json",
    }


@router.serve("GET", "/Queues.json")
def queues(exchange: "Exchange", request: RestRequest) -> Reply:
    return page(exchange, request, "queues", [_show_queue(exchange, queue) for queue in exchange.queues.values()])


@router.serve("POST", "/Queues.json")
def create_queue(exchange: "Exchange", request: RestRequest) -> Reply:
    name = request.get("FriendlyName")
    if name in exchange.queues:
        raise RestFault(400, 21247)
    queue = exchange.queue(name)
    queue.most = int(request.get("MaxSize", str(queue.most)))
    return Reply(201, _show_queue(exchange, queue))


@router.serve("GET", "/Queues/{}.json")
def queue(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    return Reply(200, _show_queue(exchange, _queue(exchange, sid)))


@router.serve("GET", "/Queues/{}/Members.json")
def members(exchange: "Exchange", request: RestRequest, sid: str) -> Reply:
    waiting = _queue(exchange, sid).members
    return page(exchange, request, "queue_members", [_show_member(exchange, waiter) for waiter in waiting])


@router.serve("POST", "/Queues/{}/Members/{}.json")
def take_member(exchange: "Exchange", request: RestRequest, sid: str, name: str) -> Reply:
    """Give a waiting leg another document; `Front` is whoever waits longest."""
    for waiter in _queue(exchange, sid).members:
        if name in ("Front", waiter.leg.sid):
            shown = _show_member(exchange, waiter)
            waiter.leg.interrupt(Redirected(Request(request.get("Url"), request.get("Method", "POST"))))
            return Reply(200, shown)
    raise RestFault(404, 20404)
