"""Orders at size: a file of 10,000 taken in, the inbox over 500,000, proposals over 1,000,000 calls. PostgreSQL.

Calls and orders are written by one statement of the database each, because there are too many for any other way.
"""

import io
import random
import time
from datetime import timedelta

from sqlalchemy import select, text

from hotline import clock, db, privacy
from hotline.db import session
from hotline.people import demo
from hotline.places.models import Institution
from hotline.workorders import importing, links, platforms, quality
from hotline.workorders.codes import Source
from hotline.workorders.models import Order
from tests.load import bench_list, bench_month, web

TEXTS = 200
NAMES = 5000
"""As many people share a name as 1,000,000 calls divided by this: as in a city of common names."""

REGISTRATIONS = """
INSERT INTO registration (call_id, version, state, agent_id, saved_at, completed_at, category, nature, institution_id,
    handling, urgency, confidential, reply_required, caller_name, name_hash, contact_phone, contact_hash, sex,
    age_group, content)
SELECT call.id, 1, 'complete', :agent, call.offered_at, call.offered_at, call.category,
    (ARRAY['1', '1', '2', '4', '4', '5', '7'])[1 + call.id % 7],
    CASE WHEN call.id % 3 = 0 THEN (:units ::int[])[1 + (call.id / 3) % :many] END,
    'DIRECT', '0', false, true, :name, md5('name' || call.id % :names), :phone,
    CASE WHEN call.id % 7 = 0 THEN call.caller_hash END, '', '',
    bench_text.content
FROM call JOIN bench_text ON bench_text.id = call.id % :texts WHERE call.accepted AND call.category <> 'ivr'
"""

ORDERS = """
INSERT INTO work_order (own_no, source, external_no, channel, kind, nature, urgency, registered_at, registered_on,
    title, content, caller_name, name_hash, caller_phone, caller_hash, confidential, reply_required, state,
    changed_at, accused_id, unit_id, direct, due_at, due_clock, near_at, due_provisional, rounds, returns, extensions,
    urged, supervision, revisits, version, categories, is_repeat, nonsense, exempt)
SELECT 'BE' || n, (ARRAY['CITY', 'PROV'])[1 + n % 2], 'B' || n, 'TEL', '1', (ARRAY['1', '2', '4', '5'])[1 + n % 4], '0',
    at, (at AT TIME ZONE 'Asia/Shanghai')::date, :title, bench_text.order_content, :name,
    md5('name' || n % :names), :phone,
    md5((n % 400000)::text) || md5((n % 400000)::text), false, true, state, at, (:units ::int[])[1 + n % :many],
    CASE WHEN state <> 'registered' THEN (:units ::int[])[1 + n % :many] END, false,
    CASE WHEN running THEN CAST(:now AS timestamptz) + (n % 9000 - 2000) * interval '1 minute' END,
    CASE WHEN running THEN 'reply' END,
    CASE WHEN running THEN CAST(:now AS timestamptz) + (n % 9000 - 2600) * interval '1 minute' END,
    false, 1, 0, 0, 0, 0, 0, 1, '[]', false, false, false
FROM (
    SELECT n, n % 25 = 0 AS running, :start + (n * :step) * interval '1 second' AS at,
        CASE WHEN n % 25 = 0 THEN
            (ARRAY['registered', 'dispatched', 'processing', 'replied', 'to_revisit'])[1 + (n / 25) % 5]
        ELSE 'archived' END AS state
    FROM generate_series(1, CAST(:orders AS bigint)) AS n
) AS made JOIN bench_text ON bench_text.id = n % :texts
"""


