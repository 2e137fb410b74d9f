"""Exports: asked for, agreed to, streamed, cancelled, resumed; masked unless there is a right and a reason."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from hotline import audit, clock
from hotline.audit import AuditEntry
from hotline.calls import intake
from hotline.calls.models import Category
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.jobs import Outbox
from hotline.statistics import export_cells, export_orders, export_rows, exports
from hotline.statistics.counted import Range
from hotline.statistics.exports_models import ExportFormat, ExportKind, ExportState
from hotline.workorders import registering
from hotline.workorders.codes import Nature, Source
from hotline.workorders.field_codes import CallerSubject
from hotline.workorders.moves import HOUSE
from hotline.workorders.registering import Demand
from tests.matters.months_made import HOME, account, history, places

SPAN = Range(date(2024, 2, 1), date(2024, 2, 29))
AT = datetime(2024, 2, 9, 1, tzinfo=UTC)


@pytest.fixture
def calls(committed_app, tmp_path):
    """Sixty calls and two orders of February, on a database where commits are real."""
    with committed_app.app_context():
        clock.use(lambda: datetime(2024, 3, 4, 1, tzinfo=UTC))
        exports.configure(tmp_path / "exports")
        places()
        agent = account("林知夏").id
        intake.record(
            [history(AT + timedelta(minutes=n), category=Category.CONSULTATION, agent=agent) for n in range(50)], HOME
        )
        intake.record([history(AT, "abandoned", caller="anonymous") for _ in range(10)], HOME)
        for number, source in enumerate((Source.CITY, Source.PROV)):
            registering.register(
                Demand(source, Nature.HELP, "=1+1", "内容", f"E{number}", caller_phone="13800001234", registered_at=AT),
                HOUSE,
            )
        account("second")
        session.commit()
        yield
        session.remove()
        clock.use(None)


def acting(login: str = "林知夏"):
    person = account(login)
    return audit.acting(audit.Actor(person.id, person.name))


def asked(kind=ExportKind.CALLS, format_=ExportFormat.CSV, **how) -> int:
    with acting():
        run = exports.ask(kind, format_, SPAN, **how)
        session.commit()
        return run.id


def produced(run_id: int) -> bytes:
    exports.produce(run_id, session.commit)
    return exports.finished(exports.find(run_id)).read_bytes()


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_csv_of_calls_is_masked_complete_and_marked(calls):
    rows = table(produced(asked()))
    assert rows[0] == list(export_rows.CALL_HEADER)
    assert len(rows) == 1 + 60 + 1
    assert {row[3] for row in rows[1:-1]} <= {"138****1234", ""}
    assert rows[1][1:3] == ["2024-02-09 09:00:00", "2024-02-09"]
    assert rows[1][5:7] == ["人工接通", "咨询"]
    assert "60 行，号码已脱敏" in rows[-1][0]
    assert "林知夏" in rows[-1][0]


def test_xlsx_of_orders(calls):
    book = load_workbook(io.BytesIO(produced(asked(ExportKind.ORDERS, ExportFormat.XLSX))))
    rows = list(book["工单"].iter_rows(values_only=True))
    assert (rows[0], len(rows)) == (export_orders.HEADER, 4)
    assert {rows[1][2], rows[2][2]} == {"市12345", "省12345"}
    assert {rows[1][6], rows[2][6]} == {"138****1234"}


def test_every_field_of_an_order_that_a_table_can_hold(calls):
    demand = Demand(Source.CITY, Nature.COMPLAINT, "标题", "内容", "E9", caller_phone="13800001234", registered_at=AT)
    told = {"channel": "WX", "kind": "3", "categories": ("传染病防控", "结核病"), "district_code": "320106"}
    told |= {"acceptor": "张接线", "caller_subject": CallerSubject.COMPANY, "confidential": True, "exempt": True}
    registering.register(replace(demand, **told), HOUSE)
    session.commit()
    wanted = {
        "渠道": "微信",
        "类型": "补充工单",
        "来源等级": "市",
        "受理员": "张接线",
        "区": "鼓楼区",
        "重复诉求": "否",
        "纳入考核": "否",
    }
    for revealed, phone, subject in ((False, "保密", "保密"), (True, "13800001234", "企业")):
        right = {"revealed": True, "may_reveal": True, "reason": "卫健委核查"} if revealed else {}
        head, *rows = table(produced(asked(ExportKind.ORDERS, code="CITY", **right)))
        row = next(dict(zip(head, row, strict=True)) for row in rows if row[1] == "E9")
        assert {name: row[name] for name in wanted} == wanted
        assert (row["来电号码"], row["来电主体"]) == (phone, subject)
    assert [row[head.index("纳入考核")] for row in rows[:-1] if row[1] != "E9"] == ["是"]


def test_narrowed_by_code(calls):
    assert len(table(produced(asked(code="consultation")))) == 52
    assert len(table(produced(asked(ExportKind.ORDERS, code="CITY")))) == 3


def test_numbers_are_revealed_by_right_and_reason(calls):
    with pytest.raises(Refused):
        asked(revealed=True, reason="核查")
    with pytest.raises(Invalid):
        asked(revealed=True, may_reveal=True)
    rows = table(produced(asked(revealed=True, may_reveal=True, reason="卫健委核查")))
    assert rows[1][3] == "13800001234"
    trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "export.ask")).all()
    assert trail[-1].detail["reason"] == "卫健委核查"


def test_many_revealed_rows_need_a_second_person(calls, monkeypatch):
    monkeypatch.setattr(exports, "ALONE", 59)
    run_id = asked(revealed=True, may_reveal=True, reason="卫健委核查")
    assert exports.find(run_id).state is ExportState.WAITING
    assert session.scalar(select(Outbox.id).where(Outbox.name == "export_records")) is None
    exports.produce(run_id, session.commit)
    assert exports.find(run_id).state is ExportState.WAITING
    with acting(), pytest.raises(Refused):
        exports.approve(run_id)
    with acting("second"):
        exports.approve(run_id)
        with pytest.raises(Conflict):
            exports.approve(run_id)
    session.commit()
    assert session.scalar(select(Outbox.id).where(Outbox.name == "export_records"))
    assert len(table(produced(run_id))) == 62


def test_progress_is_seen_and_a_running_export_is_cancelled(calls, monkeypatch):
    monkeypatch.setattr(exports, "PROGRESS", 7)
    run_id, seen = asked(), []

    def commit() -> None:
        session.commit()
        run = exports.find(run_id)
        seen.append(run.rows_done)
        if run.rows_done == 21 and run.state is ExportState.RUNNING:
            exports.cancel(run_id)
            session.commit()

    exports.produce(run_id, commit)
    assert seen == [0, 7, 14, 21, 21]
    run = exports.find(run_id)
    session.refresh(run)
    assert run.state is ExportState.CANCELLED
    assert list(exports.path_of(run).parent.iterdir()) == []
    with pytest.raises(Conflict):
        exports.finished(exports.find(run_id))


def test_a_killed_export_is_begun_again(calls):
    run_id = asked()

    class Killed(BaseException):
        pass

    def kill() -> None:
        session.commit()
        raise Killed

    with pytest.raises(Killed):
        exports.produce(run_id, kill)
    with pytest.raises(Conflict):
        exports.restart(run_id)
    clock.use(lambda: datetime(2024, 3, 4, 2, tzinfo=UTC))
    assert exports.interrupted(exports.find(run_id))
    exports.restart(run_id)
    session.commit()
    assert len(table(produced(run_id))) == 62


def test_a_failed_export_says_so(calls, monkeypatch):
    run_id = asked()
    monkeypatch.setattr(export_cells, "decrypt", lambda blob, label: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exports.produce(run_id, session.commit)
    assert exports.find(run_id).state is ExportState.FAILED


def test_files_are_removed_after_a_week(calls):
    run_id = asked()
    produced(run_id)
    assert exports.purge() == 0
    clock.use(lambda: datetime(2024, 3, 12, tzinfo=UTC))
    assert exports.purge() == 1
    with pytest.raises(Conflict):
        exports.finished(exports.find(run_id))


def test_refused(calls):
    with pytest.raises(Refused):
        exports.ask(ExportKind.CALLS, ExportFormat.CSV, SPAN)
    with pytest.raises(Invalid):
        asked(code="nonsense")
    with pytest.raises(NotFound):
        exports.find(0)
    run_id = asked()
    produced(run_id)
    with pytest.raises(Conflict):
        exports.cancel(run_id)
    with acting("second"):
        assert exports.recent(account("second").id) == []
        assert [run.id for run in exports.recent(account("second").id, everyone=True)] == [run_id]
