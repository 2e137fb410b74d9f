"""The month at size: figures from facts, recount from calls, one day, exports. PostgreSQL; `run(url)` gives a dict.

The calls are written by the database itself, and indexed afterwards, because twelve million are too many for any
other way.
"""

import json
import statistics as numbers
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import text

from hotline import audit, clock, db, privacy
from hotline.calls.models import Call
from hotline.clock import Month
from hotline.db import session
from hotline.demo import month_tables
from hotline.demo.made import Made
from hotline.people import sessions
from hotline.people.models import Account, Role
from hotline.statistics import counted, counting, exports, printed, published
from hotline.statistics.counted import Range
from hotline.statistics.exports_models import ExportFormat, ExportKind, ExportRun
from tests import conftest
from tests.load import web
from tests.matters.months_printed import archive

FIRST, MONTHS = Month("2020-01"), 60
MONTH = Month("2024-02")
HOME = "320100"
PAGE = 30
"""How often the page of the month is asked for."""

LEAST = {"csv_rows_per_second": 50_000, "xlsx_rows_per_second": 10_000}
MOST = {
    "page_p95_ms": 50,
    "month_from_facts_ms": 50,
    "recount_month_ms": 2000,
    "recount_to_plain": 3,
    "recount_day_ms": 50,
    "csv_peak_mb": 200,
    "xlsx_peak_mb": 200,
}
"""What must hold with twelve million calls and a million exported rows."""

CALLS = """
INSERT INTO call (ref, provider, provider_ref, opened_on, city_code, channel, state, outcome, caller, caller_hash,
    called, offered_at, queued_at, connected_at, ended_at, queue, menu_path, agent_id, wait_ms, talk_ms, hold_ms,
    wrap_ms, event_count, business_day, accepted, category)
SELECT lpad(to_hex(n), 32, '0'), 'bench', 'B' || lpad(n::text, 9, '0'), day, :city, 'TEL', 'ended',
    CASE kind WHEN 0 THEN 'abandoned' WHEN 1 THEN 'self_service' ELSE 'answered' END,
    :caller, md5((n % 400000)::text) || md5((n % 400000)::text), '12320',
    at, at, CASE WHEN kind > 1 THEN at END, at + interval '3 minutes',
    (ARRAY['consult', 'complaint', 'booking', 'general', 'crisis'])[1 + n % 5], '', CASE WHEN kind > 1 THEN :agent END,
    CASE WHEN kind <> 1 THEN (n * 7919) % 40000 END, CASE WHEN kind > 1 THEN 60000 + n % 90000 END,
    CASE WHEN kind > 1 THEN 0 END, CASE WHEN kind > 1 THEN 20000 END, 5, day, kind > 0,
    CASE WHEN kind = 1 THEN 'ivr'
         WHEN kind > 1 THEN (ARRAY['consultation', 'complaint', 'phone_booking', 'manual', 'crisis'])[1 + n % 5] END
FROM (
    SELECT n, kind, at, (at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM (
        SELECT n, (n * 31) % 20 AS kind, :start + (n * :step) * interval '1 second' AS at
        FROM generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) AS n
    ) AS timed
) AS dated
"""

PLAIN = """
SELECT city_code, queue, category, outcome, invalid_type, count(*),
    sum(wait_ms), sum(talk_ms), sum(hold_ms), sum(wrap_ms)
FROM call WHERE business_day BETWEEN :first AND :last GROUP BY 1, 2, 3, 4, 5
"""


def median_ms(work: Callable[[], object], times: int = 5) -> float:
    """Median of a few runs, each in its own transaction."""
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        session.commit()
        spent.append((time.perf_counter() - begin) * 1000)
    return round(numbers.median(spent), 1)


