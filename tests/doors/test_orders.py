"""The orders' door: the way of an order through the pages, and nothing of another unit through any id."""

import io
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from hotline import audit, clock
from hotline.calls.models import Category
from hotline.crisis.models import RiskSheet
from hotline.db import session
from hotline.people.models import Account, Role
from hotline.web.orders import exports
from hotline.workorders import bundles, files, handling, ladder, links, platforms, self_orders
from hotline.workorders.codes import Nature, Source, State
from hotline.workorders.desk_models import OrderNotice, SavedView
from hotline.workorders.exchange_models import Attachment, ImportFile, Platform
from hotline.workorders.models import Order, OrderLink, OrderMove
from tests.matters import workorders as make
from tests.matters.test_cursors import FORGED_PLACES


@pytest.fixture
def desk(client, sign_in):
    return sign_in(client, Role.DISPATCHER)


@pytest.fixture
def other_client(app, client):
    return app.test_client()


def act(client, order, name, **form):
    return client.post(f"/orders/{order.id}/acts/{name}", data=form)


def fresh(order):
    session.expire_all()
    return session.get(Order, order.id)


def test_the_whole_way_through_the_pages(desk, of_unit):
    order = make.order(accused_id=None)
    session.commit()
    steps = [
        (desk, "dispatch", {"unit": "南京鼓楼医院", "reason": "请核实"}, State.DISPATCHED),
        (of_unit, "sign", {}, State.SIGNED),
        (of_unit, "begin", {}, State.PROCESSING),
        (of_unit, "contact", {"reason": "已联系"}, State.PROCESSING),
        (of_unit, "reply", {"result": "已整改", "answer": "已整改，请放心"}, State.REPLIED),
        (desk, "approve", {}, State.TO_REVISIT),
        (desk, "revisit_failed", {"why": "1"}, State.TO_REVISIT),
        (desk, "revisited", {"solved": "1", "sat_result": "5", "sat_unit": "4", "sat_agent": "5"}, State.TO_REVISIT),
        (desk, "close", {}, State.CLOSED),
    ]
    for who, name, form, state in steps:
        answer = act(who, order, name, **form)
        assert answer.status_code == 303, (name, answer.get_data(as_text=True))
        assert fresh(order).state is state
    page = desk.get(f"/orders/{order.id}").get_data(as_text=True)
    for words in ("受理登记", "派单", "签收", "先行联系", "答复", "审核通过", "第2次：已解决", "办结"):
        assert words in page


def test_a_fault_keeps_what_was_written(desk):
    order = make.order()
    session.commit()
    answer = act(desk, order, "dispatch", unit="没有这家医院", reason="写了很久的意见")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "没有名为“没有这家医院”的机构" in page
    assert "写了很久的意见" in page
    assert fresh(order).state is State.REGISTERED


def test_a_stale_page_changes_nothing(desk):
    order = make.order()
    session.commit()
    version = order.version
    handling.leave_note(order, make.desk(), "有人先动了")
    session.commit()
    stale = act(desk, order, "dispatch", unit="南京鼓楼医院", reason="写了很久的意见", version=version)
    assert stale.status_code == 409
    assert "写了很久的意见" in stale.get_data(as_text=True)
    assert fresh(order).state is State.REGISTERED
    assert act(desk, order, "note", reason="留言不会冲突", version=version).status_code == 303


def test_what_was_typed_is_kept_when_the_act_is_no_longer_open(desk, of_unit):
    order, _, there = make.at_state(State.PROCESSING)
    session.commit()
    handling.reply(order, there, "已核实", "同事先答复了")
    session.commit()
    late = act(of_unit, order, "reply", result="我的办理情况", answer="我写的答复", version=order.version)
    assert late.status_code == 409
    page = late.get_data(as_text=True)
    assert "我的办理情况" in page
    assert "我写的答复" in page


@pytest.mark.parametrize("name", ["sign", "reply", "give_back", "ask_extension"])
def test_the_desk_cannot_act_for_a_unit(desk, name):
    order, _, _ = make.at_state(State.DISPATCHED)
    session.commit()
    assert act(desk, order, name).status_code == 403


@pytest.mark.parametrize("name", ["dispatch", "approve", "close", "void", "supervise", "rework"])
def test_a_unit_cannot_act_for_the_desk(of_unit, name):
    order, _, _ = make.at_state(State.PROCESSING)
    session.commit()
    assert act(of_unit, order, name).status_code == 403


