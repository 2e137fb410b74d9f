"""`flask statistics`: count, recount, seal, and the ways they refuse; month edges under any server time zone."""

import os
import time
from datetime import UTC, date, datetime, timedelta

import pytest

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import Category
from hotline.clock import Month
from hotline.db import session
from hotline.statistics import counted, counting, export_rows, months, published
from hotline.statistics.counted import Range
from hotline.statistics.exports_models import ExportKind
from tests.conftest import run_command
from tests.matters.months_made import HOME, account, history

FEBRUARY = Month("2024-02")
AT = datetime(2024, 2, 9, 1, tzinfo=UTC)


@pytest.fixture
def now(app):
    clock.use(lambda: datetime(2024, 3, 4, 1, tzinfo=UTC))
    intake.record([history(AT + timedelta(hours=n), "self_service") for n in range(20)], HOME)
    yield app
    clock.use(None)


def test_count_seal_recount(now):
    said = run_command(now, "statistics", "count", "2024-02")
    assert (said.exit_code, "ivr 20" in said.output, "29 days" in said.output) == (0, True, True)
    assert run_command(now, "statistics", "recount", "2024-02").exit_code == 1
    sealed = run_command(now, "statistics", "seal", "2024-02")
    assert months.sealed(FEBRUARY).hash in sealed.output
    same = run_command(now, "statistics", "recount", "2024-02")
    assert (same.exit_code, "published = recounted" in same.output) == (0, True)
    intake.record([history(AT, "self_service")], HOME)
    differs = run_command(now, "statistics", "recount", "2024-02")
    assert differs.exit_code == 1
    assert "hotline.ivr published 20 recounted 21" in differs.output
    assert run_command(now, "statistics", "seal", "2024-02").exit_code == 1


def test_count_for_the_worker(now):
    said = run_command(now, "statistics", "count", "2024-02", "--enqueue")
    assert "wait for the worker" in said.output
    assert counting.runs(FEBRUARY)[0].days_done == 0


@pytest.mark.parametrize("month", ["2024-13", "feb", "2030-01"])
def test_refused(now, month):
    assert run_command(now, "statistics", "count", month).exit_code != 0


def test_an_error_in_the_checks_stops_the_seal(now):
    intake.record([history(AT, category=Category.COMPLAINT, agent=account().id)], HOME)
    said = run_command(now, "statistics", "seal", "2024-02")
    assert said.exit_code == 1
    assert "H3" in said.output


def test_page_export_and_bulletin_read_the_same_figure(now):
    page = counted.value("ivr", Range.of(FEBRUARY), HOME)
    filters = {"first": "2024-02-01", "last": "2024-02-29", "category": "ivr"}
    export = session.scalar(export_rows.count(ExportKind.CALLS, filters))
    assert page == export == months.figures(FEBRUARY).hotline.categories["ivr"] == 20
    assert published.figures(FEBRUARY) is None


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/New_York"])
def server_zone(request):
    """The whole process in another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_month_edges_under_any_server_time_zone(app, server_zone):
    clock.use(lambda: datetime(2024, 4, 2, tzinfo=UTC))
    edges = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 29), date(2024, 3, 1)]
    told = []
    for day in edges:
        start, end = clock.day_bounds(day)
        told += [history(start, "self_service"), history(end - timedelta(milliseconds=1), "self_service")]
    intake.record(told, HOME)
    expected = {"2023-12": 2, "2024-01": 2, "2024-02": 2, "2024-03": 2}
    live = {name: counted.value("ivr", Range.of(Month(name)), HOME) for name in expected}
    for name in expected:
        counting.step(counting.start(Month(name), "test").id, seconds=60)
    stored = {name: counted.value("ivr", Range.of(Month(name)), HOME) for name in expected}
    assert live == stored == expected
    assert counted.heat(Range.of(Month("2024-02")), HOME)[3] == [1, *[0] * 22, 1]
    clock.use(None)


def test_half_a_day_on_the_edge_of_february(app):
    """Calls from 12:00 to 24:00 UTC on 29 February: a third of them are still February in Shanghai."""
    clock.use(lambda: datetime(2024, 4, 2, tzinfo=UTC))
    noon = datetime(2024, 2, 29, 12, tzinfo=UTC)
    intake.record([history(noon + timedelta(minutes=n), "self_service") for n in range(720)], HOME)
    assert counted.value("ivr", Range.of(FEBRUARY), HOME) == 240
    assert counted.value("ivr", Range.of(Month("2024-03")), HOME) == 480
    clock.use(None)
