"""The administrators' pages about people: happy and refused."""

import pytest

from hotline.db import session
from hotline.people import second_factor, service, sessions
from hotline.people.models import Role
from tests.doors.test_gate import enter

GOOD = "Yun-Ting_2048"
NEW = {"login": "wangxin", "name": "王心", "password": GOOD, "roles": ["agent"], "agent_no": "8101"}


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


def test_the_list_shows_who_there_is_and_filters(admin):
    page = admin.get("/admin/people").text
    assert "林知夏" in page
    assert "南京鼓楼医院" in page
    filtered = admin.get("/admin/people?role=auditor").text
    assert "严明远" in filtered
    assert "林知夏" not in filtered
    assert "没有符合条件" in admin.get("/admin/people?q=nobody").text
    assert admin.get("/admin/people?role=king").status_code == 422


def test_an_account_is_created_and_must_change_its_password(app, admin):
    answer = admin.post("/admin/people", data=NEW)
    assert answer.status_code == 303
    assert "首次登录时须修改密码" in admin.get(answer.location).text
    other = app.test_client()
    assert enter(other, "wangxin", GOOD).status_code == 303
    assert other.get("/me").location == "/me/password"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"login": "zuoxi01"}, "已被使用"),
        ({"agent_no": "8001"}, "已由 林知夏 使用"),
        ({"password": "weak"}, "至少 8 位"),
        ({"roles": ["admin", "auditor"]}, "兼任"),
        ({"roles": []}, "至少选择一个角色"),
        ({"roles": ["unit"]}, "须指定机构"),
        ({"roles": ["unit"], "institution": "古楼医院"}, "没有名为"),
        ({"name": ""}, "须为 1–40 个字"),
        ({"id": "1"}, "请更正标出的内容"),
    ],
)
def test_what_does_not_do_is_told_and_the_form_is_kept(admin, changed, told):
    answer = admin.post("/admin/people", data={**NEW, **changed})
    assert answer.status_code in (409, 422)
    assert told in answer.text
    if "login" not in changed:
        assert 'value="wangxin"' in answer.text
        assert service.by_login("wangxin") is None
    assert GOOD not in answer.text


def test_a_unit_account_is_bound_to_an_institution_by_any_name(admin):
    admin.post("/admin/people", data={**NEW, "roles": ["unit"], "institution": "明基医院", "agent_no": ""})
    assert "南京明基医院" in admin.get(f"/admin/people/{service.by_login('wangxin').id}").text


def test_an_account_is_described_and_its_roles_changed(admin, people):
    account = people[Role.AGENT]
    there = f"/admin/people/{account.id}"
    token = sessions.open_session(account, "10.0.0.1")
    session.commit()
    assert "登录中" in admin.get(there).text
    admin.post(f"{there}/name", data={"name": "林知秋", "agent_no": "8009"})
    assert (account.name, account.agent_no) == ("林知秋", "8009")
    answer = admin.post(f"{there}/roles", data={"roles": ["agent", "supervisor"]})
    assert answer.status_code == 303
    assert service.roles_of([account])[account.id] == [Role.AGENT, Role.SUPERVISOR]
    assert sessions.recognise(token, sessions.Lifetime()) is None
    assert "角色变更" in admin.get(there).text


def test_roles_that_must_not_meet_are_refused_and_nothing_changes(admin, people):
    account = people[Role.AUDITOR]
    answer = admin.post(f"/admin/people/{account.id}/roles", data={"roles": ["admin", "auditor"]})
    assert answer.status_code == 422
    assert "兼任" in answer.text
    assert service.roles_of([account])[account.id] == [Role.AUDITOR]


def test_a_password_is_reset_and_sessions_end(app, admin, people):
    account = people[Role.AGENT]
    there = f"/admin/people/{account.id}"
    assert "至少 8 位" in admin.post(f"{there}/password", data={"password": "weak"}).text
    assert admin.post(f"{there}/password", data={"password": GOOD}).status_code == 303
    assert enter(app.test_client(), "zuoxi01", GOOD).status_code == 303


def test_disable_enable_unlock_end_and_drop_the_second_factor(admin, people):
    account = people[Role.AGENT]
    there = f"/admin/people/{account.id}"
    second_factor.begin(account)
    for act, told in (
        ("disable", "账户已停用"),
        ("enable", "账户已恢复使用"),
        ("unlock", "账户已解锁"),
        ("sessions/end", "所有登录已结束"),
        ("second-factor/off", "两步验证已停用"),
    ):
        assert admin.post(f"{there}/{act}").status_code == 303
        assert told in admin.get(there).text
    assert account.totp_secret is None


def test_nobody_disables_themselves_or_an_unknown_account(admin, people):
    mine = people[Role.ADMIN].id
    answer = admin.post(f"/admin/people/{mine}/disable")
    assert answer.status_code == 403
    assert "不能停用自己" in answer.text
    assert admin.get("/admin/people/99999").status_code == 404
    assert admin.post("/admin/people/99999/disable").status_code == 404


def test_auditors_do_not_administer_and_administrators_do_not_audit(client, sign_in, people):
    sign_in(client, Role.AUDITOR)
    assert client.get("/admin/people").status_code == 403
    assert client.post(f"/admin/people/{people[Role.AGENT].id}/disable").status_code == 403
    assert people[Role.AGENT].disabled_at is None
    sign_in(client, Role.ADMIN)
    assert client.get("/admin/trail").status_code == 403


def test_the_palette_finds_people_and_institutions(client, sign_in):
    sign_in(client, Role.ADMIN)
    labels = {group["label"]: group["items"] for group in client.get("/find?q=gly").json["groups"]}
    assert labels["机构"][0]["title"] == "南京鼓楼医院"
    assert client.get("/find?q=zuoxi01").json["groups"][0]["items"][0]["title"] == "林知夏 zuoxi01"
    sign_in(client, Role.AGENT)
    assert "林知夏" not in client.get("/find?q=zuoxi01").text
