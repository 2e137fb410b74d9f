"""The fields of an order wherever they are met: form, correction, page, paper, table, interface, file; and who may see
which of them."""

import csv
import io
import json
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select

from hotline.calls.list_models import Topic
from hotline.db import session
from hotline.people.models import Account, Role
from hotline.workorders import assessing, handling, moves, platforms, revisits
from hotline.workorders.codes import Move, Source, State
from hotline.workorders.field_codes import Appeal, CallerSubject, SourceLevel
from hotline.workorders.models import Order, OrderMove
from hotline.workorders.platforms import Scope
from hotline.workorders.revisit_codes import ReplyFit, Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make

NEW = {
    "source": "CITY",
    "external_no": "F1",
    "nature": "4",
    "urgency": "0",
    "title": "门诊收费问题",
    "content": "反映门诊重复收费，要求核实。",
    "caller_name": "钱多多",
    "caller_phone": "13800001234",
    "contact_phone": "025-83101234",
    "channel": "WX",
    "kind": "3",
    "source_level": "3",
    "district_code": "320106",
    "address": "汉口路22号",
    "caller_subject": "2",
    "is_repeat": "true",
    "reply_required": "true",
}
SUBJECT = "企业"


@pytest.fixture
def desk(client, sign_in):
    return sign_in(client, Role.DISPATCHER)


@pytest.fixture
def key(app):
    def issue(name="市12345", source=Source.CITY) -> dict[str, str]:
        text, _ = platforms.issue(platforms.add(name, source), "测试", tuple(Scope))
        session.commit()
        return {"Authorization": f"Bearer {text}"}

    return issue


def topic():
    found = select(Topic).where(Topic.code.startswith("01"), Topic.parent_id.is_not(None))
    return session.scalars(found.order_by(Topic.code)).first()


def act(client, order, name, **form):
    return client.post(f"/orders/{order.id}/acts/{name}", data=form)


def fresh(order):
    session.expire_all()
    return session.get(Order, order.id)


def page_of(client, order, way=""):
    return client.get(f"/orders/{order.id}{way}").get_data(as_text=True)


