"""A demonstration month: its true counts are the published file's figures, whatever the scale asks for."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Call, Registration, RegistrationVersion
from hotline.clock import Month
from hotline.db import session
from hotline.demo import month as demo_month
from hotline.demo import scaling, start
from hotline.errors import Conflict, Invalid
from hotline.queues import contacts
from hotline.statistics import checks, counted, counting, editions, months, printed, revisions, sealing
from hotline.statistics.counted import Range
from hotline.statistics.document import build
from hotline.statistics.figures import Source
from hotline.statistics.sealing_models import MonthState
from tests.matters.months_made import HOME

PUBLISHED = Path(__file__).parent.parent / "golden"


@pytest.fixture(autouse=True)
def now(app):
    clock.use(lambda: datetime(2026, 11, 20, 4, tzinfo=UTC))
    yield
    clock.use(None)


def body(month: str) -> dict:
    return json.loads((PUBLISHED / f"{month}.json").read_text(encoding="utf-8"))


def made(month: str, scale: float = 0.01) -> Month:
    one = demo_month.begin(printed.read(body(month)), scale)
    for _ in demo_month.make(one, printed.read(body(month))):
        session.flush()
    return one.month


@pytest.mark.parametrize("name", ["2018-03", "2023-03", "2024-02"])
def test_counts_are_the_files_figures_scaled(name):
    month = made(name)
    hotline = body(name)["hotline"]
    values = counted.values(Range.of(month), HOME)
    assert values["total"] == round(hotline["total"]["value"] * 0.01)
    assert all(abs(values[c["code"]] - c["value"] * 0.01) < 1 for c in hotline["categories"])
    orders = {o["code"]: values[o["code"]] for o in hotline["work_orders"] if o["code"] != "wo_self"}
    assert orders == {o["code"]: round(o["value"] * 0.01) for o in hotline["work_orders"] if o["code"] != "wo_self"}
    assert values["wo_self"] == values["complaint"]
    assert values["offered"] > values["total"]
    figures = months.figures(month)
    assert figures.bookings.grand_total > 0
    assert {city.city for city in figures.province.cities if city.count} == {
        city["city"] for city in body(name)["province"]["cities"]
    }


@pytest.mark.parametrize("name", ["2018-03", "2023-03", "2024-02"])
@pytest.mark.parametrize("scale", [0.003, 0.07, 0.5, 1, 2.7])
def test_a_scaled_month_adds_up_as_the_file_does(app, name, scale):
    """Nothing is found in it that is not found in the file; what a file owes to its misprints may go."""
    figures = printed.read(body(name))
    made = scaling.scaled(figures, scale)
    assert abs(made.hotline.total - figures.hotline.total * scale) <= 0.5
    own = {finding.rule for finding in checks.run(checks.look_at(figures))}
    counted_here = replace(made, source=Source.COUNTED)
    assert {finding.rule for finding in checks.run(checks.look_at(counted_here))} <= own


def test_shares_leave_nothing_over():
    assert scaling.shares([1, 1, 1], 100) == [34, 33, 33]
    assert scaling.shares([0, 5, 0], 7) == [0, 7, 0]
    assert scaling.shares([0, 0], 7) == [0, 0]


def test_whichever_way_they_are_read_the_document_is_the_same():
    month = made("2024-02")
    live = build(months.figures(month), editions.of(month))
    counting.step(counting.start(month, "test").id, seconds=60)
    assert build(months.figures(month), editions.of(month)) == live
    assert months.recounted(month) == months.figures(month)


def test_every_answered_call_has_its_form_and_folds_to_the_same_place():
    made("2024-02")
    answered = session.scalar(select(func.count()).select_from(Call).where(Call.outcome == "answered"))
    assert session.scalar(select(func.count()).select_from(Registration)) == answered
    assert session.scalar(select(func.count()).select_from(RegistrationVersion)) == answered
    for call in session.scalars(select(Call).where(Call.category.is_not(None)).limit(40)).all():
        before = (call.accepted, call.category, call.wait_ms, call.talk_ms, call.business_day)
        intake.refold(call.id)
        session.refresh(call)
        assert (call.accepted, call.category, call.wait_ms, call.talk_ms, call.business_day) == before


def test_refused():
    made("2024-02")
    with pytest.raises(Conflict):
        demo_month.begin(printed.read(body("2024-02")), 0.01)
    for scale in (0, -1, 11):
        with pytest.raises(Invalid):
            demo_month.begin(printed.read(body("2023-03")), scale)
    clock.use(lambda: datetime(2023, 3, 20, 4, tzinfo=UTC))
    with pytest.raises(Invalid):
        demo_month.begin(printed.read(body("2023-03")), 0.01)


def test_a_demonstration_begins_with_one_month_published_and_one_to_seal(people):
    for _ in start.load():
        session.commit()
    last, before = Month("2026-10"), Month("2026-09")
    assert (sealing.state(before), sealing.state(last)) == (MonthState.PUBLISHED, MonthState.DRAFT)
    assert revisions.recount(before) == {}
    assert sealing.unsettled(sealing.examine(months.figures(last))) == []
    assert [one.month for one in months.past(last)] == [before]
    desks = [row.endpoint for row in contacts.all_contacts() if "医院" in row.name]
    assert desks == ["025-00000101", "025-00000102"]
