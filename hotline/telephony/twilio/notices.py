"""Twilio's parameters in neutral words."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from hotline.telephony.notices import LegStatus, Notice, RecordingState, RoomEvent, WaitOver

STATUS: dict[str, LegStatus] = {
    "queued": LegStatus.QUEUED,
    "initiated": LegStatus.INITIATED,
    "ringing": LegStatus.RINGING,
    "in-progress": LegStatus.ANSWERED,
    "answered": LegStatus.ANSWERED,
    "completed": LegStatus.COMPLETED,
    "busy": LegStatus.BUSY,
    "no-answer": LegStatus.NO_ANSWER,
    "canceled": LegStatus.CANCELED,
    "failed": LegStatus.FAILED,
}
_WAIT_OVER: dict[str, WaitOver] = {
    "leave": WaitOver.LEFT,
    "bridged": WaitOver.CONNECTED,
    "bridging-in-process": WaitOver.CONNECTED,
    "redirected": WaitOver.REDIRECTED,
    "redirected-from-bridged": WaitOver.REDIRECTED,
    "hangup": WaitOver.HUNG_UP,
    "queue-full": WaitOver.FULL,
    "error": WaitOver.ERROR,
    "system-error": WaitOver.ERROR,
}
_ROOM_EVENT: dict[str, RoomEvent] = {
    "conference-start": RoomEvent.STARTED,
    "conference-end": RoomEvent.ENDED,
    "participant-join": RoomEvent.JOINED,
    "participant-leave": RoomEvent.LEFT,
    "participant-hold": RoomEvent.HELD,
    "participant-unhold": RoomEvent.RESUMED,
    "participant-mute": RoomEvent.MUTED,
    "participant-unmute": RoomEvent.UNMUTED,
}
_RECORDING: dict[str, RecordingState] = {
    "in-progress": RecordingState.RUNNING,
    "completed": RecordingState.READY,
    "absent": RecordingState.ABSENT,
    "failed": RecordingState.ABSENT,
}


def _stamp(text: str) -> datetime | None:
    return parsedate_to_datetime(text) if text else None


def read(params: Mapping[str, str]) -> Notice:
    """One verified webhook."""

    def number(name: str) -> int | None:
        return int(params[name]) if params.get(name) else None

    room_event = params.get("StatusCallbackEvent", "") if "ConferenceSid" in params else ""
    return Notice(
        leg=params.get("CallSid", ""),
        parent=params.get("ParentCallSid", ""),
        caller=params.get("From", ""),
        called=params.get("To", ""),
        status=STATUS.get(params.get("CallStatus", "")),
        inbound=params.get("Direction", "inbound") == "inbound",
        seconds=number("CallDuration"),
        sequence=number("SequenceNumber"),
        at=_stamp(params.get("Timestamp", "")),
        keys=params.get("Digits"),
        speech=params.get("SpeechResult", ""),
        wait_over=_WAIT_OVER.get(params["QueueResult"], WaitOver.ERROR) if "QueueResult" in params else None,
        waited=number("QueueTime"),
        dialled=STATUS.get(params.get("DialCallStatus", "")),
        room=params.get("ConferenceSid", ""),
        room_name=params.get("FriendlyName", ""),
        room_event=_ROOM_EVENT.get(room_event, RoomEvent.OTHER) if room_event else None,
        room_reason=params.get("ReasonParticipantLeft") or params.get("ReasonConferenceEnded", ""),
        label=params.get("ParticipantLabel", ""),
        recording=params.get("RecordingSid", ""),
        recording_state=_RECORDING.get(params.get("RecordingStatus", "")),
        recording_seconds=number("RecordingDuration"),
        error=params.get("ErrorCode", ""),
    )
