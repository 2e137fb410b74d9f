"""Every webhook passes here: proven genuine, read into neutral words, answered once.

A control webhook must be answered with something speakable, whatever breaks inside; its document is kept
with the event, so that a retry gets the same one. The event's key is a digest of what was signed (path,
query and parameters): the provider's idempotency header is not signed and so decides nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from hashlib import sha256
from typing import Any

import structlog
from flask import Response, g, request
from sqlalchemy import select

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Call, EventKind
from hotline.db import declare_reader, session
from hotline.queues import parting
from hotline.queues.acts import Act, Redirect
from hotline.telephony.notices import Notice
from hotline.telephony.provider import LegGone
from hotline.telephony.requests import WebhookRequest
from hotline.telephony.steps import Goto, Hangup, Pause, Say, Step
from hotline.web import gate

log = structlog.get_logger()

LARGEST = 64 * 1024
TRIES = 5


def verify() -> None:
    """Refuse what is not the provider's, before anything is read or written."""
    request.max_content_length = LARGEST
    declare_reader(False)
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or request.full_path.rstrip("?")
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    small = (request.content_length or 0) <= LARGEST
    form = list(request.form.items(multi=True)) if is_form and small else []
    webhook = WebhookRequest(
        request.method, raw, dict(request.headers), request.content_type or "", request.content_length, form
    )
    params = gate.provider().verify(webhook)
    signed = raw + "\n" + "\n".join(f"{name}={value}" for name, value in sorted(params.items()))
    g.key = sha256(signed.encode()).hexdigest()[:48]
    g.notice = gate.provider().read(params)
    g.params = params


def notice() -> Notice:
    found: Notice = g.notice
    return found


def params() -> dict[str, str]:
    """The verified parameters as sent; only our own (`stint`) are read outside the seam."""
    found: dict[str, str] = g.params
    return found


@dataclass
class Answer:
    """What a control webhook leads to: the plan, the event it is, and what the provider is asked meanwhile."""

    plan: Sequence[Step]
    kind: EventKind = EventKind.STEP
    data: dict[str, Any] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)


View = Callable[[], Answer]


def control(view: View) -> Callable[[], Response]:
    """A webhook of the caller's leg: answered once, committed before the answer, never with an error."""

    @wraps(view)
    def answered() -> Response:
        try:
            g.call, earlier = intake.seen(gate.provider().name, notice().leg, g.key)
            return document(earlier if earlier is not None else _once(view, g.call))
        except Exception as error:
            return document(render(_after(error)))

    return answered


def opening(view: View) -> Callable[[], Response]:
    """A call's first webhook: its view only reads, so whether it is a repetition is seen when it is written down."""

    @wraps(view)
    def answered() -> Response:
        try:
            return document(_once(view, None))
        except Exception as error:
            return document(render(_after(error)))

    return answered


def caller() -> Call | None:
    """The call whose leg asks a control webhook, locked until the transaction ends; None for one never heard of."""
    found: Call | None = g.call
    return found


def _once(view: View, call: Call | None) -> str:
    """The view's answer, written down; what it appended to the call and its own event are folded in together."""
    with intake.folding_once():
        answer = view()
        body = render(answer.plan)
        receipt = intake.receive(_report(answer), gate.config().home_city, body, call)
    if not receipt.new:
        session.rollback()
        return receipt.reply or body
    session.commit()
    perform(answer.acts)
    return body


def _report(answer: Answer) -> intake.Report:
    told, opens = notice(), answer.kind is EventKind.OFFERED
    return intake.Report(
        gate.provider().name,
        told.leg,
        g.key,
        answer.kind,
        clock.now(),
        answer.data,
        told.caller if opens else None,
        told.called if opens else "",
    )


def listening(view: Callable[[], Sequence[Step]]) -> Callable[[], Response]:
    """A webhook that only asks what to hear next, or one of an agent's leg: not an event of the call."""

    @wraps(view)
    def answered() -> Response:
        try:
            plan = view()
            session.commit()
            return document(render(plan))
        except Exception as error:
            return document(render(_after(error)))

    return answered


def _after(error: Exception) -> Sequence[Step]:
    """Something broke: keep the caller on the line and ask again; say where help is when it stays broken."""
    session.rollback()
    log.error("phone.failed", path=request.path, error=type(error).__name__, exc_info=error)
    tries = request.args.get("tries", 0, type=int) + 1
    if tries > TRIES:
        return [Say("线路繁忙，请稍后再拨。情况紧急请拨打110或120，心理危机请拨打12356。"), Hangup()]
    query = "&".join(f"{name}={value}" for name, value in request.args.items() if name not in ("tries", "leg"))
    return [
        Say("线路繁忙，请不要挂机。"),
        Pause(3),
        Goto(f"{request.path}?{query}{'&' if query else ''}tries={tries}"),
    ]


def told(view: Callable[[], list[Act]]) -> Callable[[], Response]:
    """A notice: written down, committed, answered with 204; what follows from it is asked of the provider.

    One that could not be written is answered with 503, never with a 2xx: the provider tells it again.
    """

    @wraps(view)
    def answered() -> Response:
        try:
            acts = view()
            session.commit()
        except Exception as error:
            session.rollback()
            log.error("phone.notice_failed", path=request.path, error=type(error).__name__, exc_info=error)
            return Response(status=503)
        perform(acts)
        return Response(status=204)

    return answered


def perform(acts: Sequence[Act]) -> None:
    """Carry out what was decided, after the commit. A caller who is gone meanwhile frees whoever waits for them."""
    for act, problem in gate.ask(acts):
        if isinstance(act, Redirect) and isinstance(problem, LegGone):
            call = find(act.leg)
            if call is not None:
                more = parting.caller_gone(call.id)
                session.commit()
                perform(more)


def find(leg: str) -> Call | None:
    """The call whose caller's leg this is, locked until the transaction ends."""
    statement = select(Call).where(Call.provider == gate.provider().name, Call.provider_ref == leg)
    return session.scalars(
        statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()


def render(plan: Sequence[Step]) -> str:
    return gate.provider().render(plan).body


def document(body: str) -> Response:
    return Response(body, content_type="text/xml; charset=utf-8")
