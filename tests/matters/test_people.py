"""Accounts, passwords and what must not meet in one person."""

import pytest

from hotline import audit, clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.people import passwords, service, sessions
from hotline.people.models import Account, Role
from hotline.people.sessions import Lifetime
from tests.conftest import run_command

GOOD = "Yun-Ting_2048"


@pytest.fixture
def account(app):
    return service.create("wangxin", "王心", GOOD, [Role.AGENT], agent_no="8101")


def test_an_account_is_created_and_recorded(account):
    session.commit()
    assert account.password_hash.startswith("$argon2id$")
    entry = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert (entry.action, entry.subject, entry.detail["roles"]) == (
        "account.created",
        f"account:{account.id}",
        ["agent"],
    )
    assert GOOD not in str(entry.detail)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("Ab1!xyz", "至少 8 位"),
        ("abcdefgh1", "三类"),
        ("ABCDEFGH!!!!", "三类"),
        ("Aa1!" + "x" * 130, "不超过"),
        ("Password1!", "常见"),
        ("P@ssw0rd123", "常见"),
        ("Qwerty123!", "常见"),
        ("Aa123456!", "常见"),
        ("Wangxin1!", "登录名"),
        ("A1!A1!A1!", "重复"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password, told):
    with pytest.raises(Invalid, match=told):
        passwords.judge(password, "wangxin")


def test_a_good_password_is_taken():
    passwords.judge(GOOD, "wangxin")


@pytest.mark.parametrize("login", ["ab", "1abc", "a b c", "张三", "a" * 41, "a;drop"])
def test_a_login_has_a_plain_form(app, login):
    with pytest.raises(Invalid, match="登录名"):
        service.create(login, "某", GOOD, [Role.AGENT])


def test_logins_and_agent_numbers_are_unique_whatever_their_case(account):
    with pytest.raises(Conflict, match="wangxin"):
        service.create("WangXin", "另", GOOD, [Role.AGENT])
    with pytest.raises(Conflict, match="8101"):
        service.create("lisi", "李四", GOOD, [Role.AGENT], agent_no="8101")


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ([], "至少"),
        ([Role.ADMIN, Role.AUDITOR], "兼任"),
        *(([Role.UNIT, role], "兼任") for role in Role if role not in (Role.UNIT, Role.REPORTER)),
        ([Role.UNIT], "机构"),
        ([Role.REPORTER], "设区市"),
    ],
)
def test_roles_that_must_not_meet_or_lack_their_place_are_refused(app, roles, told):
    institution = None if roles == [Role.UNIT] else 1
    with pytest.raises(Invalid, match=told):
        service.check_roles(roles, institution, None)


def test_a_units_person_may_also_report_for_a_city(app):
    assert service.check_roles([Role.UNIT, Role.REPORTER], 1, "320100") == {Role.UNIT, Role.REPORTER}


def test_the_last_five_passwords_are_not_taken_again(account):
    used = [GOOD, *(f"Yun-Ting_205{number}" for number in range(5))]
    for password in used[1:5]:
        service.change_password(account, password)
    for old in used[:5]:
        with pytest.raises(Invalid, match="最近 5 次"):
            service.change_password(account, old)
    service.change_password(account, used[5])
    service.change_password(account, GOOD)


def test_the_last_administrator_stays(app):
    first = service.create("chief", "主任", GOOD, [Role.ADMIN])
    with pytest.raises(Refused, match="最后一个"):
        service.disable(first)
    with pytest.raises(Refused, match="最后一个"):
        service.set_roles(first, [Role.AGENT])
    second = service.create("deputy", "副主任", GOOD, [Role.ADMIN])
    service.disable(first)
    with pytest.raises(Refused, match="最后一个"):
        service.disable(second)


def test_the_last_auditor_stays(app):
    auditor = service.create("watcher", "审计", GOOD, [Role.AUDITOR])
    with pytest.raises(Refused, match="最后一个可用的审计员"):
        service.disable(auditor)


@pytest.mark.parametrize("act", [service.disable, lambda mine: service.set_roles(mine, [Role.ADMIN])])
def test_nobody_disables_or_promotes_themselves(account, act):
    with audit.acting(audit.Actor(account.id, account.name)), pytest.raises(Refused, match="自己"):
        act(account)


def test_a_disabled_account_comes_back(account):
    service.disable(account)
    assert service.listing("wangxin") == []
    assert service.listing("wangxin", disabled=True) == [account]
    service.enable(account)
    assert service.listing("8101", Role.AGENT) == [account]
    assert service.listing("8101", Role.ADMIN) == []


def test_a_percent_sign_is_looked_for_as_such(account):
    assert service.listing("%") == []
    assert service.listing("_") == []


def test_only_the_hash_of_a_token_is_kept(account):
    token = sessions.open_session(account, "127.0.0.1")
    visit = sessions.recognise(token, Lifetime())
    assert visit.person.roles == {Role.AGENT}
    assert session.query(Account).filter(Account.password_hash.contains(token)).count() == 0
    assert sessions.recognise(sessions.token_hash(token), Lifetime()) is None
    assert sessions.end_all(account.id, "test") == 1
    assert sessions.recognise(token, Lifetime()) is None


def test_an_unknown_account_is_not_found(app):
    with pytest.raises(NotFound):
        service.find(999_999)


def test_five_wrong_confirmations_lock(account):
    for _ in range(5):
        assert not service.confirms(account, None)
    assert account.locked_until > clock.now()
    assert not service.confirms(account, account.password_hash)
    service.unlock(account)
    assert service.confirms(account, account.password_hash)


def test_the_first_administrator_is_made_on_the_command_line(committed_app):
    weak = run_command(committed_app, "people", "create-admin", "chief", "--name", "主任", input="weak\nweak\n")
    assert weak.exit_code == 1
    assert "至少 8 位" in weak.output
    made = run_command(committed_app, "people", "create-admin", "chief", "--name", "主任", input=f"{GOOD}\n{GOOD}\n")
    assert made.exit_code == 0
    assert GOOD not in made.output
    with committed_app.app_context():
        chief = service.by_login("chief")
        assert service.roles_of([chief])[chief.id] == [Role.ADMIN]


def test_after_an_installation_there_is_no_account(committed_app):
    with committed_app.app_context():
        assert session.query(Account).count() == 0


def test_the_trail_is_verified_on_the_command_line(committed_app):
    run_command(committed_app, "people", "create-admin", "chief", "--name", "主任", input=f"{GOOD}\n{GOOD}\n")
    good = run_command(committed_app, "audit", "verify")
    assert good.exit_code == 0
    assert "the chain holds" in good.output


def test_a_changed_link_is_found(committed_app):
    from sqlalchemy import text

    with committed_app.app_context():
        for number in range(5):
            audit.record("test.entry", f"thing:{number}")
            session.commit()
        head = audit.verify().head
        changed = session.scalar(text("SELECT max(id) FROM audit_entry")) - 2
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_entry_no_update"))
        else:
            session.execute(text("DROP TRIGGER audit_entry_refuse ON audit_entry"))
        session.execute(text("UPDATE audit_entry SET actor_name = 'mallory' WHERE id = :id"), {"id": changed})
        session.commit()
    bad = run_command(committed_app, "audit", "verify")
    assert bad.exit_code == 1
    assert str(changed) in bad.output
    assert head not in bad.output
