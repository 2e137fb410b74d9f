"""The way of an order in a real Chromium, by keyboard: the desk and the handling unit, each in a window of its own."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from hotline.db import session
from hotline.people.demo import DEMO_PASSWORD
from hotline.workorders import handling, ladder
from hotline.workorders.codes import Source, State
from hotline.workorders.models import Order
from tests.matters import workorders as make

pytestmark = [pytest.mark.browser, pytest.mark.once]

SECRETS = ("钱多多", "13800001234", "138****1234", "83101234", "汉口路22号", "户口本")


@pytest.fixture
def window(chromium, served, staff):
    """`window(login)`: a signed-in page of its own; in the end none of them had an error or broke the policy."""
    contexts, faults = [], []

    def enter(login):
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", color_scheme="light")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{served}/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", DEMO_PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{served}/orders/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def orders(committed_app, staff):
    """Three orders wait for dispatch, the second of a person who wants to stay unknown: their numbers."""
    with committed_app.app_context():
        made = [make.order(title=f"门诊排队时间长之{n}", confidential=n == "二") for n in "一二三"]
        session.commit()
        numbers = [order.own_no for order in made]
        session.remove()
    return numbers


def state_of(app, own_no):
    with app.app_context():
        found = session.scalar(select(Order.state).where(Order.own_no == own_no))
        session.remove()
    return found


def press_on(page, *, act=""):
    """Walk with Tab to the next button and press it; the page answers."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('form button:not([type=button])')"):
            break
    if act:
        assert page.evaluate("document.activeElement.textContent.trim()") == act
    with page.expect_navigation():
        page.keyboard.press("Enter")


def open_order(page, own_no):
    """Find an order by the key of the search field and open it by Enter."""
    page.keyboard.press("/")
    page.keyboard.type(own_no)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(own_no)


def said(page, text):
    expect(page.locator(".timeline")).to_contain_text(text)


def test_an_order_goes_its_way_by_keyboard_only(committed_app, served, window, orders):
    desk, unit = window("paidan01"), window("yiyuan01")
    for key in ("j", "x", "j", "x", "j", "k"):
        desk.keyboard.press(key)
    expect(desk.locator("[data-picked]")).to_have_text("已选 2 张")
    desk.keyboard.press("d")
    desk.keyboard.type("南京鼓楼医院")
    desk.keyboard.press("Tab")
    desk.keyboard.type("请在两个工作日内与诉求人联系（同一批）")
    press_on(desk, act="批量派单")
    expect(desk.locator("[data-toasts]")).to_contain_text("已派单 2 张")
    assert [state_of(committed_app, one) for one in orders] == [State.DISPATCHED, State.DISPATCHED, State.REGISTERED]

    unit.reload()
    open_order(unit, orders[0])
    said(unit, "请在两个工作日内与诉求人联系（同一批）")
    for act in ("签收", "开始办理"):
        with unit.expect_navigation():
            unit.keyboard.press("a")
        said(unit, act)
    unit.keyboard.press("a")
    unit.keyboard.type("经核实，候诊区已增设叫号屏。")
    unit.keyboard.press("Tab")
    unit.keyboard.type("感谢您的意见，已经改进。")
    press_on(unit, act="答复")
    said(unit, "感谢您的意见，已经改进。")

    desk.goto(f"{served}/orders/?view=to_review")
    open_order(desk, orders[0])
    desk.keyboard.press("a")
    desk.keyboard.type("同意答复")
    press_on(desk, act="审核通过")
    desk.keyboard.press("a")
    for _ in ("未解决", "已解决"):
        desk.keyboard.press("ArrowDown")
    for grade in ("5", "4", "5"):
        desk.keyboard.press("Tab")
        desk.keyboard.type(grade)
    desk.keyboard.press("Tab")
    desk.keyboard.type("比较满意，谢谢")
    press_on(desk, act="回访成功")
    said(desk, "第1次：已解决")
    assert state_of(committed_app, orders[0]) is State.TO_REVISIT
    for _ in range(40):
        desk.keyboard.press("Tab")
        if desk.evaluate("document.activeElement.textContent.trim()") == "办结":
            break
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.type("诉求人表示满意，予以办结")
    press_on(desk, act="办结")
    said(desk, "诉求人表示满意，予以办结")
    assert state_of(committed_app, orders[0]) is State.CLOSED


