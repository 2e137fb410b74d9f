"""The voice menu as administrators keep it: overview, editor, event lines, recorded prompts."""

import json
import wave
from copy import deepcopy
from datetime import timedelta
from io import BytesIO

import pytest

from hotline import clock
from hotline.ivr import event_lines, service
from hotline.people.models import Role
from tests.signed import Provider, caller_leg

DEFAULT = json.loads(service.DEFAULT.read_text("utf-8"))


@pytest.fixture
def admin(client, sign_in):
    return sign_in(client, Role.ADMIN)


@pytest.fixture
def provider(app):
    return Provider(app.test_client(), app.config["HOTLINE"])


def spoken_first(text: str):
    document = deepcopy(DEFAULT)
    document["nodes"]["welcome"]["say"] = [text, "转人工请不要按键。"]
    return document


def broken():
    document = deepcopy(DEFAULT)
    document["nodes"]["fever"]["next"] = "moon"
    document["nodes"]["smoking"]["line"] = "moon"
    return document


def wav(seconds=1, rate=8000, channels=1, width=2) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(b"\0" * (seconds * rate * channels * width))
    return file.getvalue()


def upload(admin, content: bytes, name="welcome"):
    sent = {"prompt": name, "file": (BytesIO(content), "x.wav")}
    return admin.post("/admin/menus/prompts", data=sent, content_type="multipart/form-data")


def test_the_overview_shows_what_is_in_force_and_counts_its_keys(admin, provider):
    provider.call("/phone/voice", caller_leg(1))
    provider.call("/phone/menu?node=welcome&n=1", caller_leg(1), Digits="4")
    provider.call("/phone/menu?node=topics&n=2", caller_leg(1), Digits="2")
    page = admin.get("/admin/menus").text
    assert "现行" in page
    assert "<kbd>4</kbd> 1" in page
    rows = {row.split("</th>")[0].rsplit(">", 1)[-1].strip(): row for row in page.split("<tr>")}
    assert rows["fever"].count('<td class="num">1</td>') == 2
    past = admin.get("/admin/menus?since=2024-01-01&until=2024-01-31").text
    assert "<kbd>4</kbd> 1" not in past
    assert admin.get("/admin/menus?since=soon").status_code == 422


def test_the_editor_opens_on_any_published_menu(admin):
    page = admin.get("/admin/menus/editor")
    told = json.loads(page.text.split("data-menu-data>")[1].split("</script>")[0])
    assert told["tree"] == DEFAULT
    assert told["lines"]["crisis"] == "心理危机"
    assert admin.get(f"/admin/menus/editor?menu={told['id']}").status_code == 200
    assert admin.get("/admin/menus/editor?menu=999").status_code == 404


@pytest.mark.parametrize("tree", [None, [], "x", 5, {}, {"nodes": {"a": None}}, {"nodes": [], "hours": 3}])
def test_whatever_is_sent_is_checked(admin, tree):
    answer = admin.post("/admin/menus/check", json={"tree": tree})
    assert answer.status_code == 200
    assert answer.json["faults"]


def test_the_check_names_each_node(admin):
    assert admin.post("/admin/menus/check", json={"tree": DEFAULT}).json == {"faults": []}
    found = admin.post("/admin/menus/check", json={"tree": broken()}).json["faults"]
    assert [fault["node"] for fault in found] == ["fever", "smoking"]
    assert admin.post("/admin/menus/check", json={}).status_code == 422


def test_the_preview_plays_the_draft_at_its_hour(admin):
    def play(**more):
        return admin.post("/admin/menus/preview", json={"tree": spoken_first("测试，危机请按5。"), **more})

    opening = play().json
    assert (opening["node"], opening["over"]) == ("welcome", False)
    assert opening["heard"][0] == {"node": "welcome", "kind": "say", "text": "测试，危机请按5。"}
    assert play(keys=["1"], at="2024-02-06T10:00").json["line"] == "booking"
    assert play(keys=["1"], at="2024-02-06T20:00").json["closed"] == ["booking"]
    assert play(keys=[""]).json["line"] == "general"
    assert play(keys=["A"]).status_code == 422
    assert play(keys=["*"] * 61).status_code == 422
    assert play(at="soon").status_code == 422
    refused = admin.post("/admin/menus/preview", json={"tree": broken()})
    assert refused.status_code == 422
    assert refused.json["fields"]["tree"][0] == "fever：指向不存在的节点：moon"


