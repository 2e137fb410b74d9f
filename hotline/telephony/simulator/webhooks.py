"""What Twilio sends about a leg, a room, a waiting room, a recording: the documented parameters."""

from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from hotline.telephony.simulator.legs import Leg

if TYPE_CHECKING:
    from hotline.telephony.simulator.recordings import Recording
    from hotline.telephony.simulator.rooms import Participant, Room

API = "2010-04-01"


def stamp(at: datetime) -> str:
    """RFC 2822, whole seconds, as in every Twilio date."""
    return format_datetime(at.replace(microsecond=0))


def about_leg(leg: Leg, account: str, app: str) -> dict[str, str]:
    """Every control request and every status callback of a leg carries these."""
    known = {
        "AccountSid": account,
        "ApiVersion": API,
        "CallSid": leg.sid,
        "CallStatus": leg.status,
        "Called": leg.called,
        "Caller": leg.caller,
        "Direction": leg.direction,
        "From": leg.caller,
        "To": leg.called,
    }
    if leg.parent:
        known["ParentCallSid"] = leg.parent.sid
    if leg.identity and leg.direction == "inbound":
        known["ApplicationSid"] = app
    elif leg.direction == "inbound":
        known |= {"CallerCountry": "CN", "CalledCountry": "CN", "FromCountry": "CN", "ToCountry": "CN"}
        known |= {"FromCity": "", "FromState": "", "FromZip": "", "ToCity": "", "ToState": "", "ToZip": ""}
    return known


def progress(leg: Leg, at: datetime) -> dict[str, str]:
    """What a status callback adds."""
    told = {
        "Timestamp": stamp(at),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(leg.sequence),
    }
    if leg.over:
        told |= {"CallDuration": str(leg.seconds), "Duration": str(-(-leg.seconds // 60))}
    return told


def about_room(room: "Room", event: str, account: str, at: datetime) -> dict[str, str]:
    return {
        "AccountSid": account,
        "ConferenceSid": room.sid,
        "FriendlyName": room.name,
        "SequenceNumber": str(room.sequence),
        "StatusCallbackEvent": event,
        "Timestamp": stamp(at),
    }


def about_participant(participant: "Participant") -> dict[str, str]:
    told = {
        "CallSid": participant.leg.sid,
        "Coaching": str(participant.coaching).lower(),
        "EndConferenceOnExit": str(participant.end_on_exit).lower(),
        "Hold": str(participant.held).lower(),
        "Muted": str(participant.muted).lower(),
        "StartConferenceOnEnter": str(participant.starts).lower(),
    }
    if participant.label:
        told["ParticipantLabel"] = participant.label
    return told


def about_recording(recording: "Recording", account: str) -> dict[str, str]:
    told = {
        "AccountSid": account,
        "CallSid": recording.leg.sid,
        "RecordingChannels": str(recording.channels),
        "RecordingDuration": str(recording.seconds),
        "RecordingSid": recording.sid,
        "RecordingSource": recording.source,
        "RecordingStartTime": stamp(recording.started_at),
        "RecordingStatus": recording.status,
        "RecordingTrack": "both",
        "RecordingUrl": recording.url,
    }
    if recording.room_sid:
        told["ConferenceSid"] = recording.room_sid
    return told
