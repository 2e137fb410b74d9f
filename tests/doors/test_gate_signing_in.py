"""Signing in: throttled, the same for known and unknown, second factor, revoked at once, never led astray."""

from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from hotline import clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.people import passwords, second_factor, service, signing_in
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Role, SignIn
from hotline.web import gate
from tests.doors.test_gate import enter

NEW = "Kuang-Ye_2049"

ASTRAY = [
    "//evil.example",
    "https://evil.example/",
    "http:evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "https:/evil.example",
    "https:\\\\evil.example",
    "//evil.example/..;/",
    "//evil。example",
    "/\x00//evil.example",
    "evil.example",
    "@evil.example",
    "",
]


@pytest.fixture
def later(monkeypatch):
    """Move the clock on."""
    moved = [timedelta(0)]
    real = clock.now

    def go(**span):
        moved[0] += timedelta(**span)

    monkeypatch.setattr(clock, "now", lambda: real() + moved[0])
    return go


@pytest.mark.parametrize("target", ASTRAY)
def test_signing_in_never_leads_off_the_house(client, people, target):
    answer = enter(client, "zuoxi01", next=target)
    if answer.status_code == 400:
        assert "\x00" in target
        return
    assert answer.location == "/"


def test_signing_in_leads_back_to_where_one_wanted_to_go(client, people):
    assert enter(client, "zuoxi01", next="/me?x=%E4%BD%A0").location == "/me?x=%E4%BD%A0"


def test_a_new_token_is_given_at_every_sign_in(client, people):
    enter(client, "zuoxi01")
    first = client.get_cookie("hotline").value
    client.delete_cookie("hotline")
    enter(client, "zuoxi01")
    assert client.get_cookie("hotline").value != first
    assert len({row.token_hash for row in session.query(SignIn)}) == 2


def test_five_failures_lock_the_account_for_fifteen_minutes_and_nobody_else(client, people, later):
    for _ in range(5):
        assert enter(client, "zuoxi01", "wrong").status_code == 401
    assert enter(client, "zuoxi01").status_code == 401
    assert enter(client, "zuoxi02").status_code == 303
    client.delete_cookie("hotline")
    later(minutes=15, seconds=1)
    assert enter(client, "zuoxi01").status_code == 303


def test_known_unknown_locked_and_disabled_are_told_the_same(client, people):
    service.disable(people[Role.UNIT])
    people[Role.AGENT].locked_until = clock.now() + timedelta(minutes=5)
    session.commit()
    told = {
        enter(client, login).text.split('role="alert">')[1].split("</div>")[0]
        for login in ("nobody01", "yiyuan01", "zuoxi01")
    }
    told.add(enter(client, "tongji01", "wrong").text.split('role="alert">')[1].split("</div>")[0])
    assert len(told) == 1
    assert signing_in.REFUSAL in told.pop()


class Counting(PasswordHasher):
    """How often a password was weighed against a hash of its costs."""

    weighed = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        assert not self.check_needs_rehash(hash)
        self.weighed += 1
        return super().verify(hash, password)