def test_an_agent_may_call_back_but_not_dispatch(client, sign_in):
    agent = sign_in(client, Role.AGENT)
    order, _, _ = make.at_state(State.TO_REVISIT)
    session.commit()
    assert act(agent, order, "revisit_failed", why="1").status_code == 303
    assert act(agent, order, "close").status_code == 403
    assert agent.get("/orders/?view=to_revisit").status_code == 200


def _everything_of(unit_order):
    here = make.desk()
    call = make.call()
    link = links.link(unit_order, call.id, here)
    return call, link


def test_a_unit_reaches_nothing_of_another_through_any_id(stranger, app):
    """Every field that takes an id: the order in the path, calls, links, files, main orders, units."""
    order, here, _ = make.at_state(State.PROCESSING)
    call, link = _everything_of(order)
    folder = app.config["HOTLINE"].attachments_dir
    kept = files.add(folder, order, "a.pdf", b"%PDF-1.7 x", here)
    own, _, _ = make.at_state(State.DISPATCHED, unit_id=make.tongren())
    session.commit()
    counted = [select(func.count()).select_from(table) for table in (OrderMove, OrderLink, Attachment)]
    before = [session.scalar(count) for count in counted]
    path = f"/orders/{order.id}"
    upload = {"file": (io.BytesIO(b"%PDF-1.7 y"), "b.pdf")}
    answers = {
        "show": stranger.get(path),
        "print": stranger.get(f"{path}/print"),
        "file": stranger.get(f"{path}/files/{kept.ref}"),
        "own order, foreign file": stranger.get(f"/orders/{own.id}/files/{kept.ref}"),
        "upload": stranger.post(f"{path}/files", data=upload),
        "reveal": stranger.post(f"{path}/reveal", json={"field": "phone", "reason": "看看"}),
        "sign": act(stranger, order, "sign"),
        "reply": act(stranger, order, "reply", result="x", answer="y"),
        "note": act(stranger, order, "note", reason="x"),
        "rates": stranger.get(f"/orders/rates/{make.gulou()}/signed_in_time"),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 404)
    forbidden = {
        "link": stranger.post(f"{path}/links", data={"call_id": call.id}),
        "own order, foreign call": stranger.post(f"/orders/{own.id}/links", data={"call_id": call.id}),
        "unlink": stranger.post(f"{path}/links/{link.id}/undo", data={}),
        "bundle": stranger.post(f"/orders/{own.id}/bundle", data={"parent_id": order.id}),
        "bulk": stranger.post("/orders/bulk/dispatch", data={"order_ids": [order.id], "unit": "南京市第一医院"}),
        "release": stranger.post(f"{path}/files/{kept.id}/release"),
    }
    assert {name: answer.status_code for name, answer in forbidden.items()} == dict.fromkeys(forbidden, 403)
    assert [session.scalar(count) for count in counted] == before
    assert order.own_no not in stranger.get("/orders/?view=all").get_data(as_text=True)
    searched = stranger.get(f"/orders/?view=all&number={order.own_no}&unit=南京鼓楼医院").get_data(as_text=True)
    assert f'href="{path}"' not in searched


def test_links_are_checked_on_both_sides(desk):
    order, other = make.order(), make.order()
    call = make.call()
    link = links.link(other, call.id, make.desk())
    session.commit()
    assert desk.post(f"/orders/{order.id}/links", data={"call_id": 987654}).status_code == 404
    assert desk.post(f"/orders/{order.id}/links/{link.id}/undo", data={}).status_code == 404
    assert desk.post(f"/orders/{order.id}/bundle", data={"parent_id": 987654}).status_code == 404
    assert desk.post(f"/orders/{order.id}/links", data={"call_id": call.id}).status_code == 303
    assert desk.post(f"/orders/{order.id}/links", data={"call_id": call.id}).status_code == 409
    mine = session.scalars(select(OrderLink).where(OrderLink.order_id == order.id)).one()
    assert desk.post(f"/orders/{order.id}/links/{mine.id}/undo", data={"reason": "不是一回事"}).status_code == 303
    assert links.calls_of(order.id) == []


