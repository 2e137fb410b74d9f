"""The menu tree: what may be published, and that nobody is ever stranded in it."""

import json
from copy import deepcopy
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hotline import clock
from hotline.calls import intake
from hotline.calls.models import EventKind
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.ivr import counts, event_lines, plans, preview, service
from hotline.ivr.faults import FIELDS, Lines, faults
from hotline.ivr.tree import Tree
from hotline.telephony.steps import Collect, Connect, Goto, Hangup
from tests.signed import Provider, caller_leg

LINES = Lines(frozenset({"crisis", "general", "booking", "consult", "complaint", "special"}), frozenset({"crisis"}))
DEFAULT = json.loads(service.DEFAULT.read_text("utf-8"))
WORKDAY, NIGHT = clock.at_local(date(2024, 2, 6), 10), clock.at_local(date(2024, 2, 6), 23)


def changed(*path, to):
    document = deepcopy(DEFAULT)
    holder = document
    for name in path[:-1]:
        holder = holder[name]
    if to is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = to
    return document


def test_the_menu_delivered_has_no_fault():
    assert faults(DEFAULT, LINES) == []


BROKEN = [
    (("nodes",), {}, "-", "没有任何节点"),
    (("nodes",), {f"n{i}": {} for i in range(201)}, "-", "超过200"),
    (("entry",), "nowhere", "-", "入口"),
    (("entry",), ["welcome"], "-", "入口"),
    (("extra",), 1, "-", "多余"),
    (("hours",), [], "-", "服务时间格式"),
    (("hours", "booking"), [["all", "22:00", "06:00"]], "-", "跨午夜，请分成两段：22:00–24:00 和 00:00–06:00"),
    (("hours", "booking"), [["all", "08:00", "08:00"]], "-", "相同"),
    (("hours", "booking"), [["all", "08:00", "24:30"]], "-", "时段无效"),
    (("hours", "booking"), [], "-", "没有时段"),
    (("hours", "\x00"), [["all", "08:00", "18:00"]], "-", "服务时间的名称"),
    (("hours", "booking"), [["sunday", "07:30", "17:30"]], "-", "时段无效"),
    (("hours", "booking"), [[1, 2, 3]], "-", "时段无效"),
    (("nodes", "general"), None, "welcome", "不存在的节点：general"),
    (("nodes", "a b"), {"kind": "hangup", "say": "再见。"}, "a b", "名称"),
    (("nodes", "event-1"), {"kind": "hangup", "say": "再见。"}, "event-1", "名称"),
    (("nodes", "fever"), [], "fever", "类型未知"),
    (("nodes", "fever", "kind"), [], "fever", "类型未知"),
    (("nodes", "fever", "kind"), "song", "fever", "类型未知"),
    (("nodes", "fever", "line"), "general", "fever", "没有这一项"),
    (("nodes", "fever", "next"), ["general"], "fever", "格式错误"),
    (("nodes", "fever", "next"), "moon", "fever", "不存在的节点"),
    (("nodes", "fever", "next"), "fever", "fever", "循环"),
    (("nodes", "fever", "say"), [], "fever", "缺少提示语"),
    (("nodes", "fever", "say"), "  ", "fever", "缺少提示语"),
    (("nodes", "fever", "say"), 5, "fever", "缺少提示语"),
    (("nodes", "fever", "say"), {"prompt": "fever"}, "fever", "缺少提示语"),
    (("nodes", "fever", "say"), {"prompt": "../x", "text": "多喝水"}, "fever", "录音名称"),
    (("nodes", "fever", "say"), "字" * 501, "fever", "过长"),
    (("nodes", "fever", "say"), "你好\x01", "fever", "读不出"),
    (("nodes", "consult", "line"), "moon", "consult", "线路不存在"),
    (("nodes", "booking", "hours"), "never", "booking", "未定义"),
    (("nodes", "booking", "closed"), "", "booking", "非服务时间的去向"),
    (("nodes", "booking_closed", "next"), "booking", "booking", "循环"),
    (("nodes", "booking", "holiday"), "moon", "booking", "指向不存在的节点：moon"),
    (("nodes", "booking_holiday", "next"), "booking", "booking", "循环"),
    (("nodes", "booking", "holiday"), None, "booking_holiday", "没有任何按键"),
    (("nodes", "general", "holiday"), "fever", "general", "没有服务时间"),
    (("nodes", "crisis"), {**DEFAULT["nodes"]["crisis"], "hours": "booking", "closed": "general"}, "crisis", "危机"),
    (("nodes", "topics", "keys"), {}, "topics", "没有按键"),
    (("nodes", "topics", "keys", "A"), "general", "topics", "按键无效"),
    (("nodes", "topics", "default"), "", "topics", "困住"),
    (("nodes", "topics", "seconds"), 0, "topics", "格式错误"),
    (("nodes", "topics", "seconds"), "5", "topics", "格式错误"),
    (("nodes", "smoking"), {"kind": "transfer", "say": "转接。"}, "smoking", "转接缺少号码"),
    (("nodes", "smoking"), {"kind": "transfer", "say": "转接。", "endpoint": "打电话"}, "smoking", "转接缺少号码"),
    (("nodes", "survey", "say"), None, "survey", "缺少提示语"),
    (("nodes", "survey", "scores"), {}, "survey", "没有按键"),
    (("nodes", "survey", "scores"), None, "survey", "没有按键"),
    (("nodes", "survey", "scores"), ["1"], "survey", "格式错误"),
    (("nodes", "survey", "scores", "#"), "满意", "survey", "一位数字：#"),
    (("nodes", "survey", "scores", "12"), "满意", "survey", "一位数字：12"),
    (("nodes", "survey", "scores", "1"), "很好", "survey", "非常不满意：很好"),
    (("nodes", "survey", "seconds"), 99, "survey", "格式错误"),
    (("nodes", "survey", "keys"), {"1": "general"}, "survey", "没有这一项"),
    (("nodes", "second"), DEFAULT["nodes"]["survey"], "second", "只能有一个"),
    (("nodes", "survey"), None, None, ""),
    (("nodes", "fever", "next"), "survey", None, ""),
    (("nodes", "island"), {"kind": "hangup", "say": "再见。"}, "island", "没有任何按键"),
    (("nodes", "welcome", "default"), "fever", "welcome", "无法到达人工"),
    (("nodes", "welcome", "keys", "5"), "general", "welcome", "心理危机"),
    (("nodes", "welcome", "say"), "您好，心理危机按1，其他按5。", None, ""),
    (("nodes", "welcome", "say"), ["您好。", "心理危机请按5。"], "welcome", "心理危机"),
    (("nodes", "welcome", "say"), "您好。" + "欢迎来电。" * 70 + "心理危机请按5。", "welcome", "心理危机"),
    (("nodes", "welcome", "say"), "您好！心理危机请按5。", "welcome", "心理危机"),
    (("nodes", "welcome", "say"), "您好，心理危机请不要按5，请另拨。", "welcome", "心理危机"),
    (("nodes", "welcome", "say"), "您好，无须直接按5。", "welcome", "心理危机"),
    (("nodes", "welcome", "say"), "您好，心理危机请不要挂机，按5。", None, ""),
]


