"""The frame of every page in real Chromium: keyboard, palette, key help, theme, and nothing foreign that runs."""

import pytest
from playwright.sync_api import expect

from hotline.db import session
from hotline.people import service, sessions
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Role

pytestmark = [pytest.mark.browser, pytest.mark.once]

PAYLOADS = (
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "'\"><script>window.pwned=1</script>",
    "{{7*7}}${window.pwned=1}",
)


@pytest.fixture
def admin(served, staff, screen):
    """An administrator who signed in by keyboard alone; `screen.violations` collects what the policy stopped."""
    screen.violations = []
    screen.on("console", lambda message: screen.violations.append(message.text) if message.type == "error" else None)
    screen.on("pageerror", lambda error: screen.violations.append(str(error)))
    screen.goto(served)
    screen.keyboard.type("guanli01")
    screen.keyboard.press("Tab")
    screen.keyboard.type(DEMO_PASSWORD)
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    expect(screen.locator("h1")).to_have_text("人员")
    screen.violations.clear()
    return screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_one_heading_landmarks_and_break_no_policy(served, admin, scheme):
    admin.emulate_media(color_scheme=scheme)
    for path in ("people", "people/new", "people/1", "institutions", "institutions/1", "calendar", "topics", "codes"):
        admin.goto(f"{served}/admin/{path}")
        assert admin.locator("h1").count() == 1
        assert admin.locator("main").count() == admin.locator("header.bar").count() == 1
        unlabelled = admin.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
                .filter((each) => !each.labels?.length && !each.getAttribute("aria-label")).length"""
        )
        assert unlabelled == 0, path
        twice = admin.evaluate(
            """() => { const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
                return ids.filter((id, at) => ids.indexOf(id) !== at); }"""
        )
        assert twice == [], path
        assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert admin.violations == []


def test_the_question_mark_shows_the_keys_and_escape_closes(admin):
    admin.keyboard.press("?")
    shown = admin.locator("dialog.over")
    expect(shown).to_contain_text("新建账户")
    expect(shown).to_contain_text("Ctrl K")
    admin.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    admin.locator("#q").click()
    admin.keyboard.type("?")
    expect(shown).to_have_count(0)


def test_a_key_of_the_page_does_what_the_help_says(admin):
    with admin.expect_navigation():
        admin.keyboard.press("n")
    expect(admin.locator("h1")).to_have_text("新建账户")


def test_rows_are_walked_with_j_and_k_and_opened_with_enter(admin):
    for key in ("j", "j", "k"):
        admin.keyboard.press(key)
    with admin.expect_navigation():
        admin.keyboard.press("Enter")
    expect(admin.locator("h1")).to_contain_text("banzhang01")


def test_the_palette_finds_and_opens_by_keyboard(admin):
    admin.keyboard.press("Control+k")
    admin.keyboard.type("gly")
    expect(admin.locator("a.hit").first).to_have_text("南京鼓楼医院")
    with admin.expect_navigation():
        admin.keyboard.press("Enter")
    expect(admin.locator("h1")).to_have_text("南京鼓楼医院")


def test_the_theme_is_switched_at_once_and_kept(served, admin):
    root = admin.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    with admin.expect_response("**/me/theme"):
        admin.get_by_label("切换明暗配色").click()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    admin.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")


def test_a_page_outlives_its_session(served, committed_app, admin):
    """Nothing on the page is lost: sign in beside it and go on."""
    admin.goto(f"{served}/admin/people/new")
    admin.locator("#name").fill("写了一半")
    with committed_app.app_context():
        sessions.end_all(service.by_login("guanli01").id, "administrator")
        session.commit()
    admin.get_by_label("切换明暗配色").click()
    ended = admin.locator("dialog[data-session]")
    expect(ended).to_contain_text("内容都还在")
    with admin.context.expect_page() as opened:
        ended.get_by_text("重新登录", exact=True).click()
    beside = opened.value
    beside.locator("#login").fill("guanli01")
    beside.locator("#password").fill(DEMO_PASSWORD)
    beside.locator("main button").click()
    expect(beside.locator("h1")).to_have_text("人员")
    beside.close()
    admin.evaluate("dispatchEvent(new Event('focus'))")
    expect(ended).to_have_count(0)
    expect(admin.locator("#name")).to_have_value("写了一半")
    with admin.expect_response("**/me/theme") as answer:
        admin.get_by_label("切换明暗配色").click()
    assert answer.value.status == 200


def test_an_institution_is_found_while_typing_initials(served, admin):
    admin.goto(f"{served}/admin/people/new")
    admin.locator("#institution").press_sequentially("gly")
    expect(admin.locator("datalist option").first).to_have_attribute("value", "南京鼓楼医院")


def test_what_people_type_never_runs(served, committed_app, admin):
    with committed_app.app_context():
        for number, payload in enumerate(PAYLOADS):
            service.create(f"probe{number}", payload, "Yun-Ting_2048", [Role.AGENT])
        session.commit()
        ids = [account.id for account in service.listing("probe")]
    for path in ("people", *(f"people/{account_id}" for account_id in ids)):
        admin.goto(f"{served}/admin/{path}")
        admin.wait_for_timeout(50)
        assert admin.evaluate("window.pwned") is None
    admin.keyboard.press("Control+k")
    admin.keyboard.type("probe")
    expect(admin.locator("a.hit").first).to_be_visible()
    assert admin.evaluate("window.pwned") is None


def test_the_same_text_would_run_without_escaping_and_policy(screen):
    """The control: a page that neither escapes nor forbids does run it, so the test above can fail."""
    screen.set_content(PAYLOADS[0])
    screen.wait_for_timeout(100)
    assert screen.evaluate("window.pwned") == 1


def test_the_policy_alone_stops_an_injected_handler(served, admin):
    admin.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.pwned=1>')")
    admin.wait_for_timeout(100)
    assert admin.evaluate("window.pwned") is None
    assert any("Content Security Policy" in text for text in admin.violations)
