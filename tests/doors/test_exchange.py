"""The exchange door: keys and their rights, one order per delivery, files, histories, nothing of another platform."""

import io
import json
import zipfile
from hashlib import sha256
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from hotline import audit, clock, privacy
from hotline.db import session
from hotline.workorders import files, handling, moves, platforms
from hotline.workorders.codes import Move, Source, State
from hotline.workorders.exchange_models import Attachment, PlatformToken
from hotline.workorders.models import Handover, Order, OrderMove
from hotline.workorders.platforms import Scope
from tests.matters import workorders as make
from tests.matters.test_cursors import FORGED_PLACES

ORDER = {
    "external_no": "0025110600001",
    "nature": "4",
    "title": "门诊收费问题",
    "content": "市民反映门诊重复收费，要求核实。",
    "caller_name": "钱多多",
    "caller_phone": "138 0000 1234",
    "accused": "南京鼓楼医院",
    "confidential": True,
}
PDF = b"%PDF-1.7 harmless"


def key(name="市12345", source=Source.CITY, scopes=tuple(Scope), **more) -> dict[str, str]:
    platform = platforms.add(name, source, **more)
    text, _ = platforms.issue(platform, "测试", scopes)
    session.commit()
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def city(app):
    return key()


def deliver(client, headers, **changes):
    return client.post("/api/orders", json={**ORDER, **changes}, headers=headers)


def upload(client, headers, data=PDF, name="证据.pdf", number=ORDER["external_no"]):
    body = {"file": (io.BytesIO(data), name)}
    return client.post(f"/api/orders/{number}/files", data=body, content_type="multipart/form-data", headers=headers)


def test_an_order_comes_in_once(client, city):
    first, again = deliver(client, city), deliver(client, city)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json["status"], again.json["status"]) == ("new", "known")
    assert first.json["own_no"] == again.json["own_no"]
    order = session.scalars(select(Order)).one()
    assert (order.external_no, order.source, order.state) == ("0025110600001", Source.CITY, State.REGISTERED)
    assert order.accused_id == make.gulou()
    assert order.confidential


def test_an_unknown_institution_is_kept_and_told(client, city):
    first, again = deliver(client, city, accused="鼓娄医院"), deliver(client, city, accused="鼓娄医院")
    told = "涉及机构“鼓娄医院”不在机构名录中，待人工核实"
    assert (first.json["message"], again.json["message"]) == (told, told)
    order = session.scalars(select(Order)).one()
    assert order.accused_id is None
    assert moves.reasons(order, Move.NOTE) == [told]
    assert moves.last(order, Move.NOTE).internal
    batch = {"orders": [{**ORDER, "external_no": "2", "accused": "无此院"}, {**ORDER, "external_no": "3"}]}
    results = client.post("/api/orders/batch", json=batch, headers=city).json["results"]
    assert [one["message"] for one in results] == ["涉及机构“无此院”不在机构名录中，待人工核实", ""]


def test_a_likely_duplicate_is_told_in_the_receipt_and_told_the_same_again(client, city):
    deliver(client, city)
    for _ in range(2):
        told = deliver(client, city, external_no="2").json
        assert (told["possible_duplicate"], told["possible_duplicate_of"]) == (True, ORDER["external_no"])
    batch = {"orders": [{**ORDER, "external_no": "3"}, {**ORDER, "external_no": "4", "district_code": "999999"}]}
    first, refused = client.post("/api/orders/batch", json=batch, headers=city).json["results"]
    assert (first["possible_duplicate"], first["possible_duplicate_of"] is not None) == (True, True)
    assert (refused["status"], refused["possible_duplicate"]) == ("refused", False)
    document = client.get("/api/openapi.json", headers=city).json["components"]["schemas"]
    for name in ("Receipt", "Verdict"):
        assert {"possible_duplicate", "possible_duplicate_of"} <= set(document[name]["required"])