def test_a_helping_unit_sees_and_notes_only(stranger):
    order = make.order()
    handling.dispatch(order, make.desk(), make.gulou(), co_units=(make.tongren(),))
    session.commit()
    assert stranger.get(f"/orders/{order.id}").status_code == 200
    assert act(stranger, order, "note", reason="协办情况").status_code == 303
    assert act(stranger, order, "sign").status_code == 403


SECRETS = ("钱多多", "13800001234", "138****1234", "83101234", "汉口路22号")


def secret_order(**changes):
    order = make.order(
        title="钱多多反映收费问题",
        content="诉求人钱多多，电话13800001234，住汉口路22号，身份证320102199001011234，反映收费问题。",
        address="汉口路22号",
        **changes,
    )
    handling.dispatch(order, make.desk(), make.gulou(), reason="请联系13800001234核实")
    session.commit()
    return order


@pytest.mark.parametrize("way", ["confidential", "accused", "branch accused"])
def test_a_hidden_person_stays_hidden_from_the_unit(of_unit, way, app):
    if way == "branch accused":
        branch = make.institution("南京市第一医院")
        branch.parent_id = make.gulou()
        order = secret_order(accused_id=branch.id)
    else:
        order = secret_order(confidential=way == "confidential", accused_id=make.gulou() if way == "accused" else None)
    for path in (f"/orders/{order.id}", f"/orders/{order.id}/print", "/orders/", "/orders/?view=all"):
        page = of_unit.get(path).get_data(as_text=True)
        assert "保密诉求人" in page
        for secret in (*SECRETS, "320102199001011234"):
            assert secret not in page, (path, secret)
    table = of_unit.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig")
    assert order.own_no in table
    assert "保密诉求人" in table
    assert not [secret for secret in SECRETS if secret in table]
    answer = of_unit.post(f"/orders/{order.id}/reveal", json={"field": "phone", "reason": "联系诉求人"})
    assert answer.status_code == 403


def test_files_of_a_confidential_order_wait_for_release(desk, of_unit, app):
    order = secret_order(confidential=True)
    kept = files.add(app.config["HOTLINE"].attachments_dir, order, "户口本.pdf", b"%PDF-1.7 id", make.desk())
    session.commit()
    path = f"/orders/{order.id}/files/{kept.ref}"
    assert of_unit.get(path).status_code == 404
    assert "户口本" not in of_unit.get(f"/orders/{order.id}").get_data(as_text=True)
    assert desk.post(f"/orders/{order.id}/files/{kept.id}/release").status_code == 303
    assert of_unit.get(path).data == b"%PDF-1.7 id"


def test_a_file_lies_encrypted_under_its_own_name(desk, app):
    order, other = make.order(), make.order()
    folder = app.config["HOTLINE"].attachments_dir
    kept = files.add(folder, order, "病历.pdf", b"%PDF-1.7 13800001234", make.desk())
    moved = files.add(folder, other, "别的.pdf", b"%PDF-1.7 other", make.desk())
    session.commit()
    lies, elsewhere = (next(folder.rglob(one.ref)) for one in (kept, moved))
    assert b"PDF" not in lies.read_bytes()
    assert b"13800001234" not in lies.read_bytes()
    assert lies.stat().st_mode & 0o777 == 0o600
    assert desk.get(f"/orders/{order.id}/files/{kept.ref}").data == b"%PDF-1.7 13800001234"
    elsewhere.write_bytes(lies.read_bytes())
    with pytest.raises(InvalidTag):
        files.read(folder, other, moved.ref, None)


def test_a_plain_person_is_masked_and_revealed_for_a_reason(of_unit):
    order = make.order()
    handling.dispatch(order, make.desk(), make.gulou())
    session.commit()
    page = of_unit.get(f"/orders/{order.id}").get_data(as_text=True)
    assert "138****1234" in page
    assert "13800001234" not in page
    told = of_unit.post(f"/orders/{order.id}/reveal", json={"field": "phone", "reason": "联系诉求人"})
    assert told.json == {"value": "13800001234"}
    actions = session.scalars(select(audit.AuditEntry.action)).all()
    assert "order.reveal" in actions
    assert of_unit.post(f"/orders/{order.id}/reveal", json={"field": "phone", "reason": ""}).status_code == 422


