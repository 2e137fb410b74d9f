"""The auditors' trail and the administrators' view of background work."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from hotline import audit, clock, heartbeats, jobs
from hotline.db import session
from hotline.heartbeats import ProcessKind
from hotline.jobs import Job, Outbox
from hotline.people.models import Role
from hotline.web.admin.job_words import JOB_WORDS
from hotline.web.admin.trail_words import _WORDS, in_words

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def auditor(client, sign_in):
    with audit.acting(audit.Actor(name="测试员")):
        for number in range(120):
            audit.record("test.look", f"thing:{number}", why="=1+1")
    session.commit()
    return sign_in(client, Role.AUDITOR)


def numbers(page):
    return [int(found) for found in re.findall(r'<td class="num">(\d+)</td>', page)]


def test_the_trail_is_paged_by_key_without_gap_or_double(auditor):
    seen, where = [], "/admin/trail?action=test.look"
    while where:
        page = auditor.get(where).text
        seen += numbers(page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        where = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


def test_the_trail_is_filtered(auditor):
    assert len(numbers(auditor.get("/admin/trail?subject=thing:119").text)) == 1
    assert len(numbers(auditor.get(f"/admin/trail?actor=测试&start={clock.today()}").text)) == 50
    assert "没有符合条件" in auditor.get("/admin/trail?actor=%25").text
    assert "没有符合条件" in auditor.get("/admin/trail?end=2020-01-01").text
    assert auditor.get("/admin/trail?start=yesterday").status_code == 422


def test_a_whole_chain_is_said_to_hold(auditor):
    page = auditor.get("/admin/trail/verify").text
    assert "首尾相接" in page
    assert audit.verify().head in page


def test_a_broken_chain_is_said_to_be_broken(auditor):
    sqlite = session.get_bind().dialect.name == "sqlite"
    session.execute(
        text("DROP TRIGGER audit_entry_no_update" if sqlite else "DROP TRIGGER audit_entry_refuse ON audit_entry")
    )
    session.execute(text("UPDATE audit_entry SET subject = 'other' WHERE subject = 'thing:60'"))
    session.commit()
    assert "断开" in auditor.get("/admin/trail/verify").text


def test_the_export_is_text_for_spreadsheets_and_is_itself_recorded(auditor):
    answer = auditor.post("/admin/trail/export?action=test.look")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    told = answer.data.decode("utf-8-sig").splitlines()
    assert len(told) == 121
    assert told[0].startswith("序号,时间")
    latest = session.query(audit.AuditEntry).order_by(audit.AuditEntry.id.desc()).first()
    assert (latest.action, latest.detail["rows"]) == ("audit.exported", 120)


def test_only_auditors_read_the_trail(client, sign_in):
    for role in set(Role) - {Role.AUDITOR}:
        sign_in(client, role)
        assert client.get("/admin/trail").status_code == 403
        assert client.post("/admin/trail/export").status_code == 403


def test_every_action_of_the_house_has_words():
    found = set()
    for source in (ROOT / "hotline").rglob("*.py"):
        found |= set(re.findall(r'audit\.record\(\s*"([a-z_.]+)"', source.read_text("utf-8")))
    assert sorted(found - _WORDS.keys()) == []
    assert in_words("unheard.of") == "操作"


def test_every_job_has_words():
    assert {job.value for job in Job} == set(JOB_WORDS)


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


def test_the_jobs_page_shows_who_lives_what_waits_and_what_was_given_up(admin):
    heartbeats.beat("worker@test:1", ProcessKind.WORKER, ("urgent", "default"))
    jobs.enqueue(Job.COUNT_DAYS)
    session.flush()
    row = session.query(Outbox).filter(Outbox.name == "count_days").one()
    row.failed_at, row.tries, row.reason = clock.now(), 5, "数据库超时"
    session.commit()
    page = admin.get("/admin/jobs").text
    assert "worker@test:1" in page
    assert "数据库超时" in page
    assert "重算近日统计" in page
    assert "无人处理" in page
    answer = admin.post(f"/admin/jobs/{row.id}/again")
    assert answer.status_code == 303
    assert row.failed_at is None
    assert "没有失败的作业" in admin.get("/admin/jobs").text


def test_a_job_that_did_not_fail_is_not_run_again(admin):
    jobs.enqueue(Job.COUNT_DAYS)
    session.commit()
    row = session.query(Outbox).filter(Outbox.name == "count_days").one()
    assert admin.post(f"/admin/jobs/{row.id}/again").status_code == 409
    assert admin.post("/admin/jobs/999999/again").status_code == 404