def test_a_menu_is_published_now_and_heard_at_once(admin, provider):
    sent = {"tree": spoken_first("新菜单，心理危机请按5。"), "note": "试行", "base": service.newest()}
    answer = admin.post("/admin/menus", json=sent)
    assert answer.status_code == 200, answer.text
    assert "新菜单" in provider.call("/phone/voice", caller_leg(1)).text
    page = admin.get(answer.json["url"]).text
    assert "试行" in page
    assert "语音导航已发布" in page


def test_a_menu_waits_for_its_hour(admin, provider):
    later = clock.local(clock.now() + timedelta(days=2)).replace(second=0, microsecond=0, tzinfo=None)
    sent = {
        "tree": spoken_first("新菜单，心理危机请按5。"),
        "note": "试行",
        "base": service.newest(),
        "valid_from": later.isoformat(),
    }
    assert admin.post("/admin/menus", json=sent).status_code == 200
    assert "新菜单" not in provider.call("/phone/voice", caller_leg(1)).text
    assert "待生效" in admin.get("/admin/menus").text
    again = admin.post("/admin/menus", json=sent)
    assert (again.status_code, "已有新的语音导航" in again.json["message"]) == (409, True)
    again = admin.post("/admin/menus", json=sent | {"base": again.json["facts"]["menu"]})
    assert (again.status_code, "这一时刻" in again.json["message"]) == (409, True)
    menu = service.newest()
    assert "语音导航已撤回" in admin.post(f"/admin/menus/{menu}/withdraw", follow_redirects=True).text
    page = admin.get("/admin/menus").text
    assert ("待生效" in page, "已撤回" in page) == (False, True)
    assert admin.post(f"/admin/menus/{menu}/withdraw").status_code == 409
    assert admin.post("/admin/menus", json=sent | {"base": menu}).status_code == 200


def test_what_a_colleague_published_meanwhile_is_not_lost(admin):
    base = service.newest()
    first = {"tree": spoken_first("甲菜单，心理危机请按5。"), "note": "甲改问候", "base": base}
    assert admin.post("/admin/menus", json=first).status_code == 200
    second = {"tree": spoken_first("乙菜单，心理危机请按5。"), "note": "乙改问候", "base": base}
    refused = admin.post("/admin/menus", json=second)
    assert (refused.status_code, refused.json["facts"]["menu"]) == (409, service.newest())
    assert "甲改问候，改动了welcome" in refused.json["message"]
    assert service.published().tree == first["tree"]


def test_a_file_is_read_into_the_editor(admin):
    as_json = {"Accept": "application/json"}

    def put(content):
        return admin.post("/admin/menus/import", data={"file": (BytesIO(content), "menu.json")}, headers=as_json)

    assert put(json.dumps(DEFAULT).encode()).json == {"tree": DEFAULT}
    assert put(json.dumps(broken()).encode()).json == {"tree": broken()}
    twice = put(b'{"entry": "a", "nodes": {"a": {"kind": "hangup"}, "a": {"kind": "hangup"}}}')
    assert (twice.status_code, twice.json["fields"]["tree"]) == (422, ["a：节点名称重复，只有最后一个有效"])
    for content in (b"{", b"[]", b"null", b'{"nodes": {"a": null}}', b'{"nodes": {"a": {"kind": ["x"]}}}', b"[" * 9999):
        assert put(content).status_code == 422, content
    assert admin.post("/admin/menus/import").status_code == 422


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"tree": broken()}, "tree", "fever：指向不存在的节点：moon"),
        ({"valid_from": "2024-01-01T08:00"}, "valid_from", "不能早于现在"),
        ({"note": ""}, "note", ""),
    ],
)
def test_what_cannot_be_published_is_refused_by_field(admin, change, field, told):
    answer = admin.post("/admin/menus", json={"tree": DEFAULT, "note": "试行", "base": service.newest(), **change})
    assert answer.status_code == 422
    assert told in answer.json["fields"][field][0]
    assert len(service.listing()) == 1