@pytest.mark.parametrize(("path", "to", "node", "message"), BROKEN)
def test_each_fault_is_named_with_its_node(path, to, node, message):
    found = faults(changed(*path, to=to), LINES)
    if node is None:
        assert found == []
    else:
        assert any(fault.node == node and message in fault.message for fault in found), found


NIGHT_CALLS = {
    "hours": {"booking": [["all", "07:30", "17:30"]], "whole": [["all", "00:00", "24:00"]]},
    "general": {"kind": "queue", "say": "转接。", "line": "general", "hours": "booking", "closed": "bye"},
    "bye": {"kind": "hangup", "say": "已下班。"},
}


def at_night(**nodes):
    document = deepcopy(DEFAULT)
    document["hours"] = NIGHT_CALLS["hours"]
    document["nodes"] |= {"general": NIGHT_CALLS["general"], "bye": NIGHT_CALLS["bye"]} | nodes
    return document


def test_a_person_is_in_reach_without_a_key_at_every_hour():
    """By day somebody answers; at night the same silent caller must not be hung up on."""
    assert faults(at_night(), LINES) == [("welcome", "不按任何键无法到达人工：在 bye 结束")]
    duty = {"kind": "queue", "say": "转夜间值班。", "line": "special"}
    assert faults(at_night(bye=duty), LINES) == []
    whole = {**NIGHT_CALLS["general"], "hours": "whole"}
    assert faults(at_night(general=whole), LINES) == []
    feast = {**NIGHT_CALLS["general"], "closed": "duty", "holiday": "bye"}
    found = faults(at_night(general=feast, duty=duty), LINES)
    assert found == [("welcome", "不按任何键无法到达人工：在 bye 结束")]


