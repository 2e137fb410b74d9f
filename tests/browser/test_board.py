"""The board when its stream is refused: the page asks for itself, and says so; its numbers open their lists."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Account
from hotline.queues import presence
from hotline.queues.models import AgentState
from tests.signed import Provider, caller_leg

SILENT_STAGE = """
window.AudioContext = class {
  state = "running";
  currentTime = 0;
  resume() {}
  createOscillator() {
    const told = document.documentElement.dataset;
    told.tones = Number(told.tones ?? 0) + 1;
    return { frequency: {}, connect() {}, start() {}, stop() {} };
  }
};
"""
"""An audio stage that counts what would be heard."""

pytestmark = [pytest.mark.browser, pytest.mark.once]


def test_beyond_the_cap_the_board_polls(screen, served, committed_app, staff):
    committed_app.config["HOTLINE"] = replace(committed_app.config["HOTLINE"], stream_cap=0)
    screen.goto(f"{served}/wallboard/")
    screen.fill("[name=login]", "banzhang01")
    screen.fill("[name=password]", DEMO_PASSWORD)
    with screen.expect_response(lambda answer: answer.url.endswith("/wallboard/stream")) as refused:
        screen.press("[name=password]", "Enter")
    assert (refused.value.status, refused.value.headers["retry-after"]) == (503, "5")
    expect(screen.locator("[data-live]")).to_contain_text("定时刷新")
    for _ in range(2):
        with screen.expect_response(lambda answer: answer.url.endswith("/wallboard/snapshot")) as poll:
            pass
        assert poll.value.ok
    expect(screen.locator(".board-stale")).to_be_hidden()


def test_every_number_of_a_line_opens_its_list_but_not_on_the_wall(screen, served, staff):
    screen.goto(f"{served}/wallboard/")
    screen.fill("[name=login]", "banzhang01")
    screen.fill("[name=password]", DEMO_PASSWORD)
    screen.press("[name=password]", "Enter")
    tile = screen.locator(".board-tile").first
    expect(tile.locator("dd a")).to_have_count(10)
    addresses = screen.locator(".board-tile a, [data-connect] a").evaluate_all("all => all.map((one) => one.href)")
    for address in sorted(set(addresses)):
        assert screen.request.get(address).ok, address
    tile.get_by_title("等待：打开清单", exact=True).click()
    expect(screen.get_by_text("现在没有来电等待")).to_be_visible()
    screen.goto(f"{served}/wallboard/tv")
    expect(screen.locator(".board-tile dd b").first).to_be_visible()
    expect(screen.locator(".board a")).to_have_count(0)


def enter(page, served, path):
    page.add_init_script(SILENT_STAGE)
    page.goto(f"{served}/wallboard/{path}")
    page.fill("[name=login]", "banzhang01")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")


def test_an_alarm_is_silenced_on_every_screen_of_the_person_until_another_begins(
    screen, chromium, served, committed_app, staff
):
    provider = Provider(committed_app.test_client(), committed_app.config["HOTLINE"])
    wall = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN").new_page()
    enter(screen, served, "")
    enter(wall, served, "tv")
    button = screen.locator("[data-sound]")
    expect(button).to_have_text("静音警报")
    screen.keyboard.press("m")
    expect(screen.get_by_text("现在没有警报")).to_be_visible()

    def waits_in_crisis(number):
        provider.call("/phone/voice", caller_leg(number))
        provider.call("/phone/menu?node=welcome&n=1", caller_leg(number), Digits="5")

    waits_in_crisis(1)
    for page in (screen, wall):
        expect(page.locator(".crisis-row")).to_have_count(1)
        expect(page.locator("html")).to_have_attribute("data-tones", re.compile("[3-9]"))
    screen.keyboard.press("m")
    expect(button).to_have_text("已静音：危机")
    expect(button).to_have_attribute("aria-pressed", "true")
    for page in (screen, wall):
        page.evaluate("document.documentElement.dataset.tones = 0")

    provider.call("/phone/voice", caller_leg(2))
    provider.call("/phone/menu?node=welcome&n=1", caller_leg(2), Digits="2")
    provider.call("/phone/status", caller_leg(2), CallStatus="completed")
    for page in (screen, wall):
        expect(page.locator("html")).to_have_attribute("data-tones", "1")
    screen.keyboard.press("m")
    expect(button).to_have_text("静音警报")
    expect(screen.locator("html")).to_have_attribute("data-tones", "4")
    wall.context.close()


LONG_NAME = "欧阳知夏星河云舒青禾暮雨映月守正明远清和"


@pytest.fixture
def a_full_house(committed_app, staff):
    """Twenty-five agents with names of twenty characters, all ready."""
    with committed_app.app_context():
        for number in range(25):
            row = Account(
                login=f"lang{number:02d}",
                name=LONG_NAME,
                agent_no=f"9{number:03d}",
                password_hash="",
                password_set_at=clock.now(),
            )
            session.add(row)
            session.flush()
            presence.choose(row.id, AgentState.READY)
        session.commit()
        session.remove()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_wall_holds_a_full_house_without_scrolling_in_letters_for_five_metres(
    chromium, served, committed_app, a_full_house, scheme
):
    provider = Provider(committed_app.test_client(), committed_app.config["HOTLINE"])
    for number in (1, 2, 3):
        provider.call("/phone/voice", caller_leg(number))
        provider.call("/phone/menu?node=welcome&n=1", caller_leg(number), Digits="5")
    wall = chromium.new_context(
        viewport={"width": 3840, "height": 2160}, locale="zh-CN", color_scheme=scheme
    ).new_page()
    enter(wall, served, "tv")
    expect(wall.locator(".agent")).to_have_count(25)
    expect(wall.locator(".crisis-row")).to_have_count(3)
    measured = wall.evaluate(
        """() => {
          const size = (one) => parseFloat(getComputedStyle(one).fontSize);
          const all = (which) => [...document.querySelectorAll(which)];
          const page = document.documentElement;
          const agents = document.querySelector(".board-agents");
          return {
            scrolls: page.scrollHeight > innerHeight || page.scrollWidth > innerWidth,
            hidden: agents.scrollHeight > agents.clientHeight,
            below: Math.max(...all(".agent").map((one) => one.getBoundingClientRect().bottom)) > innerHeight,
            letters: Math.min(...all(".board-tile dt, .agent *, .crisis-row *, .board-head *").map(size)),
            figures: Math.min(...all(".board-tile dd").map(size)),
          };
        }"""
    )
    assert (measured["scrolls"], measured["hidden"], measured["below"]) == (False, False, False)
    assert (measured["letters"] >= 36, measured["figures"] >= 60) == (True, True), measured
    wall.context.close()


def test_whoever_is_at_the_keyboard_stays_where_they_are_while_the_board_moves_on(
    screen, served, committed_app, a_full_house
):
    enter(screen, served, "")
    expect(screen.locator(".agent")).to_have_count(25)
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button = screen.get_by_label("接管预约挂号")
    button.click()
    expect(screen.get_by_text("您还没有签入")).to_be_visible()
    with committed_app.app_context():
        taker = session.scalars(select(Account.id).where(Account.login == "banzhang01")).one()
        presence.choose(taker, AgentState.BREAK, "meeting")
        session.commit()
    expect(screen.locator(".agent")).to_have_count(26)
    button.focus()
    for _ in range(2):
        with screen.expect_response(lambda answer: answer.url.endswith("/wallboard/snapshot")):
            pass
        expect(button).to_be_focused()
    screen.keyboard.press("Enter")
    expect(screen.get_by_label("交还预约挂号")).to_be_focused()
    screen.keyboard.press("Enter")
    expect(button).to_be_focused()
    agent = screen.locator(".agent button").first
    agent.focus()
    screen.keyboard.press("Enter")
    screen.locator("#release-reason").focus()
    screen.keyboard.insert_text("页面卡住")
    screen.keyboard.press("Enter")
    expect(screen.get_by_text("已释放")).to_be_visible()
    expect(screen.locator(".agent")).to_have_count(25)