def fill(calls: int) -> None:
    """`calls` calls, evenly over the months. Expects the reference data."""
    start, _ = FIRST.bounds
    last = FIRST
    for _ in range(MONTHS - 1):
        last = last.next
    agent = Account(login="bench", name="bench", password_hash="x", password_set_at=clock.now(), preferences={})
    session.add(agent)
    session.flush()
    values = {
        "city": HOME,
        "caller": privacy.encrypt("13800001234", "call.caller"),
        "agent": agent.id,
        "start": start,
        "step": (last.bounds[1] - start) / timedelta(seconds=1) / calls,
    }
    session.commit()
    indexes = list(Call.__table__.indexes)
    with db.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for index in indexes:
            index.drop(connection)
        for low in range(0, calls, 1_000_000):
            connection.execute(text(CALLS), {**values, "low": low, "high": min(low + 1_000_000, calls) - 1})
        connection.execute(text("SET maintenance_work_mem = '1GB'"))
        for index in indexes:
            index.create(connection)
        connection.execute(text("VACUUM (ANALYZE) call"))


def page() -> dict[str, float]:
    """The page of the counted month, tables, returns, checks and the twelve months before it included."""
    body, month = archive(str(MONTH)), MONTH
    for _ in month_tables.make(Made(MONTH), printed.read(body)):
        session.commit()
    for _ in range(12):
        month = month.previous
        body["hotline"] |= {"year": month.year, "month": month.number}
        published.take(body, origin="bench")
    statistician = conftest.demo_people()[Role.STATISTICIAN]
    token = sessions.open_session(statistician, "127.0.0.1")
    session.commit()
    client = conftest.carry(current_app.test_client(), token)
    spent = []
    for _ in range(PAGE + 3):
        begin = time.perf_counter()
        assert client.get(f"/bulletin/{MONTH}").status_code == 200
        spent.append((time.perf_counter() - begin) * 1000)
    return {"page_p50_ms": web.percentile(spent[3:], 0.5), "page_p95_ms": web.percentile(spent[3:], 0.95)}


def measure() -> dict[str, float]:
    """Month from facts, from calls and in plain SQL; one day rewritten."""
    span = Range.of(MONTH)
    run_id = counting.start(MONTH, "bench").id
    counting.step(run_id, seconds=600)
    session.commit()

    def plain() -> object:
        return session.execute(text(PLAIN), {"first": span.first, "last": span.last}).all()

    def from_calls() -> object:
        return counted.recounted(span, HOME)

    recounted, grouped = median_ms(from_calls), median_ms(plain)
    return {
        "month_from_facts_ms": median_ms(lambda: counted.values(span, HOME)),
        "recount_month_ms": recounted,
        "plain_grouped_ms": grouped,
        "recount_to_plain": round(recounted / grouped, 2),
        "recount_day_ms": median_ms(lambda: counting.count_day(date(2024, 2, 14))),
    }


def export(format_: ExportFormat, days: int) -> dict[str, float]:
    """Rows per second and memory of the process that writes them."""
    who = session.query(Account).filter_by(login="bench").one()
    span = Range(date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=days - 1))
    with audit.acting(audit.Actor(who.id, who.name)):
        run: ExportRun = exports.ask(ExportKind.CALLS, format_, span)
        session.commit()
    command = [sys.executable, "-m", "tests.load.exporting", str(run.id), str(exports.path_of(run).parent)]
    said = subprocess.run(
        command, cwd=web.ROOT, env=web.environment(0), check=True, capture_output=True, text=True
    ).stdout
    made = json.loads(said.splitlines()[-1])
    session.refresh(run)
    exports.path_of(run).unlink()
    name, rows = format_.value, run.rows_done
    return {
        f"{name}_rows": rows,
        f"{name}_rows_per_second": round(rows / made["seconds"]),
        f"{name}_peak_mb": made["peak_mb"],
    }


def missed(found: dict[str, float]) -> list[str]:
    """The figures that do not hold."""
    late = [name for name, most in MOST.items() if found[name] > most]
    return late + [name for name, least in LEAST.items() if found[name] < least]


def run(calls: int = 12_000_000, export_days: int = 152) -> dict[str, object]:
    """Everything, inside an application context on an empty PostgreSQL database with reference data.

    152 days of twelve million calls over sixty months are a million rows.
    """
    begin = time.perf_counter()
    fill(calls)
    found: dict[str, float] = {"calls": calls, "fill_seconds": round(time.perf_counter() - begin)}
    found |= measure()
    found |= page()
    found |= export(ExportFormat.CSV, export_days)
    found |= export(ExportFormat.XLSX, export_days)
    return {**found, "missed": missed(found)}
