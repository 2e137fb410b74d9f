"""Headers on every answer, errors in Chinese without a traceback, requests read strictly."""

import json

import pytest
from marshmallow import Schema, fields, validate
from sqlalchemy.orm.exc import StaleDataError

from hotline import errors
from hotline.people.models import Role
from hotline.web import gate
from tests.conftest import test_config as make_config


@pytest.fixture
def inside(client, sign_in):
    return sign_in(client, Role.AGENT)


@pytest.fixture
def broken(app, monkeypatch):
    """A view that fails as no view should."""

    def fails():
        raise RuntimeError("secret inside")

    monkeypatch.setitem(app.view_functions, "gate.profile", fails)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield
    app.config["PROPAGATE_EXCEPTIONS"] = None


def check_headers(answer):
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Werkzeug" not in answer.headers.get("Server", "")
    assert "X-Powered-By" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.headers["X-Request-ID"]) >= 8


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 302),
        ("GET", "/me/password", 200),
        ("GET", "/admin/people", 403),
        ("GET", "/nowhere", 404),
        ("DELETE", "/me", 405),
        ("TRACE", "/me", 405),
        ("POST", "/me/password", 422),
        ("POST", "/me/theme", 422),
    ],
)
def test_every_answer_has_the_headers_and_chinese_words(inside, method, path, status):
    answer = inside.open(path, method=method)
    assert answer.status_code == status
    check_headers(answer)
    assert "Traceback" not in answer.text
    if status == 405:
        assert answer.headers["Allow"]
        assert "不支持" in answer.text


def test_a_stranger_gets_the_headers_too(client):
    check_headers(client.get("/me"))
    check_headers(client.get("/sign-in"))


def test_a_defect_is_told_with_a_number_and_nothing_else(inside, broken):
    answer = inside.get("/me")
    assert answer.status_code == 500
    check_headers(answer)
    assert answer.headers["X-Request-ID"] in answer.text
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    told = inside.get("/me", headers={"Accept": "application/json"})
    assert told.json["error"] == "internal"


def test_the_nonce_is_new_each_time_and_on_every_script(inside):
    pages = [inside.get("/me") for _ in range(2)]
    nonces = [page.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0] for page in pages]
    assert nonces[0] != nonces[1]
    assert pages[0].text.count("<script") == pages[0].text.count(f'nonce="{nonces[0]}"')
    assert ' style="' not in pages[0].text
    assert ' onclick="' not in pages[0].text


def test_a_request_keeps_a_well_formed_id_and_loses_any_other(client):
    assert client.get("/sign-in", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"] == "abc-12345678"
    assert client.get("/sign-in", headers={"X-Request-ID": "a<b>c12345678"}).headers["X-Request-ID"].isalnum()


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_foreign_host_name_is_refused(client, host):
    assert client.get("/sign-in", headers={"Host": host}).status_code == 400


def test_forwarded_headers_of_strangers_change_nothing(client, people):
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert "evil" not in client.get("/sign-in", headers=forged).text


def test_production_sets_a_host_cookie_and_strict_transport(databases):
    from app import create_app

    with databases.fresh() as url:
        app = create_app(make_config(url, mode="production", public_base_url="https://hotline.example"))
        answer = app.test_client().get("/sign-in", base_url="https://hotline.example")
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-hotline=")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
        assert "Domain" not in cookie
        assert app.test_client().get("/sign-in", base_url="https://localhost").status_code == 400


def test_too_much_is_told(app, inside, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    answer = inside.post("/me/theme", data={"theme": "x" * 2000})
    assert answer.status_code == 413
    assert "超过" in answer.text


class Sample(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 5))
    number = fields.Integer(load_default=None)
    marks = fields.List(fields.String(), load_default=list)


class Inner(Schema):
    inner = fields.Raw()


def read(app, schema, **request):
    with app.test_request_context("/", method="POST", **request):
        return gate.load(schema)


def test_a_blank_field_of_a_form_is_absent_unless_it_is_text(app):
    form = read(app, Sample(), data={"name": "张三", "number": "", "marks": ["a", "b"], "csrf_token": "x"})
    assert form == {"name": "张三", "number": None, "marks": ["a", "b"]}


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        ({}, "name", "必填"),
        ({"name": ""}, "name", "须为 1–5 个字"),
        ({"name": "六个字的名字"}, "name", "须为 1–5 个字"),
        ({"name": "a", "number": "x"}, "number", "须为整数"),
        ({"name": "a", "role": "admin"}, "role", "不认识的字段"),
    ],
)
def test_what_does_not_fit_is_named_in_chinese(app, sent, field, told):
    with pytest.raises(errors.Invalid) as fault:
        read(app, Sample(), data=sent)
    assert fault.value.fields[field] == [told]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "a", "name": "b"}',
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b"[" * 100_000,
        json.dumps({"name": "a\x00b"}).encode(),
        b'{"name": "\\ud800"}',
    ],
    ids=["cut", "twice", "nan", "utf-8", "deep", "nul", "surrogate"],
)
def test_json_that_cannot_be_read_is_refused(app, body):
    with pytest.raises(errors.Malformed):
        read(app, Sample(), data=body, content_type="application/json")


def test_another_content_type_is_refused(app):
    with pytest.raises(errors.WrongType):
        read(app, Sample(), data=b"name=a", content_type="text/plain")


def test_deep_json_is_refused_before_it_hurts(app):
    deep = '{"inner":' * 40 + "1" + "}" * 40
    with pytest.raises(errors.Malformed):
        read(app, Inner(), data=deep, content_type="application/json")


def test_the_palette_finds_pages_the_person_may_open(client, sign_in):
    sign_in(client, Role.ADMIN)
    groups = client.get("/find?q=机构").json["groups"]
    assert any(item["url"] == "/admin/institutions" for group in groups for item in group["items"])
    sign_in(client, Role.STATISTICIAN)
    assert "/admin/institutions" not in client.get("/find?q=机构").text


def test_the_theme_is_kept_per_person(client, sign_in):
    sign_in(client, Role.AGENT)
    assert client.post("/me/theme", json={"theme": "dark"}).json == {"theme": "dark"}
    assert 'data-bs-theme="dark"' in client.get("/me").text
    assert client.post("/me/theme", json={"theme": "pink"}).status_code == 422


def test_somebody_elses_change_is_told_as_a_conflict(app, client, sign_in, monkeypatch):
    def stale():
        raise StaleDataError

    stale.allowed_roles = app.view_functions["gate.profile"].allowed_roles
    monkeypatch.setitem(app.view_functions, "gate.profile", stale)
    sign_in(client, Role.AGENT)
    answer = client.get("/me")
    assert answer.status_code == 409
    assert "刚被他人修改" in answer.text


def test_a_database_that_is_away_is_told_as_such(databases, tmp_path):
    """The address leads nowhere: pages that need the database say so, the sign-in page still opens."""
    from app import create_app

    gone = f"sqlite:///{tmp_path}/gone/away.db"
    if "postgres" in type(databases).__name__.lower():
        gone = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    app = create_app(make_config(gone))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "x"
    answer = client.get("/me")
    assert answer.status_code == 503
    assert "暂时不可用" in answer.text
    assert answer.headers["Retry-After"] == "5"
    check_headers(answer)
    client.delete_cookie("hotline")
    assert client.get("/sign-in").status_code == 200
