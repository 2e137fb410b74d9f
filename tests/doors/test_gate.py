"""The gate: who gets in, what is told to whoever does not."""

import pytest

from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Role


def enter(client, login, password=DEMO_PASSWORD, **more):
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post("/sign-in", data={"csrf_token": token, "login": login, "password": password, **more})


def test_a_person_signs_in_and_sees_their_name(client, people):
    answer = enter(client, "zuoxi01")
    assert answer.status_code == 303
    assert "林知夏" in client.get("/me").text


def test_a_stranger_is_shown_the_sign_in_form_with_the_way_back(client):
    answer = client.get("/me?x=1")
    assert answer.status_code == 401
    assert 'name="next" value="/me?x=1"' in answer.text


def test_a_program_is_told_in_json(client):
    answer = client.get("/me", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json["error"] == "not_signed_in"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_signing_out_ends_the_session_for_a_copied_cookie_too(client, sign_in):
    sign_in(client, Role.AGENT)
    copied = client.get_cookie("hotline").value
    assert client.get("/me").status_code == 200
    assert client.post("/sign-out").status_code == 303
    client.set_cookie("hotline", copied)
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize("path", ["/me/theme", "/me/password", "/sign-out"])
def test_without_a_csrf_token_nothing_is_done(client, sign_in, path):
    sign_in(client, Role.AGENT)
    del client.environ_base["HTTP_X_CSRFTOKEN"]
    answer = client.post(path, data={"theme": "dark"})
    assert answer.status_code == 400
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize(("role", "first"), [(Role.ADMIN, "/admin/people"), (Role.AUDITOR, "/admin/trail")])
def test_everybody_begins_where_their_work_is(client, sign_in, role, first):
    sign_in(client, role)
    assert client.get("/").location == first


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.STATISTICIAN, "/bulletin/import"),
        (Role.REPORTER, "/returns/2024-02/file"),
        (Role.DISPATCHER, "/orders/import"),
        (Role.ADMIN, "/admin/menus/prompts"),
    ],
)
def test_a_text_where_a_file_belongs_is_refused(client, sign_in, role, path):
    sign_in(client, role)
    reply = client.post(path, data={"file": "not a file", "platform": "1", "prompt": "wait"})
    assert reply.status_code in (400, 404, 409, 422)


def test_a_second_factor_that_was_not_begun_cannot_be_switched_on(client, sign_in):
    sign_in(client, Role.AGENT)
    for code in ("123456", ""):
        assert client.post("/me/second-factor/on", data={"code": code}).status_code == 409
