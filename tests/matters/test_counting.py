"""Facts of days, the months they add up to, and the records behind every figure."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, text

from hotline import clock, db
from hotline.calls import intake
from hotline.calls.models import Call, Category, InvalidType, Outcome
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid, Malformed, NotFound
from hotline.jobs import Outbox
from hotline.statistics import bulletin, counted, counting, months, province
from hotline.statistics.counted import Range
from hotline.statistics.facts_models import CountedDay, CountRun, Fact, HourFact, RunState
from hotline.statistics.metrics import FIGURES, Matter
from tests.matters.months_made import HOME, account, history, places

FEBRUARY = Month("2024-02")


@pytest.fixture
def clock_at():
    yield lambda at: clock.use(lambda: at)
    clock.use(None)


@pytest.fixture
def month(app, clock_at):
    """A month of every kind of call, seen from the month after."""
    clock_at(datetime(2024, 3, 5, 4, tzinfo=UTC))
    make_month()
    return FEBRUARY


def make_month() -> None:
    places()
    agent = account().id
    at = datetime(2024, 2, 9, 1, 0, tzinfo=UTC)
    made = [
        *(
            history(at + timedelta(hours=n), category=Category.CONSULTATION, agent=agent, caller=f"138000000{n:02d}")
            for n in range(12)
        ),
        *(history(at + timedelta(days=n), category=Category.COMPLAINT, agent=agent, wait=25) for n in range(5)),
        *(history(at + timedelta(days=n), category=Category.CRISIS, agent=agent, queue="crisis") for n in range(3)),
        *(history(at + timedelta(days=n), agent=agent) for n in range(4)),
        *(history(at + timedelta(days=n), "self_service") for n in range(6)),
        *(history(at + timedelta(minutes=n), "abandoned", wait=n + 1) for n in range(10)),
        *(history(at, "menu", caller="anonymous") for _ in range(2)),
        history(at, "voicemail"),
        *(history(at, agent=agent, invalid=kind) for kind in InvalidType),
        history(clock.day_start(date(2024, 2, 1)) - timedelta(milliseconds=1), agent=agent),
        history(clock.day_start(date(2024, 2, 1)), agent=agent),
        history(clock.day_start(date(2024, 3, 1)) - timedelta(milliseconds=1), agent=agent),
        history(clock.day_start(date(2024, 3, 1)), agent=agent),
    ]
    intake.record(made, HOME)


def run(month: Month) -> None:
    counting.step(counting.start(month, "test").id, seconds=60)


KNOWN = {
    "total": 32, "consultation": 12, "complaint": 5, "crisis": 3, "manual": 6, "ivr": 6, "phone_booking": 0,
    "offered": 50, "asked": 42, "outcome_answered": 31, "outcome_abandoned": 10, "outcome_menu_hangup": 2,
    "outcome_voicemail": 1, "short_abandoned": 5, "answered_in_15": 26, "answered_in_20": 26, "answered_in_30": 31,
    "left_in_10": 10, "invalid": 5, "invalid_silent": 1, "under_5s": 10, "repeat": 28,
}  # fmt: skip


def test_known_month(month):
    values = counted.values(Range.of(month), HOME)
    assert {key: values[key] for key in KNOWN} == KNOWN


def test_facts_and_live_agree(month):
    live = counted.values(Range.of(month), HOME)
    assert counted.uncounted(Range.of(month)) == month.days
    run(month)
    assert counted.uncounted(Range.of(month)) == []
    assert counted.values(Range.of(month), HOME) == live
    published = [cell for cell in counted.cells(Range.of(month), HOME) if cell.metric in ("calls", "orders")]
    assert counted.recounted(Range.of(month), HOME) == published


@pytest.mark.parametrize("figure_id", FIGURES)
def test_the_list_behind_a_figure_is_as_long_as_the_figure(month, figure_id):
    after, seen = "", []
    while after is not None:
        page = counted.records(figure_id, Range.of(month), HOME, after, limit=7)
        seen += [row.id for row in page.rows]
        after = page.after
    assert len(seen) == len(set(seen)) == counted.value(figure_id, Range.of(month), HOME)


def test_accepted_is_the_sum_of_categories(month):
    values = counted.values(Range.of(month), HOME)
    assert values["total"] == sum(values[category.value] for category in Category)
    assert values["offered"] == sum(values[f"outcome_{outcome.value}"] for outcome in Outcome)


def test_month_edges_follow_shanghai_time(month):
    first = counted.records("manual", Range(date(2024, 2, 1), date(2024, 2, 1)), HOME).rows
    last = counted.records("manual", Range(date(2024, 2, 29), date(2024, 2, 29)), HOME).rows
    assert [call.offered_at for call in first] == [datetime(2024, 1, 31, 16, tzinfo=UTC)]
    assert [call.offered_at for call in last] == [datetime(2024, 2, 29, 15, 59, 59, 999000, tzinfo=UTC)]


def test_a_corrected_category_moves_when_the_day_is_counted_again(month):
    run(month)
    call = session.scalars(select(Call).where(Call.category == Category.COMPLAINT)).first()
    call.category = Category.CONSULTATION
    session.flush()
    counting.count_day(call.business_day)
    values = counted.values(Range.of(month), HOME)
    assert (values["complaint"], values["consultation"]) == (4, 13)


def test_other_cities_stay_apart(month):
    intake.record([history(datetime(2024, 2, 9, 3, tzinfo=UTC), "self_service")], "320500")
    assert counted.value("ivr", Range.of(month), "320500") == 1
    assert counted.value("ivr", Range.of(month), HOME) == 6
    assert len(counted.records("ivr", Range.of(month), "320500").rows) == 1


def test_today_is_live_and_cannot_be_counted(app, clock_at):
    clock_at(datetime(2024, 2, 9, 4, tzinfo=UTC))
    places()
    intake.record([history(datetime(2024, 2, 9, 3, tzinfo=UTC), "self_service")], HOME)
    run(FEBRUARY)
    assert counted.value("ivr", Range.of(FEBRUARY), HOME) == 1
    with pytest.raises(Invalid):
        counting.count_day(date(2024, 2, 9))
    assert session.scalar(select(func.count()).select_from(Fact).where(Fact.day == date(2024, 2, 9))) == 0


def test_heat_and_daily(month):
    heat = counted.heat(Range.of(month), HOME)
    run(month)
    assert counted.heat(Range.of(month), HOME) == heat
    assert sum(map(sum, heat)) == KNOWN["offered"]
    assert heat[3][0] == 1  # Thursday 1 February, midnight
    assert sum(sum(day.values()) for day in counted.daily(Range.of(month), HOME).values()) == KNOWN["total"]


def test_a_chart_draws_whole_months_sealed_or_not(month):
    trend = bulletin.charts(months.figures(month.next))[0]
    assert {value for one in trend.series for value in one.values[:-1]} <= {None}
    run(month)
    trend = bulletin.charts(months.figures(month.next))[0]
    drawn = {one.name: one.values[-2] for one in trend.series}
    assert sum(drawn.values()) == KNOWN["total"]
    session.execute(delete(CountedDay).where(CountedDay.day == month.first))
    assert months.counted_before(month.next) == {}


def test_progress_of_a_run(month):
    first = counting.start(month, "统计员").id
    assert (counting.step(first).days_done, counting.step(first).days_done) == (1, 2)
    assert counting.step(first, seconds=60).state is RunState.DONE
    newest = counting.step(first)
    assert newest is counting.runs(month)[0]
    assert (newest.days_done, newest.days_total, newest.started_by) == (29, 29, "统计员")
    assert newest.finished_at == clock.now()


def test_a_job_goes_on_until_the_month_is_counted(month):
    run_id = counting.start(month, "test").id
    province.advance(run_id)
    done = counting.runs(month)[0]
    assert done.state is RunState.DONE
    assert done.lines[0] == ["南京", KNOWN["total"]]
    assert ["苏州", None] in done.lines
    assert session.scalar(select(func.count()).select_from(Outbox).where(Outbox.name == "count_month")) == 0


def test_recent_days_are_this_month_and_the_one_before(month):
    run = counting.start_recent("clock")
    assert (run.first, run.days_total) == (date(2024, 2, 1), 29 + 4)


@pytest.mark.parametrize("bad", ["nonsense", "2024-02-09T01:00:00+00:00 1", "é"])
def test_a_forged_place_in_the_list_is_refused(month, bad):
    with pytest.raises(Malformed):
        counted.records("total", Range.of(month), HOME, bad)
    with pytest.raises(Malformed):
        counted.records("wo_self", Range.of(month), HOME, bad)


def test_refused(month):
    with pytest.raises(NotFound):
        counting.step(0)
    with pytest.raises(Invalid):
        counting.start(Month("2030-01"), "test")
    with pytest.raises(NotFound):
        counted.records("nonsense", Range.of(month), HOME)
    for first, last in ((date(2024, 2, 2), date(2024, 2, 1)), (date(2020, 1, 1), date(2024, 2, 1))):
        with pytest.raises(Invalid):
            Range(first, last)


def test_every_figure_is_defined():
    assert len({figure.id for figure in FIGURES.values()}) == len(FIGURES)
    assert all(figure.name and figure.definition and figure.matter in Matter for figure in FIGURES.values())


def test_the_database_refuses_the_same_fact_twice(month):
    run(month)
    fact = session.scalars(select(Fact)).first()
    columns = {c.name: getattr(fact, c.name) for c in Fact.__table__.columns if c.name != "id"}
    with pytest.raises(Exception, match=r"(?i)unique"):
        session.execute(db.insert(Fact).values(columns))


def test_eight_at_once_leave_one_result(committed_app, clock_at):
    clock_at(datetime(2024, 3, 5, 4, tzinfo=UTC))
    with committed_app.app_context():
        make_month()
        session.commit()
        run_committed(FEBRUARY)
        alone = snapshot()
        session.execute(text("DELETE FROM fact"))
        session.commit()
    problems: list[Exception] = []

    def worker(stop_after: int) -> None:
        with committed_app.app_context():
            try:
                run_committed(FEBRUARY, stop_after)
            except Exception as error:
                problems.append(error)
            finally:
                session.remove()

    threads = [threading.Thread(target=worker, args=(99 if n % 2 else 7 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with committed_app.app_context():
        run_committed(FEBRUARY)
        assert snapshot() == alone
        stopped = session.scalar(select(func.count()).select_from(CountRun).where(CountRun.state == RunState.RUNNING))
        assert stopped == 3


def run_committed(month: Month, stop_after: int = 99) -> None:
    run_id = counting.start(month, "test").id
    session.commit()
    for _ in range(stop_after):
        state = counting.step(run_id).state
        session.commit()
        if state is RunState.DONE:
            return


def snapshot() -> tuple[list, list]:
    facts = [tuple(row)[1:] for row in session.execute(select(*Fact.__table__.columns))]
    hours = [tuple(row)[1:] for row in session.execute(select(*HourFact.__table__.columns))]
    return sorted(facts), sorted(hours)
