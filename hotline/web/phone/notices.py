"""What the provider tells afterwards: in any order, repeated, early or late."""

from datetime import timedelta

from flask import g, request

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import EventKind
from hotline.queues import callbacks, conversation, parting, reconcile, recordings
from hotline.queues.acts import Act, HangUp
from hotline.queues.models import StintState
from hotline.queues.parting import CAUSE
from hotline.queues.records import CallBackSource
from hotline.telephony.notices import LegStatus, RecordingState, RoomEvent
from hotline.web import gate
from hotline.web.phone import door
from hotline.web.phone.entrance import find, notice, told


@door.post("/status")
@told
def status() -> list[Act]:
    """How the caller's leg stands. A terminal status frees everything that belonged to the call.

    A softphone's leg is no call of its own; its stint is told by its room.
    """
    heard = notice()
    if heard.status is None or heard.caller.startswith("client:"):
        return []
    seconds = heard.seconds
    report = intake.Report(
        gate.provider().name,
        heard.leg,
        g.key,
        EventKind.LEG_STATUS,
        heard.at or clock.now(),
        {"status": heard.status.value, "seconds": seconds},
        None,
    )
    receipt = intake.receive(report, gate.config().home_city)
    return reconcile.ended(receipt.call_id) if receipt.new else []


@door.post("/room")
@told
def room() -> list[Act]:
    """Inside a room: who joined and who left. A person who left without 完成 was lost."""
    heard = notice()
    name, _, number = heard.label.partition("-")
    stint = conversation.by_id(gate.row_number(number)) if name == "stint" else None
    if stint is None:
        return []
    if heard.room_event is RoomEvent.JOINED:
        stint.room_ref = heard.room
    return parting.lost(stint) if heard.room_event is RoomEvent.LEFT else []


@door.post("/leg")
@told
def leg() -> list[Act]:
    """How an outside party's leg stands. One that still rings after its part is over is ended."""
    stint = conversation.by_id(request.args.get("stint", 0, type=int))
    heard = notice()
    if stint is None or heard.status is None:
        return []
    if heard.status.terminal:
        return parting.out(stint, CAUSE[heard.status])
    if stint.state is StintState.ENDED:
        return [HangUp(heard.leg)]
    stint.leg_ref = stint.leg_ref or heard.leg
    if heard.status is LegStatus.ANSWERED and parting.handed(stint):
        parting.reached(stint)
    return []


@door.post("/recorded")
@told
def recorded() -> list[Act]:
    """A recording can be fetched."""
    heard = notice()
    if heard.recording_state is RecordingState.READY:
        started = clock.now() - timedelta(seconds=heard.recording_seconds or 0)
        recordings.ready(
            gate.provider().name,
            heard.leg,
            heard.recording,
            kind=request.args.get("kind", "talk"),
            started_at=started,
            seconds=heard.recording_seconds or 0,
        )
    if heard.recording_state is RecordingState.READY and request.args.get("kind") == "voicemail":
        _message_left(heard.leg)
    return []


def _message_left(leg: str) -> None:
    """A message that is there is to be heard by somebody, whoever left it and whatever was told before of the call."""
    call = find(leg)
    if call is not None:
        callbacks.want(call, CallBackSource.VOICEMAIL, request.args.get("line", ""))