def fill(calls: int, orders: int) -> None:
    """Calls with their forms, and orders, one in twenty-five still running. Expects the reference data."""
    bench_month.fill(calls)
    pairs = [pair for pair in quality.labelled(TEXTS * 3, 1) if pair.same][:TEXTS]
    session.execute(text("CREATE TABLE bench_text (id int PRIMARY KEY, content bytea, order_content bytea)"))
    for place, pair in enumerate(pairs):
        values = {
            "id": place,
            "content": privacy.encrypt(pair.call.words, "registration.content"),
            "order": privacy.encrypt(pair.order.words, "work_order.content"),
        }
        session.execute(text("INSERT INTO bench_text VALUES (:id, :content, :order)"), values)
    units = list(session.scalars(select(Institution.id).order_by(Institution.id).limit(150)))
    first, _ = bench_month.FIRST.bounds
    agent = session.execute(text("SELECT id FROM account WHERE login = 'bench'")).scalar_one()
    common = {"units": units, "many": len(units), "texts": len(pairs), "names": NAMES}
    form = {
        "agent": agent,
        "name": privacy.encrypt("钱多多", "registration.caller_name"),
        "phone": privacy.encrypt("13800001234", "registration.contact_phone"),
    }
    session.execute(text(REGISTRATIONS), {**common, **form})
    session.commit()
    order = {
        "title": privacy.encrypt("反映门诊排队时间过长，要求核实处理", "work_order.title"),
        "name": privacy.encrypt("钱多多", "work_order.caller_name"),
        "phone": privacy.encrypt("13800001234", "work_order.caller_phone"),
        "now": clock.now(),
        "start": first,
        "step": 60 * 30.4 * 86_400 / orders,
        "orders": orders,
    }
    session.execute(text(ORDERS), {**common, **order})
    session.commit()
    with db.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("registration", "work_order"):
            connection.execute(text("CHECKPOINT"))  # commits that are not on disk yet leave no page visible to all
            connection.execute(text(f"VACUUM (ANALYZE) {table}"))


def proposals(times: int = 300) -> dict[str, float]:
    """Milliseconds to propose calls for one order, orders drawn from all years."""
    ids = session.scalars(select(Order.id).order_by(Order.id)).all()
    session.commit()
    spent, found = [], 0
    for order_id in random.Random(1).sample(ids, times):
        begin = time.perf_counter()
        found += len(links.proposals(session.get_one(Order, order_id)))
        session.commit()
        spent.append((time.perf_counter() - begin) * 1000)
    return {
        "p50_ms": web.percentile(spent, 0.5),
        "p95_ms": web.percentile(spent, 0.95),
        "proposals_per_order": round(found / times, 2),
    }


def import_speed(rows: int = 10_000) -> dict[str, float]:
    """Seconds to judge and to write a file, in the portions the command commits."""
    platform = platforms.add("bench", Source.CITY)
    session.commit()
    told = [pair.order for pair in quality.labelled(rows, 2)]
    lines = ["工单编号,来电类别,标题,主要内容,来电人,联系电话,涉及机构"]
    lines += [
        f"I{n:06d},投诉,{one.words[:20]},{one.words},{one.name},1380000{n % 10000:04d},南京鼓楼医院"
        for n, one in enumerate(told)
    ]
    begin = time.perf_counter()
    plan = importing.read(io.BytesIO("\n".join(lines).encode()), "a.csv", platform)
    judged = time.perf_counter()
    written = 0
    for portion in importing.portions(plan):
        written += len(importing.write(portion, platform))
        session.commit()
    done = time.perf_counter()
    return {"rows": written, "judge_s": round(judged - begin, 1), "write_s": round(done - judged, 1)}


def inbox(times: int = 200) -> dict[str, dict[str, float]]:
    """The inbox over the real web server, signed in."""
    found = {}
    with web.serve("app:create_app()") as (port, _):
        browser = bench_list.sign_in(f"http://127.0.0.1:{port}")
        cookie = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in browser.cookies)}
        for view in ("to_dispatch", "overdue", "running", "all"):
            asked = [("GET", f"/orders/?view={view}", b"", cookie)] * times
            web.ask(port, asked[:10], 1)
            spent, refused, _ = web.ask(port, asked, 1)
            found[view] = {
                "p50_ms": web.percentile(spent, 0.5),
                "p95_ms": web.percentile(spent, 0.95),
                "refused": refused,
            }
    return found


def run(calls: int = 1_000_000, orders: int = 500_000, rows: int = 10_000, times: int = 200) -> dict[str, object]:
    demo.demo_accounts(session.query(Institution.id).filter_by(name="南京鼓楼医院").scalar())
    session.commit()
    fill(calls, orders)
    began = clock.now()
    return {
        "calls": calls,
        "orders": orders,
        "proposals": proposals(min(times, orders)),
        "inbox": inbox(times),
        "import": import_speed(rows),
        "links": quality.measure(6000, 1),
        "seconds": round((clock.now() - began) / timedelta(seconds=1), 1),
    }
