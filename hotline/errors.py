"""The one family of errors a person or a machine is told about.

Services raise them; the gate tells them as a page or as JSON with the status given here.
`message` is Chinese, in the words of the person who must act; `fields` names what is wrong where.
"""

from typing import Any


class HotlineError(Exception):
    """Base of everything that is told. Anything else that escapes is a defect and a 500."""

    status = 500
    code = "internal"

    def __init__(self, message: str, *, fields: dict[str, Any] | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}
        self.facts = facts


class Invalid(HotlineError):
    """What was sent cannot be accepted as it is (422)."""

    status = 422
    code = "invalid"


class Malformed(HotlineError):
    """The request itself cannot be read (400)."""

    status = 400
    code = "malformed"


class NotSignedIn(HotlineError):
    """Nobody is signed in, or the session has ended (401)."""

    status = 401
    code = "not_signed_in"


class Refused(HotlineError):
    """Signed in, but without the right (403)."""

    status = 403
    code = "refused"


class NotFound(HotlineError):
    """There is no such thing, or none that this person may know of (404)."""

    status = 404
    code = "not_found"


class Conflict(HotlineError):
    """Somebody else was first; `facts` says who or what differs (409)."""

    status = 409
    code = "conflict"


class TooLarge(HotlineError):
    """More than the door takes (413)."""

    status = 413
    code = "too_large"


class WrongType(HotlineError):
    """Another content type is needed (415)."""

    status = 415
    code = "wrong_type"


class TooMany(HotlineError):
    """Too often; `facts["retry_after"]` in seconds (429)."""

    status = 429
    code = "too_many"


class Unavailable(HotlineError):
    """A part of the house is away; trying again later may work (503)."""

    status = 503
    code = "unavailable"
