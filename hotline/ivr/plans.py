"""From a node to what a caller hears there: the telephone door and the editor's preview use this alike."""

from collections.abc import Callable, Iterator

from hotline.ivr.tree import Node, Tree
from hotline.telephony.steps import Collect, Connect, Goto, Hangup, Pause, Plan, Prompt, Record, Say, Spoken

LEAVE_MESSAGE = "请在滴声后留言，讲完请按井号键。"
MESSAGE_AGAIN = f"没有听到您的声音。{LEAVE_MESSAGE}"
MESSAGE_TRIES = 3
CALLBACK_NOTED = "已为您登记，我们会尽快回拨您的来电号码，请保持电话畅通。"
CALLER_ENDS = "感谢您的来电，再见。"
THANKS = "感谢您的评价，再见。"
USUAL_SECONDS = "5"
NOTICE = Prompt("recorded", "通话将被录音并依法保存。")
"""Heard on every way into a line, and no key passes over it: a talk is recorded only after it."""


def led_to(here: Node, tree: Tree, key: str, straight: str = "") -> Node:
    """The node a key leads to; no key and a wrong one lead the same way. `straight`: onward from an answer."""
    if straight in tree.nodes:
        return tree.nodes[straight]
    return tree.nodes[here.keys.get(key) or here.text("default") or tree.entry]


def passed_closed(tree: Tree, node: Node, instead: Callable[[Node], str]) -> Iterator[Node]:
    """The nodes a caller passes from `node` on because their lines are closed; the last one is where he stays.

    `instead`: where a queue leads while it is closed; empty while it is open.
    """
    yield node
    while node.kind == "queue" and (target := instead(node)):
        node = tree.nodes[target]
        yield node


def plan_of(node: Node, line_name: str, step: int) -> Plan:
    """What is played at a node. Of a queue its words and the notice: who waits there is the queue's matter."""
    says = tuple(_named(part, line_name) for part in node.spoken)
    seconds = int(node.text("seconds", USUAL_SECONDS))
    if node.kind == "survey":
        return [Collect(says, "/phone/score", seconds=seconds), *goodbye()]
    if node.kind == "menu":
        then = f"/phone/menu?node={node.id}&n={step}"
        return [Collect(says, then, seconds=seconds, finish_on="", on_empty=True)]
    return [*says, *_onward(node, step)]


def _onward(node: Node, step: int) -> Plan:
    """What follows a node's words."""
    if node.kind == "answer":
        after = node.text("next")
        return [Pause(1), Goto(f"/phone/menu?to={after}&n={step}") if after else Hangup()]
    if node.kind == "transfer":
        return [Connect(node.text("endpoint"), then=f"/phone/transferred?n={step}")]
    ways: dict[str, Plan] = {
        "voicemail": [Goto(f"/phone/message?line={node.text('line')}")],
        "callback": [Goto(f"/phone/call-back?line={node.text('line')}")],
        "hangup": [Hangup()],
        "queue": [NOTICE],
    }
    return ways.get(node.kind, [])


def _named(part: Spoken, line_name: str) -> Spoken:
    if isinstance(part, Say):
        return Say(part.text.replace("{line}", line_name))
    if isinstance(part, Prompt):
        return Prompt(part.name, part.text.replace("{line}", line_name))
    return part


def farewell(survey: Node | None, line_name: str) -> Plan:
    """After a conversation: the survey, where the menu has one."""
    return plan_of(survey, line_name, 1) if survey else goodbye()


def rated(score: int | None) -> Plan:
    """The survey was answered; no score: with a key that stands for none."""
    return [Say(THANKS), Hangup()] if score else goodbye()


def goodbye() -> Plan:
    return [Say(CALLER_ENDS), Hangup()]


def message(number: int = 1, where: str = "") -> Plan:
    """The caller leaves a message; one who says nothing is asked again, and in the end nobody is there.

    `where`: the query that goes along, which tells one message of a call from another.
    """
    if number > MESSAGE_TRIES:
        return goodbye()
    record = Record(f"/phone/message-left?{where}", done=f"/phone/recorded?kind=voicemail{'&' if where else ''}{where}")
    return [
        Say(LEAVE_MESSAGE if number == 1 else MESSAGE_AGAIN),
        record,
        Goto(f"/phone/message?n={number + 1}{'&' if where else ''}{where}"),
    ]


def call_back() -> Plan:
    """The caller will be called back."""
    return [Say(CALLBACK_NOTED), Hangup()]
