"""The board when its stream is refused: the page asks for itself, and says so."""

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