NAMES = ["entry", "a", "b", "c", "d", "e"]
TARGET = st.sampled_from([*NAMES, "crisis"])


@st.composite
def node(draw):
    kind = draw(st.sampled_from(sorted(FIELDS)))
    body = {"kind": kind, "say": draw(st.sampled_from(["好。", ["一。", "二。"], {"prompt": "p", "text": "三。"}]))}
    if kind == "menu":
        body["keys"] = draw(st.dictionaries(st.sampled_from("012346789*#"), TARGET, min_size=1, max_size=5))
        body["default"] = draw(TARGET)
        body["seconds"] = draw(st.integers(1, 9))
    elif kind == "answer" and draw(st.booleans()):
        body["next"] = draw(TARGET)
    elif kind in ("queue", "voicemail", "callback"):
        body["line"] = draw(st.sampled_from(["general", "consult"]))
        if kind == "queue" and draw(st.booleans()):
            body |= {"hours": "day", "closed": draw(TARGET)}
            body |= {"holiday": draw(TARGET)} if draw(st.booleans()) else {}
    elif kind == "transfer":
        body["endpoint"] = "120"
    elif kind == "survey":
        body["scores"] = {"1": "非常满意", "5": "非常不满意"}
    return body


@st.composite
def trees(draw):
    """Trees as they are accepted: those parts that nobody reaches are left away before they are judged."""
    nodes = {name: draw(node()) for name in NAMES}
    keys = {**draw(st.dictionaries(st.sampled_from("0123"), TARGET, max_size=4)), "5": "crisis"}
    nodes["entry"] = {"kind": "menu", "say": "心理危机请按5。", "keys": keys, "default": draw(TARGET)}
    nodes["crisis"] = {"kind": "queue", "say": "请不要挂机。", "line": "crisis"}
    document = {"entry": "entry", "hours": {"day": [["workday", "08:00", "18:00"]]}, "nodes": nodes}
    islands = {fault.node for fault in faults(document, LINES) if "没有任何按键" in fault.message}
    document["nodes"] = {name: body for name, body in nodes.items() if name not in islands}
    return document


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    trees(),
    st.lists(st.sampled_from("0123456789*#"), max_size=12),
    st.booleans(),
    st.sampled_from(["closed", "holiday"]),
)
def test_nobody_is_stranded_in_a_tree_without_faults(document, presses, is_open, way):
    """Whatever was pressed, who then presses nothing comes to an end within as many steps as there are nodes."""
    assume(not faults(document, LINES))
    tree = Tree(document, LINES)
    here, silent = tree.nodes[tree.entry], 0
    while silent <= len(tree.nodes):
        *_, here = plans.passed_closed(
            tree, here, lambda queue: "" if is_open else queue.text(way) or queue.text("closed")
        )
        last = plans.plan_of(here, "线路", 1)[-1] if here.kind != "queue" else None
        if isinstance(last, Collect):
            key = presses.pop() if presses else ""
            silent += not key
            here = plans.led_to(here, tree, key)
        elif isinstance(last, Goto) and "to=" in last.path:
            silent += 1
            here = tree.nodes[here.text("next")]
        else:
            break
    assert here.kind == "queue" or isinstance(last, Hangup | Connect | Goto)
    assert silent <= len(tree.nodes)


def play(app, document, *keys, at=WORKDAY):
    return preview.play(document, keys, at, app.config["HOTLINE"])


def texts(played):
    return [heard.text for heard in played.heard if heard.kind == "say"]