def test_internal_lines_are_the_hotlines(desk, of_unit):
    order, _, _ = make.at_state(State.PROCESSING)
    session.commit()
    act(desk, order, "note", reason="注意舆情", internal="true")
    act(desk, order, "note", reason="请尽快")
    page = of_unit.get(f"/orders/{order.id}").get_data(as_text=True)
    assert "注意舆情" not in page
    assert "请尽快" in page


def test_bulk_dispatch_names_what_failed(desk):
    good = [make.order() for _ in range(3)]
    gone, _, _ = make.at_state(State.SIGNED)
    session.commit()
    ids = [one.id for one in (*good, gone)]
    answer = desk.post("/orders/bulk/dispatch", data={"order_ids": ids, "unit": "南京鼓楼医院", "reason": "同一批"})
    assert answer.status_code == 303
    told = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "已派单 3 张" in told
    assert f"{gone.own_no}：" in told
    assert [fresh(one).state for one in good] == [State.DISPATCHED] * 3


def test_a_bulk_dispatch_to_nobody_keeps_the_selection(desk):
    orders = [make.order() for _ in range(3)]
    session.commit()
    picked = [one.id for one in orders[:2]]
    sent = {"order_ids": picked, "unit": "没有这家医院", "reason": "同一批的意见"}
    answer = desk.post("/orders/bulk/dispatch?view=to_dispatch", data=sent)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "没有名为“没有这家医院”的机构" in page
    assert "同一批的意见" in page
    assert page.count(" checked") == 2
    assert fresh(orders[0]).state is State.REGISTERED


def test_views_and_pages(desk):
    orders = [make.order() for _ in range(60)]
    session.commit()
    first = desk.get("/orders/?view=to_dispatch").get_data(as_text=True)
    shown = [one for one in orders if f">{one.own_no}<" in first]
    assert len(shown) == 50
    after = first.split("after=")[1].split('"')[0].replace("&amp;", "&").replace("%3D", "=")
    second = desk.get(f"/orders/?view=to_dispatch&after={after}").get_data(as_text=True)
    assert [one for one in orders if f">{one.own_no}<" in second] == [one for one in orders if one not in shown]
    assert desk.get("/orders/?view=all&after=broken").status_code == 400
    for forged in FORGED_PLACES:
        assert desk.get(f"/orders/?view=all&after={forged}").status_code == 400
        assert desk.post("/orders/export", data={"view": "all", "after": forged}).status_code == 400
    for view in ("near", "overdue", "returned", "extension", "to_review", "to_revisit", "rework", "running", "all"):
        assert desk.get(f"/orders/?view={view}").status_code == 200
    found = desk.get(f"/orders/?view=all&number={orders[7].external_no}").get_data(as_text=True)
    assert [one for one in orders if f">{one.own_no}<" in found] == [orders[7]]
    by_phone = desk.get("/orders/?view=all&number=138 0000 1234").get_data(as_text=True)
    assert orders[0].own_no in by_phone or orders[-1].own_no in by_phone


@pytest.mark.parametrize("secret", ["confidential", "accused"])
def test_a_unit_learns_no_hidden_person_by_searching_the_number(desk, of_unit, secret):
    changes = {"confidential": True} if secret == "confidential" else {"accused_id": make.gulou()}
    hidden, _, _ = make.at_state(State.DISPATCHED, **changes)
    plain, _, _ = make.at_state(State.DISPATCHED)
    session.commit()
    ways = ("/orders/?view=all&number={}", "/find?q={}")
    for number in ("13800001234", "025-83101234"):
        for way in ways:
            found = of_unit.get(way.format(number)).get_data(as_text=True)
            assert (plain.own_no in found, hidden.own_no in found) == (True, False), way
            assert hidden.own_no in desk.get(way.format(number)).get_data(as_text=True)
    assert hidden.own_no in of_unit.get(f"/orders/?view=all&number={hidden.own_no}").get_data(as_text=True)


def test_a_list_is_taken_along_masked_and_on_record(desk, stranger):
    orders = [make.order() for _ in range(55)]
    session.commit()
    answer = desk.post("/orders/export", data={"view": "to_dispatch", "source": "CITY"})
    table = answer.data.decode("utf-8-sig")
    assert all(one.own_no in table for one in orders)
    assert "钱**" in table
    assert "钱多多" not in table
    assert "order.export" in session.scalars(select(audit.AuditEntry.action)).all()
    foreign = stranger.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig")
    assert len(foreign.splitlines()) == 1


