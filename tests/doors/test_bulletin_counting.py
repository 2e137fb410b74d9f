"""The statistician's pages of counting: sealing with the password, returns, tables, exports, records."""

import html
import io
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import func, select

from hotline import clock, sheets
from hotline.audit import AuditEntry
from hotline.bookings.models import Booking, HalfDay
from hotline.calls import intake
from hotline.clock import Month
from hotline.db import session
from hotline.jobs import Outbox
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Role
from hotline.places import institutions
from hotline.statistics import edition_changes, editions, exports, layouts, months, returns, revisions
from hotline.statistics.exports_models import ExportRun, ExportState
from hotline.statistics.returns_models import ReturnState
from tests.matters.months_made import HOME, account, history

FEBRUARY = Month("2024-02")
AT = datetime(2024, 2, 9, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def february(app, people):
    """It is 4 March 2024; February had twenty calls answered by the menu."""
    clock.use(lambda: datetime(2024, 3, 4, 1, tzinfo=UTC))
    intake.record([history(AT + timedelta(hours=n), "self_service") for n in range(20)], HOME)
    session.commit()
    yield
    clock.use(None)


def late_call() -> None:
    intake.record([history(AT, "self_service")], HOME)
    session.commit()


def words(response) -> str:
    return response.get_data(as_text=True)


@pytest.mark.parametrize(
    "page",
    [
        "sealing",
        "counting",
        "returns",
        "tables",
        "tables/bookings",
        "tables/telemedicine",
        "records/ivr",
        "records/wo_self",
    ],
)
def test_pages_open(client, sign_in, page):
    sign_in(client, Role.STATISTICIAN)
    assert client.get(f"/bulletin/2024-02/{page}").status_code == 200


def test_a_figure_opens_into_its_records(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    page = words(client.get("/bulletin/2024-02/records/ivr"))
    assert page.count("138****1234") == 20
    assert "13800001234" not in page
    assert client.get("/bulletin/2024-02/records/nonsense").status_code == 404
    assert client.get("/bulletin/2024-02/records/ivr?after=x").status_code == 400


def test_province_and_booking_cells_open_what_they_came_from(client, sign_in):
    returns.file("320500", FEBRUARY, 9073)
    booked = Booking(
        institution_id=institutions.by_name("南京鼓楼医院").id,
        department="呼吸内科",
        visit_day=AT.date() + timedelta(days=1),
        half_day=HalfDay.MORNING,
        channel="PHONE",
        patient_name="测试患者",
        document_type="ID",
        document_no="0",
        document_hash="h",
        phone="13800001234",
        phone_hash="p",
        booked_by=account().id,
        booked_at=AT,
        booked_on=AT.date(),
        status_at=AT,
    )
    session.add(booked)
    edition = editions.body_of(FEBRUARY)
    groups = [edition["bookings"]["groups"][0], "phone", *edition["bookings"]["groups"][2:]]
    changed = {**edition, "valid_from": "2024-02", "bookings": {**edition["bookings"], "groups": groups}}
    edition_changes.save(changed, by=None, reason="电话预约列")
    session.commit()
    sign_in(client, Role.STATISTICIAN)
    page = html.unescape(words(client.get("/bulletin/2024-02")))
    home, other = (re.search(rf'href="([^"]+)">{n}</a>', page[page.index("piece-province") :])[1] for n in (20, 9073))
    assert words(client.get(home)).count("<tr><td>") == 20
    assert "9073" in words(client.get(other))
    address = re.search(r'href="([^"]+/bookings\?[^"]+)">1</a>', page)[1]
    records = words(client.get(address))
    assert "呼吸内科" in records
    assert "测试患者" not in records
    total = re.search(r'href="(/bulletin/2024-02/tables/bookings)">1</a>', page)[1]
    assert client.get(total).status_code == 200
    assert client.get("/bulletin/2024-02/records/total?city=320500").status_code == 404
    assert client.get("/bulletin/2024-02/bookings").status_code == 422


def test_counting_is_begun_and_watched(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    assert client.post("/bulletin/2024-02/counting").status_code == 303
    job = session.scalars(select(Outbox).where(Outbox.name == "count_month")).one()
    assert "data-poll" in words(client.get("/bulletin/2024-02/counting"))
    from workers import tasks

    tasks.count_month(**job.arguments)
    session.commit()
    page = words(client.get("/bulletin/2024-02/counting"))
    assert "29 / 29" in page
    assert "data-poll" not in page


def test_sealing_asks_for_the_password_and_shows_the_hash(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    assert client.post("/bulletin/2024-02/seal", data={"current": "wrong"}).status_code == 403
    assert months.sealed(FEBRUARY) is None
    assert client.post("/bulletin/2024-02/check").status_code == 303
    assert client.post("/bulletin/2024-02/seal", data={"current": DEMO_PASSWORD}).status_code == 303
    version = months.sealed(FEBRUARY)
    assert version.sealed_by == "陆清和"
    assert version.hash in words(client.get("/bulletin/2024-02/sealing"))
    assert client.post("/bulletin/2024-02/publish").status_code == 303
    assert client.get("/bulletin/2024-02/as-of?at=2024-03-04").location.endswith("version=1")
    assert client.get("/bulletin/2024-02/as-of?at=2024-03-03").status_code == 404
    assert client.post("/bulletin/2024-02/seal", data={"current": DEMO_PASSWORD}).status_code == 409


def test_a_revision_needs_another_person(client, sign_in, people):
    sign_in(client, Role.STATISTICIAN)
    client.post("/bulletin/2024-02/seal", data={"current": DEMO_PASSWORD})
    late_call()
    client.post("/bulletin/2024-02/compare-records")
    (proposal,) = revisions.proposals(FEBRUARY)
    base = f"/bulletin/2024-02/proposals/{proposal.id}"
    assert client.post(f"{base}/propose", data={"kind": "revision", "reason": "补回来电"}).status_code == 303
    assert client.post(f"{base}/approve", data={"current": DEMO_PASSWORD}).status_code == 422
    assert client.post(f"/bulletin/2024-01/proposals/{proposal.id}/reject", data={"reason": "不是"}).status_code == 404
    second = people[Role.SUPERVISOR]
    assert sign_in(client, second).post(f"{base}/approve", data={"current": DEMO_PASSWORD}).status_code == 403
    assert months.current(FEBRUARY).hotline.total == 20


def test_the_province_sends_back_but_has_no_way_to_edit(client, sign_in):
    filing = returns.file("320500", FEBRUARY, 9073)
    session.commit()
    sign_in(client, Role.STATISTICIAN)
    base = f"/bulletin/2024-02/returns/{filing.id}"
    assert client.post(f"{base}/send-back", data={"reason": ""}).status_code == 422
    assert client.post(f"{base}/send-back", data={"reason": "请核对"}).status_code == 303
    page = words(client.get("/bulletin/2024-02/returns"))
    assert "已退回" in page
    assert "请核对" in page
    assert client.post(f"/bulletin/2024-01/returns/{filing.id}/accept").status_code == 404
    assert client.get(f"{base}/file").status_code == 404


def test_a_reporter_files_their_own_city_by_form_and_file(client, sign_in):
    sign_in(client, Role.REPORTER)
    assert client.get("/returns/").status_code == 200
    assert client.get("/returns/2024-02").status_code == 200
    assert client.post("/returns/2024-02", data={"total": "100", "consultation": "90"}).status_code == 422
    assert client.post("/returns/2024-02", data={"total": "100", "city": "320600"}).status_code == 422
    assert client.post("/returns/2024-02", data={"total": "100", "consultation": "100"}).status_code == 302
    template = client.get("/returns/2024-02/template.xlsx")
    assert sheets.read_table(io.BytesIO(template.data), "t.xlsx").rows[0] == ["统计月份", "2024-02"]
    filled = "项目,数量\n统计月份,2024-02\n受理咨询电话总量,101\n".encode()
    sent = client.post("/returns/2024-02/file", data={"file": (io.BytesIO(filled), "苏州.csv")})
    assert sent.status_code == 302
    other = client.post("/returns/2024-01/file", data={"file": (io.BytesIO(filled), "苏州.csv")})
    assert other.status_code == 422
    filings = returns.filings(FEBRUARY, "320500")
    assert [one.total for one in filings] == [100, 101]
    assert (filings[1].source_file, filings[1].source_name) == (filled, "苏州.csv")
    assert "重新报送" in words(client.get("/returns/2024-02"))
    assert client.get("/bulletin/2024-02/returns").status_code == 403


def test_a_table_is_pasted_previewed_and_kept(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    pasted = "名称\t预约数量\n健康南京\t8996\n我的南京客户端\t5854\n"
    answer = client.post("/bulletin/2024-02/tables/channels", data={"pasted": pasted})
    assert "8996" in words(client.get(answer.location))
    assert client.post(f"{answer.location}/keep").status_code == 302
    assert months.figures(FEBRUARY).channels.total == 14850
    assert client.post("/bulletin/2024-02/tables/channels", data={"pasted": "甲\n1\n"}).status_code == 422
    assert client.post("/bulletin/2024-02/tables/channels", data={}).status_code == 422
    assert client.post("/bulletin/2024-02/tables/nonsense", data={"pasted": pasted}).status_code == 404
    switched = {"present": "false", "reason": "本月不刊登"}
    assert client.post("/bulletin/2024-02/tables/channels/switch", data=switched).status_code == 302
    assert months.figures(FEBRUARY).channels is None


def test_a_table_is_filled_in_cell_by_cell(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    base = "/bulletin/2024-02/tables/bookings"
    page = words(client.get(base))
    assert page.count('name="cell-') == 5 * 5
    first = {"cell-1-1": "南京鼓楼医院", "cell-1-2": "5", "cell-1-3": "", "cell-2-1": "南京市中医院", "cell-3-2": ""}
    sent = client.post(f"{base}/rows", data={**first, "cell-4-1": "南京市口腔医院", "cell-4-5": "7"})
    assert sent.status_code == 303
    preview = words(client.get(sent.location))
    assert "南京鼓楼医院" in preview
    assert "南京市中医院" not in preview
    assert months.figures(FEBRUARY).bookings is None
    assert client.post(f"{sent.location}/keep").status_code == 302
    rows = {row.institution: row.counts for row in months.figures(FEBRUARY).bookings.rows}
    assert rows == {"南京鼓楼医院": (5, 0, 0, 0), "南京市口腔医院": (0, 0, 0, 7)}
    assert 'name="cell-1-2" value="5"' in words(client.get(base))
    march = words(client.get("/bulletin/2024-03/tables/bookings"))
    assert 'name="cell-1-1" value="南京鼓楼医院"' in march
    assert 'name="cell-1-2" value=""' in march


def test_what_cannot_be_in_a_table_comes_back_to_be_mended(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    base = "/bulletin/2024-02/tables/bookings/rows"
    answer = client.post(base, data={"cell-3-1": "南京鼓楼医院", "cell-3-2": "五"})
    assert answer.status_code == 422
    assert 'name="cell-1-2" value="五"' in words(answer)
    assert "须为不小于 0 的数" in words(answer)
    for wrong in ({}, {"cell-1-2": "5"}, {"cell-1-1": "南京鼓楼医院", "cell-1-2": "5", "other": "x"}):
        assert client.post(base, data=wrong).status_code == 422
    assert client.post("/bulletin/2024-02/tables/nonsense/rows", data={"cell-1-1": "x"}).status_code == 404


@pytest.mark.parametrize("month", ["2018-03", "2023-03", "2024-02", "2030-12"])
def test_every_template_is_handed_out_under_its_name(client, sign_in, month):
    sign_in(client, Role.STATISTICIAN)
    for layout in layouts.all_of(Month(month)):
        answer = client.get(f"/bulletin/{month}/tables/{layout.id}/template.xlsx")
        assert f"{layout.title}.xlsx" in unquote(answer.headers["Content-Disposition"])
        if layout.headings:
            assert sheets.read_table(io.BytesIO(answer.data), "t.xlsx").header == list(layout.headings)
    sign_in(client, Role.REPORTER)
    for kind in ("csv", "xlsx"):
        answer = client.get(f"/returns/{month}/template.{kind}")
        assert f"12320报送_苏州_{month}.{kind}" in unquote(answer.headers["Content-Disposition"])
        assert sheets.read_table(io.BytesIO(answer.data), f"t.{kind}").rows[0] == ["统计月份", month]


def test_an_unknown_name_is_asked_for(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    rows = "单位,12320在线预约,快速预约,诊间预约,第三方\n鼓楼医院本部,5,0,0,0\n"
    upload = {"file": (io.BytesIO(rows.encode("gb18030")), "预约.csv"), "cumulative": "100"}
    draft = client.post("/bulletin/2024-02/tables/bookings", data=upload).location
    page = words(client.get(draft))
    chosen = re.search(r'<option value="(\d+)">南京鼓楼医院</option>', page)[1]
    assert client.post(f"{draft}/keep").status_code == 422
    assert client.post(f"{draft}/keep", data={"name-1": chosen}).status_code == 302
    assert months.figures(FEBRUARY).bookings.rows[0].institution == "南京鼓楼医院"
    assert client.get(draft).status_code == 404


def test_exports_are_asked_for_and_downloaded_in_pieces(client, sign_in, tmp_path):
    exports.configure(tmp_path)
    sign_in(client, Role.STATISTICIAN)
    form = {"kind": "calls", "format": "csv", "first": "2024-02-01", "last": "2024-02-29"}
    assert client.post("/bulletin/exports", data=form).status_code == 303
    run = session.scalars(select(ExportRun)).one()
    assert "data-poll" in words(client.get("/bulletin/exports"))
    run.state, run.rows_done = ExportState.DONE, 20
    session.commit()
    exports.path_of(run).write_bytes(b"0123456789" * 10)
    address = f"/bulletin/exports/{run.id}/file"
    whole = client.get(address)
    assert (whole.data, whole.status_code) == (b"0123456789" * 10, 200)
    part = client.get(address, headers={"Range": "bytes=90-"})
    assert (part.data, part.status_code, part.headers["Content-Range"]) == (b"0123456789", 206, "bytes 90-99/100")
    client.get(address, headers={"Range": "bytes=-1000"})
    taken = select(func.count(AuditEntry.id)).where(AuditEntry.action == "export.download")
    assert session.scalar(taken) == 3
    assert client.post(f"/bulletin/exports/{run.id}/cancel").status_code == 409


def test_refused_exports(client, sign_in, people):
    sign_in(client, Role.STATISTICIAN)
    form = {"kind": "calls", "format": "csv", "first": "2024-02-01", "last": "2024-02-29"}
    revealed = {**form, "revealed": "true", "reason": "核查", "current": DEMO_PASSWORD}
    assert client.post("/bulletin/exports", data=revealed).status_code == 403
    assert client.post("/bulletin/exports", data={**form, "last": "2024-01-01"}).status_code == 422
    assert client.post("/bulletin/exports", data={**form, "format": "exe"}).status_code == 422
    sign_in(client, Role.SUPERVISOR)
    assert client.post("/bulletin/exports", data={**revealed, "current": "wrong"}).status_code == 403
    assert client.post("/bulletin/exports", data=revealed).status_code == 303
    run = session.scalars(select(ExportRun)).one()
    assert run.revealed
    sign_in(client, Role.STATISTICIAN)
    assert client.post(f"/bulletin/exports/{run.id}/cancel").status_code == 403
    assert client.get(f"/bulletin/exports/{run.id}/file").status_code == 403


def test_the_city_that_reports_is_shown_without_a_zero(client, sign_in):
    returns.file("320500", FEBRUARY, 12)
    session.commit()
    sign_in(client, Role.STATISTICIAN)
    page = words(client.get("/bulletin/2024-02/returns"))
    assert "全省 32 人次" in page
    assert "—" in page
    assert returns.city_month(FEBRUARY, returns.asked(FEBRUARY, "320600")).state is ReturnState.NOT_DUE