def test_the_preview_waits_at_the_menu_and_follows_keys(app):
    opening = play(app, DEFAULT)
    assert (opening.node, opening.kind, opening.over) == ("welcome", "menu", False)
    assert texts(opening)[0] == f"您好，{app.config['HOTLINE'].line_name}，心理危机求助请直接按5，转人工请不要按键。"
    assert len(texts(opening)) == 2
    queue = play(app, DEFAULT, "5")
    assert (queue.node, queue.line, queue.over) == ("crisis", "crisis", True)
    assert [(h.node, h.kind) for h in queue.heard[-3:]] == [("welcome", "key"), ("crisis", "say"), ("crisis", "say")]
    assert "录音" in texts(queue)[-1]
    silent = play(app, DEFAULT, "")
    assert (silent.node, silent.line, silent.heard[2].kind) == ("general", "general", "wait")
    again = play(app, DEFAULT, "*", "4", "9")
    assert (again.node, again.line) == ("general", "general")
    answer = play(app, DEFAULT, "4", "1")
    assert (answer.node, answer.kind, answer.over) == ("vaccines", "answer", True)


def test_the_preview_knows_the_hours(app):
    assert play(app, DEFAULT, "1").line == "booking"
    night = play(app, DEFAULT, "1", at=NIGHT)
    assert (night.closed, night.node, night.line) == (["booking"], "general", "general")
    assert "服务时间是每天7点30分到17点30分" in texts(night)[2]


def test_a_public_holiday_has_its_own_words_and_a_sunday_the_usual_ones(app):
    def heard(day, document=DEFAULT):
        return texts(play(app, document, "1", at=clock.at_local(day, 20)))[2]

    new_year, sunday, worked_sunday = date(2024, 2, 12), date(2024, 2, 25), date(2024, 2, 4)
    assert heard(new_year).startswith("节假日期间")
    assert heard(sunday) == heard(worked_sunday) == DEFAULT["nodes"]["booking_closed"]["say"]
    assert play(app, DEFAULT, "1", at=clock.at_local(new_year, 10)).line == "booking"
    plain = changed("nodes", "booking", "holiday", to=None)
    del plain["nodes"]["booking_holiday"]
    assert heard(new_year, plain) == DEFAULT["nodes"]["booking_closed"]["say"]


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("voicemail", {"line": "general"}, plans.CALLER_ENDS),
        ("callback", {"line": "general"}, plans.CALLBACK_NOTED),
        ("transfer", {"endpoint": "120"}, "好的。"),
        ("hangup", {}, "好的。"),
    ],
)
def test_the_preview_plays_every_kind_of_end(app, kind, more, said):
    document = changed("nodes", "smoking", to={"kind": kind, "say": "好的。", **more})
    played = play(app, document, "6")
    assert (played.node, played.kind, played.over, texts(played)[-1]) == ("smoking", kind, True, said)


def test_the_preview_plays_the_survey_after_the_conversation(app):
    asked = play(app, DEFAULT, "2", "")
    assert (asked.node, asked.kind, asked.over) == ("survey", "survey", False)
    assert [(heard.kind, heard.text) for heard in asked.heard[-2:]] == [
        ("wait", preview.TALK_OVER),
        ("say", DEFAULT["nodes"]["survey"]["say"]),
    ]
    for key, said in [("1", plans.THANKS), ("9", plans.CALLER_ENDS), ("", plans.CALLER_ENDS)]:
        rated = play(app, DEFAULT, "2", "", key)
        assert (rated.node, rated.over, texts(rated)[-1]) == ("survey", True, said)
    assert texts(rated).count(plans.CALLER_ENDS) == 1


@pytest.mark.parametrize("document", [DEFAULT, changed("nodes", "survey", to=None)], ids=["crisis", "no-survey"])
def test_the_preview_ends_in_the_queue_where_no_survey_follows(app, document):
    key = "5" if document is DEFAULT else "2"
    assert play(app, document, key).over
    assert play(app, document, key, "") == play(app, document, key)