def test_a_list_that_is_cut_says_so(desk, monkeypatch):
    for _ in range(51):
        make.order()
    session.commit()
    whole = desk.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig").splitlines()
    assert len(whole) == 52
    monkeypatch.setattr(exports, "MOST", 50)
    cut = desk.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig").splitlines()
    assert (len(cut), cut[-1].strip('"')) == (52, exports.CUT)
    assert "“导出”" in exports.CUT
    assert "最多 5000 张" in desk.get("/orders/?view=all").get_data(as_text=True)


def test_a_new_order_and_what_it_may_repeat(desk):
    old = make.order(accused_id=make.gulou())
    session.commit()
    sent = {"phone": "138-0000-1234", "name": "钱多多", "accused": "南京鼓楼医院", "words": old.content}
    found = desk.post("/orders/similar", json=sent).json["orders"]
    assert [one["own_no"] for one in found] == [old.own_no]
    form = {"source": "COMMISSION", "nature": "4", "title": "交办事项", "content": "请核实", "accused": "南京鼓楼医院"}
    answer = desk.post("/orders/new", data=form)
    assert answer.status_code == 303
    made = session.scalars(select(Order).where(Order.source == Source.COMMISSION)).one()
    assert made.own_no.startswith("WJ")
    assert desk.post("/orders/new", data={**form, "source": "SELF"}).status_code == 422
    assert desk.post("/orders/new", data={**form, "title": ""}).status_code == 422


def test_bundling_through_the_page(desk):
    main, child = make.order(), make.order()
    session.commit()
    assert desk.post(f"/orders/{child.id}/bundle", data={"parent_id": main.id}).status_code == 303
    assert fresh(child).state is State.MERGED
    assert child.own_no in desk.get(f"/orders/{main.id}").get_data(as_text=True)
    assert act(desk, child, "unmerge").status_code == 303
    assert fresh(child).state is State.REGISTERED
    assert bundles.children(main.id) == []


def test_what_was_not_proposed_is_linked_by_its_number_and_a_reason(desk):
    order = make.order(caller_phone=None, contact_phone=None)
    calls = [make.call(phone="13900000001"), make.call(phone="13900000002")]
    session.commit()
    path = f"/orders/{order.id}/links"
    assert "关联其他来电" in desk.get(f"/orders/{order.id}").get_data(as_text=True)
    unknown = desk.post(path, data={"call": "2026010100099999", "reason": "来电人自述"})
    assert unknown.status_code == 422
    assert "没有编号为“2026010100099999”的来电" in unknown.get_data(as_text=True)
    assert "来电人自述" in unknown.get_data(as_text=True)
    assert desk.post(path, data={"call": calls[0].call_no}).status_code == 422
    assert desk.post(path, data={}).status_code == 422
    for text in (calls[0].call_no, calls[1].ref):
        assert desk.post(path, data={"call": text, "reason": "来电人自述"}).status_code == 303
    assert {call.id for _, call, _ in links.calls_of(order.id)} == {one.id for one in calls}
    assert "人工" in desk.get(f"/orders/{order.id}").get_data(as_text=True)


def test_a_crisis_call_is_linked_only_by_who_may_read_it(desk, other_client, sign_in):
    order, crisis, sheet = make.order(), make.call(category=Category.CRISIS), make.call()
    session.add(RiskSheet(call_id=sheet.id, agent_id=sheet.agent_id, saved_at=clock.now(), keep_until=clock.today()))
    session.commit()
    path = f"/orders/{order.id}/links"
    for call in (crisis, sheet):
        assert desk.post(path, data={"call_id": call.id}).status_code == 404
        hidden = desk.post(path, data={"call": call.call_no, "reason": "同一事项"})
        assert hidden.status_code == 422
        assert f"没有编号为“{call.call_no}”的来电" in hidden.get_data(as_text=True)
    assert links.calls_of(order.id) == []
    assert sheet.call_no not in desk.get(f"/orders/{order.id}").get_data(as_text=True)
    supervisor = sign_in(other_client, Role.SUPERVISOR)
    assert sheet.call_no in supervisor.get(f"/orders/{order.id}").get_data(as_text=True)
    assert supervisor.post(path, data={"call_id": crisis.id, "reason": "当事人来电"}).status_code == 303