class TestByHand:
    def test_every_field_of_the_form_is_kept_and_shown(self, desk):
        first = make.order(external_no="F0")
        one = topic()
        session.commit()
        answer = desk.post("/orders/new", data={**NEW, "topic_id": one.id, "urged_order": "F0"})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        order = session.scalars(select(Order).where(Order.external_no == "F1")).one()
        assert (order.channel, order.kind, order.topic_id, order.district_code) == ("WX", "3", one.id, "320106")
        assert (order.source_level, order.caller_subject) == (SourceLevel.DISTRICT, CallerSubject.COMPANY)
        assert (order.contact_phone, order.is_repeat, order.urged_order_id) == ("025-83101234", True, first.id)
        name = session.get_one(Account, order.acceptor_id).name
        for way in ("", "/print"):
            page = page_of(desk, order, way)
            for words in ("微信", "补充工单", "（区级）", one.name, "鼓楼区 汉口路22号", SUBJECT, first.own_no, name):
                assert words in page, (way, words)
        assert order.own_no in page_of(desk, first)

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"channel": "PIGEON"}, "channel"),
            ({"kind": "9"}, "kind"),
            ({"source_level": "9"}, "source_level"),
            ({"caller_subject": "9"}, "caller_subject"),
            ({"topic_id": "987654"}, "该分类在当日不可用"),
            ({"district_code": "999999"}, "没有这个区划代码"),
            ({"urged_order": "没有的编号"}, "没有编号为“没有的编号”的工单"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(self, desk, change, told):
        answer = desk.post("/orders/new", data={**NEW, **change})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert told in page
        assert "025-83101234" in page
        assert session.scalar(select(func.count()).select_from(Order)) == 0

    def test_a_dispatcher_puts_the_registration_right(self, desk):
        order = make.order(address="旧地址")
        session.commit()
        form = desk.get(f"/orders/{order.id}/amend").get_data(as_text=True)
        assert "旧地址" in form
        assert "83101234" not in form
        sent = {"channel": "APP", "kind": "1", "address": "汉口路22号", "reason": "补充登记", "version": order.version}
        assert desk.post(f"/orders/{order.id}/amend", data=sent).status_code == 303
        assert (fresh(order).channel, fresh(order).contact_phone) == ("APP", "025-83101234")
        page = page_of(desk, order)
        assert "更正登记" in page
        assert "渠道 来电→移动客户端" in page
        assert "补充登记" in page
        assert desk.post(f"/orders/{order.id}/amend", data=sent).status_code == 409

    def test_a_correction_that_is_refused_keeps_what_was_typed(self, desk):
        order = make.order()
        session.commit()
        path = f"/orders/{order.id}/amend"
        answer = desk.post(path, data={"kind": "2", "reason": "写了很久的理由", "urged_order": "无此单"})
        assert answer.status_code == 422
        assert "写了很久的理由" in answer.get_data(as_text=True)
        assert desk.post(path, data={"kind": "2", "reason": ""}).status_code == 422
        assert desk.post(path, data={"reason": "没有变化"}).status_code == 422
        assert desk.post(path, data={"kind": "2", "reason": "x", "urged_order": order.own_no}).status_code == 422
        assert fresh(order).kind == "1"

    def test_only_the_desk_puts_right(self, of_unit, app, sign_in):
        order, _, _ = make.at_state(State.PROCESSING)
        session.commit()
        agent = sign_in(app.test_client(), Role.AGENT)
        for client in (of_unit, agent):
            assert client.get(f"/orders/{order.id}/amend").status_code == 403
            assert client.post(f"/orders/{order.id}/amend", data={"kind": "2", "reason": "x"}).status_code == 403

    def test_a_revisit_asks_whether_the_answer_fits(self, desk):
        order, _, _ = make.at_state(State.TO_REVISIT)
        session.commit()
        assert act(desk, order, "revisited", solved="1", reply_fit="9").status_code == 422
        assert act(desk, order, "revisited", solved="1", sat_unit="4", reply_fit="2").status_code == 303
        assert fresh(order).reply_fit is ReplyFit.BESIDE
        assert revisits.attempts(order)[-1].reply_fit is ReplyFit.BESIDE
        assert "答复 不契合" in page_of(desk, order)
        assert "第 1 次办理后" in page_of(desk, order)


class TestAssessment:
    def test_an_appeal_goes_its_way_through_the_pages(self, desk, of_unit):
        order, _, _ = make.at_state(State.PROCESSING)
        session.commit()
        assert act(of_unit, order, "appeal", reason="").status_code == 422
        assert act(of_unit, order, "appeal", reason="系统故障无法签收").status_code == 303
        assert act(of_unit, order, "appeal", reason="再申诉").status_code == 409
        assert act(of_unit, order, "grant_appeal", reason="自己同意").status_code == 403
        assert order.own_no in desk.get("/orders/?view=appealed").get_data(as_text=True)
        assert "考核申诉待审" in page_of(desk, order)
        assert act(desk, order, "grant_appeal", reason="核实属实").status_code == 303
        assert fresh(order).appeal is Appeal.GRANTED
        page = page_of(of_unit, order)
        for words in ("考核申诉", "系统故障无法签收", "申诉成立", "核实属实", "不纳入考核"):
            assert words in page
        assert order.own_no not in desk.get("/orders/?view=appealed").get_data(as_text=True)
        assert act(desk, order, "refuse_appeal", reason="改主意").status_code == 409

    def test_buttons_stand_only_where_they_lead_somewhere(self, desk, of_unit):
        order, _, there = make.at_state(State.PROCESSING)
        session.commit()
        appeal, decide = f"/orders/{order.id}/acts/appeal", f"/orders/{order.id}/acts/refuse_appeal"
        assert appeal in page_of(of_unit, order)
        assert decide not in page_of(desk, order)
        assessing.appeal(order, there, "不服")
        session.commit()
        assert appeal not in page_of(of_unit, order)
        assert decide in page_of(desk, order)

    def test_an_order_is_judged_by_the_desk_alone(self, desk, of_unit):
        order, _, _ = make.at_state(State.PROCESSING)
        session.commit()
        assert act(of_unit, order, "judge", nonsense="true", reason="x").status_code == 403
        assert act(desk, order, "judge", nonsense="true", reason="").status_code == 422
        assert act(desk, order, "judge", nonsense="true", reason="要求违法").status_code == 303
        assert "否（不合理诉求）" in page_of(desk, order)
        assert act(desk, order, "judge", reason="复核合理").status_code == 303
        assert assessing.assessed(fresh(order))

    def test_the_formulas_say_what_is_left_out(self, desk):
        order, _, _ = make.at_state(State.SIGNED)
        session.commit()
        assert assessing.LEFT_OUT in desk.get("/orders/rates").get_data(as_text=True)
        behind = desk.get(f"/orders/rates/{make.gulou()}/signed_in_time").get_data(as_text=True)
        assert assessing.LEFT_OUT in behind


class TestSecrecy:
    SECRETS = (SUBJECT, "汉口路22号", "玄武区", "83101234", "138****1234", "钱多多")

    def hidden(self, way, **more):
        how = {"confidential": True} if way == "confidential" else {"accused_id": make.gulou()}
        order = make.order(
            caller_subject=CallerSubject.COMPANY, address="汉口路22号", district_code="320102", **how, **more
        )
        handling.dispatch(order, make.desk(), make.gulou())
        return order

    @pytest.mark.parametrize("way", ["confidential", "accused"])
    def test_no_new_field_gives_a_hidden_person_away(self, of_unit, desk, way):
        first, _, _ = make.at_state(State.SIGNED, external_no="S0")
        order = self.hidden(way, external_no="S1", urged_no="S0")
        amend = {"caller_subject": "3", "address": "汉口路22号", "district_code": "320102", "urged_order": "S0"}
        session.commit()
        assert desk.post(f"/orders/{order.id}/amend", data={**amend, "reason": "更正主体"}).status_code == 303
        for path in ("", "/print"):
            page = page_of(of_unit, order, path)
            assert "保密诉求人" in page
            assert [secret for secret in (*self.SECRETS, first.own_no) if secret in page] == []
            assert order.own_no not in page_of(of_unit, first, path)
        table = of_unit.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig")
        row = next(row for row in csv.DictReader(io.StringIO(table)) if row["本地编号"] == order.own_no)
        assert (row["来电主体"], row["发生地"], row["重复诉求"], row["诉求人"]) == ("", "", "", "保密诉求人")
        assert first.own_no in page_of(desk, order)

    def test_a_place_that_was_corrected_stays_hidden_where_texts_still_name_it(self, of_unit, desk):
        order = self.hidden("confidential", content="诉求人住汉口路22号，电话025-83101234，反映收费问题。")
        session.commit()
        for address in ("中山路9号", "中央路8号"):
            sent = {"address": address, "contact_phone": "025-84409999", "reason": "更正"}
            assert desk.post(f"/orders/{order.id}/amend", data=sent).status_code == 303
        handling.leave_note(moves.locked(order.id), make.desk(), "先到中山路9号核实")
        session.commit()
        for path in ("", "/print"):
            page = page_of(of_unit, order, path)
            assert [secret for secret in ("汉口路", "中山路", "中央路", "83101234", "84409999") if secret in page] == []
        assert "汉口路22号" in page_of(desk, order)

    def test_a_unit_reaches_no_order_of_another_by_being_pressed_for_it(self, stranger, desk):
        first, _, _ = make.at_state(State.PROCESSING, external_no="U0")
        own, _, _ = make.at_state(State.PROCESSING, unit_id=make.tongren(), external_no="U1", urged_no="U0")
        session.commit()
        page = page_of(stranger, own)
        assert "重复诉求" in page
        assert first.own_no not in page
        assert f"/orders/{first.id}" not in page
        assert first.own_no not in page_of(stranger, own, "/print")
        assert first.own_no in page_of(desk, own)
        before = session.scalar(select(func.count()).select_from(OrderMove))
        tried = {
            "amend": stranger.post(f"/orders/{own.id}/amend", data={"urged_order": first.own_no, "reason": "x"}),
            "new": stranger.post("/orders/new", data={**NEW, "urged_order": first.own_no}),
            "judge": act(stranger, own, "judge", exempt="true", reason="x"),
        }
        assert {name: answer.status_code for name, answer in tried.items()} == dict.fromkeys(tried, 403)
        assert act(stranger, first, "appeal", reason="x").status_code == 404
        assert session.scalar(select(func.count()).select_from(OrderMove)) == before

    def test_a_helping_unit_does_not_appeal(self, stranger):
        order = make.order()
        handling.dispatch(order, make.desk(), make.gulou(), co_units=(make.tongren(),))
        session.commit()
        assert act(stranger, order, "appeal", reason="不服").status_code == 403


FULL = {
    "external_no": "0025110600009",
    "nature": "4",
    "title": "门诊收费问题",
    "content": "市民反映门诊重复收费，要求核实。",
    "source_level": "3",
    "channel": "APP",
    "kind": "5",
    "categories": ["卫生健康", "传染病防控", "结核病"],
    "acceptor": "张接线",
    "acceptor_no": "8001",
    "caller_subject": "2",
    "district_code": "320106",
    "is_repeat": True,
    "nonsense": False,
    "assessed": False,
}

FULL_LEAST = {name: FULL[name] for name in ("nature", "title", "content")}


class TestInterface:
    def send(self, client, headers, **more):
        return client.post("/api/orders", json={**FULL, **more}, headers=headers)

    def test_what_was_told_is_told_again(self, client, key):
        city = key()
        first = self.send(client, city, external_no="1").json
        assert self.send(client, city, urged_order="1").status_code == 201
        told = client.get(f"/api/orders/{FULL['external_no']}", headers=city).json
        personal = {"title", "content"}
        assert {name: told[name] for name in FULL.keys() - personal} == {
            name: value for name, value in FULL.items() if name not in personal
        }
        assert (told["urged_order"], told["topic"]) == ("1", "传染病防控 ▸ 结核病")
        assert (told["accept_mode"], told["late"], told["reply_fit"], told["appeal"]) == (None, [], None, None)
        assert client.get(f"/api/orders/{first['external_no']}", headers=city).json["urged_order"] is None

    def test_whatever_is_told_is_told_again(self, client, key):
        """Any choice of the optional fields comes back as it was sent."""
        city, numbers = key(), count(1)
        optional = FULL.keys() - {"external_no", "nature", "title", "content"}

        @settings(max_examples=40, deadline=None, database=None)
        @given(
            chosen=some.sets(some.sampled_from(sorted(optional))),
            words=some.lists(some.text("卫生健康收费医院01 ", min_size=1, max_size=40), min_size=1, max_size=5),
        )
        def tell(chosen, words):
            told = {**{name: FULL[name] for name in chosen}, "external_no": f"R{next(numbers)}"}
            told |= {"categories": words} if "categories" in chosen else {}
            answer = client.post("/api/orders", json={**FULL_LEAST, **told}, headers=city)
            assert answer.status_code == 201, answer.json
            again = client.get(f"/api/orders/{told['external_no']}", headers=city).json
            assert {name: again[name] for name in told} == told

        tell()

    def test_what_follows_is_told_too(self, client, key):
        city = key()
        order, here, there = make.at_state(State.TO_REVISIT, external_no="L1")
        revisits.answer(order, here, Verdict(Solved.YES, 5, 4, 5, ReplyFit.FITS))
        assessing.appeal(order, there, "不服")
        session.commit()
        told = client.get("/api/orders/L1", headers=city).json
        wanted = {
            "accept_mode": "2",
            "signed_in_time": True,
            "replied_in_time": True,
            "feedback_in_time": None,
            "solved_round": 1,
            "reply_fit": "1",
            "appeal": "pending",
            "assessed": True,
            "revisit_needed": True,
            "returns": 0,
        }
        assert {name: told[name] for name in wanted} == wanted
        assert told["dispatched_at"]
        assert told["reply_due"]
        lines = client.get("/api/orders/L1/history", headers=city).json["lines"]
        assert next(line for line in lines if line["type"] == "order.revisit")["reply_fit"] == "1"
        assert not [line for line in lines if "appeal" in line["type"]]

    def test_a_platform_presses_its_own_orders_only(self, client, key):
        city, province = key(), key("省12345", Source.PROV)
        self.send(client, province, external_no="P1")
        answer = self.send(client, city, urged_order="P1")
        assert answer.status_code == 201
        assert answer.json["message"] == "被催办单“P1”未找到，待人工核实"
        order = session.scalars(select(Order).where(Order.external_no == FULL["external_no"])).one()
        assert (order.urged_order_id, order.is_repeat) == (None, True)
        assert moves.last(order, Move.NOTE).internal
        other = session.scalars(select(Order).where(Order.external_no == "P1")).one()
        order.urged_order_id = other.id
        session.commit()
        assert client.get(f"/api/orders/{FULL['external_no']}", headers=city).json["urged_order"] is None

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"source_level": "省"}, "source_level"),
            ({"caller_subject": 2}, "caller_subject"),
            ({"categories": []}, "categories"),
            ({"categories": ["一"] * 6}, "categories"),
            ({"categories": "传染病防控"}, "categories"),
            ({"is_repeat": "true"}, "is_repeat"),
            ({"urged_order": FULL["external_no"]}, "urged_order"),
            ({"urged_order": "a/b"}, "urged_order"),
            ({"assessed": 1}, "assessed"),
            ({"appeal": "granted"}, "appeal"),
            ({"solved_round": 1}, "solved_round"),
            ({"acceptor": "张" * 41}, "acceptor"),
        ],
    )
    def test_what_the_document_refuses_is_refused(self, client, key, change, field):
        answer = self.send(client, key(), **change)
        assert answer.status_code == 422
        assert field in answer.json["fields"]
        assert session.scalar(select(func.count()).select_from(Order)) == 0

    def test_a_page_of_many_is_read_in_one_go(self, client, key):
        city = key()
        batch = {"orders": [{**FULL, "external_no": f"M{n}", "urged_order": "M0"} for n in range(1, 4)]}
        self.send(client, city, external_no="M0")
        results = client.post("/api/orders/batch", json=batch, headers=city).json["results"]
        assert [one["status"] for one in results] == ["new"] * 3
        orders = client.get("/api/orders", headers=city).json["orders"]
        assert [one["urged_order"] for one in orders] == [None, "M0", "M0", "M0"]

    def test_the_document_names_every_field(self, client):
        schemas = client.get("/api/openapi.json").json["components"]["schemas"]
        assert set(FULL) | {"urged_order"} <= schemas["OrderIn"]["properties"].keys()
        derived = {"accept_mode", "signed_in_time", "feedback_in_time", "late", "solved_round", "reply_fit", "appeal"}
        given = schemas["OrderOut"]["properties"].keys()
        assert derived <= given
        assert set(FULL) - {"title", "content"} <= given
        assert json.dumps(schemas["OrderIn"], ensure_ascii=False).count("被催办单") == 1


