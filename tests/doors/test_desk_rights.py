"""What the desk refuses although the role is right: another's form, writing through broken glass, too many looks."""

from datetime import timedelta

import pytest

from hotline import clock
from hotline.bookings import service as bookings
from hotline.calls import registration
from hotline.calls.models import Call, Registration
from hotline.crisis import service as crisis
from hotline.db import session
from hotline.people.models import AccountRole, Role
from tests.guards.objects import wish
from tests.matters import workorders as make
from tests.matters.calls_made import answered


@pytest.fixture
def colleague(people):
    return people[Role.AGENT]


@pytest.fixture
def other(client, sign_in):
    account = make.account("zuoxi09")
    account.agent_no = "8009"
    session.add(AccountRole(account_id=account.id, role=Role.AGENT))
    session.commit()
    return sign_in(client, account)


@pytest.fixture
def call(colleague):
    made = session.get_one(Call, answered(colleague, at=clock.now() - timedelta(minutes=3)))
    form = registration.open_draft(made.id, colleague.id)
    form.contact_phone, form.caller_name = "13800005678", "欧阳测试"
    session.commit()
    return made


def test_another_s_form_is_not_read_in_full_past_the_eye(other, call):
    for path in (f"/desk/?call={call.ref}", f"/desk/calls/{call.ref}/work", f"/calls/{call.ref}/correct"):
        told = other.get(path)
        assert told.status_code == 403, path
        assert "13800005678" not in told.text
    page = other.get(f"/calls/{call.ref}").text
    assert "138****5678" in page
    assert "13800005678" not in page


def test_a_call_without_a_form_has_nothing_to_correct(client, sign_in, call):
    session.delete(session.get(Registration, call.id))
    session.commit()
    assert sign_in(client, Role.SUPERVISOR).get(f"/calls/{call.ref}/correct").status_code == 404


def test_broken_glass_opens_a_record_to_read_and_not_to_write(other, call, colleague):
    crisis.save(call.id, colleague.id, {"answers": {"H1": 1}}, 0)
    session.commit()
    base = f"/desk/calls/{call.ref}/crisis"
    assert other.get(base).status_code == 403
    assert other.post(f"{base}/glass", data={"reason": "家属来电求助"}).status_code == 302
    assert other.get(base).status_code == 200
    assert other.post(base, json={"version": 1, "plan": "改写"}).status_code == 403
    assert other.post(f"{base}/submit", json={"version": 1}).status_code == 403
    assert other.post(f"{base}/link", data={"target": "110", "result": "已报警"}).status_code == 403
    assert crisis.sheet_of(call.id).plan is None


def test_only_a_supervisor_approves_breaking_confidentiality(client, sign_in, people, call):
    sign_in(client, Role.AGENT)
    path, version = f"/desk/calls/{call.ref}/crisis", 0
    for role, status in ((Role.AGENT, 422), (Role.ADMIN, 422), (Role.SUPERVISOR, 200)):
        sent = {"version": version, "breach_approved_by": people[role].id}
        assert client.post(path, json=sent).status_code == status, role


def test_looks_at_calls_orders_and_bookings_count_together(client, sign_in, people, call):
    visit, order = bookings.book(wish(clock.now()), people[Role.AGENT].id, call.id), make.order()
    session.commit()
    sign_in(client, Role.SUPERVISOR)
    eyes = [
        (f"/desk/calls/{call.ref}/reveal", {"field": "caller", "reason": "回拨"}),
        (f"/desk/bookings/{visit.id}/reveal", {"field": "document_no", "reason": "核对"}),
        (f"/orders/{order.id}/reveal", {"field": "phone", "reason": "回访"}),
    ]
    for path, sent in eyes * 10:
        assert client.post(path, json=sent).status_code == 200
    for path, sent in eyes:
        told = client.post(path, json=sent)
        assert told.status_code == 429
        assert "13800001234" not in told.text
