"""One call through the whole house in real Chromium: an agent by keyboard alone, a supervisor watching the board."""

import re

import pytest
import requests
from playwright.sync_api import expect

from hotline.people.demo import DEMO_PASSWORD
from tests.workers.conftest import wait_for
from tests.workers.test_start import Home

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LONG_NAME = "欧阳知夏星河云舒青禾暮雨映月守正明远清和"
LONG_NOTE = "来电人询问接种流程。" * 500
CALLER = "13800001234"
SOON = 10_000


@pytest.fixture
def home(tmp_path, database_url):
    """The running house, whose first agent has a name of twenty characters."""
    made = Home(tmp_path / "var", database_url)
    made.start()
    made.sql(f"UPDATE account SET name = '{LONG_NAME}' WHERE login = 'zuoxi01'")
    yield made
    made.stop()


def phone(home, act, **more):
    """The caller's telephone, as the simulator's own page uses it; `dial` while in a call only tells how it stands."""
    answer = requests.post(f"http://127.0.0.1:{home.port + 1}/phones/{CALLER}/{act}", json=more, timeout=5)
    answer.raise_for_status()
    return answer.json()


def sign_in(chromium, home, login):
    """A page of 1366×768 in a context of its own, signed in by keyboard."""
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN").new_page()
    page.set_default_timeout(SOON)
    page.goto(f"http://127.0.0.1:{home.port}/")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page


def tab_to(page, wanted):
    """Walk with the tabulator to the field with this id."""
    for _ in range(25):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by Tab")


def log(agent):
    """The whole form by keyboard: category key, type-ahead, texts, Ctrl+Enter."""
    expect(agent).to_have_url(re.compile("call="), timeout=SOON)
    expect(agent.locator("[name=kind]:focus")).to_be_attached(timeout=SOON)
    agent.keyboard.press("Alt+1")
    tab_to(agent, "topic_id-text")
    agent.keyboard.type("ym")
    agent.keyboard.press("Enter")
    expect(agent.locator("#topic_id-text")).not_to_have_value("ym", timeout=SOON)
    tab_to(agent, "caller_name")
    agent.keyboard.insert_text(LONG_NAME)
    tab_to(agent, "content")
    agent.keyboard.insert_text(LONG_NOTE)
    tab_to(agent, "reply")
    agent.keyboard.insert_text("已告知接种门诊与所需证件。")
    assert fits(agent)
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_text("这张受理单已完成")).to_be_visible(timeout=SOON)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class Board:
    """The supervisor's board, and how often it had to poll."""

    def __init__(self, page):
        self.page, self.polls = page, 0
        self.card = page.locator(".agent", has_text=LONG_NAME)
        self.tile = page.locator(".board-tile", has_text="人工服务")
        expect(page.locator("[data-live].chip-ok")).to_have_text(re.compile("实时"))
        page.on("request", self._count)

    def _count(self, request):
        self.polls += request.url.endswith("/wallboard/snapshot")

    def shows(self, state, waiting):
        expect(self.card.locator(".agent-state")).to_have_text(state, timeout=SOON)
        expect(self.tile.locator(".board-now b")).to_have_text(str(waiting), timeout=SOON)

    def answered(self):
        return int(self.tile.get_by_title("接通：打开清单", exact=True).inner_text())


def test_a_call_is_taken_logged_and_closed_by_keyboard_while_the_board_follows(chromium, home):
    agent, supervisor = sign_in(chromium, home, "zuoxi01"), sign_in(chromium, home, "banzhang01")
    board = Board(supervisor)
    agent.keyboard.press("F10")
    board.shows("就绪", waiting=0)
    before = board.answered()

    phone(home, "dial")
    wait_for(lambda: any("心理危机" in line["text"] for line in phone(home, "dial")["lines"]), 90)
    phone(home, "keys", keys="0")
    board.shows("振铃", waiting=1)
    expect(agent.locator("[data-ringing]")).to_be_visible()
    agent.keyboard.press("F2")
    board.shows("通话", waiting=0)
    wait_for(lambda: phone(home, "dial")["state"] == "talking", 90)

    log(agent)
    agent.keyboard.press("F8")
    board.shows("话后整理", waiting=0)
    expect(agent.get_by_role("button", name="整理完毕")).to_be_visible()
    agent.keyboard.press("F8")
    board.shows("就绪", waiting=0)
    assert board.answered() == before + 1
    assert board.polls == 0
    expect(supervisor.locator("[data-live].chip-ok")).to_have_text(re.compile("实时"))
    assert fits(supervisor)

    agent.goto(f"http://127.0.0.1:{home.port}/calls/")
    expect(agent.get_by_text(LONG_NAME).first).to_be_visible()
    assert fits(agent)
    ((call, ref, outcome),) = home.sql("SELECT id, ref, outcome FROM call ORDER BY id DESC LIMIT 1")
    assert outcome == "answered"
    ((state, category),) = home.sql(f"SELECT state, category FROM registration WHERE call_id = {call}")
    assert (state, category) == ("complete", "consultation")
    agent.goto(f"http://127.0.0.1:{home.port}/calls/{ref}")
    expect(agent.get_by_text(LONG_NOTE).first).to_be_attached()
    assert fits(agent)
    for page in (agent, supervisor):
        page.context.close()


def test_a_reload_goes_on_talking_and_a_closed_window_leaves_nobody_in_silence(chromium, home):
    agent = sign_in(chromium, home, "zuoxi01")
    agent.keyboard.press("F10")
    expect(agent.locator("[data-line][data-state=ready]")).to_be_attached(timeout=SOON)
    phone(home, "dial")
    wait_for(lambda: any("心理危机" in line["text"] for line in phone(home, "dial")["lines"]), 90)
    phone(home, "keys", keys="0")
    expect(agent.locator("[data-line-do=answer]")).to_be_visible(timeout=SOON)
    agent.keyboard.press("F2")
    wait_for(lambda: phone(home, "dial")["state"] == "talking", 90)
    agent.reload()
    expect(agent.locator("[data-line-do=finish]")).to_be_visible(timeout=SOON)
    agent.wait_for_timeout(20_000)
    assert phone(home, "dial")["state"] == "talking"
    agent.close(run_before_unload=True)
    wait_for(lambda: any("重新接通" in line["text"] for line in phone(home, "dial")["lines"]), 12)
    phone(home, "hangup")