def test_unknown_and_known_users_take_as_long(client, people):
    """The hash is what takes long: one of the same costs is weighed whether the account is there or not."""
    hasher = Counting(time_cost=2, memory_cost=64, parallelism=1)
    passwords.use(hasher)
    try:
        people[Role.AGENT].password_hash = passwords.hash_of(DEMO_PASSWORD)
        session.commit()
        for number, login in enumerate(("zuoxi01", "nobody01"), 1):
            enter(client, login, "wrong")
            assert hasher.weighed == number
    finally:
        passwords.use(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_an_address_that_fails_often_must_wait_a_little_and_others_not(client, people):
    for number in range(signing_in.ADDRESS_FREE):
        assert enter(client, f"nobody{number}").status_code == 401
    slowed = enter(client, "zuoxi01")
    assert slowed.status_code == 429
    assert 1 <= int(slowed.headers["Retry-After"]) <= signing_in.ADDRESS_LONGEST_WAIT
    client.environ_base["REMOTE_ADDR"] = "10.9.8.7"
    assert enter(client, "zuoxi01").status_code == 303


def test_a_slowed_address_gets_in_after_its_wait(client, people, later):
    for _ in range(signing_in.ADDRESS_FREE + 30):
        signing_in._note_failure(None, False, "127.0.0.1")
    session.commit()
    assert enter(client, "zuoxi01").status_code == 429
    later(seconds=signing_in.ADDRESS_LONGEST_WAIT + 1)
    assert enter(client, "zuoxi01").status_code == 303


def test_both_ends_of_a_sign_in_are_in_the_trail(client, people):
    enter(client, "zuoxi01", "wrong")
    enter(client, "zuoxi01")
    rows = session.query(AuditEntry).order_by(AuditEntry.id.desc()).limit(2).all()
    assert [(row.action, row.actor_name) for row in rows] == [("sign_in", "林知夏"), ("sign_in.failed", "anonymous")]


def test_an_idle_session_ends_and_a_used_one_goes_on(client, sign_in, later):
    sign_in(client, Role.AGENT)
    for _ in range(3):
        later(minutes=10)
        assert client.get("/me").status_code == 200
    later(minutes=15, seconds=1)
    assert client.get("/me").status_code == 401


def test_polling_in_the_background_keeps_nobody_signed_in(client, sign_in, later):
    sign_in(client, Role.AGENT)
    later(minutes=10)
    assert client.get("/me", headers={"X-Background": "1"}).status_code == 200
    later(minutes=6)
    assert client.get("/me").status_code == 401


def test_no_session_outlives_twelve_hours(client, sign_in, later):
    sign_in(client, Role.AGENT)
    for _ in range(71):
        later(minutes=10)
        assert client.get("/me").status_code == 200
    later(minutes=10)
    assert client.get("/me").status_code == 401


@pytest.mark.parametrize(
    "act",
    [
        lambda account: service.disable(account),
        lambda account: service.set_roles(account, [Role.STATISTICIAN]),
        lambda account: service.reset_password(account, NEW),
        lambda account: service.end_sessions(account),
    ],
    ids=["disabled", "roles", "password", "ended"],
)
def test_a_session_ends_at_once(client, sign_in, people, act):
    sign_in(client, Role.AGENT)
    assert client.get("/me").status_code == 200
    act(people[Role.AGENT])
    session.commit()
    assert client.get("/me").status_code == 401


def test_changing_the_password_ends_every_other_session(app, client, sign_in, people):
    other = sign_in(app.test_client(), Role.AGENT)
    sign_in(client, Role.AGENT)
    answer = client.post("/me/password", data={"current": DEMO_PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 303
    assert client.get("/me").status_code == 200
    assert other.get("/me").status_code == 401
    assert enter(app.test_client(), "zuoxi01", NEW).status_code == 303


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"current": "wrong", "password": NEW, "again": NEW}, "密码不正确"),
        ({"current": DEMO_PASSWORD, "password": NEW, "again": "other"}, "不一致"),
        ({"current": DEMO_PASSWORD, "password": "short1!", "again": "short1!"}, "至少 8 位"),
        ({"current": DEMO_PASSWORD, "password": DEMO_PASSWORD, "again": DEMO_PASSWORD}, "最近 5 次"),
    ],
)
def test_a_password_that_does_not_do_is_refused_with_the_reason(client, sign_in, sent, told):
    sign_in(client, Role.AGENT)
    answer = client.post("/me/password", data=sent)
    assert answer.status_code in (403, 422)
    assert told in answer.text
    assert NEW not in answer.text


def test_a_first_password_must_be_changed_before_anything_else(client, people):
    service.reset_password(people[Role.AGENT], NEW)
    session.commit()
    enter(client, "zuoxi01", NEW)
    assert client.get("/me").location == "/me/password"
    page = client.get("/me/password").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    fresh = "Another-77x"
    client.post("/me/password", data={"csrf_token": token, "current": NEW, "password": fresh, "again": fresh})
    assert client.get("/me").status_code == 200


