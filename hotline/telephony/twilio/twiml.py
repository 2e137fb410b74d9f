"""Steps in Twilio's words (TwiML)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from hotline.telephony import steps
from hotline.telephony.twilio.outside import Outside
from hotline.telephony.twilio.paths import Addresses

LANGUAGE = "cmn-CN"
VOICE = "Polly.Zhiyu"
ROOM_EVENTS = "join leave"
LEG_EVENTS = "initiated ringing answered completed"
LONGEST_LEG = 4 * 3600


class Renderer:
    """Builds one document; the recorded files there are lie in `prompts`."""

    def __init__(self, addresses: Addresses, prompts: Path, outside: Outside) -> None:
        self.at = addresses
        self.prompts = prompts
        self.outside = outside
        self.say: dict[type[Any], Callable[[Any, Any], None]] = {
            steps.Say: self._say,
            steps.Prompt: self._prompt,
            steps.Pause: lambda step, to: to.pause(length=step.seconds),
            steps.Collect: self._collect,
            steps.Park: self._park,
            steps.Unpark: lambda _step, to: to.leave(),
            steps.Join: self._join,
            steps.Record: self._record,
            steps.Connect: self._connect,
            steps.Goto: lambda step, to: to.redirect(self.at.control(step.path), method="POST"),
            steps.Hangup: lambda _step, to: to.hangup(),
            steps.Reject: lambda step, to: to.reject(reason=step.reason),
        }

    def document(self, plan: Sequence[steps.Step]) -> str:
        response = VoiceResponse()
        for step in plan:
            self.say[type(step)](step, response)
        return str(response)

    def _say(self, step: steps.Say | steps.Prompt, to: Any) -> None:
        to.say(step.text, language=LANGUAGE, voice=VOICE)

    def _prompt(self, step: steps.Prompt, to: Any) -> None:
        if (self.prompts / f"{step.name}.wav").is_file():
            to.play(self.at.file(f"/phone/prompts/{step.name}.wav"))
        else:
            self._say(step, to)

    def _collect(self, step: steps.Collect, to: VoiceResponse) -> None:
        gather = Gather(
            action=self.at.control(step.then),
            method="POST",
            num_digits=step.digits,
            timeout=step.seconds,
            finish_on_key=step.finish_on,
            action_on_empty_result=True if step.on_empty else None,
        )
        for prompt in step.prompts:
            self.say[type(prompt)](prompt, gather)
        to.append(gather)

    def _park(self, step: steps.Park, to: VoiceResponse) -> None:
        to.enqueue(
            step.queue,
            action=self.at.control(step.then),
            method="POST",
            wait_url=self.at.control(step.wait),
            wait_url_method="POST",
        )

    def _join(self, step: steps.Join, to: VoiceResponse) -> None:
        recording = {
            "record": "record-from-answer-dual",
            "recording_status_callback": self.at.status(step.record or step.status),
            "recording_status_callback_method": "POST",
            "recording_status_callback_event": "completed absent",
        }
        dial = Dial(
            action=self.at.control(step.then),
            method="POST",
            time_limit=LONGEST_LEG,
            **(recording if step.record else {}),
        )
        dial.conference(
            step.room,
            start_conference_on_enter=step.start,
            end_conference_on_exit=step.end_on_exit,
            beep="false",
            muted=True if step.muted else None,
            coach=step.coach,
            participant_label=step.label or step.role,
            wait_url="" if step.wait_silent else None,
            status_callback=self.at.status(step.status),
            status_callback_method="POST",
            status_callback_event=ROOM_EVENTS,
        )
        to.append(dial)

    def _record(self, step: steps.Record, to: VoiceResponse) -> None:
        to.record(
            action=self.at.control(step.then),
            method="POST",
            max_length=step.seconds,
            finish_on_key=step.finish_on,
            play_beep=True,
            recording_status_callback=self.at.status(step.done),
            recording_status_callback_method="POST",
            recording_status_callback_event="completed absent",
        )

    def _connect(self, step: steps.Connect, to: VoiceResponse) -> None:
        address, shown = self.outside.reach(step.endpoint, step.caller_id)
        dial = Dial(
            action=self.at.control(step.then),
            method="POST",
            timeout=step.seconds,
            caller_id=shown if step.caller_id else None,
            time_limit=LONGEST_LEG,
        )
        told: dict[str, Any] = {}
        if step.status:
            told = {
                "status_callback": self.at.status(step.status),
                "status_callback_method": "POST",
                "status_callback_event": LEG_EVENTS,
            }
        kind, _, rest = address.partition(":")
        if kind == "client":
            dial.client(rest, **told)
        elif kind in ("sip", "sips"):
            dial.sip(address, **told)
        else:
            dial.number(address, **told)
        to.append(dial)
