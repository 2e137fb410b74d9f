"""What a handling unit may learn: nothing of a person who is hidden from it, nothing that another unit wrote."""

import io
from urllib.parse import unquote

import pytest

from hotline import clock
from hotline.db import session
from hotline.people.models import AccountRole, Role
from hotline.web.gate.formats import short_moment
from hotline.workorders import (
    bundles,
    files,
    handling,
    ladder,
    links,
    moves,
    platforms,
    rates,
    revisits,
    self_orders,
    supplements,
)
from hotline.workorders.codes import Nature, Source, State
from hotline.workorders.moves import HOUSE
from tests.matters import workorders as make


@pytest.fixture
def desk(client, sign_in):
    return sign_in(client, Role.DISPATCHER)


def act(client, order, name, **form):
    return client.post(f"/orders/{order.id}/acts/{name}", data=form)


def text_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


WRITTEN = "欧阳 靖雯来电83281234，手机１３８００００５６７８ 138.0000.5678，住汉口路22号3幢501"
LEAKS = ("欧阳", "靖雯", "83281234", "１３８００００５６７８", "138.0000.5678", "汉口路", "22号", "3幢501")


def test_a_hidden_person_stays_hidden_however_they_are_written(of_unit):
    order = make.order(
        title=f"{WRITTEN}反映收费",
        content=f"投诉人{WRITTEN}，反映收费问题。",
        caller_name="欧阳靖雯",
        caller_phone="025-83281234",
        contact_phone="13800005678",
        address="汉口路22号3幢501室",
        confidential=True,
    )
    here = make.desk()
    handling.dispatch(order, here, make.gulou(), reason=f"请核实：{WRITTEN}")
    ladder.urge(order, here, f"{WRITTEN}再次催办")
    session.commit()
    shown = [text_of(of_unit, path) for path in (f"/orders/{order.id}", f"/orders/{order.id}/print", "/orders/")]
    shown.append(text_of(of_unit, "/orders/notices"))
    shown.append(of_unit.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig"))
    for page in shown:
        assert order.own_no in page
        assert "反映收费" in page
        assert [leak for leak in LEAKS if leak in page] == []


@pytest.fixture
def keep(app):
    """`keep(order, name, by)`: a file of an order."""
    folder = app.config["HOTLINE"].attachments_dir

    def add(order, name, by):
        kept = files.add(folder, order, name, b"%PDF-1.7 " + name.encode(), by)
        session.commit()
        return kept

    return add


class TestAnotherUnit:
    """南京鼓楼医院 had the order first; 南京市第一医院, whom it is about, gets it next."""

    @pytest.fixture
    def moved(self, keep):
        order, here, first = make.at_state(State.DISPATCHED, accused_id=make.tongren(), content="钱多多投诉")
        theirs = keep(order, "钱多多材料.pdf", first)
        told = keep(order, "来信.pdf", here)
        handling.give_back(order, first, "钱多多的投诉不属我院")
        handling.dispatch(order, here, make.tongren())
        session.commit()
        return order, theirs, told

    def test_the_accused_unit_opens_nothing_of_the_first(self, stranger, desk, moved):
        order, theirs, told = moved
        page = text_of(stranger, f"/orders/{order.id}")
        assert "没有附件" in page
        assert not [word for word in ("钱多多", "材料", theirs.ref, told.ref, "不属我院") if word in page]
        for kept in (theirs, told):
            assert stranger.get(f"/orders/{order.id}/files/{kept.ref}").status_code == 404
        assert theirs.ref in text_of(desk, f"/orders/{order.id}")

    def test_it_opens_its_own_and_the_same_file_is_its_own_too(self, stranger, moved, keep):
        order, theirs, _ = moved
        own = keep(order, "钱多多材料.pdf", make.unit(make.tongren()))
        assert own.id != theirs.id
        answer = stranger.get(f"/orders/{order.id}/files/{own.ref}")
        assert (answer.status_code, answer.data) == (200, "%PDF-1.7 钱多多材料.pdf".encode())

    def test_nor_does_a_unit_that_nobody_accuses(self, stranger, keep):
        order, here, first = make.at_state(State.DISPATCHED)
        theirs, told = keep(order, "内部材料.pdf", first), keep(order, "来信.pdf", here)
        handling.give_back(order, first, "不属我院")
        handling.dispatch(order, here, make.tongren())
        session.commit()
        assert stranger.get(f"/orders/{order.id}/files/{theirs.ref}").status_code == 404
        assert stranger.get(f"/orders/{order.id}/files/{told.ref}").status_code == 200


def test_a_designated_unit_reads_no_answer_but_its_own(of_unit, stranger, desk):
    order, here, first = make.at_state(State.REPLIED)
    child = make.order(here)
    bundles.merge(child.id, order.id, here, "同一件事")
    handling.approve(order, here)
    handling.rework(order, here, "请再核实")
    handling.designate(order, here, make.tongren())
    session.commit()
    for path in (f"/orders/{order.id}", f"/orders/{order.id}/print", f"/orders/{child.id}"):
        page = text_of(stranger, path)
        assert "已核实整改" not in page
        assert "已向您说明情况" not in page
    assert "已核实整改" in text_of(desk, f"/orders/{order.id}")
    assert of_unit.get(f"/orders/{order.id}").status_code == 404
    handling.restart(order, here)
    second = make.unit(make.tongren())
    handling.reply(order, second, "第二次整改", "再次向您说明")
    session.commit()
    page = text_of(stranger, f"/orders/{order.id}")
    assert "第二次整改" in page
    assert "再次向您说明" in page


def test_what_a_helping_unit_writes_is_read_by_itself_and_by_who_leads(of_unit, stranger, desk, keep):
    order = make.order()
    handling.dispatch(order, make.desk(), make.gulou(), co_units=(make.tongren(),))
    session.commit()
    assert act(stranger, order, "note", reason="协办意见甲").status_code == 303
    assert act(of_unit, order, "note", reason="主办意见乙").status_code == 303
    kept = keep(order, "协办材料.pdf", make.unit(make.tongren()))
    own, lead, hotline = (text_of(each, f"/orders/{order.id}") for each in (stranger, of_unit, desk))
    for page in (own, lead, hotline):
        assert "协办意见甲" in page
        assert kept.ref in page
    assert "主办意见乙" not in own
    assert "主办意见乙" in lead
    assert "南京市第一医院 测试员" in hotline


class TestNobodyKnowsWhoIsAccused:
    """A complaint about a name that the register does not know: the unit that gets it may be the accused one."""

    @pytest.fixture(params=[Nature.COMPLAINT, Nature.REPORT])
    def order(self, request, client):
        made = make.order(nature=request.param, accused_as_told="鼓楼医院急诊科", content="钱多多反映")
        handling.dispatch(made, make.desk(), make.gulou())
        session.commit()
        return made

    def test_the_person_is_hidden_until_it_is_settled(self, order, desk, of_unit):
        page = text_of(of_unit, f"/orders/{order.id}")
        assert "保密诉求人" in page
        assert not [word for word in ("钱多多", "钱**", "138****1234", "急诊科") if word in page]
        reveal = of_unit.post(f"/orders/{order.id}/reveal", data={"field": "phone", "reason": "联系诉求人"})
        assert reveal.status_code == 403
        found = text_of(of_unit, "/orders/?view=all&number=13800001234")
        assert order.own_no not in found
        assert "核实前诉求人对承办单位保密" in text_of(desk, f"/orders/{order.id}")

    def test_settled_as_the_unit_itself_it_stays_hidden(self, order, desk, of_unit):
        assert act(desk, order, "accuse", unit="南京鼓楼医院").status_code == 303
        assert "保密诉求人" in text_of(of_unit, f"/orders/{order.id}")
        assert "待人工核实</span>" not in text_of(desk, f"/orders/{order.id}")

    @pytest.mark.parametrize("said", [{"unit": "南京市第一医院"}, {"outside": "true"}])
    def test_settled_as_another_it_is_shown(self, order, desk, of_unit, said):
        assert act(desk, order, "accuse", **said).status_code == 303
        assert "钱**" in text_of(of_unit, f"/orders/{order.id}")

    @pytest.mark.parametrize("said", [{}, {"unit": "南京市第一医院", "outside": "true"}])
    def test_it_is_settled_one_way_or_the_other(self, order, desk, of_unit, said):
        assert act(desk, order, "accuse", **said).status_code == 422
        assert "保密诉求人" in text_of(of_unit, f"/orders/{order.id}")


def test_what_comes_later_hides_the_person_as_well(of_unit):
    order, _, _ = make.at_state(State.DISPATCHED)
    supplements.take(order, make.demand(external_no=order.external_no, accused_as_told="鼓楼医院急诊科"), HOUSE)
    session.commit()
    assert "保密诉求人" in text_of(of_unit, f"/orders/{order.id}")
    supplements.take(order, make.demand(external_no=order.external_no, accused_id=make.tongren()), HOUSE)
    session.commit()
    assert "钱**" in text_of(of_unit, f"/orders/{order.id}")


def test_who_asks_a_question_is_shown_whomever_it_names(of_unit):
    order = make.order(nature=Nature.CONSULTATION, accused_as_told="某某门诊部")
    handling.dispatch(order, make.desk(), make.gulou())
    session.commit()
    assert "钱**" in text_of(of_unit, f"/orders/{order.id}")


def test_the_name_of_a_released_file_gives_nobody_away(desk, of_unit, keep):
    order, here, _ = make.at_state(State.DISPATCHED, confidential=True)
    kept = keep(order, "钱 多多身份证13800001234.pdf", here)
    assert desk.post(f"/orders/{order.id}/files/{kept.id}/release").status_code == 303
    page = text_of(of_unit, f"/orders/{order.id}")
    assert "〔保密〕身份证〔保密〕.pdf" in page
    told = unquote(of_unit.get(f"/orders/{order.id}/files/{kept.ref}").headers["Content-Disposition"])
    for shown in (page, told):
        assert not [leak for leak in ("钱", "多多", "13800001234") if leak in shown]
    assert "钱 多多身份证" in unquote(desk.get(f"/orders/{order.id}/files/{kept.ref}").headers["Content-Disposition"])


class TestLinks:
    def test_a_reason_is_asked_for_and_who_linked_is_shown(self, desk, people):
        order = make.order()
        other = make.call(phone="13900000002", name="孙一一", content="咨询体检报告何时能取，谢谢")
        session.commit()
        path = f"/orders/{order.id}/links"
        refused = desk.post(path, data={"call_id": other.id})
        assert refused.status_code == 422
        assert "不能为空" in refused.get_data(as_text=True)
        assert desk.post(path, data={"call_id": other.id, "reason": "换了号码"}).status_code == 303
        link = links.calls_of(order.id)[0][0]
        page = text_of(desk, f"/orders/{order.id}")
        assert f"人工 {people[Role.DISPATCHER].name} {short_moment(link.made_at)}" in page
        refused = desk.post(f"{path}/{link.id}/undo", data={"reason": " "})
        assert refused.status_code == 422
        assert "取消理由" in refused.get_data(as_text=True)
        assert desk.post(f"{path}/{link.id}/undo", data={"reason": "弄错了"}).status_code == 303

    def test_the_call_of_a_self_received_order_stays(self, desk):
        order = self_orders.settle(make.call().id)
        session.commit()
        own = links.calls_of(order.id)[0][0]
        assert desk.post(f"/orders/{order.id}/links/{own.id}/undo", data={"reason": "误关联"}).status_code == 409


@pytest.mark.parametrize("more", [Role.SUPERVISOR, Role.AGENT, Role.DISPATCHER, Role.STATISTICIAN, Role.ADMIN])
def test_whoever_is_of_a_unit_sees_as_a_unit_whatever_else_they_were_given(client, sign_in, people, more):
    """Accounts of before the rule: the roles of the hotline do not count beside the unit's."""
    account = people[Role.UNIT]
    session.add(AccountRole(account_id=account.id, role=more))
    order = make.order(accused_id=make.gulou(), content="钱多多反映")
    foreign = make.order()
    handling.dispatch(order, make.desk(), make.gulou())
    session.commit()
    both = sign_in(client, account)
    page = text_of(both, f"/orders/{order.id}")
    assert "保密诉求人" in page
    assert "钱多多" not in page
    assert both.post(f"/orders/{order.id}/reveal", data={"field": "phone", "reason": "看看"}).status_code == 403
    assert both.get(f"/orders/{foreign.id}").status_code == 404
    assert both.post(f"/orders/{order.id}/links", data={"call": "1", "reason": "看看"}).status_code == 403
    for path in ("/wallboard/", "/calls/", "/bulletin/", "/admin/people"):
        assert both.get(path).status_code in (403, 404), path


class TestOver:
    """已归档 is final, 已办结 is not taken back by the platform."""

    @pytest.fixture
    def city(self, client):
        """The headers of the platform 市12345."""
        platform = platforms.add("市12345", Source.CITY)
        key, _ = platforms.issue(platform, "测试", list(platforms.Scope), days=30)
        session.commit()
        return {"Authorization": f"Bearer {key}"}

    @pytest.fixture
    def closed(self, client):
        order, here, _ = make.at_state(State.TO_REVISIT, reply_required=False)
        revisits.close(order, here, "")
        session.commit()
        return order

    def test_an_archived_order_takes_neither_notes_nor_files(self, client, city, desk, of_unit, closed):
        moves.make(closed, moves.Move.ARCHIVE, HOUSE)
        session.commit()
        for each in (desk, of_unit):
            assert "添加附件" not in text_of(each, f"/orders/{closed.id}")
            assert act(each, closed, "note", reason="再说一句").status_code == 409
            upload = {"file": (io.BytesIO(b"%PDF-1.7 late"), "late.pdf")}
            assert each.post(f"/orders/{closed.id}/files", data=upload).status_code == 409
        upload = {"file": (io.BytesIO(b"%PDF-1.7 late"), "late.pdf")}
        told = client.post(f"/api/orders/{closed.external_no}/files", data=upload, headers=city)
        assert (told.status_code, "已归档" in told.json["message"]) == (409, True)
        session.expire_all()
        assert files.of_order(closed.id) == []

    def test_a_closed_order_stays_closed_and_counted(self, client, city, closed):
        month = clock.Month.of(closed.registered_on)
        before = rates.per_source(month)
        sent = {"event": "w", "type": "withdraw", "text": "诉求人撤回"}
        told = client.post(f"/api/orders/{closed.external_no}/events", json=sent, headers=city)
        assert told.status_code == 409
        assert "已办结" in told.json["message"]
        session.expire_all()
        assert closed.state is State.CLOSED
        assert rates.per_source(month) == before

    def test_a_call_that_was_no_complaint_takes_its_closed_order_along(self, client, closed):
        bundles.withdraw(closed, self_orders.WITHDRAWN, HOUSE)
        assert closed.state is State.VOID