def test_what_was_not_proposed_is_bundled_by_its_number_and_a_reason(desk):
    main, one, other, twice = make.order(), make.order(), make.order(), make.order()
    make.order(source=Source.PROV, external_no=twice.external_no)
    session.commit()
    path = f"/orders/{one.id}/bundle"
    for number, why in (("SZ1", "没有编号为“SZ1”的工单"), (twice.external_no, "请填写本地编号"), ("", "请填写完整")):
        answer = desk.post(path, data={"parent": number, "reason": "同一事项"})
        assert (answer.status_code, why in answer.get_data(as_text=True)) == (422, True)
    assert desk.post(path, data={"parent": main.own_no}).status_code == 422
    assert desk.post(path, data={"parent": main.own_no.lower(), "reason": "同一事项"}).status_code == 303
    by_external = {"parent": main.external_no, "reason": "同一事项"}
    assert desk.post(f"/orders/{other.id}/bundle", data=by_external).status_code == 303
    assert {child.id for child in bundles.children(main.id)} == {one.id, other.id}


def test_life_in_danger_is_handed_over(desk):
    order = make.order()
    session.commit()
    assert act(desk, order, "hand_over", service="120", facts="胸痛持续，已告知120").status_code == 303
    assert fresh(order).state is State.VOID


CSV = "工单编号,来电类别,标题,主要内容,来电人,联系电话\n{rows}"


def sheet(*rows):
    return CSV.format(rows="\n".join(rows)).encode("utf-8-sig")


@pytest.fixture
def platform(app):
    made = platforms.add("市12345", Source.CITY)
    session.commit()
    return made.id


def preview(desk, platform, data, name="工单.csv"):
    body = {"platform_id": str(platform), "file": (io.BytesIO(data), name)}
    return desk.post("/orders/import", data=body)


def test_a_file_is_previewed_then_written(desk, platform):
    answer = preview(desk, platform, sheet("001,投诉,标题,内容一,钱多多,13800001234", "002,咨询,标题,内容二,,"))
    assert answer.status_code == 303
    page = desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "导入 2 张" in page
    assert "钱多多" not in page
    assert session.scalar(select(func.count()).select_from(Order)) == 0
    assert desk.post(answer.headers["Location"], data={}).status_code == 303
    orders = session.scalars(select(Order).order_by(Order.external_no)).all()
    assert [(one.external_no, one.nature) for one in orders] == [
        ("001", Nature.COMPLAINT),
        ("002", Nature.CONSULTATION),
    ]
    assert session.scalars(select(ImportFile.body)).all() == [None]
    assert desk.post(answer.headers["Location"], data={}).status_code == 409


def test_nothing_is_written_unless_all_is_right_or_the_rest_accepted(desk, platform):
    answer = preview(desk, platform, sheet("001,投诉,标题,内容,,", "002,怪事,标题,内容,,", "003,投诉,标题,,,"))
    url = answer.headers["Location"]
    page = desk.get(url).get_data(as_text=True)
    assert "“来电类别”无法识别：怪事" in page
    assert "“主要内容”为空" in page
    assert desk.post(url, data={}).status_code == 409
    assert session.scalar(select(func.count()).select_from(Order)) == 0
    assert desk.post(url, data={"accept_rest": "true"}).status_code == 303
    assert session.scalars(select(Order.external_no)).all() == ["001"]


def test_a_preview_names_the_open_order_that_a_row_repeats(desk, platform):
    open_ = make.order(content="内容写得足够长才能比较，门诊收费处重复收费三百元")
    session.commit()
    row = f"001,投诉,{open_.title},{open_.content},钱多多,13800001234"
    url = preview(desk, platform, sheet(row)).headers["Location"]
    assert f"疑似与 {open_.own_no} 重复：号码相同" in desk.get(url).get_data(as_text=True)
    assert desk.post(url, data={}).status_code == 303
    page = desk.get("/orders/?view=doubtful").get_data(as_text=True)
    assert f'title="疑似与 {open_.own_no} 重复"' in page


