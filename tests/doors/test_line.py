"""The agent's line over its JSON: the whole way of a call, and every refusal in the agent's words."""

import json

import pytest

from hotline import clock
from hotline.calls.models import Call, CallState
from hotline.db import session
from hotline.ivr import counts, plans
from hotline.ivr import service as ivr
from hotline.people.models import Role
from hotline.queues import staffing
from hotline.web.phone import words
from tests.signed import Provider, caller_leg

LEG, AGENT_LEG = caller_leg(1), caller_leg(77)


@pytest.fixture
def provider(app, client):
    return Provider(app.test_client(), app.config["HOTLINE"])


@pytest.fixture
def desk(client, sign_in, people):
    staffing.set_skills(people[Role.AGENT].id, ["consult", "crisis", "general"])
    session.commit()
    return sign_in(client, Role.AGENT)


def post(client, verb, **body):
    return client.post(f"/desk/line/{verb}", json=body)


def ring(provider, key="0"):
    reply = provider.call("/phone/voice", LEG)
    assert reply.status_code == 200
    assert "<Enqueue" in provider.call("/phone/menu?node=welcome&n=1", LEG, Digits=key).text


def test_a_call_from_ring_to_wrap_up(desk, provider, people):
    assert post(desk, "state", state="ready").json["label"] == "就绪"
    ring(provider)
    view = desk.get("/desk/line").json
    assert (view["state"], view["offers"][0]["caller"], view["offers"][0]["line"]) == (
        "offered",
        "138****1234",
        "人工服务",
    )
    answered = post(desk, "answer", offer=view["offers"][0]["id"]).json
    agent = people[Role.AGENT].id
    softphone = {"From": f"client:agent_{agent}", "To": "", "stint": str(answered["stint"])}
    joined = provider.call("/phone/agent", AGENT_LEG, **softphone)
    assert "<Conference" in joined.text
    again = provider.call("/phone/agent", AGENT_LEG, **softphone)
    assert again.text == joined.text
    room = provider.call(f"/phone/join?stint={answered['stint']}", LEG, CallStatus="in-progress")
    assert "<Conference" in room.text
    view = desk.get("/desk/line").json
    assert (view["state"], view["talk"]["dialled_in"]) == ("talking", True)
    assert session.query(Call).one().state is CallState.TALKING
    away = post(desk, "hold", on=True)  # no provider runs here: what it did not do is not shown as done
    assert (away.status_code, desk.get("/desk/line").json["state"]) == (503, "talking")
    assert post(desk, "finish").json["state"] == "wrap_up"
    assert "请对本次服务评价" in provider.call("/phone/farewell?stint=1", LEG).text
    provider.call("/phone/score", LEG, Digits="1")
    provider.call("/phone/status", LEG, CallStatus="completed")
    assert post(desk, "wrapped").json["state"] == "ready"
    session.expire_all()
    assert session.query(Call).one().satisfaction == 5


def menu_with(survey):
    """Put a menu in force whose survey is this one, or that has none."""
    document = json.loads(ivr.DEFAULT.read_text("utf-8"))
    document["nodes"].pop("survey")
    if survey:
        document["nodes"]["rating"] = {"kind": "survey", **survey}
    ivr.publish(document, by=None, at=clock.now())
    session.commit()


def farewell(desk, provider, people, key="2") -> str:
    """What the caller hears when the agent has finished."""
    post(desk, "state", state="ready")
    ring(provider, key)
    stint = post(desk, "answer", offer=desk.get("/desk/line").json["offers"][0]["id"]).json["stint"]
    agent = people[Role.AGENT].id
    provider.call("/phone/agent", AGENT_LEG, From=f"client:agent_{agent}", To="", stint=str(stint))
    provider.call(f"/phone/join?stint={stint}", LEG, CallStatus="in-progress")
    assert post(desk, "finish").json["state"] == "wrap_up"
    return provider.call(f"/phone/farewell?stint={stint}", LEG).text


TWO_KEYS = {"say": "{line}请您评价：满意按8，不满意按9。", "scores": {"8": "满意", "9": "不满意"}, "seconds": 7}


@pytest.mark.parametrize(
    ("key", "score", "said"),
    [("8", 4, plans.THANKS), ("9", 2, plans.THANKS), ("1", None, plans.CALLER_ENDS), ("", None, plans.CALLER_ENDS)],
)
def test_the_survey_of_the_menu_asks_and_scores(app, desk, provider, people, key, score, said):
    menu_with(TWO_KEYS)
    asked = farewell(desk, provider, people)
    assert f"{app.config['HOTLINE'].line_name}请您评价：满意按8，不满意按9。" in asked
    assert 'timeout="7"' in asked
    assert asked.index("</Gather>") < asked.index(plans.CALLER_ENDS) < asked.index("<Hangup")
    assert said in provider.call("/phone/score", LEG, **({"Digits": key} if key else {})).text
    session.expire_all()
    assert session.query(Call).one().satisfaction == score
    counted = counts.by_node(*clock.day_bounds(clock.today()))["rating"]
    assert (counted.came, counted.keys) == (1, {key: 1} if score else {})