def test_another_platforms_order_is_named_to_nobody(client, city):
    province = key("省12345", Source.PROV)
    deliver(client, province, confidential=False)
    told = deliver(client, city, external_no="2").json
    assert (told["possible_duplicate"], told["possible_duplicate_of"]) == (True, None)
    hidden = {"title": "病房", "content": "骨科病房空调损坏一周无人修理，要求处理", "caller_phone": "13800005678"}
    deliver(client, province, external_no="3", **hidden)
    answer = deliver(client, city, external_no="4", **hidden)
    assert (answer.json["possible_duplicate"], answer.json["possible_duplicate_of"]) == (False, None)
    kept = session.scalars(select(Order).where(Order.source == Source.CITY, Order.external_no == "4")).one()
    assert kept.similar_id is not None
    history = client.get("/api/orders/4/history", headers=city).get_data(as_text=True)
    assert "疑似" not in history


def test_the_same_event_with_other_content_is_a_conflict(client, city):
    deliver(client, city)
    assert deliver(client, city, title="另一件事").status_code == 409


def test_life_in_danger_is_handed_over_and_never_an_order(client, city):
    answer = deliver(client, city, emergency="120")
    assert answer.json == {
        "status": "handed_over",
        "external_no": ORDER["external_no"],
        "own_no": None,
        "state": None,
        "emergency": "120",
        "message": "",
        "possible_duplicate": False,
        "possible_duplicate_of": None,
    }
    assert deliver(client, city, emergency="120").json["status"] == "handed_over"
    assert session.scalar(select(func.count()).select_from(Order)) == 0
    assert session.scalars(select(Handover.service)).all() == ["120"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nature": "9"}, "nature"),
        ({"title": ""}, "title"),
        ({"confidential": "true"}, "confidential"),
        ({"external_no": "a/b"}, "external_no"),
        ({"external_no": "1\n"}, "external_no"),
        ({"owner": 3}, "owner"),
        ({"state": "closed"}, "state"),
        ({"registered_at": "2026-01-01T00:00:00"}, "registered_at"),
        ({"registered_at": "0001-01-01T00:00:00+14:00"}, "registered_at"),
        ({"registered_at": "1999-01-01T00:00:00Z"}, "registered_at"),
        ({"reply_due": "9999-01-01T00:00:00Z"}, "reply_due"),
        ({"district_code": "999999"}, "district_code"),
    ],
)
def test_what_the_document_refuses_is_refused(client, city, change, field):
    answer = deliver(client, city, **change)
    assert answer.status_code == 422
    assert field in answer.json["fields"]
    assert session.scalar(select(func.count()).select_from(Order)) == 0


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "[1", '{"title": "\\u0000"}', '{"title": "\\ud800"}', "NaN", ""])
def test_unreadable_bodies(client, city, text):
    answer = client.post("/api/orders", data=text, content_type="application/json", headers=city)
    assert answer.status_code in (400, 422)


def test_a_form_is_no_order(client, city):
    assert client.post("/api/orders", data=ORDER, headers=city).status_code == 415


def test_keys(client, city):
    assert client.post("/api/orders", json=ORDER).status_code == 401
    assert deliver(client, {"Authorization": "Bearer hx_wrong"}).status_code == 401
    assert deliver(client, {"Authorization": "Basic abc"}).status_code == 401
    reading = key("只读平台", Source.PROV, [Scope.READ])
    assert deliver(client, reading).status_code == 403
    assert client.get("/api/orders", headers=reading).status_code == 200


def test_a_revoked_expired_or_disabled_key_opens_nothing(client, city, monkeypatch):
    token = session.scalars(select(PlatformToken)).one()
    platforms.revoke(token.platform_id, token.id)
    session.commit()
    assert deliver(client, city).status_code == 401
    other = key("另一平台", Source.PROV)
    platforms.enable(platforms.named("另一平台"), enabled=False)
    session.commit()
    assert deliver(client, other).status_code == 401


def test_only_the_hash_of_a_key_is_kept(client, city):
    text = city["Authorization"].split()[1]
    token = session.scalars(select(PlatformToken)).one()
    assert token.token_hash == sha256(text.encode()).hexdigest()
    deliver(client, city)
    assert session.scalars(select(PlatformToken)).one().used_at is not None


