"""REST: recordings, running and ready."""

from typing import TYPE_CHECKING, Any

from hotline.telephony.simulator.legs import StatusHook
from hotline.telephony.simulator.recordings import Recording
from hotline.telephony.simulator.rest import Reply, RestFault, RestRequest, Router, page
from hotline.telephony.simulator.rest_calls import leg_of
from hotline.telephony.simulator.webhooks import API, stamp

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange

router = Router()
CURRENT = "Twilio.CURRENT"


def _show(exchange: "Exchange", recording: Recording) -> dict[str, Any]:
    return {
        "sid": recording.sid,
        "account_sid": exchange.account,
        "api_version": API,
        "call_sid": recording.leg.sid,
        "conference_sid": recording.room_sid or None,
        "channels": recording.channels,
        "source": recording.source,
        "status": recording.status,
        "start_time": stamp(recording.started_at),
        "duration": str(recording.seconds) if recording.ended_at else None,
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "track": "both",
        "encryption_details": None,
        "media_url": recording.url,
        "date_created": stamp(recording.started_at),
        "date_updated": stamp(recording.ended_at or recording.started_at),
        "uri": f"/{API}/Accounts/{exchange.account}/Recordings/{recording.sid}.json",
        "subresource_uris": {},
    }


def _recording(exchange: "Exchange", sid: str) -> Recording:
    if sid not in exchange.recordings:
        raise RestFault(404, 20404)
    return exchange.recordings[sid]


@router.serve("GET", "/Recordings.json")
def index(exchange: "Exchange", request: RestRequest) -> Reply:
    wanted = request.get("CallSid")
    found = [each for each in reversed(exchange.recordings.values()) if wanted in ("", each.leg.sid)]
    return page(exchange, request, "recordings", [_show(exchange, each) for each in found])


@router.serve("GET", "/Recordings/{}.json")
def fetch(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    return Reply(200, _show(exchange, _recording(exchange, sid)))


@router.serve("GET", "/Recordings/{}.wav")
def media(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    recording = _recording(exchange, sid)
    if recording.status != "completed":
        raise RestFault(404, 20404)
    return Reply(200, recording.sound(), "audio/x-wav")


@router.serve("DELETE", "/Recordings/{}.json")
def delete(exchange: "Exchange", _request: RestRequest, sid: str) -> Reply:
    _recording(exchange, sid)
    del exchange.recordings[sid]
    return Reply(204)


@router.serve("POST", "/Calls/{}/Recordings.json")
def start(exchange: "Exchange", request: RestRequest, sid: str) -> Reply:
    leg = leg_of(exchange, sid)
    if leg.over:
        raise RestFault(400, 21220)
    hook = None
    if url := request.get("RecordingStatusCallback"):
        events = frozenset(request.form.get("RecordingStatusCallbackEvent", ["completed"]))
        hook = StatusHook(url, request.get("RecordingStatusCallbackMethod", "POST"), events)
    channels = 2 if request.get("RecordingChannels") == "dual" else 1
    recording = exchange.start_recording(leg, "StartCallRecordingAPI", channels, hook)
    return Reply(201, _show(exchange, recording))


@router.serve("GET", "/Calls/{}/Recordings.json")
def of_call(exchange: "Exchange", request: RestRequest, sid: str) -> Reply:
    leg = leg_of(exchange, sid)
    found = [each for each in exchange.recordings.values() if each.leg is leg]
    return page(exchange, request, "recordings", [_show(exchange, each) for each in found])


@router.serve("POST", "/Calls/{}/Recordings/{}.json")
def change(exchange: "Exchange", request: RestRequest, sid: str, name: str) -> Reply:
    """Pause, go on, stop. `Twilio.CURRENT` is the one that runs."""
    leg = leg_of(exchange, sid)
    for recording in exchange.recordings.values():
        if recording.leg is leg and recording.running and name in (CURRENT, recording.sid):
            now, status = exchange.pace.now(), request.get("Status")
            if status == "paused":
                recording.pause(now)
            elif status == "in-progress":
                recording.resume(now)
            elif status == "stopped":
                exchange.stop_recording(recording)
            else:
                raise RestFault(400, 20001)
            return Reply(200, _show(exchange, recording))
    raise RestFault(404, 20404)
