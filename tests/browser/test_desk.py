"""The agent's form path in a real Chromium, by keyboard; nothing is lost when the browser dies."""

from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.sync_api import Error, expect

from hotline import clock
from hotline.calls import intake, registration
from hotline.calls.intake import Report
from hotline.calls.models import Call, Category, EventKind, Registration, RegistrationState
from hotline.calls.registration import Writer
from hotline.crisis.models import Alert, RiskSheet
from hotline.db import session
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Role
from hotline.queues import waiting
from hotline.queues.models import Skill
from tests.matters.calls_made import answered, talking

pytestmark = [pytest.mark.browser, pytest.mark.once]


@pytest.fixture
def on_the_line(committed_app, staff):
    """The agent talks to a caller who called before; an older form is still unfinished."""
    agent = Writer(staff[Role.AGENT])
    with committed_app.app_context():
        now = clock.now()
        older = answered(agent, "13800005678", now - timedelta(hours=1), "OLD")
        answered(agent, "13800001234", now - timedelta(days=3), "BEFORE")
        call = talking(agent, at=now - timedelta(minutes=1))
        registration.open_draft(older, agent.id)
        registration.open_draft(call, agent.id)
        session.commit()
        refs = [session.get(Call, one).ref for one in (call, older)]
        session.remove()
    return refs


def enter(screen, served, login="zuoxi01"):
    screen.goto(f"{served}/desk/")
    screen.fill("[name=login]", login)
    screen.fill("[name=password]", DEMO_PASSWORD)
    screen.press("[name=password]", "Enter")
    screen.wait_for_load_state()


def stored(app, ref, model=Registration):
    with app.app_context():
        call_id = session.query(Call.id).filter_by(ref=ref).scalar()
        found = session.get(model, call_id)
        if found is not None:
            session.refresh(found)
            session.expunge(found)
        session.remove()
    return found


def open_call(screen, served, ref):
    enter(screen, served)
    screen.goto(f"{served}/desk/?call={ref}")
    expect(screen.locator("[data-registration]")).to_be_visible()


def pick(screen, box, typed):
    screen.focus(f"#{box}-text")
    screen.keyboard.type(typed)
    expect(screen.locator(f"#{box}-list li").first).to_be_visible()
    screen.keyboard.press("Enter")


def test_a_complaint_is_written_and_completed_with_the_keyboard_only(screen, served, committed_app, on_the_line):
    ref = on_the_line[0]
    open_call(screen, served, ref)
    expect(screen.get_by_text("此号码近30天来电 1 次，未结工单 0 件")).to_be_visible()
    screen.keyboard.press("Alt+2")
    pick(screen, "institution_id", "glyy")
    assert screen.input_value("#institution_id-text") == "南京鼓楼医院"
    screen.keyboard.press("Control+Enter")
    expect(screen.locator("[data-missing]")).to_contain_text("请写明诉求")
    assert screen.evaluate("document.activeElement.id") == "content"
    screen.keyboard.type("挂号窗口等候两小时")
    screen.keyboard.press("Tab")
    screen.keyboard.type("要求道歉")
    screen.keyboard.press("Control+Enter")
    expect(screen.get_by_text("这张受理单已完成")).to_be_visible()
    done = stored(committed_app, ref)
    assert (done.state, done.category, done.demand) == (RegistrationState.COMPLETE, Category.COMPLAINT, "要求道歉")


def test_what_was_typed_survives_a_killed_browser(chromium, served, committed_app, on_the_line):
    ref = on_the_line[0]
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    open_call(page, served, ref)
    page.keyboard.press("Alt+1")
    page.fill("#content", "孩子打疫苗后发热")
    expect(page.locator("[data-registration] [data-saved]")).to_contain_text("已保存", timeout=8000)
    page.fill("#remark", "临走前的一句")
    crash(page)
    context.close()
    kept = stored(committed_app, ref)
    assert (kept.content, kept.category, kept.state) == (
        "孩子打疫苗后发热",
        Category.CONSULTATION,
        RegistrationState.DRAFT,
    )
    context = chromium.new_context()
    again = context.new_page()
    enter(again, served)
    assert again.input_value("#content") == "孩子打疫苗后发热"
    context.close()


