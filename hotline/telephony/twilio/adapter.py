"""Twilio as a Provider. The simulator is the same adapter, its REST sent to the simulator's address."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException

from hotline.config import Config
from hotline.telephony.notices import LegStatus, Notice
from hotline.telephony.provider import (
    Caps,
    Document,
    LegGone,
    LegRef,
    LegSnapshot,
    Mode,
    ProviderUnavailable,
    RecordingOp,
    Unknown,
)
from hotline.telephony.requests import WebhookRequest
from hotline.telephony.steps import Step
from hotline.telephony.twilio import notices, signature
from hotline.telephony.twilio.http import LimitedHttpClient, RebasingHttpClient
from hotline.telephony.twilio.outside import Outside
from hotline.telephony.twilio.paths import Addresses
from hotline.telephony.twilio.twiml import LEG_EVENTS, LONGEST_LEG, Renderer

T = TypeVar("T")
GONE = frozenset({20404, 21220})
CURRENT = "Twilio.CURRENT"
TOKEN_SECONDS = 3600


class TwilioProvider:
    """The reference adapter."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.name = config.provider
        self.outside = Outside(config)
        self.caps = Caps(dials_outside=self.outside.possible, speech=False)
        self.at = Addresses(config.public_base_url)
        simulated = config.provider == "simulator"
        self.connect(RebasingHttpClient(config.simulator_url) if simulated else LimitedHttpClient())

    @cached_property
    def _client(self) -> Any:
        from twilio.rest import Client

        return Client(*self._secret, self.config.twilio_account_sid, http_client=self.http)

    @property
    def _secret(self) -> tuple[str, str]:
        """What REST signs in with: an API key where there is one, so that it rotates apart from the signatures."""
        if self.config.twilio_api_key:
            return self.config.twilio_api_key, self.config.twilio_api_secret
        return self.config.twilio_account_sid, self.config.twilio_auth_tokens[0]

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer(self.at, self.config.prompts_dir, self.outside)

    def connect(self, http: Any) -> None:
        """Send REST through `http` from now on."""
        self.http = http
        self.__dict__.pop("_client", None)

    def verify(self, request: WebhookRequest) -> dict[str, str]:
        return signature.verify(request, self.config)

    def read(self, params: dict[str, str]) -> Notice:
        return notices.read(params)

    def render(self, plan: Sequence[Step]) -> Document:
        return Document(self._renderer.document(plan), "text/xml; charset=utf-8")

    def redirect(self, leg: LegRef, path: str) -> None:
        self._ask(lambda: self._client.calls(leg).update(url=self.at.control(path), method="POST"))

    def hangup(self, leg: LegRef) -> None:
        try:
            self._ask(lambda: self._client.calls(leg).update(status="completed"))
        except LegGone:
            return

    def hold(self, room: str, leg: LegRef, on: bool) -> None:
        self._participant(room, leg, hold=on)

    def mute(self, room: str, leg: LegRef, on: bool) -> None:
        self._participant(room, leg, muted=on)

    def remove(self, room: str, leg: LegRef) -> None:
        self._ask(lambda: self._client.conferences(self._room(room)).participants(leg).delete())

    def supervise(self, room: str, leg: LegRef, mode: Mode, target: LegRef) -> None:
        if mode is Mode.WHISPER:
            self._participant(room, leg, muted=False, coaching=True, call_sid_to_coach=target)
        else:
            self._participant(room, leg, muted=mode is Mode.LISTEN, coaching=False)

    def originate(
        self, endpoint: str, path: str, status_path: str, seconds: int, key: str, caller: str = ""
    ) -> LegRef | Unknown:
        mark = ("&" if "?" in path else "?") + f"leg={key}"
        address, shown = self.outside.reach(endpoint, caller)
        try:
            call = self._ask(
                lambda: self._client.calls.create(
                    to=address,
                    from_=shown,
                    url=self.at.control(path + mark),
                    method="POST",
                    status_callback=self.at.status(status_path + ("&" if "?" in status_path else "?") + f"leg={key}"),
                    status_callback_method="POST",
                    status_callback_event=LEG_EVENTS.split(),
                    timeout=seconds,
                    time_limit=LONGEST_LEG,
                )
            )
        except ProviderUnavailable:
            return Unknown(key)
        return str(call.sid)

    def record(self, leg: LegRef, op: RecordingOp, done: str = "") -> None:
        recordings = self._client.calls(leg).recordings
        if op is RecordingOp.START:
            self._ask(
                lambda: recordings.create(
                    recording_channels="dual",
                    recording_status_callback=self.at.status(done),
                    recording_status_callback_method="POST",
                    recording_status_callback_event=["completed", "absent"],
                )
            )
            return
        status = {RecordingOp.PAUSE: "paused", RecordingOp.RESUME: "in-progress", RecordingOp.STOP: "stopped"}[op]
        how = {"pause_behavior": "silence"} if op is RecordingOp.PAUSE else {}
        self._ask(lambda: self._client.calls(leg).recordings(CURRENT).update(status=status, **how))

    def fetch_leg(self, ref: LegRef) -> LegSnapshot:
        return _snapshot(self._ask(lambda: self._client.calls(ref).fetch()))

    def list_legs(self, since: datetime, until: datetime) -> Iterator[LegSnapshot]:
        """Asked a second wider on both sides: Twilio compares whole seconds."""
        wider = timedelta(seconds=1)
        for leg in self._stream(start_time_after=since - wider, start_time_before=until + wider):
            if leg.started_at and since <= leg.started_at < until:
                yield leg

    def live_legs(self) -> Iterator[LegSnapshot]:
        return self._stream(status="in-progress")

    def _stream(self, **wanted: Any) -> Iterator[LegSnapshot]:
        calls = self._client.calls.stream(**wanted, page_size=1000)
        while call := self._ask(lambda: next(calls, None)):
            yield _snapshot(call)

    def fetch_recording(self, ref: str) -> bytes:
        account = self.config.twilio_account_sid
        url = f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{ref}.wav"
        status, content = self._ask(lambda: self.http.download(url, self._secret))
        if status == 404:
            raise LegGone(ref)
        if status != 200:
            raise ProviderUnavailable(f"HTTP {status}")
        return bytes(content)

    def delete_recording(self, ref: str) -> None:
        self._ask(lambda: self._client.recordings(ref).delete())

    def client_token(self, identity: str) -> dict[str, Any]:
        if self.config.provider == "simulator":
            return {"kind": "simulator", "identity": identity, "url": self.config.simulator_url}
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import VoiceGrant

        token = AccessToken(
            self.config.twilio_account_sid,
            self.config.twilio_api_key,
            self.config.twilio_api_secret,
            identity=identity,
            ttl=TOKEN_SECONDS,
        )
        token.add_grant(VoiceGrant(outgoing_application_sid=self.config.twilio_app_sid, incoming_allow=True))
        return {"kind": "twilio", "identity": identity, "token": token.to_jwt(), "seconds": TOKEN_SECONDS}

    def _participant(self, room: str, leg: LegRef, **change: Any) -> None:
        self._ask(lambda: self._client.conferences(self._room(room)).participants(leg).update(**change))

    def _room(self, room: str) -> str:
        """The room's SID; by its name only while no notice has told it (Twilio's list lags behind)."""
        if room.startswith("CF"):
            return room
        found = self._ask(lambda: self._client.conferences.list(friendly_name=room, status="in-progress", limit=1))
        if not found:
            raise LegGone(room)
        return str(found[0].sid)

    def _ask(self, request: Callable[[], T]) -> T:
        try:
            return request()
        except TwilioRestException as error:
            if error.code in GONE or error.status == 404:
                raise LegGone(str(error.code)) from error
            raise ProviderUnavailable(f"{error.status} {error.code}") from error
        except (TwilioException, RequestException) as error:
            raise ProviderUnavailable(type(error).__name__) from error


def _snapshot(call: Any) -> LegSnapshot:
    return LegSnapshot(
        ref=call.sid,
        parent=call.parent_call_sid or "",
        caller=call._from or "",
        called=call.to or "",
        inbound=call.direction == "inbound",
        status=notices.STATUS.get(str(call.status), LegStatus.FAILED),
        started_at=call.start_time or call.date_created,
        ended_at=call.end_time,
        seconds=int(call.duration) if call.duration else None,
    )
