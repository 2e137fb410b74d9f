"""A warm transfer by keyboard alone, in real Chromium through the whole house: asked, cancelled, handed over."""

import re

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.test_live import SOON, fits, home, phone, sign_in  # noqa: F401  the running house
from tests.workers.conftest import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def emergency(home, act="", **more):  # noqa: F811
    """The telephone of 120, as the simulator's own page uses it."""
    at = f"http://127.0.0.1:{home.port + 1}/phones/120"
    answer = requests.post(f"{at}/{act}", json=more, timeout=5) if act else requests.put(at, timeout=5)
    answer.raise_for_status()
    return answer.json()["state"]


def ask(agent, how, whom):
    """F4, the way of the transfer by arrows, then down the lists to `whom`."""
    agent.keyboard.press("F4")
    expect(agent.locator("[name=how]:focus")).to_be_attached(timeout=SOON)
    while agent.evaluate("document.activeElement.value") != how:
        agent.keyboard.press("ArrowRight")
    agent.keyboard.press("Enter")
    for _ in range(40):
        if agent.evaluate("document.activeElement.textContent").startswith(whom):
            break
        agent.keyboard.press("ArrowDown")
    assert fits(agent)
    agent.keyboard.press("Enter")


def held(home):  # noqa: F811
    return phone(home, "keys", keys="")["held"]


def test_a_caller_on_hold_is_handed_to_an_emergency_service_by_keyboard(chromium, home):  # noqa: F811
    agent = sign_in(chromium, home, "zuoxi01")
    emergency(home)
    agent.keyboard.press("F10")
    expect(agent.locator("[data-line-label]")).to_have_text("就绪", timeout=SOON)
    phone(home, "dial")
    wait_for(lambda: any("心理危机" in line["text"] for line in phone(home, "dial")["lines"]), 90)
    phone(home, "keys", keys="0")
    expect(agent.locator("[data-ringing]")).to_be_visible(timeout=SOON)
    agent.keyboard.press("F2")
    wait_for(lambda: phone(home, "dial")["state"] == "talking", 90)
    expect(agent).to_have_url(re.compile("call="), timeout=SOON)

    ask(agent, "warm", "急救120")
    expect(agent.locator("[data-line-others]")).to_contain_text("急救120（呼叫中）", timeout=SOON)
    wait_for(lambda: held(home) and emergency(home, "keys", keys="") == "ringing", 30)
    assert fits(agent)
    agent.keyboard.press("Alt+x")
    expect(agent.locator("[data-line-others]")).to_have_text("", timeout=SOON)
    wait_for(lambda: not held(home) and emergency(home, "keys", keys="") == "over", 30)

    ask(agent, "warm", "急救120")
    wait_for(lambda: emergency(home, "keys", keys="") == "ringing", 30)
    emergency(home, "answer")
    wait_for(lambda: emergency(home, "keys", keys="") == "talking", 30)
    expect(agent.get_by_role("button", name="请出")).to_be_visible(timeout=SOON)
    expect(agent.get_by_role("button", name="离开")).to_be_visible()
    assert held(home)
    agent.keyboard.press("F4")
    expect(agent.locator("[data-line-label]")).to_have_text("话后整理", timeout=SOON)
    wait_for(lambda: not held(home), 30)
    emergency(home, "say", text="这里是急救中心")
    wait_for(lambda: any("急救中心" in line["text"] for line in phone(home, "keys", keys="")["lines"]), 30)
    emergency(home, "hangup")
    wait_for(lambda: phone(home, "keys", keys="")["state"] == "over", 90)

    ((ref,),) = home.sql("SELECT ref FROM call ORDER BY id DESC LIMIT 1")
    agent.goto(f"http://127.0.0.1:{home.port}/calls/{ref}")
    course = agent.locator(".course")
    expect(course).to_contain_text("咨询转接：呼叫急救120")
    expect(course).to_contain_text("急救120 未接通：已取消")
    expect(course).to_contain_text("离开，由急救120继续接待")
    assert fits(agent)
    agent.context.close()
