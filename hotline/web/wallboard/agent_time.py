"""坐席工时: what agents spend their time on, with the stretches and the offers behind each number."""

from datetime import date
from typing import Any

from flask import url_for
from marshmallow import fields, validate

from hotline import clock
from hotline.calls.models import Call
from hotline.db import session
from hotline.people import service as people
from hotline.queues import presence, waiting
from hotline.queues.models import AgentState, OfferOutcome
from hotline.statistics import agent_lists, agent_time
from hotline.statistics.agent_time import RATIOS, Range, Spent
from hotline.statistics.indicators import By
from hotline.web import gate
from hotline.web.wallboard import door
from hotline.web.wallboard.indicators import DaysSchema, days_of

PAGE = 100
BY_LABEL = {By.AGENT: "坐席", By.HOUR: "时段", By.DAY: "日期"}
OFFER_LABEL = {
    OfferOutcome.ACCEPTED: "接听",
    OfferOutcome.MISSED: "超时未应答",
    OfferOutcome.REFUSED: "拒接",
    OfferOutcome.REVOKED: "收回（来电挂机或他人接听）",
}
STATES: dict[str, tuple[str, list[AgentState]]] = {
    "signed_in": ("签入", [state for state in AgentState if state is not AgentState.OFFLINE]),
    "busy": ("通话、保持、话后整理", list(agent_time.BUSY)),
    "ready": ("就绪", [AgentState.READY]),
    "offered": ("振铃", [AgentState.OFFERED]),
    "talking": ("通话", [AgentState.TALKING]),
    "hold": ("保持", [AgentState.HOLD]),
    "wrap_up": ("话后整理", [AgentState.WRAP_UP]),
    "break": ("小休", [AgentState.BREAK]),
}
SHOWN = ("signed_in", "ready", "offered", "talking", "hold", "wrap_up", "break")


class TimeSchema(DaysSchema):
    by = fields.Enum(By, by_value=True, load_default=By.AGENT, validate=validate.NoneOf([By.LINE]))


class NarrowSchema(DaysSchema):
    """What a number of the table counts: one agent's, or one hour's of every day."""

    agent = fields.Integer(load_default=None)
    hour = fields.Integer(load_default=None, validate=validate.Range(0, 23))
    page = fields.Integer(load_default=0, validate=validate.Range(0, 10_000))


class StretchesSchema(NarrowSchema):
    state = fields.String(load_default="signed_in", validate=validate.OneOf(STATES))
    reason = fields.String(load_default="", validate=validate.Length(max=10))


class OffersSchema(NarrowSchema):
    line = fields.String(load_default="", validate=validate.Length(max=20))
    missed = fields.Boolean(load_default=False)


def narrowed(asked: dict[str, Any]) -> Range:
    """The days, agent and hour that a list is asked for."""
    first, last = days_of(asked)
    return Range(first, last, asked["agent"], asked["hour"])


@door.get("/agent-time")
def times() -> str:
    """The table by agent, hour or day: states, breaks by reason, and the ratios with their formulas."""
    asked = gate.query(TimeSchema())
    first, last = days_of(asked)
    groups = agent_time.spent(asked["by"], Range(first, last))
    total = Spent()
    for group in groups.values():
        total.update(group)
    reasons = {key: label for key, label in presence.BREAK_REASONS.items() if total[f"break:{key}"]}
    return gate.page(
        "wallboard/agent_time.html",
        groups=groups,
        total=total,
        names=_names(asked["by"], list(groups)),
        narrow={key: _narrow(asked["by"], key, first, last) for key in groups},
        reasons=reasons,
        shown={state: STATES[state][0] for state in SHOWN},
        ratios=RATIOS,
        first=first,
        last=last,
        by=asked["by"],
        by_label=BY_LABEL,
    )


def _names(by: By, keys: list[Any]) -> dict[Any, str]:
    if by is By.AGENT:
        return people.names(keys, numbered=True)
    return {key: f"{key:02d}:00–{key:02d}:59" if by is By.HOUR else str(key) for key in keys}


def _narrow(by: By, key: Any, first: date, last: date) -> dict[str, Any]:
    """The part of the address that a group's lists share."""
    if by is By.DAY:
        return {"first": key, "last": key}
    return {"first": first, "last": last, by.value: key}


@door.get("/agent-time/stretches")
def stretches() -> str:
    """The stretches of a state: together as long as the number says."""
    asked = gate.query(StretchesSchema())
    span, (label, states) = narrowed(asked), STATES[asked["state"]]
    rows = agent_lists.stretches(span, states, asked["reason"], asked["page"], PAGE)
    return gate.page(
        "wallboard/stretches.html",
        rows=rows[:PAGE],
        label=label,
        reason=presence.BREAK_REASONS.get(asked["reason"], ""),
        state_label=presence.label,
        **_shared(asked, span, {row.agent_id for row in rows}, "stretches", len(rows) > PAGE),
    )


@door.get("/agent-time/offers")
def offers() -> str:
    """Who was rung and what became of it."""
    asked = gate.query(OffersSchema())
    span, lines = narrowed(asked), waiting.lines()
    rows = agent_lists.offers(span, asked["line"], asked["missed"], asked["page"], PAGE)
    return gate.page(
        "wallboard/offers.html",
        rows=rows[:PAGE],
        refs={row.call_id: session.get_one(Call, row.call_id) for row in rows[:PAGE]},
        lines=lines,
        line=lines.get(asked["line"]),
        missed=asked["missed"],
        outcome_label=OFFER_LABEL,
        formula=RATIOS["unanswered"].formula,
        **_shared(asked, span, {row.Offer.agent_id for row in rows}, "offers", len(rows) > PAGE),
    )


def _shared(asked: dict[str, Any], span: Range, agents: set[int], view: str, more: bool) -> dict[str, Any]:
    def to(page: int) -> str:
        return url_for(f"wallboard.{view}", **told, page=page)

    page = asked["page"]
    told = asked | {"first": span.first, "last": span.last, "missed": asked.get("missed") or None}
    return {
        "span": span,
        "names": people.names(agents | {span.agent_id or 0}, numbered=True),
        "now": clock.now(),
        "older": to(page + 1) if more else None,
        "newer": to(page - 1) if page else None,
    }