@pytest.mark.parametrize(("survey", "key"), [(None, "2"), (TWO_KEYS, "5")], ids=["none-in-the-menu", "crisis"])
def test_no_survey_follows_where_there_is_none_nor_after_a_crisis_call(desk, provider, people, survey, key):
    menu_with(survey)
    told = farewell(desk, provider, people, key)
    assert "<Gather" not in told
    assert (words.CRISIS_ENDS if survey else plans.CALLER_ENDS) in told
    assert "<Hangup" in told


def test_a_score_without_a_survey_is_only_a_goodbye(desk, provider, people):
    farewell(desk, provider, people)
    menu_with(None)
    assert plans.CALLER_ENDS in provider.call("/phone/score", LEG, Digits="1").text
    session.expire_all()
    assert session.query(Call).one().satisfaction is None


def test_a_telephone_that_cannot_connect_gives_the_caller_back_at_once(desk, provider, people):
    post(desk, "state", state="ready")
    ring(provider)
    stint = post(desk, "answer", offer=desk.get("/desk/line").json["offers"][0]["id"]).json["stint"]
    view = post(desk, "give-back").json
    assert (view["state"], view["label"], view["waiting"]["count"]) == ("break", "小休·电话未连通", 1)
    softphone = {"From": f"client:agent_{people[Role.AGENT].id}", "To": "", "stint": str(stint)}
    assert "<Conference" not in provider.call("/phone/agent", AGENT_LEG, **softphone).text
    ready = post(desk, "state", state="ready").json
    assert (ready["state"], len(ready["offers"])) == ("offered", 1)


def test_a_call_that_is_connected_after_all_is_not_given_back(desk, provider, people):
    post(desk, "state", state="ready")
    ring(provider)
    stint = post(desk, "answer", offer=desk.get("/desk/line").json["offers"][0]["id"]).json["stint"]
    softphone = {"From": f"client:agent_{people[Role.AGENT].id}", "To": "", "stint": str(stint)}
    provider.call("/phone/agent", AGENT_LEG, **softphone)
    refused = post(desk, "give-back")
    assert (refused.status_code, refused.json["message"]) == (409, "电话已经接通")
    assert desk.get("/desk/line").json["state"] == "talking"


def test_somebody_elses_softphone_does_not_get_the_call(desk, provider):
    post(desk, "state", state="ready")
    ring(provider)
    offer = desk.get("/desk/line").json["offers"][0]["id"]
    stint = post(desk, "answer", offer=offer).json["stint"]
    reply = provider.call("/phone/agent", AGENT_LEG, From="client:agent_999", To="", stint=str(stint))
    assert "<Conference" not in reply.text
    assert "<Hangup" in reply.text


def test_a_caller_who_has_gone_frees_the_agent(desk, provider):
    post(desk, "state", state="ready")
    ring(provider)
    offer = desk.get("/desk/line").json["offers"][0]["id"]
    provider.call("/phone/status", LEG, CallStatus="completed")
    refused = post(desk, "answer", offer=offer)
    assert (refused.status_code, refused.json["message"]) == (409, "来电人已挂机")
    assert desk.get("/desk/line").json["state"] == "ready"


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("state", {"state": "talking"}, 422),
        ("state", {"state": "break"}, 422),
        ("answer", {"offer": 4711}, 404),
        ("answer", {"offer": "x"}, 422),
        ("state", {"state": "break", "reason": "no_phone"}, 422),
        ("give-back", {}, 409),
        ("finish", {}, 409),
        ("wrapped", {}, 409),
        ("hold", {"on": True}, 409),
        ("transfer", {"how": "blind", "to": "line", "target": "nowhere"}, 409),
        ("transfer", {"how": "warm", "to": "line", "target": "consult"}, 409),
        ("transfer", {"how": "three_way", "to": "contact", "target": "nobody"}, 404),
        ("transfer", {"how": "blind", "to": "moon", "target": "x"}, 422),
        ("transfer", {"how": "somehow", "to": "line", "target": "consult"}, 422),
        ("leave", {}, 409),
        ("put-out", {"stint": 1}, 409),
        ("put-out", {}, 409),
        ("recording", {"on": False}, 409),
        ("hand", {"on": True, "extra": 1}, 422),
    ],
)
def test_what_cannot_be_done_now_is_refused(desk, verb, body, status):
    reply = post(desk, verb, **body)
    assert reply.status_code == status
    assert reply.json["message"]


def test_raising_a_hand_and_the_beat(desk):
    post(desk, "state", state="ready")
    assert post(desk, "hand", on=True).json["hand"] is True
    assert post(desk, "beat").json == {"ok": True}
    assert [line["code"] for line in desk.get("/desk/line/targets").json["lines"]][0] == "crisis"
    assert desk.get("/desk/line/telephone").json["kind"] == "simulator"


def test_only_agents_and_supervisors_have_a_line(client, sign_in):
    sign_in(client, Role.STATISTICIAN)
    assert client.get("/desk/line", headers={"Accept": "application/json"}).status_code == 403


@pytest.mark.parametrize("target", ["²", "٣", "-1", "9" * 20, "0", "x"])
@pytest.mark.parametrize("how", ["blind", "warm", "three_way"])
def test_nobody_is_meant_by_what_is_no_number(client, sign_in, how, target):
    sign_in(client, Role.AGENT)
    told = client.post("/desk/line/transfer", json={"how": how, "to": "agent", "target": target})
    assert (told.status_code, told.json["message"]) == (409, "没有这位坐席")
