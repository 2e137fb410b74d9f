"""The administrators' page of limits: what is in force, a look ahead, new versions, refusals by name."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.people.models import Role
from hotline.workorders.codes import Urgency
from hotline.workorders.deadline_models import DeadlineRule, EscalationStep


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


def tomorrow():
    return str(clock.today() + timedelta(days=1))


def rule(**changes):
    sent = {"clock": "reply", "amount": "2", "unit": "workday", "valid_from": tomorrow(), "basis": "宁政办〔2026〕1号"}
    return {**sent, **changes}


def count(table=DeadlineRule):
    return session.scalar(select(func.count()).select_from(table))


def test_the_page_shows_the_rules_and_looks_ahead(admin):
    page = admin.get("/admin/deadlines").text
    for words in ("江苏12345：非咨询类5个工作日", "执行中", "一般督办", "15 个工作日", "应于此前完成"):
        assert words in page
    assert "特急事项4小时内首次反馈</td></tr>" in admin.get("/admin/deadlines?urgency=2&nature=1").text
    assert admin.get("/admin/deadlines?urgency=77").status_code == 422


def test_a_new_rule_is_previewed_then_kept(admin):
    before = count()
    page = admin.post("/admin/deadlines", data=rule(nature="4", preview="true"))
    assert page.status_code == 200
    assert "尚未登记" in page.text
    assert 'value="宁政办〔2026〕1号"' in page.text
    assert count() == before
    assert admin.post("/admin/deadlines", data=rule(nature="4")).status_code == 303
    assert count() == before + 1
    assert "将启用" in admin.get("/admin/deadlines").text


@pytest.mark.parametrize("preview", ["", "true"])
@pytest.mark.parametrize(
    "change",
    [{"amount": "0"}, {"amount": "9" * 30}, {"amount": "x"}, {"unit": "year"}, {"clock": ""}, {"basis": ""}],
)
def test_refused_values_are_named_and_kept_in_the_form(admin, change, preview):
    before = count()
    answer = admin.post("/admin/deadlines", data=rule(**change, preview=preview))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert count() == before


def test_the_past_is_refused_and_a_planned_version_not_overtaken(admin):
    answer = admin.post("/admin/deadlines", data=rule(valid_from=str(clock.today())))
    assert answer.status_code == 422
    assert "已经受理的工单不改时限" in answer.text
    assert admin.post("/admin/deadlines", data=rule()).status_code == 303
    again = admin.post("/admin/deadlines", data=rule(amount="3"))
    assert again.status_code == 409
    assert "已另有安排" in again.text


def test_a_particular_rule_ends_and_the_general_one_does_not(admin):
    urgent = session.scalars(select(DeadlineRule).where(DeadlineRule.urgency == Urgency.URGENT)).first().id
    general = session.scalars(select(DeadlineRule).where(DeadlineRule.urgency.is_(None))).first().id
    assert admin.post("/admin/deadlines/end", data={"rule_id": urgent, "on": tomorrow()}).status_code == 303
    assert admin.post("/admin/deadlines/end", data={"rule_id": general, "on": tomorrow()}).status_code == 409
    assert admin.post("/admin/deadlines/end", data={"rule_id": 987654, "on": tomorrow()}).status_code == 404
    assert admin.post("/admin/deadlines/end", data={"rule_id": "9" * 30, "on": tomorrow()}).status_code == 422


def test_a_rung_of_the_ladder_is_kept_and_told_in_words(admin, client, sign_in, app):
    sent = {"level": "1", "days_late": "4", "valid_from": tomorrow()}
    before = count(EscalationStep)
    assert admin.post("/admin/deadlines/steps", data=sent).status_code == 303
    assert count(EscalationStep) == before + 1
    refused = admin.post("/admin/deadlines/steps", data={**sent, "level": "2", "days_late": "3"})
    assert refused.status_code == 422
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "deadline.step"
    auditor = sign_in(app.test_client(), Role.AUDITOR)
    assert "登记催办督办级别" in auditor.get("/admin/trail").text


def test_it_is_the_administrators_page(client, sign_in):
    auditor = sign_in(client, Role.AUDITOR)
    assert auditor.get("/admin/deadlines").status_code == 403
    assert auditor.post("/admin/deadlines", data=rule()).status_code == 403
