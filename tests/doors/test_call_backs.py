"""漏接回拨 at the desk: the list, taking one, noting attempts, and every refusal in the agent's words."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.calls import intake
from hotline.calls.models import Call, EventKind
from hotline.db import session
from hotline.people.models import Account, Role
from hotline.queues import board, callback_work, callbacks
from hotline.queues.records import CallBack, CallBackAttempt, CallBackCall, CallBackSource, CallBackState
from tests.signed import Provider, caller_leg

LEG = caller_leg(1)
PAGE = "/desk/call-backs"


@pytest.fixture
def missed(app, people):
    """The reference of a caller who waited for a person and hung up before anybody came."""
    provider = Provider(app.test_client(), app.config["HOTLINE"])
    provider.call("/phone/voice", LEG)
    provider.call("/phone/menu?node=welcome&n=1", LEG, Digits="0")
    provider.call("/phone/status", LEG, CallStatus="completed", CallDuration="40")
    session.expire_all()
    return session.scalars(select(Call)).one().ref


@pytest.fixture
def desk(client, sign_in):
    return sign_in(client, Role.AGENT)


def take(client, ref):
    return client.post(f"{PAGE}/{ref}/take", headers={"Accept": "application/json"})


def attempt(client, ref, **form):
    return client.post(f"{PAGE}/{ref}/attempt", data=form, headers={"Accept": "application/json"})


def kept():
    return session.scalars(select(CallBack).execution_options(populate_existing=True)).one()


def test_a_missed_caller_is_listed_masked_and_with_a_deadline(desk, missed):
    page = desk.get(PAGE).text
    assert "138****1234" in page
    assert "13800001234" not in page
    assert "排队放弃" in page
    assert f"{PAGE}/{missed}/take" in page
    assert kept().due_at - clock.now() > timedelta(hours=23)


def test_taken_reached_and_off_the_list(desk, missed, people):
    assert take(desk, missed).headers["Location"] == PAGE
    page = desk.get(PAGE).text
    assert people[Role.AGENT].name in page
    assert f"{PAGE}/{missed}/take" not in page
    assert attempt(desk, missed, result="reached", note="已解答").status_code == 303
    row = kept()
    assert (row.state, row.outcome, row.attempts, row.owner_id) == (
        CallBackState.DONE,
        "reached",
        1,
        people[Role.AGENT].id,
    )
    assert "没有待回拨的来电" in desk.get(PAGE).text
    assert "已解答" in desk.get(f"{PAGE}?view=done").text
    noted = session.scalars(select(CallBackAttempt)).one()
    assert (noted.result, noted.note, noted.by_id) == ("reached", "已解答", people[Role.AGENT].id)
    trace = session.scalars(select(AuditEntry).where(AuditEntry.action == "call_back.attempt")).one()
    assert trace.actor_id == people[Role.AGENT].id


def test_three_failed_attempts_half_an_hour_apart_end_it(desk, missed, people):
    agent, call_id, start = people[Role.AGENT].id, kept().call_id, clock.now()
    for number, minutes in ((1, 0), (1, 1), (2, 31), (2, 40), (3, 62)):
        with clock.held_at(start + timedelta(minutes=minutes)):
            callback_work.attempt(call_id, agent, "no_answer", f"第{minutes}分钟")
        session.commit()
        assert kept().attempts == number
        view = "given_up" if number == 3 else "open"
        page = desk.get(f"{PAGE}?view={view}").text
        assert f"{number}/3" in page
        assert f"第{minutes}分钟" in page
    assert page.count("不计次") == 2
    row = kept()
    assert (row.state, row.outcome) == (CallBackState.GIVEN_UP, "no_answer")
    assert row.done_at is not None
    refused = attempt(desk, missed, result="reached")
    assert (refused.status_code, refused.json["message"]) == (409, "这条回拨已经办结")
    assert len(session.scalars(select(CallBackAttempt)).all()) == 5
    call_page = desk.get(f"/calls/{missed}").text
    assert "第62分钟" in call_page
    assert "漏接回拨" in call_page


def test_given_back_and_assigned(desk, missed, people, client, sign_in):
    colleague = session.scalars(select(Account).where(Account.login == "zuoxi02")).one()
    assert desk.post(f"{PAGE}/{missed}/give-back", headers={"Accept": "application/json"}).status_code == 409
    take(desk, missed)
    assert desk.post(f"{PAGE}/{missed}/assign", data={"agent": colleague.id}).status_code == 403
    assert desk.post(f"{PAGE}/{missed}/give-back").status_code == 303
    assert (kept().state, kept().owner_id) == (CallBackState.OPEN, None)
    supervisor = sign_in(client, Role.SUPERVISOR)
    assert f"{PAGE}/{missed}/assign" in supervisor.get(PAGE).text
    assert supervisor.post(f"{PAGE}/{missed}/assign", data={"agent": colleague.id}).status_code == 303
    assert (kept().state, kept().owner_id) == (CallBackState.TAKEN, colleague.id)
    for wrong in (people[Role.UNIT].id, 2**31 - 1):
        refused = supervisor.post(
            f"{PAGE}/{missed}/assign", data={"agent": wrong}, headers={"Accept": "application/json"}
        )
        assert (refused.status_code, list(refused.json["fields"])) == (422, ["agent"])
    assert supervisor.post(f"{PAGE}/{missed}/give-back").status_code == 303
    assert kept().owner_id is None


def test_the_list_is_paged_and_agrees_with_the_board(desk, missed):
    ring = session.scalars(select(Call)).one()
    for number in range(60):
        leg, caller = caller_leg(number + 100), f"+86138000{number:05d}"
        call = intake.receive(
            intake.Report(ring.provider, leg, f"r{number}", EventKind.OFFERED, clock.now(), {}, caller), ring.city_code
        )
        callbacks.want(session.get_one(Call, call.call_id, with_for_update=True), CallBackSource.CLOSED)
    session.commit()
    first, second = desk.get(PAGE).text, desk.get(f"{PAGE}?page=2").text
    assert (first.count("/attempt"), second.count("/attempt")) == (50, 11)
    assert "待回拨 61" in first
    assert board.call_backs(clock.now())["open"] == 61
    assert desk.get(f"{PAGE}?page=0").status_code == 422
    assert "没有已办结的回拨" in desk.get(f"{PAGE}?view=done").text


def test_a_dead_number_ends_it_at_once(desk, missed):
    attempt(desk, missed, result="wrong")
    assert (kept().state, kept().attempts) == (CallBackState.GIVEN_UP, 1)


def test_what_a_colleague_has_taken_is_theirs(desk, missed):
    colleague = session.scalars(select(Account).where(Account.login == "zuoxi02")).one()
    callback_work.take(session.scalars(select(Call.id)).one(), colleague.id)
    session.commit()
    page = desk.get(PAGE).text
    assert f"{colleague.name} 处理中" in page
    assert f"{PAGE}/{missed}/attempt" not in page
    for refused in (take(desk, missed), attempt(desk, missed, result="reached")):
        assert (refused.status_code, refused.json["message"]) == (409, "已由同事领取")
    assert (kept().owner_id, kept().attempts) == (colleague.id, 0)


def test_what_is_done_cannot_be_taken_again(desk, missed):
    attempt(desk, missed, result="not_needed")
    refused = take(desk, missed)
    assert (refused.status_code, refused.json["message"]) == (409, "这条回拨已经办结")
    assert kept().state is CallBackState.DONE


@pytest.mark.parametrize(
    ("form", "field"),
    [({}, "result"), ({"result": "maybe"}, "result"), ({"result": "reached", "note": "长" * 201}, "note")],
)
def test_a_bad_attempt_is_refused_by_field_and_leaves_nothing(desk, missed, form, field):
    refused = attempt(desk, missed, **form)
    assert refused.status_code == 422
    assert list(refused.json["fields"]) == [field]
    assert (kept().state, kept().attempts) == (CallBackState.OPEN, 0)


def test_an_unknown_call_and_one_without_a_call_back(desk, missed):
    for refused in (take(desk, "0" * 32), attempt(desk, "0" * 32, result="reached")):
        assert (refused.status_code, refused.json["message"]) == (404, "没有这条回拨")
    session.execute(delete(CallBackCall))
    session.delete(kept())
    session.commit()
    for refused in (take(desk, missed), attempt(desk, missed, result="reached")):
        assert (refused.status_code, refused.json["message"]) == (404, "没有这条回拨")


@pytest.mark.parametrize("role", [Role.UNIT, Role.REPORTER, Role.STATISTICIAN, Role.ADMIN])
def test_others_have_no_access(client, sign_in, missed, role):
    sign_in(client, role)
    assert client.get(PAGE).status_code == 403
    assert take(client, missed).status_code == 403
    assert attempt(client, missed, result="reached").status_code == 403
    assert kept().state is CallBackState.OPEN