def crash(page):
    """Kill the renderer, as a crashed browser does: no event of the page runs any more."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")


def test_a_refresh_keeps_even_the_last_second(screen, served, committed_app, on_the_line):
    ref = on_the_line[0]
    open_call(screen, served, ref)
    screen.fill("#content", "最后一秒写的")
    screen.reload()
    expect(screen.locator("#content")).to_have_value("最后一秒写的")


def test_somebody_else_s_change_is_shown_and_the_agent_chooses(screen, served, committed_app, on_the_line, staff):
    ref = on_the_line[0]
    open_call(screen, served, ref)
    with committed_app.app_context():
        call_id = session.query(Call.id).filter_by(ref=ref).scalar()
        registration.save(call_id, Writer(staff[Role.SUPERVISOR], supervisor=True), {"content": "班长补充"}, 1)
        session.commit()
        session.remove()
    screen.fill("#content", "坐席写的")
    panel = screen.locator("[data-difference]")
    expect(panel).to_contain_text("班长补充", timeout=8000)
    assert stored(committed_app, ref).content == "班长补充"
    panel.get_by_text("保留我的").click()
    expect(screen.locator("[data-registration] [data-saved]")).to_contain_text("已保存", timeout=8000)
    assert stored(committed_app, ref).content == "坐席写的"


def test_tabs_change_the_draft_without_leaving_the_page(screen, served, committed_app, on_the_line):
    ref, older = on_the_line
    open_call(screen, served, ref)
    screen.evaluate("window.stillHere = true")
    screen.fill("#content", "写到一半")
    screen.click(f"[data-open='{older}']")
    expect(screen.locator(f"[data-call='{older}']")).to_be_visible()
    assert screen.evaluate("window.stillHere")
    assert stored(committed_app, ref).content == "写到一半"
    screen.keyboard.press("Escape")
    screen.evaluate("document.activeElement.blur()")
    screen.keyboard.press("5")
    expect(screen.locator("#kind-manual")).to_be_checked()


def test_the_risk_sheet_stands_beside_the_call_and_high_alerts_at_once(screen, served, committed_app, on_the_line):
    ref = on_the_line[0]
    open_call(screen, served, ref)
    screen.keyboard.press("Alt+4")
    sheet = screen.locator("[data-sheet]")
    expect(sheet).to_be_visible()
    screen.locator("label[for=a-E01-2]").click()
    expect(sheet.locator("[data-level-told]")).to_have_text("低危 · 2 分")
    screen.locator("#a-H2").check()
    expect(sheet.locator("[data-level-told]")).to_have_text("高危 · 2 分")
    expect(sheet.locator("[data-alerted]")).to_be_visible()
    assert stored(committed_app, ref, Alert) is not None
    assert screen.locator("dialog[open]").count() == 0
    screen.get_by_role("button", name="提交评估").click()
    expect(sheet.locator("[data-told]")).to_contain_text("安全计划")
    screen.fill("#s-safety_plan", "家人陪伴，明日随访")
    screen.get_by_role("button", name="提交评估").click()
    expect(sheet.locator("[data-saved]")).to_contain_text("随访已安排")
    assert stored(committed_app, ref, RiskSheet).submitted_at is not None


def test_the_eye_asks_a_reason_first(screen, served, on_the_line):
    open_call(screen, served, on_the_line[0])
    assert "13800001234" not in screen.content()
    screen.get_by_label("查看完整号码").first.click()
    screen.keyboard.type("回拨来电人")
    screen.keyboard.press("Enter")
    expect(screen.locator("[data-shown=caller]")).to_have_text("13800001234")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_names_and_notes_fit_the_office_screen(chromium, served, committed_app, on_the_line, staff, scheme):
    ref = on_the_line[0]
    with committed_app.app_context():
        call_id = session.query(Call.id).filter_by(ref=ref).scalar()
        values = {"caller_name": "名" * 20, "content": "长" * 5000, "category": Category.MANUAL}
        registration.save(call_id, Writer(staff[Role.AGENT]), values, 1)
        session.commit()
        session.remove()
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, color_scheme=scheme)
    page = context.new_page()
    open_call(page, served, ref)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    assert len(page.input_value("#content")) == 5000
    context.close()


@pytest.fixture
def waiting_caller(committed_app, staff):
    """A caller who called before waits in a line; the agent is ready."""
    agent = Writer(staff[Role.AGENT])
    with committed_app.app_context():
        answered(agent, "13800001234", clock.now() - timedelta(days=3), "BEFORE")
        line = next(iter(waiting.lines()))
        session.merge(Skill(agent_id=agent.id, line=line))
        report = Report("simulator", "CA-RING", "ring-1", EventKind.OFFERED, clock.now(), caller="13800001234")
        call_id = intake.receive(report, "320100").call_id
        session.commit()
        ref = session.get(Call, call_id).ref
        session.remove()
    return call_id, line, ref


def test_the_ringing_call_pops_up_with_its_history_and_its_form_opens_when_answered(
    screen, served, committed_app, waiting_caller
):
    call_id, line, ref = waiting_caller
    enter(screen, served)
    screen.keyboard.press("F10")
    expect(screen.locator("[data-line-label]")).to_have_text("就绪")
    with committed_app.app_context():
        waiting.enter(call_id, line)
        waiting.dispatch()
        session.commit()
        session.remove()
    expect(screen.locator("[data-ringing]")).to_contain_text("此号码近30天来电 1 次", timeout=20_000)
    screen.keyboard.press("F2")
    expect(screen.locator("[data-ringing]")).to_be_hidden(timeout=20_000)
    expect(screen.locator(f"[data-call='{ref}'] [data-registration]")).to_be_visible(timeout=20_000)
    expect(screen.locator("[data-line-told]")).to_contain_text("电话暂时连不上")  # there is no telephone here
    expect(screen.locator("[data-line-label]")).to_have_text("小休·电话未连通")
    expect(screen.locator("[data-line-waiting]")).to_have_text("1")
    screen.keyboard.press("Alt+5")
    screen.fill("#content", "转120")
    screen.keyboard.press("Control+Enter")
    expect(screen.get_by_text("这张受理单已完成")).to_be_visible()
    assert stored(committed_app, ref).state is RegistrationState.COMPLETE
