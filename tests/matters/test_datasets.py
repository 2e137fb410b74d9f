"""Reported tables handed in: checked cell by cell, names matched, versions kept, cumulative figures derived."""

import io
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from hotline import clock, sheets
from hotline.bookings.models import Booking, HalfDay, Status
from hotline.calls import intake
from hotline.calls.models import Category
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid, NotFound
from hotline.places import institutions
from hotline.statistics import datasets, datasets_import, layouts, months, phone_bookings
from hotline.statistics.datasets_models import DatasetDraft
from tests.matters.months_made import HOME, account, history

FEBRUARY, MARCH = Month("2024-02"), Month("2024-03")
HEADER = ["序号", "单位", "12320在线预约", "快速预约", "诊间预约", "第三方", "小计"]


@pytest.fixture(autouse=True)
def now(app):
    clock.use(lambda: datetime(2024, 3, 4, 1, tzinfo=UTC))
    yield
    clock.use(None)


def a_file(*rows: list[object], header: list[str] | None = None, kind: str = "xlsx") -> io.BytesIO:
    out = io.BytesIO()
    if kind == "xlsx":
        sheets.write_xlsx(out, "表", header or HEADER, rows)
    else:
        sheets.write_csv(out, header or HEADER, rows)
    return io.BytesIO(out.getvalue())


def handed_in(*rows, dataset="bookings", month=FEBRUARY, kind="xlsx", header=None, cumulative="") -> DatasetDraft:
    stream = a_file(*rows, header=header, kind=kind)
    return datasets_import.read(month, dataset, stream, f"表.{kind}", cumulative=cumulative)


ROWS = ([1, "南京鼓楼医院", 5911, 689, 0, 2719, 9319], [2, "南京市儿童医院", 2001, 407, 0, 0, 2408])


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_table_is_read_previewed_and_kept(kind):
    one = handed_in(*ROWS, ["合计", "", 7912, 1096, 0, 2719, 11727], kind=kind, cumulative="2000000")
    assert one.rows == [["南京鼓楼医院", "5911", "689", "0", "2719"], ["南京市儿童医院", "2001", "407", "0", "0"]]
    assert [choice.printed for choice in datasets_import.names(one)] == ["南京鼓楼医院", "南京市儿童医院"]
    kept = datasets_import.confirm(one, {})
    assert (kept.number, session.get(DatasetDraft, one.id)) == (1, None)
    table = months.figures(FEBRUARY).bookings
    assert (table.totals, table.grand_total, table.cumulative) == ((7912, 1096, 0, 2719), 11727, 2000000)


def test_an_unknown_name_asks_a_person_and_becomes_an_alias():
    one = handed_in([1, "鼓楼医院本部", 5, 0, 0, 0, 5])
    (choice,) = datasets_import.names(one)
    assert choice.printed is None
    assert "南京鼓楼医院" in {name for _, name in choice.suggestions}
    with pytest.raises(Invalid, match="鼓楼医院本部"):
        datasets_import.confirm(one, {})
    gulou = institutions.by_name("南京鼓楼医院")
    datasets_import.confirm(one, {"鼓楼医院本部": gulou.id})
    assert months.figures(FEBRUARY).bookings.rows[0].institution == "南京鼓楼医院"
    again = handed_in([1, "鼓楼医院本部", 6, 0, 0, 0, 6])
    assert datasets_import.names(again)[0].printed == "南京鼓楼医院"
    assert datasets_import.confirm(again, {}).number == 2


def test_a_name_may_be_printed_as_it_is():
    one = handed_in([1, "某某新院", 5, 0, 0, 0, 5])
    datasets_import.confirm(one, {"某某新院": datasets_import.AS_IT_IS})
    assert months.figures(FEBRUARY).bookings.rows[0].institution == "某某新院"


def test_a_known_name_of_the_period_may_be_printed_as_it_came():
    one = handed_in([1, "南京市第二人民医院", 5, 0, 0, 0, 5])
    (choice,) = datasets_import.names(one)
    assert (choice.printed, choice.asks) == ("南京市第二医院", True)
    datasets_import.confirm(one, {})
    assert months.figures(FEBRUARY).bookings.rows[0].institution == "南京市第二医院"
    again = handed_in([1, "南京市第二人民医院", 6, 0, 0, 0, 6])
    datasets_import.confirm(again, {choice.name: datasets_import.AS_IT_IS})
    assert months.figures(FEBRUARY).bookings.rows[0].institution == "南京市第二人民医院"


def test_two_rows_of_one_institution_are_refused():
    one = handed_in([1, "南京鼓楼医院", 5, 0, 0, 0, 5], [2, "鼓楼本院", 5, 0, 0, 0, 5])
    with pytest.raises(Invalid, match="两行"):
        datasets_import.confirm(one, {"鼓楼本院": institutions.by_name("南京鼓楼医院").id})


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        ([[1, "甲", "五", 0, 0, 0, 5]], None, "12320在线预约"),
        ([[1, "甲", -5, 0, 0, 0, 5]], None, "12320在线预约"),
        ([[1, "甲", 5.5, 0, 0, 0, 5]], None, "整数"),
        ([[1, "", 5, 0, 0, 0, 5]], None, "单位"),
        ([[1, "甲", 5, 0, 0, 0, 5], ["合计", "", 6, 0, 0, 0, 6]], None, "相差 1"),
        ([["甲", 5]], ["单位", "数量"], "缺少列"),
        ([], None, "没有"),
    ],
)
def test_refused_tables(rows, header, told):
    with pytest.raises(Invalid, match=told):
        handed_in(*rows, header=header)


