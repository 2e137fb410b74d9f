"""Who comes to the exchange door: a platform with its key, never a person."""

from flask import g, request

from hotline import audit, db
from hotline.db import session
from hotline.errors import NotSignedIn
from hotline.workorders import platforms
from hotline.workorders.platforms import Caller


def check() -> None:
    """Recognise the key in a short transaction of its own. Raises NotSignedIn."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise NotSignedIn("请在 Authorization 头中提供 Bearer 令牌")
    with db.reading():
        found = platforms.recognise(key.strip())
        session.rollback()
    if found.touch_due:
        platforms.seen(key.strip())
        session.commit()
    g.caller = found
    audit.set_actor(audit.Actor(None, f"平台：{found.name}"[:80], (request.remote_addr or "")[:64], g.request_id))


def caller() -> Caller:
    """The platform that is here."""
    found: Caller = g.caller
    return found