def test_the_inbox_marks_and_lists_likely_duplicates_until_somebody_settles_them(desk, of_unit):
    first, second = make.order(), make.order()
    handling.dispatch(first, make.desk(), make.gulou())
    session.commit()
    for view in ("doubtful", "to_dispatch"):
        page = desk.get(f"/orders/?view={view}").get_data(as_text=True)
        assert f'title="疑似与 {first.own_no} 重复"' in page
    assert second.own_no in page
    assert f'title="疑似与 {first.own_no} 重复"' in desk.get(f"/orders/{second.id}").get_data(as_text=True)
    assert desk.post("/orders/views", data={"name": "查重", "view": "doubtful"}).status_code == 303
    act(desk, second, "dispatch", unit="南京鼓楼医院")
    assert second.own_no not in desk.get("/orders/?view=doubtful").get_data(as_text=True)
    assert "疑似" not in of_unit.get(f"/orders/{second.id}").get_data(as_text=True)


def test_a_unit_sees_no_mark_and_no_such_view(of_unit):
    foreign, _, _ = make.at_state(State.PROCESSING, unit_id=make.tongren())
    mine, _, _ = make.at_state(State.DISPATCHED)
    session.commit()
    assert mine.similar_id == foreign.id
    for path in (
        "/orders/",
        "/orders/?view=doubtful",
        "/orders/?view=all",
        f"/orders/{mine.id}",
        f"/orders/{mine.id}/print",
    ):
        page = of_unit.get(path).get_data(as_text=True)
        assert "疑似" not in page.replace("“疑似重复”里没有工单", ""), path
        assert foreign.own_no not in page