def test_an_event_line_opens_is_counted_and_closes(admin, provider):
    sent = {"key": "9", "name": "流感专线", "line": "special", "announcement": "正在为您转接流感专线。"}
    assert admin.post("/admin/menus/event-lines", data=sent).status_code == 303
    provider.call("/phone/voice", caller_leg(1))
    provider.call("/phone/menu?node=welcome&n=1", caller_leg(1), Digits="9")
    page = admin.get("/admin/menus").text
    row = next(row for row in page.split("<tr>") if "<kbd>9</kbd></td>" in row)
    assert "开启中" in row
    assert (">event-" in page, "临时专线</td>" in page) == (False, True)
    assert '<td class="num">1</td>' in row
    line = event_lines.latest(1)[0]
    assert admin.post(f"/admin/menus/event-lines/{line.id}/off").status_code == 303
    assert "已关闭" in admin.get("/admin/menus").text
    document = deepcopy(DEFAULT)
    document["nodes"]["welcome"]["keys"]["9"] = "smoking"
    assert admin.post("/admin/menus", json={"tree": document, "note": "", "base": service.newest()}).status_code == 422
    sent["key"], document["nodes"]["welcome"]["keys"]["8"] = "8", "smoking"
    assert admin.post("/admin/menus/event-lines", data=sent).status_code == 303
    answer = admin.post("/admin/menus", json={"tree": document, "note": "改键", "base": service.newest()})
    assert (answer.status_code, "welcome：8号键" in answer.json["fields"]["tree"][0]) == (409, True)
    del document["nodes"]["welcome"]["keys"]["8"]
    assert (
        admin.post("/admin/menus", json={"tree": document, "note": "改键", "base": service.newest()}).status_code == 200
    )
    provider.call("/phone/voice", caller_leg(2))
    provider.call("/phone/menu?node=welcome&n=1", caller_leg(2), Digits="9")
    page = admin.get("/admin/menus").text
    row = next(row for row in page.split("<tr>") if "<kbd>9</kbd></td>" in row)
    assert '<td class="num">1</td>' in row
    assert admin.post(f"/admin/menus/event-lines/{line.id}/off").status_code == 409


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"key": "5"}, 409, "已有用途"),
        ({"line": "moon"}, 422, "没有这条受理线路"),
        ({"until": "2024-01-01T08:00"}, 422, "结束时间"),
        ({"name": ""}, 422, "请更正"),
    ],
)
def test_an_event_line_that_cannot_be_is_refused_and_the_form_kept(admin, change, status, told):
    sent = {"key": "9", "name": "流感专线", "line": "special", "announcement": "正在为您转接流感专线。", **change}
    answer = admin.post("/admin/menus/event-lines", data=sent)
    assert answer.status_code == status
    assert told in answer.text
    assert "正在为您转接流感专线。" in answer.text


def test_a_recording_is_heard_by_callers_until_it_is_removed(admin, provider, client, app):
    document = deepcopy(DEFAULT)
    document["nodes"]["crisis"]["say"] = {"prompt": "comfort", "text": "请不要挂机。"}
    admin.post("/admin/menus", json={"tree": document, "note": "试行", "base": service.newest()})
    content = wav(2, 16000)
    assert upload(admin, content, "comfort").status_code == 303
    assert "2.0 秒 · 16 kHz" in admin.get("/admin/menus").text
    provider.call("/phone/voice", caller_leg(1))
    heard = provider.call("/phone/menu?node=welcome&n=1", caller_leg(1), Digits="5").text
    address = heard.split("<Play>")[1].split("</Play>")[0].removeprefix(app.config["HOTLINE"].public_base_url)
    file = app.test_client().get(address)
    assert (file.status_code, file.data, file.mimetype) == (200, content, "audio/wav")
    assert file.cache_control.public
    assert app.test_client().get(address, headers={"If-None-Match": file.headers["ETag"]}).status_code == 304
    played = admin.post("/admin/menus/preview", json={"tree": document, "keys": ["5"]}).json
    assert played["heard"][-2] == {"node": "crisis", "kind": "play", "text": "comfort.wav"}
    assert admin.post("/admin/menus/prompts/comfort/remove").status_code == 303
    assert app.test_client().get(address).status_code == 404
    assert admin.post("/admin/menus/prompts/comfort/remove").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "status", "told"),
    [
        (b"RIFF not a sound", "welcome", 422, "WAV"),
        (b"", "welcome", 422, "WAV"),
        (wav(rate=44100), "welcome", 422, "8 或 16 kHz"),
        (wav(channels=2), "welcome", 422, "单声道"),
        (wav(width=1), "welcome", 422, "16 位"),
        (wav(0), "welcome", 422, "不空"),
        (wav()[:-100], "welcome", 422, "完整"),
        (wav(140), "welcome", 413, "2 MB"),
        (wav(), "../welcome", 422, "录音名称"),
        (wav(), "欢迎", 422, "录音名称"),
    ],
)
def test_recordings_are_judged_by_their_content(admin, app, content, name, status, told):
    answer = upload(admin, content, name)
    assert answer.status_code == status
    assert told in answer.text
    assert list(app.config["HOTLINE"].prompts_dir.glob("*")) == []


def test_a_recording_must_be_a_file(admin):
    assert admin.post("/admin/menus/prompts", data={"prompt": "welcome", "file": "text"}).status_code == 422
    assert admin.post("/admin/menus/prompts", data={"prompt": "welcome"}).status_code == 422
