"""The month's way: figures, checks and reasons, the seal, what comes after it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from hotline import audit, clock
from hotline.calls import intake
from hotline.calls.models import Category
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.statistics import datasets, months, returns, revisions, sealing
from hotline.statistics.checks import Severity
from hotline.statistics.sealing_models import Kind, MonthState, ProposalState
from tests.matters.months_made import HOME, account, history, places

FEBRUARY = Month("2024-02")
MORNING = datetime(2024, 2, 9, 1, tzinfo=UTC)


@pytest.fixture
def at():
    """Set the wall clock."""
    yield lambda moment: clock.use(lambda: moment)
    clock.use(None)


@pytest.fixture
def month(app, at):
    at(datetime(2024, 3, 4, 1, tzinfo=UTC))
    places()
    returns.ask_cities(Month("2018-01"))
    intake.record([history(MORNING + timedelta(hours=n), "self_service") for n in range(20)], HOME)
    for city, total in (("320500", 12), ("320600", 7)):
        returns.file(city, FEBRUARY, total)
    return FEBRUARY


def acting(login: str):
    person = account(login)
    return audit.acting(audit.Actor(person.id, person.name))


def complaint() -> None:
    """A complaint without an order: rule H3 has something to say."""
    intake.record([history(MORNING, category=Category.COMPLAINT, agent=account().id)], HOME)


def test_figures_come_from_calls_and_returns(month):
    figures = months.figures(month)
    assert (figures.hotline.total, figures.hotline.categories["ivr"]) == (20, 20)
    assert figures.province.total == 39
    reported = {city.city: city.count for city in figures.province.cities if city.count is not None}
    assert reported == {"南京": 20, "苏州": 12, "南通": 7}
    assert figures.source == "counted"


def test_a_return_sent_back_is_missing_not_zero(month):
    filing = returns.filings(month, "320500")[0]
    returns.send_back(filing.id, "请核对")
    cities = {city.city: city.count for city in months.figures(month).province.cities}
    assert (cities["苏州"], cities["淮安"]) == (None, None)


def test_from_draft_to_published(month):
    assert sealing.state(month) is MonthState.DRAFT
    assert sealing.check(month) == []
    assert sealing.state(month) is MonthState.CHECKED
    version = sealing.seal(month)
    assert sealing.state(month) is MonthState.SEALED
    assert (version.number, version.kind, sealing.verify(version)) == (1, Kind.FIRST, True)
    assert months.current(month) == months.figures(month)
    sealing.publish(month)
    assert sealing.state(month) is MonthState.PUBLISHED
    with pytest.raises(Conflict):
        sealing.publish(month)
    with pytest.raises(Conflict):
        sealing.seal(month)


def test_new_facts_make_a_checked_month_a_draft(month):
    sealing.check(month)
    intake.record([history(MORNING, "self_service")], HOME)
    assert sealing.state(month) is MonthState.DRAFT


def test_a_warning_needs_one_written_reason(month):
    complaint()
    (found,) = [one for one in sealing.check(month) if one.finding.rule == "H3"]
    assert found.finding.severity is Severity.WARNING
    assert sealing.state(month) is MonthState.DRAFT
    with pytest.raises(Invalid) as told:
        sealing.seal(month)
    assert "H3" in told.value.fields["findings"][0]
    with acting("one"):
        with pytest.raises(Invalid):
            sealing.waive(month, found.finding.key, " ")
        sealing.waive(month, found.finding.key, "工单系统停机，补登中")
    assert sealing.seal(month).inputs["waivers"][0][3] == "工单系统停机，补登中"


def booked(month: Month) -> str:
    """A channel table that the booking table contradicts: rule X2 is an error."""
    datasets.keep(month, "bookings", [["南京鼓楼医院", "5", "3", "0", "0"]], cumulative="8")
    datasets.keep(month, "channels", [["健康南京", "5"], ["12320快速预约", "2"]])
    return next(one.finding.key for one in sealing.check(month) if one.finding.rule == "X2")


def test_an_error_needs_two_persons(month):
    key = booked(month)
    with acting("one"):
        sealing.waive(month, key, "渠道方已确认口径不同")
        with pytest.raises(Conflict):
            sealing.waive(month, key, "再说一次")
    with pytest.raises(Invalid):
        sealing.seal(month)
    with acting("two"):
        sealing.waive(month, key, "已核对双方原始数据")
    for one in sealing.unsettled(sealing.examine(months.figures(month))):
        with acting("one"):
            sealing.waive(month, one.finding.key, "同上")
    assert sealing.seal(month).number == 1


def test_a_reason_holds_only_for_the_finding_as_it_was(month):
    key = booked(month)
    with acting("one"):
        sealing.waive(month, key, "口径不同")
    datasets.keep(month, "channels", [["健康南京", "5"], ["12320快速预约", "1"]])
    with acting("two"), pytest.raises(NotFound):
        sealing.waive(month, key, "口径不同")


def test_nobody_signed_in_cannot_waive(month):
    with pytest.raises(Invalid):
        sealing.waive(month, booked(month), "理由")


def test_an_unfinished_month_is_not_sealed(month, at):
    at(datetime(2024, 2, 29, 4, tzinfo=UTC))
    with pytest.raises(Invalid):
        sealing.seal(month)


@pytest.mark.parametrize("table", ["sealed_month", "publication", "waiver", "month_check"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_the_database_refuses_to_change_what_was_sealed(month, table, verb):
    complaint()
    finding = sealing.check(month)[0].finding
    with acting("one"):
        sealing.waive(month, finding.key, "理由")
        sealing.seal(month)
        sealing.publish(month)
    column = {"sealed_month": "month", "publication": "by", "waiver": "reason", "month_check": "by"}[table]
    statement = f"UPDATE {table} SET \"{column}\" = 'x'" if verb == "UPDATE" else f"DELETE FROM {table}"
    with pytest.raises(DatabaseError, match="append only"), session.begin_nested():
        session.execute(text(statement))


def test_sealing_the_same_month_elsewhere_gives_the_same_hash(month):
    first = sealing.seal(month)
    parts = (first.figures, first.inputs, first.rules_version, first.code_version)
    assert sealing.sealed_hash(month, 1, *parts) == first.hash
    changed = {**first.figures, "hotline": {**first.figures["hotline"], "total": 21}}
    assert sealing.sealed_hash(month, 1, changed, *parts[1:]) != first.hash


def late_call() -> None:
    intake.record([history(MORNING, "self_service")], HOME)


def test_recount_is_published_to_the_digit_until_a_late_call_comes(month):
    sealing.seal(month)
    assert revisions.recount(month) == {}
    late_call()
    assert revisions.recount(month) == {
        "hotline.total": [20, 21],
        "hotline.ivr": [20, 21],
        "province.total": [39, 40],
        "province.南京": [20, 21],
    }
    assert months.current(month).hotline.total == 20


def test_a_late_call_becomes_a_revision_by_two_persons(month, at):
    sealing.seal(month)
    sealing.publish(month)
    assert revisions.detect(month) is None
    late_call()
    at(datetime(2024, 4, 1, 1, tzinfo=UTC))
    proposal = revisions.detect(month)
    assert revisions.detect(month) is proposal
    with acting("one"):
        with pytest.raises(Invalid):
            revisions.propose(proposal.id, Kind.REVISION, " ")
        revisions.propose(proposal.id, Kind.REVISION, "对账补回一通来电")
        with pytest.raises(Invalid):
            revisions.approve(proposal.id)
    with acting("two"):
        version = revisions.approve(proposal.id)
    assert (version.number, version.kind, version.sealed_by, version.approved_by) == (2, Kind.REVISION, "one", "two")
    assert version.differences["hotline.total"] == [20, 21]
    assert "修订" in months.mark(version)
    assert "对账补回一通来电" in months.mark(version)
    assert sealing.state(month) is MonthState.SEALED
    assert revisions.recount(month) == {}
    assert months.figures(month, as_of=datetime(2024, 3, 20, tzinfo=UTC)).hotline.total == 20
    assert months.figures(month, as_of=datetime(2024, 4, 2, tzinfo=UTC)).hotline.total == 21
    with pytest.raises(NotFound):
        months.figures(month, as_of=datetime(2024, 3, 1, tzinfo=UTC))
    assert [one.number for one in months.versions(month)] == [1, 2]


def test_a_correction_is_marked_as_one(month):
    sealing.seal(month)
    returns.file("320500", month, 13)
    proposal = revisions.detect(month)
    with acting("one"):
        revisions.propose(proposal.id, Kind.CORRECTION, "苏州原报数字有误")
    with acting("two"):
        version = revisions.approve(proposal.id)
    assert version.kind is Kind.CORRECTION
    assert "更正" in months.mark(version)
    assert version.differences == {"province.total": [39, 40], "province.苏州": [12, 13]}


def test_a_proposal_is_overtaken_by_newer_facts(month):
    sealing.seal(month)
    late_call()
    first = revisions.detect(month)
    with acting("one"):
        revisions.propose(first.id, Kind.REVISION, "补回")
    late_call()
    with acting("two"), pytest.raises(Conflict):
        revisions.approve(first.id)
    states = {one.id: one.state for one in revisions.proposals(month)}
    assert states.pop(first.id) is ProposalState.OVERTAKEN
    assert list(states.values()) == [ProposalState.OPEN]


def test_a_rejected_difference_is_not_proposed_again(month):
    sealing.seal(month)
    late_call()
    proposal = revisions.detect(month)
    with acting("two"):
        with pytest.raises(Invalid):
            revisions.reject(proposal.id, "")
        revisions.reject(proposal.id, "测试来电，不修订")
        with pytest.raises(Conflict):
            revisions.approve(proposal.id)
    assert revisions.detect(month) is None
    assert months.current(month).hotline.total == 20


def test_nightly_comparison_looks_at_sealed_months(month):
    assert revisions.detect_tonight() == 0
    sealing.seal(month)
    late_call()
    assert revisions.detect_tonight() == 1


def test_an_older_month_is_looked_at_once_a_week(month, at):
    older = Month("2023-08")
    for one in (older, *(Month(f"2023-{number}") for number in ("09", "10", "11"))):
        intake.record([history(datetime(one.year, one.number, 9, 1, tzinfo=UTC), "self_service")], HOME)
        sealing.seal(one)
    intake.record([history(datetime(2023, 8, 10, 1, tzinfo=UTC), "self_service")], HOME)
    found = []
    for day in range(4, 18):
        at(datetime(2024, 3, day, 1, tzinfo=UTC))
        found.append(revisions.detect_tonight())
    assert sorted(found) == [0] * 12 + [1, 1]
    assert [proposal.state for proposal in revisions.proposals(older)] == [ProposalState.OPEN]


def test_refused(month):
    for verb in (sealing.publish, revisions.recount):
        with pytest.raises((Invalid, NotFound)):
            verb(month)
    with pytest.raises(NotFound):
        revisions.propose(0, Kind.REVISION, "x")
    with acting("one"), pytest.raises(NotFound):
        sealing.waive(month, "H9:x:-", "理由")