def test_the_preview_writes_nothing_and_refuses_what_is_broken(app):
    play(app, DEFAULT, "2")
    assert not session.new
    assert not session.dirty
    assert counts.by_node(WORKDAY - timedelta(days=9999), clock.now() + timedelta(days=1)) == {}
    with pytest.raises(Invalid) as refused:
        play(app, changed("nodes", "smoking", "line", to="moon"))
    assert refused.value.fields == {"tree": ["smoking：受理线路不存在：moon"]}


@pytest.mark.parametrize("keys", [(), ("5",), ("",), ("4",), ("4", "1"), ("4", "#", "2"), ("1",), ("9",)])
def test_the_preview_says_what_the_telephone_door_says(app, client, keys):
    """The same keys at the door of the published menu: word for word."""
    from hotline.telephony.simulator.twiml import parse

    def spoken(verb):
        return [verb.text] if verb.name == "Say" else [text for inner in verb.inside for text in spoken(inner)]

    def address(verb):
        there = verb.text if verb.name == "Redirect" else verb.get("action")
        return there.removeprefix(app.config["HOTLINE"].public_base_url).split("#")[0]

    provider, leg, left = Provider(client, app.config["HOTLINE"]), caller_leg(1), list(keys)
    path, sent, heard = "/phone/voice", {}, []
    while path:
        reply = provider.call(path, leg, **sent)
        verbs = parse(reply.data, reply.content_type)
        heard += [text for verb in verbs for text in spoken(verb)]
        path, sent = "", {}
        if verbs[-1].name == "Redirect":
            path = address(verbs[-1])
        elif verbs[-1].name == "Gather" and left:
            path, sent = address(verbs[-1]), {"Digits": key} if (key := left.pop(0)) else {}
    assert texts(play(app, service.published().tree, *keys, at=clock.now())) == heard


def test_an_event_line_is_heard_in_the_preview_at_its_time_only(app, people):
    from hotline.people.models import Role

    by = people[Role.ADMIN].id
    since, until = WORKDAY + timedelta(days=1), WORKDAY + timedelta(days=3)
    line = service.switch_on("9", "疫情专线", "special", "正在转接疫情专线。", until, by, since)
    assert texts(play(app, DEFAULT))[1] != "疫情专线请按9。"
    during = play(app, DEFAULT, "9", at=since)
    assert texts(during)[1] == "疫情专线请按9。"
    assert (during.node, during.line) == (f"event-{line.id}", "special")
    with pytest.raises(Conflict, match="已有一条专线"):
        service.switch_on("9", "另一条", "special", "正在转接。", None, by, WORKDAY)
    service.switch_on("9", "前一条", "special", "正在转接。", since, by, WORKDAY)
    with pytest.raises(Conflict, match="已有用途"):
        service.switch_on("5", "疫情专线", "special", "正在转接。", None, by)
    with pytest.raises(Invalid, match="结束时间"):
        service.switch_on("9", "疫情专线", "special", "正在转接。", since, by, until)


def test_a_menu_and_an_event_line_never_share_a_key(app, people):
    """Whichever comes second is refused, for every hour at which both would be in force."""
    from hotline.people.models import Role

    by, now = people[Role.ADMIN].id, clock.now()
    day = [now + timedelta(days=days) for days in range(6)]
    nine = changed("nodes", "welcome", "keys", "9", to="smoking")
    service.switch_on("9", "疫情专线", "special", "正在转接。", day[2], by)
    with pytest.raises(Conflict) as refused:
        service.publish(nine, by=by, at=day[1])
    assert refused.value.fields["tree"][0].startswith("welcome：9号键用于专线“疫情专线”")
    with pytest.raises(Conflict, match="临时专线的按键"):
        play(app, nine, "9", at=clock.now())
    assert play(app, nine, "9", at=day[3]).node == "smoking"
    seven = changed("nodes", "welcome", "keys", "7", to="smoking")
    later, last = service.publish(nine, by=by, at=day[2]), service.publish(seven, by=by, at=day[4])
    with pytest.raises(Conflict, match=r"9号键在 .+ 起的语音导航（welcome）中已有用途"):
        service.switch_on("9", "另一条", "special", "正在转接。", None, by, day[1] + timedelta(days=1))
    with pytest.raises(Conflict, match="7号键"):
        service.switch_on("7", "雨雪专线", "special", "正在转接。", day[5], by, day[3])
    service.switch_on("7", "雨雪专线", "special", "正在转接。", day[4], by, day[3])
    service.switch_on("9", "秋季专线", "special", "正在转接。", None, by, day[4])
    with pytest.raises(Conflict, match="临时专线的按键"):
        service.withdraw(last.id, by)
    session.rollback()
    assert later.id


