"""The voice menu's editor in real Chromium: faults told while editing, a draft kept, played by keys, published."""

import json
import re

import pytest
from playwright.sync_api import expect

from hotline import clock
from hotline.ivr import service
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Account, Role

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture
def editor(served, staff, committed_app, screen):
    with committed_app.app_context():
        login = service.session.get(Account, staff[Role.ADMIN]).login
        service.session.remove()
    screen.failures = []
    screen.on("pageerror", lambda error: screen.failures.append(str(error)))
    screen.on("console", lambda told: screen.failures.append(told.text) if "Content Security" in told.text else None)
    screen.goto(f"{served}/admin/menus/editor")
    screen.fill("[name=login]", login)
    screen.fill("[name=password]", DEMO_PASSWORD)
    screen.press("[name=password]", "Enter")
    expect(screen.get_by_text("没有错误，可以发布")).to_be_visible()
    yield screen
    assert screen.failures == []


def test_a_menu_is_edited_played_by_keys_and_published(editor, committed_app):
    card = editor.locator("#node-fever")
    card.locator("textarea").fill("发热请到发热门诊。\n再见。")
    name = card.locator(".node-name")
    name.fill("cold")
    name.press("Tab")
    expect(editor.locator("#node-topics select").nth(2)).to_have_value("cold")
    expect(editor.locator("[data-where]")).to_have_text("welcome：等待按键")
    editor.locator("h1").click()
    editor.keyboard.press("p")
    editor.keyboard.press("4")
    expect(editor.locator("[data-where]")).to_have_text("topics：等待按键")
    editor.keyboard.press("2")
    expect(editor.locator("[data-where]")).to_have_text("cold：播报完毕，通话结束")
    expect(editor.locator("[data-heard] li").last).to_have_text("再见。")
    expect(editor.locator("#node-cold")).to_have_class(re.compile("is-here"))
    editor.fill("#note", "发热提示改写")
    editor.press("#note", "Enter")
    expect(editor.get_by_role("heading", name="发布记录")).to_be_visible()
    with committed_app.app_context():
        nodes = service.published().tree["nodes"]
        assert nodes["cold"]["say"] == ["发热请到发热门诊。", "再见。"]
        assert nodes["topics"]["keys"]["2"] == "cold"
        service.session.remove()


def test_a_broken_draft_names_the_node_is_kept_and_given_up(editor):
    editor.locator("#node-smoking select").nth(1).select_option("crisis")
    editor.locator("#node-fever header button", has_text="删除").click()
    expect(editor.locator("[data-faults]")).to_contain_text("topics：指向不存在的节点：fever")
    expect(editor.locator("#node-topics")).to_have_class(re.compile("is-wrong"))
    expect(editor.locator("[data-where]")).to_contain_text("草稿还有错误")
    editor.fill("#note", "不该发布")
    editor.press("#note", "Enter")
    expect(editor.locator("[data-refused]")).to_contain_text("topics：指向不存在的节点：fever")
    editor.reload()
    expect(editor.get_by_text("已恢复未发布的草稿")).to_be_visible()
    expect(editor.locator("#node-fever")).to_have_count(0)
    editor.get_by_role("button", name="放弃草稿").click()
    expect(editor.get_by_text("没有错误，可以发布")).to_be_visible()
    expect(editor.locator("#node-fever")).to_have_count(1)


def test_a_name_that_is_taken_is_refused_aloud(editor):
    name = editor.locator("#node-fever .node-name")
    name.fill("vaccines")
    name.press("Tab")
    expect(editor.get_by_text("已有名为 vaccines 的节点，名称未改")).to_be_visible()
    expect(name).to_have_value("fever")


def test_a_file_is_imported_or_refused_aloud(editor, tmp_path):
    tree = json.loads(service.DEFAULT.read_text("utf-8"))
    tree["nodes"]["fever"]["say"] = "请到发热门诊。"
    good, twice = tmp_path / "good.json", tmp_path / "twice.json"
    good.write_text(json.dumps(tree), "utf-8")
    twice.write_text(json.dumps(tree).replace('"2": "fever"', '"2": "vaccines", "2": "fever"'), "utf-8")
    editor.locator("[data-import]").set_input_files(twice)
    expect(editor.get_by_text("topics：按键重复：2")).to_be_visible()
    expect(editor.locator("#node-fever textarea")).not_to_have_value("请到发热门诊。")
    editor.locator("[data-import]").set_input_files(good)
    expect(editor.locator("#node-fever textarea")).to_have_value("请到发热门诊。")
    expect(editor.get_by_text("没有错误，可以发布")).to_be_visible()


