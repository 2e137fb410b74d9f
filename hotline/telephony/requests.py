"""A webhook request as the seam sees it, free of any web framework."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class WebhookRequest:
    """`raw_target` is path and query exactly as sent (RAW_URI or REQUEST_URI), never decoded.

    `form` keeps every pair in the order sent, blanks and repetitions included; `headers` is matched without case.
    """

    method: str
    raw_target: str
    headers: Mapping[str, str]
    content_type: str
    content_length: int | None
    form: list[tuple[str, str]]

    def header(self, name: str) -> str:
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")

    @property
    def token(self) -> str:
        """The same for every try of one webhook; empty when the provider sent none."""
        return self.header("I-Twilio-Idempotency-Token")