def test_a_menu_is_withdrawn_before_its_hour_only(app, people):
    from hotline.people.models import Role

    by, later = people[Role.ADMIN].id, clock.now() + timedelta(days=2)
    silent = changed("nodes", "fever", "say", to="新的。")
    menu = service.publish(silent, by=by, at=later)
    assert service.published(later).id == menu.id
    service.withdraw(menu.id, by)
    assert service.published(later).tree == DEFAULT
    assert [kept.id for kept, _ in service.withdrawn()] == [menu.id]
    with pytest.raises(Conflict, match="已经撤回"):
        service.withdraw(menu.id, by)
    with pytest.raises(Conflict, match="已经生效"):
        service.withdraw(service.published().id, by)
    assert service.publish(DEFAULT, by=by, at=later).id == service.published(later).id


def test_who_publishes_is_told_of_what_came_between(app, people):
    from hotline.people.models import Role

    by, base = people[Role.ADMIN].id, service.newest()
    mine, theirs = changed("nodes", "fever", "say", to="我的。"), changed("nodes", "vaccines", "say", to="她的。")
    other = service.publish(theirs, by=by, at=clock.now(), note="疫苗", base=base)
    with pytest.raises(Conflict, match="疫苗，改动了vaccines") as refused:
        service.publish(mine, by=by, at=clock.now(), base=base)
    assert refused.value.facts == {"menu": other.id}
    assert service.publish(mine, by=by, at=clock.now() + timedelta(minutes=1), base=other.id).tree == mine


def test_a_published_menu_goes_on_playing_when_the_rules_grow_stricter(app, people):
    """A rule of a later release refuses what is published then; it never silences the telephone."""
    old = changed("nodes", "welcome", "say", to=["您好。", "心理危机请按5。"])
    session.add(service.Menu(valid_from=clock.now(), tree=old, published_at=clock.now(), published_by=None))
    session.flush()
    assert service.check(service.published().tree)
    assert service.tree().nodes["welcome"].keys["5"] == "crisis"


def test_a_line_not_yet_begun_is_taken_back(app, people):
    from hotline.people.models import Role

    by = people[Role.ADMIN].id
    line = service.switch_on("9", "疫情专线", "special", "正在转接。", None, by, clock.now() + timedelta(days=2))
    service.switch_off(line.id, by)
    assert event_lines.on(clock.now() + timedelta(days=3)) == []


def test_counts_tell_keys_answers_and_closed_hours_by_node(app):
    def call(number, *events):
        made = []
        for place, (kind, data) in enumerate([(EventKind.OFFERED, {}), *events]):
            at = WORKDAY + timedelta(seconds=place)
            made.append(intake.Report("simulator", caller_leg(number), f"{number}:{place}", kind, at, data))
        for report in made:
            intake.receive(report, "320100")

    call(
        1, (EventKind.MENU_KEY, {"node": "welcome", "key": "4", "to": "topics"}), (EventKind.SERVED, {"node": "fever"})
    )
    call(2, (EventKind.MENU_KEY, {"node": "welcome", "key": "4"}), (EventKind.CLOSED_HOURS, {"node": "booking"}))
    call(
        3,
        (EventKind.MENU_KEY, {"node": "welcome", "key": "5"}),
        (EventKind.STEP, {"node": "welcome", "key": "", "to": "general"}),
    )
    found = counts.by_node(*clock.day_bounds(date(2024, 2, 6)))
    assert found["welcome"].keys == {"4": 2, "5": 1}
    assert (found["fever"].served, found["booking"].closed) == (1, 1)
    assert (found["topics"].came, found["general"].came) == (1, 1)
    assert counts.by_node(*clock.day_bounds(date(2024, 2, 7))) == {}
