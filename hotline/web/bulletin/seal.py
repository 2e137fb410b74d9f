"""Counting, checking, sealing and revising a month; grave acts ask for the password again."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.clock import Month
from hotline.errors import HotlineError, NotFound
from hotline.jobs import Job, enqueue
from hotline.statistics import counting, months, revisions, sealing
from hotline.statistics.cells import place_of
from hotline.statistics.facts_models import CountRun, RunState
from hotline.statistics.sealing_models import KIND_LABEL, MONTH_LABEL, Kind, ProposalState
from hotline.web import gate
from hotline.web.bulletin import door, statisticians
from hotline.web.bulletin.months import around, month_of

INTERRUPTED = timedelta(minutes=2)


class PasswordForm(Schema):
    current = fields.String(required=True, validate=validate.Length(1, 200))


class ProposalForm(Schema):
    kind = fields.Enum(Kind, by_value=True, required=True)
    reason = fields.String(required=True, validate=validate.Length(2, 500))


class RejectForm(Schema):
    reason = fields.String(required=True, validate=validate.Length(2, 500))


class AsOfQuery(Schema):
    at = fields.Date(required=True)


@door.get("/<month>/sealing", endpoint="sealing")
def show_sealing(month: str) -> ResponseReturnValue:
    return sealing_page(month_of(month))


def sealing_page(month: Month, fault: HotlineError | None = None) -> ResponseReturnValue:
    examined = sealing.examine(months.figures(month))
    body = gate.page(
        "bulletin/sealing.html",
        state=sealing.state(month),
        words=MONTH_LABEL,
        kinds=KIND_LABEL,
        left=sealing.unsettled(examined),
        settled=[one for one in examined if one.settled and one.waivers],
        sealed=[(one, months.publication(one), sealing.verify(one)) for one in reversed(months.versions(month))],
        proposals=revisions.proposals(month),
        open_state=ProposalState.OPEN,
        over=month.last < clock.today(),
        code_version=sealing.code_version(),
        place_of=partial(place_of, month=month),
        fault=fault,
        **_counting(month),
        **around(month),
    )
    return (body, fault.status) if fault else body


def _counting(month: Month) -> dict[str, object]:
    runs = counting.runs(month, limit=5)
    return {"runs": runs, "running": any(_goes_on(run) for run in runs), "interrupted": _interrupted}


def _interrupted(run: CountRun) -> bool:
    return run.state is RunState.RUNNING and clock.now() - run.touched_at > INTERRUPTED


def _goes_on(run: CountRun) -> bool:
    return run.state is RunState.RUNNING and not _interrupted(run)


@door.get("/<month>/counting")
def show_counting(month: str) -> ResponseReturnValue:
    """The fragment with the progress of countings, asked for again and again while one runs."""
    this = month_of(month)
    return gate.page("bulletin/_counting.html", month=this, **_counting(this))


def _act(month: Month, act: Callable[[], object], done: str) -> ResponseReturnValue:
    def do() -> str:
        act()
        return done

    return gate.act(do, partial(sealing_page, month), url_for(".sealing", month=month))


@door.post("/<month>/counting")
@statisticians
def count(month: str) -> ResponseReturnValue:
    """Let the worker count the month; the page shows how far it is."""
    this = month_of(month)

    def begin() -> None:
        enqueue(Job.COUNT_MONTH, run_id=counting.start(this, gate.person().name).id)

    return _act(this, begin, "已开始统计")


@door.post("/<month>/check")
@statisticians
def check(month: str) -> ResponseReturnValue:
    this = month_of(month)
    return _act(this, lambda: sealing.check(this), "已校验并记录")


@door.post("/<month>/seal")
@statisticians
def seal(month: str) -> ResponseReturnValue:
    this = month_of(month)

    def act() -> None:
        gate.confirm_password(gate.load(PasswordForm())["current"])
        sealing.seal(this)

    return _act(this, act, f"{this} 已封存")


@door.post("/<month>/publish")
@statisticians
def publish(month: str) -> ResponseReturnValue:
    this = month_of(month)
    return _act(this, lambda: sealing.publish(this), f"{this} 已发布")


@door.post("/<month>/compare-records")
@statisticians
def compare_records(month: str) -> ResponseReturnValue:
    """Look for differences between the sealed month and its records."""
    this = month_of(month)
    return _act(this, lambda: revisions.detect(this), "已与明细核对")


@door.post("/<month>/proposals/<int:proposal_id>/propose")
@statisticians
def propose(month: str, proposal_id: int) -> ResponseReturnValue:
    this = _of_month(month, proposal_id)

    def act() -> None:
        form = gate.load(ProposalForm())
        revisions.propose(proposal_id, form["kind"], form["reason"])

    return _act(this, act, "已提出，待另一人批准")


@door.post("/<month>/proposals/<int:proposal_id>/approve")
@statisticians
def approve(month: str, proposal_id: int) -> ResponseReturnValue:
    this = _of_month(month, proposal_id)

    def act() -> None:
        gate.confirm_password(gate.load(PasswordForm())["current"])
        revisions.approve(proposal_id)

    return _act(this, act, "已批准并封存为新版本")


@door.post("/<month>/proposals/<int:proposal_id>/reject")
@statisticians
def reject(month: str, proposal_id: int) -> ResponseReturnValue:
    this = _of_month(month, proposal_id)
    return _act(this, lambda: revisions.reject(proposal_id, gate.load(RejectForm())["reason"]), "已记录：不修订")


def _of_month(month: str, proposal_id: int) -> Month:
    """The month, if the proposal is one of its own. Raises NotFound."""
    this = month_of(month)
    if revisions.find(proposal_id).month != str(this):
        raise NotFound("没有这份修订建议")
    return this


@door.get("/<month>/as-of")
def as_of(month: str) -> ResponseReturnValue:
    """The version that was in force at the end of a day."""
    this, day = month_of(month), gate.query(AsOfQuery())["at"]
    version = months.sealed(this, clock.day_start(day + timedelta(days=1)))
    if version is None:
        raise NotFound(f"{this} 在 {day} 还没有封存")
    return redirect(url_for(".show", month=this, version=version.number))