def test_an_import_belongs_to_its_person(desk, platform, app, sign_in):
    url = preview(desk, platform, sheet("001,投诉,标题,内容,,")).headers["Location"]
    other = sign_in(app.test_client(), Role.SUPERVISOR)
    assert other.get(url).status_code == 404
    assert other.post(url, data={}).status_code == 404


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "空.csv"),
        (b"\xff\xfe\x00\x81\x81", "乱码.csv"),
        ("列一,列二\n1,2".encode(), "缺列.csv"),
        ("工单编号,主要内容\n".encode(), "只有表头.csv"),
        (b"PK\x03\x04", "坏.xlsx"),
        (b"x", "宏.xlsm"),
    ],
)
def test_bad_files_are_refused_with_a_reason(desk, platform, data, name):
    answer = preview(desk, platform, data, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_a_platform_keeps_its_own_headings(desk, platform):
    answer = desk.post(f"/orders/import/mapping/{platform}", data={"external_no": "事件号", "content": "描述"})
    assert answer.status_code == 303
    url = preview(desk, platform, "事件号,描述\nA1,内容".encode()).headers["Location"]
    assert desk.post(url, data={}).status_code == 303
    assert session.scalars(select(Order.external_no)).all() == ["A1"]


def test_platforms_and_keys_are_the_administrators(client, sign_in):
    admin = sign_in(client, Role.ADMIN)
    made = admin.post("/orders/platforms", data={"name": "省12345", "source": "PROV"})
    assert "签名密钥" in made.get_data(as_text=True)
    found = session.scalars(select(Platform).where(Platform.name == "省12345")).one()
    issued = admin.post(f"/orders/platforms/{found.id}/tokens", data={"label": "接入", "scopes": ["orders:read"]})
    page = issued.get_data(as_text=True)
    key = page.split("hx_")[1].split("<")[0]
    token = platforms.tokens(found.id)[0]
    assert "hx_" + key not in admin.get("/orders/platforms").get_data(as_text=True)
    assert admin.post(f"/orders/platforms/{found.id}/callback", data={"callback_url": "ftp://x"}).status_code == 422
    assert admin.post(f"/orders/platforms/987/tokens/{token.id}/revoke").status_code == 404
    assert admin.post(f"/orders/platforms/{found.id}/tokens/{token.id}/revoke").status_code == 303
    assert session.scalar(select(Account.id).where(Account.login == "guanli01")) is not None


def test_the_rates_page_leads_to_the_orders(desk, of_unit):
    order, _, _ = make.at_state(State.SIGNED)
    session.commit()
    page = desk.get("/orders/rates").get_data(as_text=True)
    assert "及时签收率" in page
    own = of_unit.get("/orders/rates").get_data(as_text=True)
    assert "省12345" not in own.split("<section")[0].split("tiles")[-1] or "tiles" not in own
    behind = desk.get(f"/orders/rates/{make.gulou()}/signed_in_time").get_data(as_text=True)
    assert order.own_no in behind
    assert desk.get(f"/orders/rates/{make.gulou()}/x").status_code == 404
    assert desk.get("/orders/rates?month=2026-13").status_code == 422


def test_notices_are_seen_by_their_own_side(desk, of_unit, stranger):
    order, here, _ = make.at_state(State.PROCESSING, confidential=True)
    ladder.urge(order, here, "请联系13800001234")
    session.commit()
    assert order.own_no not in desk.get("/orders/notices").get_data(as_text=True)
    assert order.own_no not in stranger.get("/orders/notices").get_data(as_text=True)
    page = of_unit.get("/orders/notices").get_data(as_text=True)
    assert order.own_no in page
    assert "13800001234" not in page
    assert [each.get("/orders/notices/count").json for each in (desk, stranger, of_unit)] == [
        {"count": 0},
        {"count": 0},
        {"count": 1},
    ]
    notice = session.scalars(select(OrderNotice)).one()
    ids = {"notice_ids": [notice.id]}
    assert stranger.post("/orders/notices/seen", data=ids).status_code == 303
    assert session.scalars(select(OrderNotice.seen_at)).one() is None
    assert of_unit.post("/orders/notices/seen", data={**ids, "order_id": order.id}).status_code == 303
    assert session.scalars(select(OrderNotice.seen_at)).one() is not None
    assert order.own_no in of_unit.get("/orders/notices?seen=true").get_data(as_text=True)


def test_a_unit_is_pressed_by_its_own_duties_only(desk, of_unit):
    with clock.held_at(clock.now() - timedelta(days=60)):
        own, _, _ = make.at_state(State.PROCESSING)
        waiting, _, _ = make.at_state(State.TO_REVISIT)
    theirs, ours = (each.get("/orders/?view=overdue").get_data(as_text=True) for each in (of_unit, desk))
    page = of_unit.get(f"/orders/{waiting.id}").get_data(as_text=True)
    assert own.own_no in theirs
    assert waiting.own_no not in theirs
    assert own.own_no in ours
    assert waiting.own_no in ours
    assert "待热线回访" in page
    assert "超期" not in page


def test_views_of_ones_own_beside_the_fixed_ones(desk, of_unit):
    make.order()
    session.commit()
    saved = desk.post("/orders/views", data={"name": "市级投诉", "view": "running", "source": "CITY", "nature": "4"})
    kept = dict(parse_qsl(urlsplit(saved.headers["Location"]).query))
    assert kept == {"view": "running", "source": "CITY", "nature": "4"}
    assert "市级投诉" in desk.get("/orders/").get_data(as_text=True)
    assert "市级投诉" not in of_unit.get("/orders/").get_data(as_text=True)
    assert desk.post("/orders/views", data={"name": "市级投诉", "view": "running"}).status_code == 409
    assert desk.post("/orders/views", data={"name": "", "view": "running"}).status_code == 422
    kept = session.scalars(select(SavedView)).one().id
    assert of_unit.post(f"/orders/views/{kept}/rename", data={"name": "抢走"}).status_code == 404
    assert of_unit.post(f"/orders/views/{kept}/delete").status_code == 404
    assert desk.post(f"/orders/views/{kept}/rename", data={"name": "投诉"}).status_code == 303
    page = desk.get("/orders/?view=running&source=CITY&nature=4").get_data(as_text=True)
    assert "改名或删除" in page
    assert desk.post(f"/orders/views/{kept}/delete").status_code == 303
    assert session.scalars(select(SavedView)).all() == []


def test_the_desk_settles_whom_an_order_is_about(desk, of_unit):
    order, _, _ = make.at_state(State.DISPATCHED)
    own = self_orders.settle(make.call().id)
    session.commit()
    assert "钱**" in of_unit.get(f"/orders/{order.id}").get_data(as_text=True)
    assert act(of_unit, order, "accuse", unit="南京市第一医院").status_code == 403
    assert act(desk, order, "accuse", unit="没有这家医院").status_code == 422
    assert act(desk, order, "accuse", unit="南京鼓楼医院").status_code == 303
    page = of_unit.get(f"/orders/{order.id}").get_data(as_text=True)
    assert "保密诉求人" in page
    assert "钱**" not in page
    assert act(desk, own, "accuse", unit="南京鼓楼医院").status_code == 409
    assert "更正涉及机构" not in desk.get(f"/orders/{own.id}").get_data(as_text=True)