def test_nothing_of_another_platform_can_be_reached(client, city):
    deliver(client, city)
    upload(client, city)
    ref = session.scalars(select(Attachment.ref)).one()
    stranger = key("省12345", Source.PROV)
    number = ORDER["external_no"]
    before = session.scalar(select(func.count()).select_from(OrderMove))
    event = {"event": "1", "type": "withdraw", "text": "撤回"}
    answers = [
        client.get(f"/api/orders/{number}", headers=stranger),
        client.get(f"/api/orders/{number}/history", headers=stranger),
        client.get(f"/api/orders/{number}/files/{ref}", headers=stranger),
        client.post(f"/api/orders/{number}/events", json=event, headers=stranger),
        upload(client, stranger),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert client.get("/api/orders", headers=stranger).json["orders"] == []
    assert session.scalar(select(func.count()).select_from(OrderMove)) == before


def test_a_batch_is_judged_order_by_order(client, city):
    orders = [{**ORDER, "external_no": f"B{n}"} for n in range(3)]
    orders.append({**ORDER, "external_no": "B1", "title": "内容不同"})
    orders.append({**ORDER, "external_no": "B9", "district_code": "999999"})
    answer = client.post("/api/orders/batch", json={"orders": orders}, headers=city)
    assert [one["status"] for one in answer.json["results"]] == ["new", "new", "new", "refused", "refused"]
    assert session.scalar(select(func.count()).select_from(Order)) == 3


def test_what_a_platform_tells_works_once(client, city):
    deliver(client, city)
    send = {"event": "e1", "type": "urge", "text": "请尽快办理"}
    path = f"/api/orders/{ORDER['external_no']}/events"
    assert client.post(path, json=send, headers=city).status_code == 201
    assert client.post(path, json=send, headers=city).status_code == 200
    assert client.post(path, json={**send, "text": "别的"}, headers=city).status_code == 409
    order = session.scalars(select(Order)).one()
    assert order.urged == 1
    supervise = {"event": "e2", "type": "supervise", "text": "挂牌", "level": 2}
    client.post(path, json=supervise, headers=city)
    client.post(path, json={"event": "e3", "type": "supplement", "text": "补充材料"}, headers=city)
    session.expire_all()
    assert session.scalars(select(Order)).one().supervision == 2
    client.post(path, json={"event": "e4", "type": "withdraw", "text": "诉求人撤回"}, headers=city)
    session.expire_all()
    assert session.scalars(select(Order)).one().state is State.VOID
    assert client.post(path, json={**send, "event": "e5"}, headers=city).status_code == 409


def test_state_history_and_answer_are_told_when_approved(client, city):
    deliver(client, city)
    order = session.scalars(select(Order)).one()
    here, there = make.desk(), make.unit(make.gulou())
    handling.dispatch(order, here, make.gulou())
    handling.sign(order, there)
    handling.begin(order, there)
    handling.leave_note(order, here, "内部提示", internal=True)
    handling.leave_note(order, there, "与热线沟通")
    handling.reply(order, there, "已退费", "费用已退还")
    session.commit()
    shown = client.get(f"/api/orders/{order.external_no}", headers=city).json
    assert (shown["state"], shown["unit"], shown["reply"]) == ("replied", "南京鼓楼医院", None)
    assert "费用已退还" not in json.dumps(client.get(f"/api/orders/{order.external_no}/history", headers=city).json)
    handling.approve(order, here)
    session.commit()
    assert client.get(f"/api/orders/{order.external_no}", headers=city).json["reply"] == "费用已退还"
    lines = client.get(f"/api/orders/{order.external_no}/history", headers=city).json["lines"]
    assert [line["type"].removeprefix("order.") for line in lines] == [
        "register",
        "dispatch",
        "sign",
        "start",
        "reply.draft",
        "reply",
    ]
    assert lines[1]["unit"] == "南京鼓楼医院"
    assert lines[-1]["reply"] == "费用已退还"
    assert "钱多多" not in json.dumps(lines, ensure_ascii=False)


def test_pages_of_changes_follow_each_other(client, city):
    for n in range(5):
        deliver(client, city, external_no=f"P{n}")
    seen, after = [], None
    for _ in range(3):
        query = {"limit": "2"} | ({"after": after} if after else {})
        page = client.get("/api/orders", query_string=query, headers=city).json
        seen += [one["external_no"] for one in page["orders"]]
        after = page["after"]
    assert seen == [f"P{n}" for n in range(5)]
    assert after is None
    for forged in ("zzz", *FORGED_PLACES):
        assert client.get(f"/api/orders?after={forged}", headers=city).status_code == 400
    assert client.get("/api/orders?limit=", headers=city).status_code == 422
    assert client.get("/api/orders?limit=1&limit=2", headers=city).status_code == 422


def test_a_file_comes_in_and_out(client, city):
    deliver(client, city)
    first, again = upload(client, city), upload(client, city)
    assert first.status_code == 201
    assert first.json["ref"] == again.json["ref"]
    answer = client.get(f"/api/orders/{ORDER['external_no']}/files/{first.json['ref']}", headers=city)
    assert answer.data == PDF
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''%E8%AF%81%E6%8D%AE.pdf" in disposition
    assert audit.verify().broken_at is None


def test_the_files_of_an_order_are_listed_for_its_platform_only(client, city, app):
    deliver(client, city)
    own = upload(client, city).json
    order = session.scalars(select(Order)).one()
    answer = files.add(app.config["HOTLINE"].attachments_dir, order, "答复.pdf", b"%PDF-1.7 answer", make.desk())
    session.commit()
    path = f"/api/orders/{ORDER['external_no']}/files"
    listed = client.get(path, headers=city).json["files"]
    assert listed[0] == own
    assert [one["ref"] for one in listed] == [own["ref"], answer.ref]
    assert client.get(f"{path}/{listed[1]['ref']}", headers=city).data == b"%PDF-1.7 answer"
    assert client.get(path, headers=key("另一平台", Source.PROV)).status_code == 404
    assert client.get(path, headers=key("写入平台", Source.WEB, [Scope.WRITE])).status_code == 403


def _zip(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "图.svg"),
        (b"<html><script>x()</script>", "页.html"),
        (b"MZ\x90", "程序.exe"),
        (PDF, "伪装.png"),
        (b"", "空.pdf"),
        (_zip("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "宏.docx"),
        (_zip("a.txt"), "包.zip"),
        (b"PK\x03\x04broken", "坏.docx"),
    ],
)
def test_files_of_the_wrong_kind_are_refused(client, city, data, name):
    deliver(client, city)
    answer = upload(client, city, data, name)
    assert answer.status_code == 422
    assert session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_a_file_too_large(client, city):
    deliver(client, city)
    assert upload(client, city, PDF + b"0" * (10 * 2**20)).status_code == 413


TRAVERSALS = ["../../etc/passwd.pdf", "..\\..\\x.pdf", "/etc/x.pdf", "a/../../b.pdf", "C:\\x\\y.pdf", "\u202egpj.pdf"]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_names_lead_nowhere(client, city, name, app):
    deliver(client, city)
    shown = upload(client, city, name=name).json["name"]
    assert "/" not in shown
    assert "\\" not in shown
    assert ".." not in shown
    folder = app.config["HOTLINE"].attachments_dir
    row = session.scalars(select(Attachment)).one()
    kept = (folder / row.ref[:2] / row.ref).read_bytes()
    assert privacy.unseal(kept, files._label(row.ref)) == PDF


def test_a_city_files_its_own_month_only(client, app):
    suzhou = key("苏州12320", Source.WEB, [Scope.CITY], city_code="320500")
    month = clock.Month.of(clock.today()).previous
    sent = {"total": 120}
    answer = client.put(f"/api/cities/320500/months/{month}", json=sent, headers=suzhou)
    assert (answer.status_code, answer.json["number"]) == (200, 1)
    assert client.put(f"/api/cities/320500/months/{month}", json=sent, headers=suzhou).json["number"] == 1
    assert client.put(f"/api/cities/320200/months/{month}", json=sent, headers=suzhou).status_code == 404
    assert client.put("/api/cities/320500/months/2026-13", json=sent, headers=suzhou).status_code == 404
    assert client.put(f"/api/cities/320500/months/{month}", json={"total": True}, headers=suzhou).status_code == 422


def test_the_document_lists_every_operation(client, app):
    document = client.get("/api/openapi.json").json
    assert document["openapi"].startswith("3.")
    listed = {(path, method) for path, entry in document["paths"].items() for method in entry if method != "parameters"}
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("exchange.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert listed == routes


def test_the_same_delivery_fifty_times_at_once_is_one_order(committed_app):
    with committed_app.app_context():
        headers = key()
        session.remove()
    barrier, answers = Barrier(50), []

    def send():
        client = committed_app.test_client()
        barrier.wait()
        answers.append(client.post("/api/orders", json=ORDER, headers=headers))

    threads = [Thread(target=send) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json["own_no"] for answer in answers}) == 1
    with committed_app.app_context():
        assert session.scalar(select(func.count()).select_from(Order)) == 1
        assert session.scalar(select(func.count()).where(OrderMove.move == Move.REGISTER)) == 1
        session.remove()


def test_moves_of_a_platform_are_its_own(client, city):
    deliver(client, city)
    order = session.scalars(select(Order)).one()
    line = moves.last(order, Move.REGISTER)
    assert (line.party.value, line.actor_name, line.actor_id) == ("platform", "市12345", None)


UNFIT = [
    ({"nature": "99"}, "nature"),
    ({"title": None}, "title"),
    ({"owner": 1}, "owner"),
    ({"content": "\x00"}, None),
    ({"title": "\ud800"}, None),
    ({"caller_name": [[[]]] * 3}, "caller_name"),
    ({"level": 10**40}, "level"),
    ({"external_no": "a/b"}, "external_no"),
    ({"district_code": "999999"}, "district_code"),
]


@pytest.mark.parametrize(("change", "field"), UNFIT)
def test_one_order_that_does_not_fit_keeps_no_other_out(client, city, change, field):
    orders = [{**ORDER, "external_no": number} for number in ("A1", "A2", "A3")]
    orders[1] |= change
    answer = client.post("/api/orders/batch", json={"orders": orders}, headers=city)
    assert (answer.status_code, [one["status"] for one in answer.json["results"]]) == (200, ["new", "refused", "new"])
    refused = answer.json["results"][1]
    assert refused["external_no"] == ("A2" if field != "external_no" else None)
    assert refused["message"]
    assert list(refused.get("fields", {})) == ([field] if field else [])
    assert session.scalar(select(func.count()).select_from(Order)) == 2


@pytest.mark.parametrize("item", [None, 5, "A2", [], [ORDER], True])
def test_what_is_no_order_is_refused_alone(client, city, item):
    results = client.post("/api/orders/batch", json={"orders": [ORDER, item]}, headers=city).json["results"]
    assert [(one["status"], one["external_no"]) for one in results] == [
        ("new", ORDER["external_no"]),
        ("refused", None),
    ]


@pytest.mark.parametrize(
    "body", [{}, {"orders": []}, {"orders": [ORDER] * 201}, {"orders": {}}, {"orders": [], "x": 1}]
)
def test_an_unreadable_batch_is_refused_whole(client, city, body):
    assert client.post("/api/orders/batch", json=body, headers=city).status_code == 422


@pytest.mark.parametrize("limit", ["１２", "+5", "%2B5", "5.0", "1e2", "0", "201", " 5", "5_0", "true"])
def test_a_page_has_as_many_orders_as_its_digits_say(client, city, limit):
    assert client.get(f"/api/orders?limit={limit}", headers=city).status_code == 422


def test_the_document_names_the_kinds_of_files_that_are_handed_out(client, city):
    deliver(client, city)
    ref = upload(client, city).json["ref"]
    path = "/api/orders/{external_no}/files/{ref}"
    told = client.get("/api/openapi.json").json["paths"][path]["get"]["responses"]["200"]["content"]
    answer = client.get(path.format(external_no=ORDER["external_no"], ref=ref), headers=city)
    assert answer.mimetype in told
    assert set(told) == set(files.MEDIA.values())
