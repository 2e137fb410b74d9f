"""The edition form in a real Chromium: the preview follows what is typed, and only what can be printed is saved."""

import pytest
from playwright.sync_api import expect

from hotline.db import session
from hotline.people.demo import DEMO_PASSWORD
from hotline.statistics import editions, published
from tests.matters.months_printed import archive

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture
def form(committed_app, staff, served, screen):
    with committed_app.app_context():
        published.take(archive("2024-02"), origin="2024-02.json")
        session.commit()
        session.remove()
    screen.goto(f"{served}/sign-in")
    screen.fill("[name=login]", "guanli01")
    screen.fill("[name=password]", DEMO_PASSWORD)
    screen.click("button[type=submit], form button.btn-primary")
    screen.wait_for_url(lambda url: "sign-in" not in url)
    screen.goto(f"{served}/bulletin/editions/2024-02")
    expect(screen.locator("[data-shown] h2")).to_have_text("南京12320卫生热线2024年2月数据统计")
    return screen


def test_the_preview_follows_and_faults_are_told(form):
    form.fill('[data-path="hotline.title"]', "{line}月报（{y}年{m}月）")
    expect(form.locator("[data-shown] h2")).to_have_text("南京12320卫生热线月报（2024年2月）")
    form.fill('[data-path="hotline.title"]', "{line}{who}")
    expect(form.locator("[data-told]")).to_contain_text("不认识的占位符 {who}")
    form.fill('[data-path="hotline.title"]', "{line}")
    expect(form.locator("[data-told]")).to_have_text("")


def test_items_move_and_leave_and_the_edition_is_saved(form, committed_app):
    rows = form.locator('[data-items="hotline.categories"] [data-item]')
    rows.nth(1).locator("[data-up]").click()
    rows.nth(5).locator('[data-key="label"]').fill("")
    expect(form.locator("#piece-hotline")).to_contain_text("其中医疗投诉790个、咨询类4247个")
    expect(form.locator("#piece-hotline")).not_to_contain_text("自助语音")
    form.fill("#reason", "调整顺序")
    form.click("text=保存版式")
    form.wait_for_url(lambda url: url.endswith("/bulletin/editions"))
    with committed_app.app_context():
        (saved,) = editions.saved()
        assert [one["code"] for one in saved.body["hotline"]["categories"]][:2] == ["complaint", "consultation"]
        assert saved.valid_from == "2024-03"
        session.remove()