def test_refused_counters_and_tables():
    with pytest.raises(Invalid):
        handed_in(*ROWS, cumulative="很多")
    with pytest.raises(Invalid):
        handed_in(["健康南京", 5], dataset="channels", header=["名称", "预约数量"], cumulative="5")
    with pytest.raises(NotFound):
        layouts.of(FEBRUARY, "nonsense")
    with pytest.raises(NotFound):
        datasets_import.find(0)


def test_every_table_of_every_edition_has_a_form():
    for month in ("2018-03", "2020-03", "2023-03", "2024-02"):
        for layout in layouts.all_of(Month(month)):
            assert layout.in_words or len(set(layout.headings)) == len(layout.columns) > 0, layout.id


def test_the_counter_goes_on_from_a_stated_balance():
    datasets_import.confirm(handed_in(*ROWS, cumulative="1000"), {})
    datasets_import.confirm(handed_in(ROWS[0], month=MARCH), {})
    assert datasets.cumulative(MARCH, "bookings") == 1000 + 9319
    datasets_import.confirm(handed_in(ROWS[1], month=MARCH), {})
    assert datasets.cumulative(MARCH, "bookings") == 1000 + 2408
    assert datasets.cumulative(Month("2024-01"), "bookings") is None


def test_the_same_table_again_is_no_new_version():
    first = datasets_import.confirm(handed_in(*ROWS), {})
    assert datasets_import.confirm(handed_in(*ROWS), {}).id == first.id


def test_a_table_is_left_out_and_taken_in_again():
    datasets_import.confirm(handed_in(*ROWS), {})
    with pytest.raises(Invalid):
        datasets.switch(FEBRUARY, "bookings", False, "")
    datasets.switch(FEBRUARY, "bookings", False, "本月不刊登")
    assert months.figures(FEBRUARY).bookings is None
    datasets.switch(FEBRUARY, "bookings", True, "恢复刊登")
    assert months.figures(FEBRUARY).bookings.grand_total == 11727
    with pytest.raises(Invalid):
        datasets.switch(FEBRUARY, "channels", False, "没有数据")


def test_sentences_are_a_table_too():
    out = io.BytesIO("远程会诊 12 例\n远程影像 30 例\n".encode())
    one = datasets_import.read(FEBRUARY, "telemedicine", out, "远程.csv")
    datasets_import.confirm(one, {})
    (table,) = months.figures(FEBRUARY).datasets
    assert table.paragraphs == ("远程会诊 12 例", "远程影像 30 例")


def book(institution: str, channel: str, number: int) -> None:
    session.add(
        Booking(
            institution_id=institutions.by_name(institution).id,
            department="内科",
            visit_day=date(2019, 3, 20),
            half_day=HalfDay.MORNING,
            channel=channel,
            patient_name="演示人",
            document_type="ID",
            document_no=str(number),
            document_hash=f"{number:064d}",
            phone="13800001234",
            phone_hash="0" * 64,
            status=Status.BOOKED,
            booked_by=account().id,
            booked_at=datetime(2019, 3, 8, 2, tzinfo=UTC),
            booked_on=date(2019, 3, 8),
            status_at=datetime(2019, 3, 8, 2, tzinfo=UTC),
        )
    )
    session.flush()


def test_phone_bookings_are_counted_from_booking_records_never_from_calls():
    month = Month("2019-03")
    intake.record(
        [history(datetime(2019, 3, 8, 2, tzinfo=UTC), category=Category.PHONE_BOOKING, agent=account().id)], HOME
    )
    assert months.figures(month).bookings is None
    for number, (institution, channel) in enumerate(
        [("南京鼓楼医院", "PHONE"), ("南京鼓楼医院", "PHONE"), ("南京市儿童医院", "PHONE"), ("南京鼓楼医院", "JKNJ")]
    ):
        book(institution, channel, number)
    table = months.figures(month).bookings
    assert {row.institution: row.counts for row in table.rows} == {
        "南京鼓楼医院": (0, 2, 0, 0),
        "南京市儿童医院": (0, 1, 0, 0),
    }
    first, second = phone_bookings.records(month, "南京鼓楼医院")
    assert phone_bookings.records(month, "南京鼓楼医院", limit=1) == [first]
    assert phone_bookings.records(month, "南京鼓楼医院", after=first.id) == [second]
    assert phone_bookings.records(month, "没有的医院") == []


def test_thrown_away():
    one = handed_in(*ROWS)
    datasets_import.discard(one)
    with pytest.raises(NotFound):
        datasets_import.find(one.id)


def test_the_database_keeps_every_version():
    datasets_import.confirm(handed_in(*ROWS), {})
    with pytest.raises(DatabaseError, match="append only"), session.begin_nested():
        session.execute(text("UPDATE dataset_version SET month = '2024-03'"))
