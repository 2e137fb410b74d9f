"""受理线路 as administrators keep them: what may be said of each, a further one, and where late callers go."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hotline import clock
from hotline.audit import AuditEntry
from hotline.calls.models import Call
from hotline.db import session
from hotline.ivr import counts, event_lines
from hotline.people.models import Role
from hotline.queues import course, ticker, waiting
from hotline.queues.models import Line, Waiting
from tests.signed import Provider, caller_leg

CONSULT = {
    "name": "健康咨询",
    "priority": "5",
    "offer_seconds": "15",
    "overflow_after": "120",
    "overflow_to": "general",
}
CRISIS = {"name": "心理危机", "priority": "0", "offer_seconds": "10", "reserved": "1"}
FLU = {"code": "flu", "name": "流感专线", "priority": "2", "offer_seconds": "20"}


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


@pytest.fixture
def provider(app):
    return Provider(app.test_client(), app.config["HOTLINE"])


def change(admin, code, base, **more):
    return admin.post(f"/admin/lines/{code}", data={**base, **more})


def test_a_line_is_changed_and_the_trail_says_from_what(admin):
    page = change(admin, "consult", CONSULT, offer_seconds="25", overflow_after="", overflow_to="")
    assert page.status_code == 303
    line = session.get(Line, "consult")
    assert (line.offer_seconds, line.overflow_after, line.overflow_to) == (25, None, None)
    kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "line.change")).one()
    assert (kept.detail["before"]["offer_seconds"], kept.detail["after"]["offer_seconds"]) == (15, 25)
    assert change(admin, "consult", CONSULT, offer_seconds="25", overflow_after="", overflow_to="").status_code == 303
    assert len(session.scalars(select(AuditEntry).where(AuditEntry.action == "line.change")).all()) == 1
    assert change(admin, "crisis", CRISIS, offer_seconds="8", reserved="2").status_code == 303
    assert (session.get(Line, "crisis").offer_seconds, session.get(Line, "crisis").reserved) == (8, 2)


@pytest.mark.parametrize(
    ("code", "base", "more", "told"),
    [
        ("consult", CONSULT, {"name": "人工服务"}, "已有同名的线路"),
        ("consult", CONSULT, {"name": "  "}, "必填"),
        ("consult", CONSULT, {"priority": "0"}, "0 只用于心理危机线路"),
        ("consult", CONSULT, {"priority": "x"}, "请更正"),
        ("consult", CONSULT, {"offer_seconds": "4"}, "须为5至60秒"),
        ("consult", CONSULT, {"offer_seconds": "61"}, "须为5至60秒"),
        ("consult", CONSULT, {"reserved": "1"}, "只有心理危机线路可以预留坐席"),
        ("consult", CONSULT, {"overflow_after": "9"}, "须为10至3600秒"),
        ("consult", CONSULT, {"overflow_after": ""}, "须一起填写"),
        ("consult", CONSULT, {"overflow_to": ""}, "须一起填写"),
        ("consult", CONSULT, {"overflow_to": "moon"}, "没有这条受理线路"),
        ("consult", CONSULT, {"overflow_to": "crisis"}, "不能溢出到心理危机线路"),
        ("consult", CONSULT, {"overflow_to": "consult"}, "又回到本线路"),
        ("general", {**CONSULT, "name": "人工服务"}, {"overflow_to": "consult"}, "又回到本线路"),
        ("crisis", CRISIS, {"offer_seconds": "11"}, "心理危机线路须为5至10秒"),
        ("crisis", CRISIS, {"priority": "3"}, "优先级固定为0"),
        ("crisis", CRISIS, {"reserved": "-1"}, "须为0至50"),
        ("crisis", CRISIS, {"overflow_after": "60", "overflow_to": "general"}, "不转往其他线路"),
    ],
)
def test_what_a_line_may_not_be_is_refused_and_named(admin, code, base, more, told):
    before = {column: getattr(session.get(Line, code), column) for column in ("name", "offer_seconds", "overflow_to")}
    refused = change(admin, code, base, **more)
    assert (refused.status_code, told in refused.text) == (422, True), refused.text
    assert {column: getattr(session.get(Line, code), column) for column in before} == before


def test_a_line_of_nothing_is_not_found(admin):
    assert change(admin, "moon", CONSULT).status_code == 404


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        ({"code": "general"}, 409, "已有这个代码"),
        ({"code": "流感"}, 422, "以小写字母开头"),
        ({"code": "9x"}, 422, "以小写字母开头"),
        ({"name": "健康咨询"}, 422, "已有同名"),
        ({"priority": "0"}, 422, "0 只用于心理危机线路"),
        ({"crisis": "true"}, 422, ""),
    ],
)
def test_a_further_line_is_judged_too(admin, more, status, told):
    refused = admin.post("/admin/lines", data={**FLU, **more})
    assert (refused.status_code, told in refused.text) == (status, True)
    assert len(waiting.lines()) == 6


def test_two_event_lines_have_two_queues_and_two_counts(admin, provider):
    assert admin.post("/admin/lines", data=FLU, follow_redirects=True).text.count("流感专线")
    for key, line in (("8", "special"), ("9", "flu")):
        sent = {"key": key, "name": f"专线{key}", "line": line, "announcement": "正在为您转接专线。"}
        assert admin.post("/admin/menus/event-lines", data=sent).status_code == 303
    for number, key in enumerate("899"):
        provider.call("/phone/voice", caller_leg(number))
        provider.call("/phone/menu?node=welcome&n=1", caller_leg(number), Digits=key)
    queued = session.scalars(select(Waiting.line).order_by(Waiting.id)).all()
    assert queued == ["special", "flu", "flu"]
    found = counts.by_node(clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1))
    came = {line.key: found[event_lines.node_id(line.id)].came for line in event_lines.latest(2)}
    assert came == {"8": 1, "9": 2}


def test_who_waits_too_long_goes_on_to_another_line_and_hears_it(app, provider):
    leg = caller_leg(1)
    provider.call("/phone/voice", leg)
    provider.call("/phone/menu?node=welcome&n=1", leg, Digits="2")
    turn = session.scalars(select(Waiting)).one()
    asked = f"/phone/wait?turn={turn.turn}&n=0&line=consult"
    assert "已为您转到" not in provider.call(asked, leg).text
    session.execute(update(Waiting).values(queued_at=clock.now() - timedelta(seconds=121)))
    for _ in range(2):
        list(ticker.tick())
    session.refresh(turn)
    assert turn.line == "general"
    told = provider.call(asked, leg).text
    assert "您等待的线路繁忙，已为您转到人工服务，您的位置不变。" in told
    assert "line=general" in told
    assert "已为您转到" not in provider.call(f"/phone/wait?turn={turn.turn}&n=1&line=general", leg).text
    steps = [step.words for step in course.of_call(session.scalars(select(Call.id)).one())]
    assert steps.count("久候，由“健康咨询”溢出到“人工服务”") == 1
