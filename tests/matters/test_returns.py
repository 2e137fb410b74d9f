"""City returns: checked, filed, sent back, corrected, accepted; never edited."""

import io
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DatabaseError

from hotline import clock, sheets
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.statistics import returns, returns_files, returns_reminded
from hotline.statistics.returns_models import CityReturn, Form, ReportingCity, ReturnReminder, ReturnRule, ReturnState
from tests.matters.months_made import places

FEBRUARY = Month("2024-02")
SUZHOU, NANTONG, NANJING = "320500", "320600", "320100"


@pytest.fixture
def asked(app):
    """The cities are asked; it is 2 March 2024 in Nanjing."""
    clock.use(lambda: datetime(2024, 3, 2, 1, tzinfo=UTC))
    places()
    session.execute(delete(ReportingCity))
    session.add_all(ReportingCity(city_code=c, valid_from="2023-01", valid_to=None) for c in (SUZHOU, NANTONG))
    session.flush()
    yield
    clock.use(None)


def state(city: str, month: Month = FEBRUARY) -> ReturnState:
    return next(one.state for one in returns.overview(month) if one.city_code == city)


def at(month: int, day: int) -> None:
    clock.use(lambda: datetime(2024, month, day, 1, tzinfo=UTC))


def test_the_way_of_a_return(asked):
    assert state(NANJING) is ReturnState.COUNTED
    assert state(SUZHOU) is ReturnState.NOT_DUE
    at(3, 6)
    assert state(SUZHOU) is ReturnState.MISSING
    first = returns.file(SUZHOU, FEBRUARY, 9073)
    assert state(SUZHOU) is ReturnState.FILED
    returns.send_back(first.id, "与去年同月相差太大")
    assert state(SUZHOU) is ReturnState.RETURNED
    assert [one.total for one in returns.overview(FEBRUARY)] == [None, None, None]
    second = returns.file(SUZHOU, FEBRUARY, 9703)
    assert (second.number, state(SUZHOU)) == (2, ReturnState.CORRECTED)
    returns.accept(second.id)
    assert state(SUZHOU) is ReturnState.ACCEPTED
    assert [one.total for one in returns.filings(FEBRUARY, SUZHOU) and returns.overview(FEBRUARY)] == [None, 9703, None]
    assert [filing.total for filing in returns.filings(FEBRUARY, SUZHOU)] == [9073, 9703]


def test_the_same_figures_again_are_one_filing(asked):
    assert returns.file(SUZHOU, FEBRUARY, 9703).id == returns.file(SUZHOU, FEBRUARY, 9703, form=Form.API).id


def test_the_same_figures_after_a_return_are_a_filing_of_their_own(asked):
    first = returns.file(SUZHOU, FEBRUARY, 9703)
    returns.send_back(first.id, "请核对")
    assert returns.file(SUZHOU, FEBRUARY, 9703, explanation="已核对无误").number == 2


def test_only_the_newest_filing_is_judged(asked):
    first = returns.file(SUZHOU, FEBRUARY, 1)
    returns.file(SUZHOU, FEBRUARY, 2)
    with pytest.raises(Conflict):
        returns.accept(first.id)


@pytest.mark.parametrize(
    ("city", "month", "total", "categories", "field"),
    [
        (SUZHOU, "2024-03", 1, {}, "month"),
        (SUZHOU, "2024-02", -1, {}, "total"),
        (SUZHOU, "2024-02", 10**9, {}, "total"),
        (SUZHOU, "2024-02", 5, {"consultation": 4}, "total"),
        (SUZHOU, "2024-02", 5, {"consultation": 5, "fun": 0}, "categories"),
        (SUZHOU, "2024-02", 5, {"consultation": -5}, "categories"),
        (NANJING, "2024-02", 5, {}, "city_code"),
        ("320800", "2024-02", 5, {}, "city_code"),
        (SUZHOU, "2022-12", 5, {}, "city_code"),
    ],
)
def test_refused(asked, city, month, total, categories, field):
    with pytest.raises(Invalid) as told:
        returns.file(city, Month(month), total, categories)
    assert field in told.value.fields


