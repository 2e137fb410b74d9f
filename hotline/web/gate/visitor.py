"""Who is at the door: recognised from the session's token by Flask-Login, kept for one request."""

from collections.abc import Callable
from datetime import timedelta

from flask import current_app, g, request
from flask_login import LoginManager, UserMixin, current_user

from hotline import db
from hotline.config import Config
from hotline.db import session
from hotline.errors import NotSignedIn, Refused
from hotline.people import passwords, sessions
from hotline.people import service as people
from hotline.people.models import Role
from hotline.people.sessions import Lifetime, Person, Visit
from hotline.web.gate import guards
from hotline.web.gate.turnstile import aside

login_manager = LoginManager()
login_manager.session_protection = None

REVIEW_EVERY = timedelta(seconds=15)


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login is untyped
    """Flask-Login's user: its id is the opaque token of the session on the server."""

    def __init__(self, token: str, visit: Visit) -> None:
        self.id = token
        self.visit = visit


def config() -> Config:
    """The configuration of the application that answers."""
    found: Config = current_app.config["HOTLINE"]
    return found


def lifetime() -> Lifetime:
    return Lifetime(timedelta(minutes=config().idle_minutes), timedelta(hours=config().session_hours))


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> Visitor | None:
    visit = sessions.recognise(token, lifetime())
    return Visitor(token, visit) if visit else None


def arrive() -> None:
    """Recognise the visitor in a short transaction of its own, so that the view's transaction starts fresh."""
    with db.reading():
        visit = current_visit()
        session.rollback()
    if visit is not None and visit.touch_due and "X-Background" not in request.headers:
        sessions.touch(visit.sign_in_id)
        session.commit()
    g.person = visit.person if visit is not None and not visit.pending else None


def current_visit() -> Visit | None:
    return current_user.visit if current_user.is_authenticated else None


def current_token() -> str:
    return str(current_user.get_id() or "")


def visitor() -> Person | None:
    """The person signed in, or None."""
    found: Person | None = g.get("person")
    return found


def person() -> Person:
    """The person signed in. Raises NotSignedIn."""
    found = visitor()
    if found is None:
        raise NotSignedIn("请先登录。")
    return found


def may(endpoint: str) -> bool:
    """Whether whoever is here may use the endpoint; for links and buttons."""
    if endpoint not in current_app.view_functions:
        return False
    return guards.admits(current_app, endpoint, visitor())


def prove(known: str | None, password: str) -> str | None:
    """The hash, if the password is found to match it. It takes a tenth of a second, out of the lane: no transaction may
    be open."""
    with aside():
        return known if passwords.matches(known, password) else None


def confirm_password(password: str) -> None:
    """Ask again before something grave (sealing, exporting). Raises Refused when the posted password is wrong.

    The first thing a view does: the password is weighed with no transaction open.
    """
    with db.reading():
        known = people.find(person().id).password_hash
        session.rollback()
    if people.confirms(people.find(person().id), prove(known, password)):
        return
    session.commit()
    raise Refused("密码不正确，操作未执行。", fields={"current": ["密码不正确"]})


def watch(*roles: Role, keep: bool = False) -> Callable[[], bool]:
    """For streams: a function that says whether this session still holds and still has one of `roles`.

    Call it inside an application context at least every `REVIEW_EVERY`; it uses a short transaction of its own.
    With `keep` an open stream counts as a sign of its person (a wall without a keyboard).
    """
    token, wanted = current_token(), frozenset(roles)

    def still_holds() -> bool:
        with db.reading():
            visit = sessions.recognise(token, lifetime())
            session.rollback()
        if visit is None or visit.pending or wanted.isdisjoint(visit.person.roles):
            return False
        if keep and visit.touch_due:
            sessions.touch(visit.sign_in_id)
            session.commit()
        return True

    return still_holds
