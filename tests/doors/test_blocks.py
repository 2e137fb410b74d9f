"""骚扰号码拦截: two persons, the calls of the number to judge by, and a history."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.people.demo import DEMO_PEOPLE
from hotline.people.models import Role
from hotline.queues import blocklist, contacts
from hotline.queues.records import Blocked
from tests.signed import Provider, caller_leg

NUISANCE = "13800009999"


@pytest.fixture
def supervisor(client, sign_in):
    return sign_in(client, Role.SUPERVISOR)


@pytest.fixture
def provider(app):
    return Provider(app.test_client(), app.config["HOTLINE"])


def ask(who, number=NUISANCE, **more):
    return who.post("/wallboard/blocked", data={"number": number, "reason": "反复骚扰", "days": "7", **more})


def the_block():
    return session.scalars(select(Blocked)).one()


def test_the_demonstration_has_two_supervisors():
    assert [person.login for person in DEMO_PEOPLE if Role.SUPERVISOR in person.roles] == ["banzhang01", "banzhang02"]


def test_a_block_needs_two_persons(supervisor, people):
    assert ask(supervisor).status_code == 303
    row = the_block()
    own = supervisor.post(f"/wallboard/blocked/{row.id}/approve")
    assert (own.status_code, "需要另一人审批" in own.text) == (409, True)
    assert ">批准<" not in supervisor.get(f"/wallboard/blocked/{row.id}").text
    row.asked_by = people[Role.ADMIN].id
    session.flush()
    assert ">批准<" in supervisor.get(f"/wallboard/blocked/{row.id}").text
    assert supervisor.post(f"/wallboard/blocked/{row.id}/approve").status_code == 303
    assert blocklist.is_blocked(row.number_hash)
    assert "拦截中" in supervisor.get("/wallboard/blocked").text


@pytest.mark.parametrize(
    ("number", "told"),
    [
        *((number, "公共服务号码") for number in ("110", "120", "12345", "12356", "025-12345", "010 120")),
        *((number, "本热线自己的号码") for number in ("12320", "025-12320", "02512320")),
        *((number, "须为手机") for number in ("anonymous", "abc", "8001")),
        ("025-83106666", "外部通讯录中的“鼓楼医院”"),
        ("8310 6666", "外部通讯录中的“鼓楼医院”"),
    ],
)
def test_numbers_of_help_and_of_the_house_are_never_blocked(supervisor, number, told):
    contacts.add("鼓楼医院", "83106666")
    refused = ask(supervisor, number)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert number in refused.text
    assert session.scalars(select(Blocked)).all() == []


@pytest.mark.parametrize(
    ("change", "field"), [({"days": "0"}, "days"), ({"days": "91"}, "days"), ({"reason": ""}, "reason")]
)
def test_a_form_that_is_not_filled_in_is_shown_again(supervisor, change, field):
    refused = ask(supervisor, **change)
    assert (refused.status_code, f'id="{field}-wrong"' in refused.text) == (422, True)


def test_a_number_is_asked_for_once_at_a_time(supervisor):
    assert ask(supervisor).status_code == 303
    again = ask(supervisor, "138 0000 9999")
    assert (again.status_code, "已在拦截或待审批" in again.text) == (409, True)
    assert supervisor.post(f"/wallboard/blocked/{the_block().id}/lift").status_code == 303
    assert ask(supervisor).status_code == 303


def test_the_second_person_sees_the_calls_and_the_number_for_a_reason(supervisor, provider):
    provider.call("/phone/voice", caller_leg(1), From="+8613800009999")
    provider.call("/phone/voice", caller_leg(2), From="+8613800009998")
    ask(supervisor)
    there = f"/wallboard/blocked/{the_block().id}"
    page = supervisor.get(there).text
    assert NUISANCE not in page
    assert page.count('<td class="nowrap"><a href="/calls/') == 1
    shown = supervisor.post(f"{there}/reveal", json={"field": "number", "reason": "核对来电"})
    assert shown.json == {"value": NUISANCE}
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "block.reveal")).all()
    assert supervisor.post(f"{there}/reveal", json={"field": "number", "reason": ""}).status_code == 422
    assert supervisor.get("/wallboard/blocked/999").status_code == 404


def test_what_is_over_stays_to_be_read(supervisor, people):
    ask(supervisor)
    row = the_block()
    supervisor.post(f"/wallboard/blocked/{row.id}/lift")
    page = supervisor.get("/wallboard/blocked").text
    assert ("以往的拦截" in page, "已撤回" in page) == (True, True)
    assert row.lifted_by == people[Role.SUPERVISOR].id
    late = supervisor.post(f"/wallboard/blocked/{row.id}/lift")
    assert (late.status_code, "已不在拦截中" in late.text) == (409, True)
    ask(supervisor)
    expired = blocklist.all_open()[0]
    expired.asked_at, expired.until = clock.now() - timedelta(days=8), clock.now() - timedelta(days=1)
    session.flush()
    assert "未审批，已过期" in supervisor.get("/wallboard/blocked").text
    expired.asked_by = people[Role.ADMIN].id
    session.flush()
    assert supervisor.post(f"/wallboard/blocked/{expired.id}/approve").status_code == 409