def test_refused_without_reason_or_object(asked):
    with pytest.raises(NotFound):
        returns.file("999999", FEBRUARY, 1)
    with pytest.raises(NotFound):
        returns.accept(10**6)
    with pytest.raises(Invalid):
        returns.send_back(returns.file(SUZHOU, FEBRUARY, 1).id, " ")


def test_a_jump_needs_a_written_reason(asked):
    returns.file(SUZHOU, Month("2024-01"), 9000)
    for total in (90_000, 900):
        with pytest.raises(Invalid) as told:
            returns.file(SUZHOU, FEBRUARY, total)
        assert "explanation" in told.value.fields
    assert returns.file(SUZHOU, FEBRUARY, 900, explanation="线路检修停机两周").number == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE city_return SET total = 1", "DELETE FROM city_return", "DELETE FROM return_verdict"]
)
def test_the_database_refuses_to_change_a_return(asked, statement):
    returns.accept(returns.file(SUZHOU, FEBRUARY, 5).id)
    with pytest.raises(DatabaseError, match="append only"), session.begin_nested():
        session.execute(text(statement))
    assert session.scalar(select(CityReturn.total)) == 5


def filled(kind: str, **changes: str) -> io.BytesIO:
    rows = [(item, changes.get(item, value)) for item, value in returns_files.template_rows(FEBRUARY)]
    out = io.BytesIO()
    if kind == "xlsx":
        sheets.write_xlsx(out, "报送", returns_files.HEADER, rows)
    else:
        sheets.write_csv(out, returns_files.HEADER, rows)
    return io.BytesIO(out.getvalue())


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_comes_back_filled_in(app, kind):
    stream = filled(kind, 受理咨询电话总量="9703", 咨询="9000", 投诉="703", 说明="春节")
    said = returns_files.read(stream, f"苏州.{kind}")
    assert said == returns_files.ReturnFile(FEBRUARY, 9703, {"consultation": 9000, "complaint": 703}, "春节")


@pytest.mark.parametrize(
    "changes", [{"受理咨询电话总量": "约九千"}, {"受理咨询电话总量": "97.5"}, {"统计月份": "二月"}, {"咨询": "-1"}]
)
def test_a_wrong_template_is_refused(app, changes):
    with pytest.raises(Invalid):
        returns_files.read(filled("csv", **{"受理咨询电话总量": "1", **changes}), "a.csv")


def test_other_tables_are_no_template(app):
    for body in ("甲,乙\n1,2\n", "项目,数量\n体重,70\n", "项目,数量\n说明,\n说明,\n"):
        with pytest.raises(Invalid):
            returns_files.read(io.BytesIO(body.encode()), "a.csv")


def test_reminders_once_before_and_once_after(asked):
    at(3, 1)
    assert returns_reminded.remind() == 0
    at(3, 2)
    assert (returns_reminded.remind(), returns_reminded.remind()) == (2, 0)
    returns.file(SUZHOU, FEBRUARY, 9703)
    at(3, 6)
    assert (returns_reminded.remind(), returns_reminded.remind()) == (1, 0)
    assert session.scalar(select(func.count()).select_from(ReturnReminder)) == 3
    assert [one.occasion for one in returns_reminded.reminders(NANTONG)] == ["overdue", "before_due"]


def test_the_due_day_is_dated(asked):
    assert returns.due(FEBRUARY) == date(2024, 3, 5)
    session.add(ReturnRule(valid_from="2024-02", due_day=10, remind_before=0))
    session.flush()
    assert (returns.due(FEBRUARY), returns.due(Month("2024-01"))) == (date(2024, 3, 10), date(2024, 2, 5))


def test_every_city_of_the_province_is_asked_once(asked):
    new = returns.ask_cities(Month("2024-01"))
    assert new == len([city for city, _ in returns.cities(FEBRUARY)]) - 3
    assert returns.ask_cities(Month("2024-01")) == 0
    assert [area.code for area, counted in returns.cities(FEBRUARY) if counted] == [NANJING]
