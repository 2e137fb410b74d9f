"""Signed webhooks as the provider sends them, for tests of the telephone door."""

from twilio.request_validator import RequestValidator

from hotline.config import Config


def caller_leg(number: int) -> str:
    return f"CA{number:032x}"


class Provider:
    """Posts genuine webhooks to a client of the application."""

    def __init__(self, client, config: Config) -> None:
        self.client, self.config = client, config

    def params(self, leg: str, **more) -> dict[str, str]:
        return {
            "AccountSid": self.config.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": leg,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "From": "+8613800001234",
            "To": "12320",
            **more,
        }

    def post(self, path: str, params: dict[str, str], *, token: str | None = None, headers=None, sign=True):
        url = self.config.public_base_url + path
        signature = RequestValidator(token or self.config.twilio_auth_tokens[0]).compute_signature(url, params)
        sent = {"X-Twilio-Signature": signature} if sign else {}
        return self.client.post(path, data=params, headers={**sent, **(headers or {})})

    def call(self, path: str, leg: str, **more):
        return self.post(path, self.params(leg, **more))