def test_a_password_of_ninety_days_must_be_changed(client, people, later):
    later(days=91)
    enter(client, "zuoxi01")
    assert client.get("/me").location == "/me/password"


@pytest.fixture
def with_second_factor(people):
    account = people[Role.SUPERVISOR]
    secret = second_factor.begin(account)
    codes = second_factor.switch_on(account, pyotp.TOTP(secret).at(clock.now()))
    session.commit()
    return secret, codes


def step_two(client, code):
    page = client.get("/sign-in/code").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post("/sign-in/code", data={"csrf_token": token, "code": code})


def test_the_second_factor_is_asked_and_each_code_is_good_once(client, with_second_factor, later):
    secret, _ = with_second_factor
    assert enter(client, "banzhang01").location.startswith("/sign-in/code")
    assert client.get("/me").status_code == 401
    later(seconds=60)
    code = pyotp.TOTP(secret).at(clock.now())
    assert step_two(client, code).status_code == 303
    assert client.get("/me").status_code == 200
    client.delete_cookie("hotline")
    enter(client, "banzhang01")
    assert step_two(client, code).status_code == 401


def test_a_recovery_code_stands_in_once(client, with_second_factor):
    _, codes = with_second_factor
    enter(client, "banzhang01")
    assert step_two(client, codes[0].upper()).status_code == 303
    client.delete_cookie("hotline")
    enter(client, "banzhang01")
    assert step_two(client, codes[0]).status_code == 401
    assert step_two(client, codes[1]).status_code == 303


def test_guessing_codes_locks_the_account_even_with_the_right_password(client, with_second_factor):
    for _ in range(5):
        enter(client, "banzhang01")
        step_two(client, "000000")
    assert enter(client, "banzhang01").status_code == 401


def test_a_pending_sign_in_is_worth_nothing_after_five_minutes(client, with_second_factor, later):
    _, codes = with_second_factor
    enter(client, "banzhang01")
    later(minutes=5, seconds=1)
    assert client.get("/sign-in/code").location == "/sign-in"


def test_a_person_switches_the_second_factor_on_and_off(client, sign_in, people):
    sign_in(client, Role.AGENT)
    assert client.post("/me/second-factor", data={"current": "wrong"}).status_code == 403
    page = client.post("/me/second-factor", data={"current": DEMO_PASSWORD})
    secret = page.text.split("<code>")[1].split("</code>")[0]
    assert '<svg class="qr"' in page.text
    assert client.post("/me/second-factor/on", data={"code": "000000"}).status_code == 422
    shown = client.post("/me/second-factor/on", data={"code": pyotp.TOTP(secret).at(clock.now())})
    assert shown.text.count("<li><code>") == second_factor.RECOVERY_CODES
    assert "剩余恢复码 8 个" in client.get("/me").text
    assert client.post("/me/second-factor/off", data={"current": DEMO_PASSWORD}).status_code == 303
    assert "未启用" in client.get("/me").text


def test_a_stream_ends_when_the_session_does(app, client, sign_in, people, later):
    """What a stream asks every few seconds: whether the session and the role still hold."""
    held = []

    def open_stream():
        held.append(gate.watch(Role.SUPERVISOR, keep=True))
        return ""

    view = app.view_functions["gate.profile"]
    open_stream.allowed_roles = view.allowed_roles
    app.view_functions["gate.profile"] = open_stream
    try:
        sign_in(client, Role.SUPERVISOR)
        client.get("/me")
        sign_in(client, Role.AGENT)
        client.get("/me")
    finally:
        app.view_functions["gate.profile"] = view
    supervisor, agent = held
    for _ in range(3):
        later(minutes=10)
        assert supervisor()
    assert not agent()
    service.set_roles(people[Role.SUPERVISOR], [Role.AGENT])
    session.commit()
    assert not supervisor()