def test_whoever_wants_to_stay_unknown_stays_so_on_every_page(committed_app, served, window, orders):
    with committed_app.app_context():
        order = make.order(
            title="钱多多反映收费",
            content="诉求人钱多多，电话13800001234，住汉口路22号，反映收费。",
            address="汉口路22号",
            confidential=True,
        )
        handling.dispatch(order, make.desk(), make.gulou(), reason="请联系13800001234")
        session.commit()
        order_id, own_no = order.id, order.own_no
        session.remove()
    unit = window("yiyuan01")
    for path in ("", "?view=all", f"{order_id}", f"{order_id}/print"):
        unit.goto(f"{served}/orders/{path}")
        shown = unit.content()
        assert own_no in shown
        assert "保密诉求人" in shown
        assert not [secret for secret in SECRETS if secret in shown], path
    unit.goto(f"{served}/orders/{order_id}")
    expect(unit.locator("[data-reveal]")).to_have_count(0)


WRITTEN = {
    "external_no": "宁卫信〔2026〕第3号",
    "title": "𠮷山路门诊部“挂号难”——反映排队",
    "content": "市民来电：龘龘小区门口的诊所①没有公示价格；②态度差。\n请核实，谢谢！😀",
    "caller_name": "欧阳·阿依古丽",
    "caller_phone": "025-83101234转8001",
    "address": "江苏省南京市鼓楼区𣲗河路２号",
}


def test_a_notice_is_seen_by_a_click_and_a_view_of_ones_own_is_kept(committed_app, served, window, orders):
    with committed_app.app_context():
        order, here, _ = make.at_state(State.PROCESSING)
        ladder.urge(order, here, "领导批示，请尽快答复")
        session.commit()
        order_id, own_no = order.id, order.own_no
        session.remove()
    desk, unit = window("paidan01"), window("yiyuan01")
    expect(unit.locator("[data-noticed]")).to_have_text("1")
    expect(desk.locator("[data-noticed]")).to_be_hidden()
    with committed_app.app_context():
        ladder.supervise(session.get_one(Order, order_id), here, 1, "请单位负责人督促")
        session.commit()
        session.remove()
    unit.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(unit.locator("[data-noticed]")).to_have_text("2")
    expect(unit.locator("[data-toasts]")).to_contain_text("有新的工单提醒")
    with unit.expect_navigation():
        unit.keyboard.press("r")
    expect(unit.locator("tbody")).to_contain_text("领导批示，请尽快答复")
    expect(unit.locator("tbody")).to_contain_text(own_no)
    unit.goto(f"{served}/orders/{order_id}")
    with unit.expect_navigation():
        unit.keyboard.press("y")
    said(unit, "知悉：催办")
    unit.goto(f"{served}/orders/")
    expect(unit.locator("[data-noticed]")).to_be_hidden()

    desk.goto(f"{served}/orders/?view=running&nature=4")
    desk.get_by_text("存为我的视图").click()
    desk.fill("#view-name", "在办投诉")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    desk.goto(f"{served}/orders/")
    with desk.expect_navigation():
        desk.get_by_role("link", name="在办投诉").click()
    assert "nature=4" in desk.url
    expect(desk.locator(".own-views [aria-current]")).to_have_text("在办投诉")


def test_chinese_in_every_field_comes_back_as_it_was_written(committed_app, served, window, orders):
    desk = window("paidan01")
    with desk.expect_navigation():
        desk.keyboard.press("n")
    desk.select_option("[name=source]", Source.COMMISSION.value)
    desk.select_option("[name=nature]", "4")
    for name, text in WRITTEN.items():
        desk.fill(f"[name={name}]", text)
    desk.fill("[name=accused]", "南京鼓楼医院")
    with desk.expect_navigation():
        desk.get_by_role("button", name="登记").click()
    expect(desk.locator("h1")).to_contain_text(WRITTEN["title"])
    shown = desk.locator("main").inner_text()
    for name in ("external_no", "content", "address"):
        assert WRITTEN[name] in shown
    with committed_app.app_context():
        kept = session.scalars(select(Order).where(Order.source == Source.COMMISSION)).one()
        assert {name: getattr(kept, name) for name in WRITTEN} == WRITTEN
        session.remove()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_desk_fit_an_office_screen(served, window, orders, scheme):
    desk = window("paidan01")
    desk.emulate_media(color_scheme=scheme)
    for path in ("", "?view=all", "new", "import", "rates", "notices", "1", "1/print"):
        answer = desk.goto(f"{served}/orders/{path}")
        assert answer.status == 200, path
        assert desk.locator("h1").count() == 1
        assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        unlabelled = desk.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
                .filter((each) => !each.labels?.length && !each.getAttribute("aria-label")).length"""
        )
        assert unlabelled == 0, path
        twice = desk.evaluate(
            """() => { const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
                return ids.filter((id, at) => ids.indexOf(id) !== at); }"""
        )
        assert twice == [], path