def test_what_a_colleague_publishes_meanwhile_is_shown_before_it_is_replaced(editor, committed_app, staff):
    with committed_app.app_context():
        theirs = json.loads(service.DEFAULT.read_text("utf-8"))
        theirs["nodes"]["vaccines"]["say"] = "请带接种证。"
        by = staff[Role.ADMIN]
        service.publish(theirs, by=by, at=clock.now(), note="接种提示", base=service.newest())
        service.session.commit()
        service.session.remove()
    editor.locator("#node-fever textarea").fill("请到发热门诊。")
    editor.fill("#note", "发热提示")
    editor.press("#note", "Enter")
    expect(editor.locator("[data-refused]")).to_contain_text("接种提示，改动了vaccines")
    expect(editor.get_by_role("link", name="查看新发布的菜单")).to_be_visible()
    editor.reload()
    expect(editor.locator("#node-vaccines textarea")).to_have_value("请带接种证。")
    editor.get_by_role("link", name="另有未发布的草稿").click()
    expect(editor.locator("#node-fever textarea")).to_have_value("请到发热门诊。")
    editor.fill("#note", "发热提示")
    editor.press("#note", "Enter")
    editor.get_by_role("button", name="已核对，按我的草稿发布").click()
    expect(editor.get_by_role("heading", name="发布记录")).to_be_visible()
    with committed_app.app_context():
        assert service.published().tree["nodes"]["fever"]["say"] == "请到发热门诊。"
        service.session.remove()


def test_hours_are_edited_in_several_windows(editor):
    editor.get_by_role("button", name="添加时段").click()
    windows = editor.locator(".window")
    expect(windows).to_have_count(2)
    windows.nth(1).locator("input").nth(1).fill("08:00")
    expect(editor.locator("[data-faults]")).to_contain_text("跨午夜，请分成两段：")
    windows.nth(1).locator("input").nth(1).fill("24:00")
    expect(editor.get_by_text("没有错误，可以发布")).to_be_visible()
    editor.fill("#at", "2024-02-06T23:30")
    editor.locator("[data-keypad] button", has_text="1").click()
    expect(editor.locator("[data-where]")).to_have_text("booking：进入“预约挂号”排队")
    editor.fill("#at", "2024-02-10T23:30")
    editor.locator("[data-keypad] button", has_text="1").click()
    expect(editor.locator("[data-where]")).to_have_text("general：进入“人工服务”排队（booking 非服务时间）")


def test_the_survey_is_edited_and_played_after_the_conversation(editor, committed_app):
    card = editor.locator("#node-survey")
    expect(card.get_by_label("按键 5 表示")).to_have_value("非常不满意")
    card.get_by_label("按键 9 表示").select_option("非常不满意")
    card.get_by_label("按键 5 表示").select_option("")
    card.locator("textarea").fill("请评价：满意按2，非常不满意按9。")
    expect(editor.locator("[data-where]")).to_have_text("welcome：等待按键")
    where, keypad, wait = (editor.locator(f"[data-{name}]") for name in ("where", "keypad", "wait"))
    keypad.get_by_text("2").click()
    expect(where).to_have_text("consult：进入“健康咨询”排队")
    expect(keypad.get_by_text("2")).to_be_disabled()
    expect(wait).to_have_text("人工通话结束")
    wait.click()
    expect(editor.locator("[data-heard] li").last).to_have_text("请评价：满意按2，非常不满意按9。")
    expect(where).to_have_text("survey：等待按键")
    keypad.get_by_text("9").click()
    expect(where).to_have_text("survey：评价完毕，通话结束")
    expect(editor.locator("[data-heard] li").last).to_have_text("感谢您的评价，再见。")
    editor.fill("#note", "评价按键改为九")
    editor.press("#note", "Enter")
    expect(editor.get_by_role("heading", name="发布记录")).to_be_visible()
    with committed_app.app_context():
        assert service.published().tree["nodes"]["survey"]["scores"]["9"] == "非常不满意"
        assert "5" not in service.published().tree["nodes"]["survey"]["scores"]
        service.session.remove()


def test_a_queue_has_its_own_way_on_public_holidays(editor):
    queue = editor.locator("#node-booking")
    expect(queue.get_by_label("节假日服务时间以外转到")).to_have_value("booking_holiday")
    editor.fill("#at", "2024-02-10T23:30")
    editor.locator("[data-keypad] button", has_text="1").click()
    expect(editor.locator("[data-heard]")).to_contain_text("节假日期间，电话预约挂号")
    queue.get_by_label("节假日服务时间以外转到").select_option("")
    expect(editor.locator("[data-faults]")).to_contain_text("booking_holiday：没有任何按键能到达此节点")
