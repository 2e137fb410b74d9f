"""The agents' pages and their JSON: happy and refused path of every view."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.calls import registration
from hotline.calls.list_models import Topic
from hotline.calls.models import Call, Category, Registration, RegistrationState
from hotline.calls.registration import Writer
from hotline.crisis import service as crisis
from hotline.db import session
from hotline.people.models import Account, Role
from hotline.places.models import Institution
from hotline.queues.models import Line, Skill
from hotline.telephony.simulator.agents import CATEGORIES
from hotline.workorders import registering
from hotline.workorders.codes import Nature, Party, Source
from hotline.workorders.moves import By
from hotline.workorders.registering import Demand
from tests.matters.calls_made import answered

NUMBER = "13800001234"


@pytest.fixture
def agent(people):
    return people[Role.AGENT]


@pytest.fixture
def desk(client, sign_in, agent):
    return sign_in(client, Role.AGENT)


@pytest.fixture
def call(agent):
    made = session.get(Call, answered(agent, NUMBER, clock.now() - timedelta(minutes=3)))
    registration.open_draft(made.id, agent.id)
    return made


def topic(code):
    return session.scalar(select(Topic.id).where(Topic.code == code))


def hospital():
    return session.scalar(select(Institution.id).where(Institution.name == "南京鼓楼医院"))


def consultation(**changes):
    values = {
        "version": 1,
        "category": Category.CONSULTATION,
        "topic_id": topic("0205"),
        "content": "孩子打疫苗后发热",
        "reply": "观察",
        "nature": "",
        "handling": "",
        "invalid_type": None,
    }
    return {**values, **changes}


def complaint(**changes):
    return consultation(category="complaint", topic_id=None, institution_id=hospital(), demand="道歉", **changes)


def actions():
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_the_workplace_opens_the_draft_with_the_caller_masked(desk, call):
    page = desk.get("/desk/").get_data(as_text=True)
    assert call.call_no in page
    assert "138****1234" in page
    assert NUMBER not in page
    assert "此号码近30天来电" in page


def test_the_workplace_without_a_call_says_what_to_do(desk):
    assert "没有正在登记的来电" in desk.get("/desk/").get_data(as_text=True)


def test_the_fragments_of_a_call(desk, call):
    assert "受理单" in desk.get(f"/desk/calls/{call.ref}/work").get_data(as_text=True)
    assert "138****1234" in desk.get(f"/desk/calls/{call.ref}/card").get_data(as_text=True)
    assert call.ref in desk.get(f"/desk/tabs?open={call.ref}").get_data(as_text=True)
    assert desk.get("/desk/calls/none/work").status_code == 404


def test_a_draft_is_saved_then_completed_over_json(desk, call):
    saved = desk.post(f"/desk/calls/{call.ref}/registration", json={"version": 1, "content": "孩子"})
    assert saved.status_code == 200
    assert re.fullmatch(r"\d\d:\d\d:\d\d", saved.json["saved_at"])
    done = desk.post(f"/desk/calls/{call.ref}/complete", json=consultation(version=saved.json["version"]))
    assert (done.status_code, done.json["state"]) == (200, "complete")
    assert session.get(Call, call.id).category is Category.CONSULTATION
    assert "已完成" in desk.get(f"/desk/calls/{call.ref}/work").get_data(as_text=True)


def test_what_is_missing_is_named_and_what_was_typed_is_kept(desk, call):
    refused = desk.post(
        f"/desk/calls/{call.ref}/complete", json={"version": 1, "category": "complaint", "content": "等候"}
    )
    assert refused.status_code == 422
    assert set(refused.json["fields"]) == {"demand", "institution_id"}
    kept = session.get(Registration, call.id)
    assert (kept.content, kept.state, kept.version) == (
        "等候",
        RegistrationState.DRAFT,
        refused.json["facts"]["version"],
    )


def test_a_concurrent_edit_is_refused_with_the_difference(desk, call, people):
    registration.save(call.id, Writer(people[Role.SUPERVISOR].id, supervisor=True), {"content": "班长改"}, 1)
    session.commit()
    refused = desk.post(f"/desk/calls/{call.ref}/registration", json={"version": 1, "content": "坐席写"})
    assert refused.status_code == 409
    assert refused.json["facts"]["difference"]["content"]["theirs"] == "班长改"
    assert session.get(Registration, call.id).content == "班长改"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"content": "x"}, 422),
        ({"version": 1, "colour": "red"}, 422),
        ({"version": 1, "category": "nonsense"}, 422),
        ({"version": 1, "content": "x" * 5001}, 422),
        ({"version": 1, "content": "x\x00"}, 400),
        ([1], 422),
    ],
)
def test_a_body_that_does_not_fit_is_refused(desk, call, body, status):
    assert desk.post(f"/desk/calls/{call.ref}/registration", json=body).status_code == status


def test_notes_of_five_thousand_and_names_of_twenty_are_held_and_shown(desk, call):
    long, name = "长" * 5000, "名" * 20
    sent = consultation(content=long, reply=long, remark=long, caller_name=name)
    assert desk.post(f"/desk/calls/{call.ref}/complete", json=sent).status_code == 200
    assert desk.get(f"/calls/{call.ref}").get_data(as_text=True).count(long) >= 3


def test_another_agent_s_call_is_not_mine_to_write(client, sign_in, people, call):
    other = sign_in(client, _second_agent())
    refused = other.post(f"/desk/calls/{call.ref}/registration", json={"version": 1, "content": "x"})
    assert refused.status_code == 403


def _second_agent():
    return session.scalars(select(Account).where(Account.login == "zuoxi02")).one()


def test_a_correction_keeps_both_versions(desk, call):
    done = desk.post(f"/desk/calls/{call.ref}/complete", json=consultation()).json
    assert "更正受理单" in desk.get(f"/calls/{call.ref}/correct").get_data(as_text=True)
    body = consultation(version=done["version"], content="听错了，是成人疫苗", reason="听错")
    assert desk.post(f"/desk/calls/{call.ref}/correct", json={**body, "reason": ""}).status_code == 422
    assert desk.post(f"/desk/calls/{call.ref}/correct", json=body).status_code == 200
    page = desk.get(f"/calls/{call.ref}").get_data(as_text=True)
    assert "原因：听错" in page
    assert "<del>孩子打疫苗后发热</del>" in page


def test_the_next_call_moves_the_draft_to_the_unfinished_list(desk, agent, call):
    second = answered(agent, "13800005678", clock.now(), "CA2")
    registration.open_draft(second, agent.id)
    session.commit()
    page = desk.get("/desk/unfinished").get_data(as_text=True)
    assert "待补录" in page
    assert "138****5678" in page


def test_the_eye_asks_a_reason_is_audited_and_ends_at_thirty_an_hour(desk, call):
    url = f"/desk/calls/{call.ref}/reveal"
    assert desk.post(url, json={"field": "caller"}).status_code == 422
    assert desk.post(url, json={"field": "password_hash", "reason": "x"}).status_code == 422
    for _ in range(30):
        told = desk.post(url, json={"field": "caller", "reason": "回拨"})
        assert told.json["value"] == NUMBER
    assert desk.post(url, json={"field": "caller", "reason": "回拨"}).status_code == 429
    assert actions().count("call.reveal") == 30


def test_type_ahead_for_topics_and_institutions(desk):
    assert desk.get("/desk/topics?q=etym&category=consultation").json["items"][0]["name"] == "免疫规划 ▸ 儿童疫苗"
    assert "南京鼓楼医院" in [item["name"] for item in desk.get("/desk/institutions?q=glyy").json["items"]]
    assert desk.get("/desk/institutions?q=").json["items"] == []
    assert desk.get("/desk/topics?category=nonsense", headers={"Accept": "application/json"}).status_code == 422


def test_related_orders_for_what_is_being_written(desk, call):
    told = desk.post(f"/desk/calls/{call.ref}/related", json={"content": "等候", "institution_id": hospital()})
    assert told.status_code == 200
    assert "没有发现同一事项的工单" in told.get_data(as_text=True)


def test_a_related_order_is_suggested_and_linked(desk, call, people):
    boss = people[Role.SUPERVISOR]
    demand = Demand(
        Source.CITY,
        Nature.COMPLAINT,
        "挂号等候",
        "挂号窗口等候两小时",
        external_no="SZ1",
        accused_id=hospital(),
        contact_phone=NUMBER,
    )
    order = registering.register(demand, By(Party.HOTLINE, boss.id, boss.name))
    session.commit()
    body = {"content": "挂号窗口等候两小时", "institution_id": hospital()}
    shown = desk.post(f"/desk/calls/{call.ref}/related", json=body).get_data(as_text=True)
    assert order.own_no in shown
    url = re.search(r'data-link="([^"]+)"', shown)[1]
    assert "已关联" in desk.post(url).get_data(as_text=True)
    assert desk.post(url).status_code == 409
    assert desk.post(f"/desk/calls/{call.ref}/orders/999999").status_code == 404
    assert order.own_no in desk.get(f"/calls/{call.ref}").get_data(as_text=True)


def test_a_letter_is_entered_by_hand_and_a_bad_one_comes_back(desk):
    assert "手工登记" in desk.get("/desk/manual").get_data(as_text=True)
    sent = consultation(
        version=0, channel="LETTER", at="2026-11-02T10:00", reason="来信", caller="025-83206620", minutes=5
    )
    made = desk.post("/desk/manual", json=sent)
    assert made.status_code == 200
    found = session.scalar(select(Call).where(Call.ref == made.json["ref"]))
    assert (found.channel, found.offered_at) == ("LETTER", datetime(2026, 11, 2, 2, 0, tzinfo=UTC))
    assert "call.manual" in actions()
    refused = desk.post(
        "/desk/manual", data={"version": "0", "channel": "LETTER", "at": "2099-01-01T10:00", "reason": "x"}
    )
    assert refused.status_code == 422
    assert "不能晚于现在" in refused.get_data(as_text=True)
    by_form = {k: v for k, v in sent.items() if v not in (None, "")}
    assert desk.post("/desk/manual", data=by_form).status_code == 302


def test_the_list_filters_by_url_and_pages_by_key(desk, agent, call):
    for n in range(60):
        answered(agent, f"138000020{n:02d}", clock.now() - timedelta(hours=n + 1), f"P{n}")
    session.commit()
    first = desk.get("/calls/?category=manual").get_data(as_text=True)
    assert first.count('<td class="nowrap"><a') == 50
    older = re.search(r'href="([^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    assert desk.get(older).get_data(as_text=True).count('<td class="nowrap"><a') == 11
    assert desk.get(f"/calls/?call_no={call.call_no}").get_data(as_text=True).count('<td class="nowrap"><a') == 1
    assert desk.get("/calls/?number=%2B8613800001234").get_data(as_text=True).count('<td class="nowrap"><a') == 1
    assert "没有符合条件的来电" in desk.get("/calls/?outcome=abandoned").get_data(as_text=True)
    assert desk.get("/calls/?after=xx").status_code == 400
    assert desk.get("/calls/?category=nonsense").status_code == 422


def test_the_list_is_exported_whole_and_masked_and_the_trail_knows(client, sign_in, agent, call):
    for n in range(60):
        answered(agent, f"138000020{n:02d}", clock.now() - timedelta(hours=n + 1), f"P{n}")
    session.commit()
    assert sign_in(client, Role.AGENT).post("/calls/export").status_code == 403
    table = sign_in(client, Role.SUPERVISOR).post("/calls/export", data={"category": "manual"})
    text = table.get_data().decode("utf-8-sig")
    assert len(text.splitlines()) == 62
    assert "138****1234" in text
    assert NUMBER not in text
    assert "call.export" in actions()


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_simulated_agent_s_form_is_complete(desk, call, category):
    chosen = desk.get(f"/desk/topics?category={category}").json["items"][0]["id"]
    form = {"version": 0, "category": category, "topic_id": chosen, "content": "模拟来电", "reply": "已告知"}
    assert desk.post(f"/desk/calls/{call.ref}/complete", json=form).status_code == 200


def test_the_page_of_a_call_and_its_history(desk, call):
    page = desk.get(f"/calls/{call.ref}")
    assert call.call_no in page.get_data(as_text=True)
    assert NUMBER not in page.get_data(as_text=True)
    assert "来电历史" in desk.get(f"/calls/{call.ref}/history").get_data(as_text=True)
    assert desk.get("/calls/none").status_code == 404


def test_a_statistician_sees_where_a_call_counts_but_not_what_was_said(client, sign_in, call):
    registration.complete(call.id, Writer(call.agent_id), consultation(content="秘密内容"), 1)
    session.commit()
    page = sign_in(client, Role.STATISTICIAN).get(f"/calls/{call.ref}").get_data(as_text=True)
    assert "免疫规划" in page
    assert "秘密内容" not in page


def test_the_palette_finds_calls_by_number(desk, call):
    titles = [item["title"] for group in desk.get(f"/find?q={NUMBER}").json["groups"] for item in group["items"]]
    assert any("138****1234" in title for title in titles)
    assert NUMBER not in str(titles)


def test_a_recording_that_is_not_there_is_not_found(desk, call):
    assert desk.post(f"/calls/{call.ref}/recordings/999").status_code == 404


# Bookings


def visit(**changes):
    total_stem = "32010219900101123"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(total_stem))
    values = {
        "institution_id": hospital(),
        "department": "呼吸内科",
        "visit_day": (clock.today() + timedelta(days=3)).isoformat(),
        "half_day": "am",
        "patient_name": "测试患者",
        "document_type": "ID",
        "document_no": total_stem + "10X98765432"[total % 11],
        "phone": "13800001234",
    }
    return {**values, **changes}


def test_a_visit_is_booked_beside_the_call_and_cancelled_again(desk, call):
    refused = desk.post(f"/desk/calls/{call.ref}/bookings", json=visit(phone="110"))
    assert (refused.status_code, set(refused.json["fields"])) == (422, {"phone"})
    told = desk.post(f"/desk/calls/{call.ref}/bookings", json=visit()).get_data(as_text=True)
    assert "测***" in told
    cancel, version = re.search(r'data-cancel="([^"]+)" data-version="(\d+)"', told).groups()
    assert desk.post(cancel, json={"version": 99, "reason": "PATIENT", "call": call.ref}).status_code == 409
    gone = desk.post(cancel, json={"version": int(version), "reason": "PATIENT", "call": call.ref})
    assert "已取消" in gone.get_data(as_text=True)
    done = consultation(category="phone_booking", topic_id=topic("B2"), content="", reply="")
    assert desk.post(f"/desk/calls/{call.ref}/complete", json=done).status_code == 200


def test_the_list_of_bookings_marks_reveals_and_tells_the_window(desk, call):
    desk.post(f"/desk/calls/{call.ref}/bookings", json=visit())
    page = desk.get("/desk/bookings?number=13800001234").get_data(as_text=True)
    assert "呼吸内科" in page
    mark = re.search(r'action="(/desk/bookings/(\d+)/mark)"', page)
    told = desk.post(f"/desk/bookings/{mark[2]}/reveal", json={"field": "phone", "reason": "停诊通知"})
    assert told.json["value"] == "13800001234"
    assert desk.post(mark[1], data={"version": "1", "status": "no_show"}).status_code == 422
    assert desk.post(mark[1], data={"version": "1", "status": "attended"}).status_code == 302
    assert "没有符合条件的预约" in desk.get("/desk/bookings?status=no_show").get_data(as_text=True)
    assert desk.get(f"/desk/bookings/window?institution_id={hospital()}").json["last"] > clock.today().isoformat()
    assert desk.post("/desk/suspensions/1/lift", data={"reason": "x"}).status_code == 403


# The crisis sheet


@pytest.fixture
def sheet(desk, call):
    body = {"version": 0, "answers": {"E01": 2}, "plan": "今晚"}
    return desk.post(f"/desk/calls/{call.ref}/crisis", json=body).json


def test_the_sheet_is_saved_computed_alerted_submitted(desk, call, sheet, client, sign_in):
    assert (sheet["level_label"], sheet["score"], sheet["alerted"]) == ("低危", 2, False)
    high = {"version": sheet["version"], "answers": {"E01": 2, "H1": 1}}
    refused = desk.post(f"/desk/calls/{call.ref}/crisis/submit", json=high)
    assert (refused.status_code, set(refused.json["fields"])) == (422, {"safety_plan"})
    linked = desk.post(f"/desk/calls/{call.ref}/crisis/link", json={"target": "110", "result": "已出警"})
    assert "已出警" in linked.get_data(as_text=True)
    done = desk.post(
        f"/desk/calls/{call.ref}/crisis/submit", json={**high, "version": refused.json["facts"]["version"]}
    )
    assert (done.json["level"], done.json["alerted"], done.json["submitted"]) == (3, True, True)
    assert "风险评估表" in desk.get(f"/desk/calls/{call.ref}/crisis").get_data(as_text=True)
    assert desk.post(f"/desk/calls/{call.ref}/crisis/alert").status_code == 403
    boss = sign_in(client, Role.SUPERVISOR)
    assert "未接手的高危来电" in boss.get("/desk/followups").get_data(as_text=True)
    assert [one["call"] for one in boss.get("/wallboard/snapshot").json["alerts"]] == [call.ref]
    assert boss.post(f"/desk/calls/{call.ref}/crisis/alert").status_code == 302
    assert boss.post(f"/desk/calls/{call.ref}/crisis/alert").status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"answers": {"E01": 9}},
        {"answers": {"E01": "x"}},
        {"ratings": {"joy_before": 1}},
        {"ratings": {"hope_after": 101}},
    ],
)
def test_a_sheet_that_does_not_fit_is_refused(desk, call, wrong):
    assert desk.post(f"/desk/calls/{call.ref}/crisis", json={"version": 0, **wrong}).status_code == 422


def test_a_crisis_record_is_behind_glass_for_other_agents_and_opens_with_a_reason(client, sign_in, people, call, sheet):
    other = sign_in(client, _second_agent())
    assert "今晚" not in other.get(f"/calls/{call.ref}").get_data(as_text=True)
    assert other.get(f"/desk/calls/{call.ref}/crisis").status_code == 403
    assert other.get(f"/desk/calls/{call.ref}/work").status_code == 403
    assert other.post(f"/desk/calls/{call.ref}/crisis", json={"version": 0}).status_code == 403
    assert other.post(f"/desk/calls/{call.ref}/reveal", json={"field": "caller", "reason": "x"}).status_code == 403
    assert other.post(f"/desk/calls/{call.ref}/crisis/glass", data={"reason": "看"}).status_code == 422
    opened = other.post(f"/desk/calls/{call.ref}/crisis/glass", data={"reason": "来电人再次来电"})
    assert opened.status_code == 302
    assert "风险评估表" in other.get(opened.headers["Location"]).get_data(as_text=True)
    assert "crisis.break_glass" in actions()


def test_whoever_serves_a_crisis_line_reads_without_breaking_glass(client, sign_in, people, call, sheet):
    trained = _second_agent()
    line = session.scalar(select(Line.code).where(Line.crisis))
    session.merge(Skill(agent_id=trained.id, line=line))
    session.flush()
    other = sign_in(client, trained)
    assert other.get(f"/desk/calls/{call.ref}/crisis").status_code == 200
    second = answered(trained, NUMBER, clock.now(), "CA7")
    session.commit()
    card = other.get(f"/desk/calls/{session.get(Call, second).ref}/card").get_data(as_text=True)
    assert "上次风险：低危" in card


def test_follow_ups_are_done_and_handed_over(desk, call, agent, people, client, sign_in):
    crisis.submit(call.id, agent.id, {"answers": {"H1": 1}, "safety_plan": "陪伴"}, 0)
    session.commit()
    page = desk.get("/desk/followups").get_data(as_text=True)
    number = re.search(r"/desk/followups/(\d+)/outcome", page)[1]
    assert desk.post(f"/desk/followups/{number}/outcome", data={"version": "9", "outcome": "SAFE"}).status_code == 409
    noted = desk.post(f"/desk/followups/{number}/outcome", data={"version": "1", "outcome": "NOANSWER", "note": "未接"})
    assert noted.status_code == 302
    other = _second_agent()
    given = desk.post(f"/desk/followups/{number}/owner", data={"version": "2", "owner_id": str(other.id)})
    assert given.status_code == 302
    colleague = sign_in(client, other)
    assert f"/desk/followups/{number}/outcome" in colleague.get("/desk/followups").get_data(as_text=True)
    assert (
        colleague.post(f"/desk/followups/{number}/outcome", data={"version": "3", "outcome": "SAFE"}).status_code == 302
    )
    assert colleague.post("/desk/followups/999999/outcome", data={"version": "1", "outcome": "SAFE"}).status_code == 404


def test_another_agent_s_follow_up_is_refused(desk, call, agent, client, sign_in):
    crisis.submit(call.id, agent.id, {"answers": {"H1": 1}, "safety_plan": "陪伴"}, 0)
    session.commit()
    number = re.search(r"/desk/followups/(\d+)/outcome", desk.get("/desk/followups").get_data(as_text=True))[1]
    other = sign_in(client, _second_agent())
    assert other.post(f"/desk/followups/{number}/outcome", data={"version": "1", "outcome": "SAFE"}).status_code == 403


@pytest.mark.parametrize("role", [Role.UNIT, Role.REPORTER, Role.ADMIN, Role.STATISTICIAN])
def test_other_desks_do_not_enter(client, sign_in, role):
    assert sign_in(client, role).get("/desk/").status_code == 403
