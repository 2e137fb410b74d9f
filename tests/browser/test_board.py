"""The board when its stream is refused: the page asks for itself, and says so; its numbers open their lists."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from hotline.people.demo import DEMO_PASSWORD

pytestmark = pytest.mark.browser


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
