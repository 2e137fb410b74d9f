"""<Conference>: who is in, who hears whom, and the callbacks about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hotline.telephony.simulator import webhooks
from hotline.telephony.simulator.hooks import status_hook
from hotline.telephony.simulator.legs import Leg, Redirected, StatusHook
from hotline.telephony.simulator.twiml import Verb

if TYPE_CHECKING:
    from hotline.telephony.simulator.exchange import Exchange
    from hotline.telephony.simulator.player import Player

DUPLICATE_LABEL, BAD_COACH = 16025, 13240
_EVENT_OF = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
}


@dataclass(eq=False)
class Participant:
    """`out` says why the room let the leg go."""

    room: "Room"
    leg: Leg
    label: str
    joined_at: datetime
    muted: bool = False
    held: bool = False
    coaching: bool = False
    coach: str = ""
    starts: bool = True
    end_on_exit: bool = False
    out: str = ""

    @property
    def audible(self) -> bool:
        return not (self.muted or self.held)


class Room:
    """One live conference. Its callbacks go where its first participant's noun says."""

    def __init__(self, exchange: "Exchange", sid: str, name: str, now: datetime) -> None:
        self.exchange = exchange
        self.sid = sid
        self.name = name
        self.created_at = now
        self.ended_at: datetime | None = None
        self.started = False
        self.sequence = 0
        self.hook: StatusHook | None = None
        self.members: dict[str, Participant] = {}

    @property
    def status(self) -> str:
        return "completed" if self.ended_at else "in-progress" if self.started else "init"

    def join(self, participant: Participant) -> None:
        self.members[participant.leg.sid] = participant
        participant.leg.participant = participant
        self.tell("participant-join", webhooks.about_participant(participant))
        if not self.started and len(self.members) > 1 and any(other.starts for other in self.members.values()):
            self.started = True
            self.tell("conference-start")
        self.exchange.notice("joined", participant.leg)

    def leave(self, participant: Participant, reason: str) -> None:
        leg = participant.leg
        del self.members[leg.sid]
        leg.participant = None
        told = {"ParticipantCallStatus": "in-progress", "ReasonParticipantLeft": reason}
        if reason == "participant_hung_up":
            told["ParticipantCallStatus"] = "completed"
        self.tell("participant-leave", webhooks.about_participant(participant) | told)
        self.exchange.notice("left", leg)
        if participant.end_on_exit:
            for other in self.members.values():
                self.put_out(other, "moderator_ended_conference")
        if not self.members:
            ending = "participant-with-end-conference-on-exit" if participant.end_on_exit else "last-participant"
            self._end(f"{ending}-left", leg)

    def put_out(self, participant: Participant, reason: str) -> None:
        participant.out = participant.out or reason
        participant.leg.poke()

    def change(self, participant: Participant, **changes: bool | str) -> None:
        """Mute, hold, coach: told once each when it is a change."""
        events = []
        for name, value in changes.items():
            if getattr(participant, name) == value:
                continue
            setattr(participant, name, value)
            kind = {"muted": "mute", "held": "hold"}.get(name)
            event = f"participant-{'' if value else 'un'}{kind}" if kind else "participant-modify"
            events.append(event)
        for event in dict.fromkeys(events):
            self.tell(event, webhooks.about_participant(participant))
        self.exchange.notice("changed", participant.leg)

    def spread(self, speaker: Leg, text: str) -> None:
        """What one says, the others hear, unless held; a coach is heard by the coached alone."""
        said = self.members[speaker.sid]
        if not said.audible:
            return
        for other in self.members.values():
            for_them = other.leg.sid == said.coach if said.coaching else not other.held
            if other.leg is not speaker and for_them:
                other.leg.hear("talk", text)

    def tell(self, event: str, extra: dict[str, str] | None = None) -> None:
        self.sequence += 1
        if self.hook and _EVENT_OF[event] in self.hook.events:
            at = self.exchange.pace.now()
            params = webhooks.about_room(self, event, self.exchange.account, at) | (extra or {})
            self.exchange.courier.tell(self.hook.url, self.hook.method, params)

    def _end(self, reason: str, leg: Leg) -> None:
        self.ended_at = self.exchange.pace.now()
        told = {"ReasonConferenceEnded": reason}
        self.tell("conference-end", told | {"CallSidEndingConference": leg.sid})


async def enter(player: "Player", noun: Verb, limit: float) -> dict[str, str]:
    """Stay in the room until the leg leaves or is put out; what the Dial's action is told."""
    leg, exchange = player.leg, player.exchange
    room = exchange.room(noun.text)
    participant = _participant(noun, room, leg)
    if fault := _refused(participant):
        exchange.courier.meter.error(fault, player.url)
        return {"DialCallStatus": "failed"}
    room.hook = room.hook or status_hook(noun, player.url, "")
    if noun.attributes.get("waitUrl") != "":
        leg.hear("music", "等待音乐")
    room.join(participant)
    reason = "participant_hung_up"
    try:
        await leg.wait(limit, lambda: bool(participant.out))
        reason = participant.out or reason
    except Redirected:
        reason = "participant_updated_via_api"
        raise
    finally:
        room.leave(participant, reason)
    return {"DialCallStatus": "answered"}


def _participant(noun: Verb, room: Room, leg: Leg) -> Participant:
    return Participant(
        room,
        leg,
        noun.get("participantLabel"),
        room.exchange.pace.now(),
        muted=noun.flag("muted"),
        coaching=bool(noun.get("coach")),
        coach=noun.get("coach"),
        starts=noun.flag("startConferenceOnEnter", True),
        end_on_exit=noun.flag("endConferenceOnExit"),
    )


def _refused(participant: Participant) -> int:
    members = participant.room.members
    if participant.label and any(other.label == participant.label for other in members.values()):
        return DUPLICATE_LABEL
    if participant.coach and participant.coach not in members:
        return BAD_COACH
    return 0