HEAD = (
    *(
        "工单编号",
        "来电类别",
        "工单类型",
        "主要内容",
        "来源等级",
        "受理渠道",
        "受理员",
        "受理员工号",
        "来电主体",
        "所属区域",
    ),
    *("一级分类", "二级分类", "末级分类", "是否重复", "被催办单ID", "不合理诉求", "纳入考核"),
)
ROW = (
    *("G2", "投诉", "补充工单", "内容", "市级", "微信", "张接线", "8001", "企业", "南京市鼓楼区"),
    *("卫生健康", "传染病防控", "结核病", "是", "G1", "否", "否"),
)


class TestFile:
    def preview(self, desk, *rows, head=HEAD, mapping=None):
        platform = platforms.add("市12345", Source.CITY)
        platform.mapping = mapping or {}
        session.commit()
        text = "\n".join(",".join(row) for row in (head, *rows))
        body = {"platform_id": platform.id, "file": (io.BytesIO(text.encode()), "a.csv")}
        return desk.post("/orders/import", data=body)

    def take(self, desk, *rows, **more):
        place = self.preview(desk, *rows, **more).headers["Location"]
        assert desk.post(place, data={}).status_code == 303
        return session.scalars(select(Order).where(Order.external_no == "G2")).one()

    def test_every_column_becomes_its_field(self, desk):
        first = ("G1", "咨询", "新问题", "内容", *[""] * (len(HEAD) - 4))
        order = self.take(desk, first, ROW)
        assert (order.kind, order.source_level, order.channel) == ("3", SourceLevel.CITY, "WX")
        assert (order.acceptor, order.acceptor_no) == ("张接线", "8001")
        assert (order.caller_subject, order.district_code) == (CallerSubject.COMPANY, "320106")
        assert order.categories == ["卫生健康", "传染病防控", "结核病"]
        assert session.get_one(Topic, order.topic_id).name == "结核病"
        assert (order.is_repeat, order.nonsense, order.exempt) == (True, False, True)
        assert session.get_one(Order, order.urged_order_id).external_no == "G1"
        plain = session.scalars(select(Order).where(Order.external_no == "G1")).one()
        assert (plain.source_level, plain.channel, plain.exempt) == (SourceLevel.CITY, "TEL", False)

    def test_a_number_nobody_knows_is_said_in_the_preview_and_kept(self, desk):
        place = self.preview(desk, ROW).headers["Location"]
        assert "被催办单“G1”未找到，待人工核实" in desk.get(place).get_data(as_text=True)
        assert desk.post(place, data={}).status_code == 303
        order = session.scalars(select(Order).where(Order.external_no == "G2")).one()
        assert (order.is_repeat, order.urged_order_id) == (True, None)
        assert moves.reasons(order, Move.NOTE) == ["被催办单“G1”未找到，待人工核实"]

    def test_a_platforms_own_headings_go_first(self, desk):
        head = tuple("诉求主体类型" if one == "来电主体" else one for one in HEAD)
        order = self.take(desk, ROW, head=head, mapping={"caller_subject": "诉求主体类型"})
        assert order.caller_subject is CallerSubject.COMPANY

    def test_a_kind_is_no_nature_where_both_are_told(self, desk):
        head, row = ("工单编号", "工单类型", "主要内容"), ("G2", "投诉", "内容")
        assert self.take(desk, row, head=head).nature.value == "4"

    @pytest.mark.parametrize(
        ("column", "cell", "told"),
        [
            ("工单类型", "怪类", "“工单类型”无法识别：怪类"),
            ("来源等级", "国", "“来源等级”无法识别：国"),
            ("受理渠道", "飞鸽", "“受理渠道”无法识别：飞鸽"),
            ("来电主体", "机器", "“来电主体”无法识别：机器"),
            ("所属区域", "火星", "“所属区域”无法识别：火星"),
            ("是否重复", "也许", "“是否重复”应填是或否"),
            ("纳入考核", "也许", "“纳入考核”应填是或否"),
            ("受理员工号", "9" * 21, "“受理员工号”超过 20 字"),
            ("末级分类", "类" * 41, "“末级分类”超过 40 字"),
            ("被催办单ID", "1E+10", "“被催办单ID”成了科学计数法"),
            ("被催办单ID", "G2", "不能以自身为被催办单"),
        ],
    )
    def test_what_cannot_be_meant_is_said_of_its_row(self, desk, column, cell, told):
        row = tuple(cell if name == column else value for name, value in zip(HEAD, ROW, strict=True))
        place = self.preview(desk, row).headers["Location"]
        assert told in desk.get(place).get_data(as_text=True)
        assert session.scalar(select(func.count()).select_from(Order)) == 0


def test_the_table_of_the_list_holds_every_field(desk):
    order, here, there = make.at_state(State.TO_REVISIT, caller_subject=CallerSubject.PERSON, channel="WX", kind="4")
    revisits.answer(order, here, Verdict(Solved.YES, 5, 4, 3, ReplyFit.FITS))
    assessing.judge(order, here, nonsense=True, exempt=False, reason="要求违法")
    session.commit()
    table = desk.post("/orders/export", data={"view": "all"}).data.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table))
    wanted = {
        "来源等级": "市",
        "渠道": "微信",
        "类型": "咨询工单",
        "受理类型": "转办",
        "受理员": "测试员",
        "派单员": "派单员",
        "来电主体": "个人",
        "按时签收": "是",
        "按时答复": "是",
        "及时反馈": "",
        "是否解决": "已解决",
        "第几次解决": "1",
        "单位满意度": "4",
        "答复契合度": "契合",
        "不合理诉求": "是",
        "考核申诉": "",
        "纳入考核": "否（不合理诉求）",
    }
    assert {name: row[name] for name in wanted} == wanted
