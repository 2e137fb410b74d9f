"""The caller's way through the menu."""

from dataclasses import replace

from flask import request

from hotline import clock
from hotline.calls import intake, numbers
from hotline.calls.models import Call, CallState, EventKind
from hotline.calls.numbers import normalise
from hotline.ivr import plans
from hotline.ivr import service as ivr
from hotline.ivr.tree import Node, Tree
from hotline.queues import blocklist
from hotline.telephony.notices import LegStatus
from hotline.telephony.steps import Collect, Connect, Goto, Hangup, Plan, Say
from hotline.web import gate
from hotline.web.phone import door, words
from hotline.web.phone.entrance import Answer, caller, control, notice, opening
from hotline.web.phone.queueing import crisis_line, into_line


@door.post("/voice")
@opening
def voice() -> Answer:
    """A call rings: greet, and offer the menu with the crisis key in its first sentence."""
    tree = ivr.current()
    if blocklist.is_blocked(normalise(notice().caller).hash):
        told = Say(words.blocked(tree.crisis_key))
        plan: Plan = [Collect((told,), "/phone/blocked", seconds=4, on_empty=True)]
        return Answer(plan, EventKind.OFFERED, {"blocked": True})
    return Answer(plans.plan_of(tree.nodes[tree.entry], gate.config().line_name, 1), EventKind.OFFERED)


@door.post("/fallback")
@control
def fallback() -> Answer:
    """The provider could not use our first answer: straight to a person."""
    kind = EventKind.STEP if caller() else EventKind.OFFERED
    return Answer([Goto("/phone/menu?n=1")], kind)


@door.post("/blocked")
@control
def blocked() -> Answer:
    """A blocked number pressed a key, or none: only the crisis line opens."""
    call, tree = caller(), ivr.current()
    if call is not None and notice().keys == tree.crisis_key:
        return Answer(into_line(call, crisis_line(), (Say(words.CRISIS_WAIT), plans.NOTICE)))
    return Answer([Hangup()], EventKind.BLOCKED)


@door.post("/menu")
@control
def pressed() -> Answer:
    """A key, or none: go to where it leads. A wrong key leads where no key leads."""
    call = caller()
    if call is None or call.state is CallState.ENDED:
        return Answer([Hangup()])
    tree, step = ivr.current(), request.args.get("n", 1, type=int)
    here = tree.nodes.get(request.args.get("node", tree.entry), tree.nodes[tree.entry])
    key = notice().keys or ""
    target = plans.led_to(here, tree, key, request.args.get("to", ""))
    data = {"node": here.id, "key": key, "to": target.id, "n": step}
    kind = EventKind.MENU_KEY if key else EventKind.STEP
    return _visit(tree, target, Answer([], kind, data), call, step + 1)


def _visit(tree: Tree, target: Node, answer: Answer, call: Call, step: int) -> Answer:
    """Arrive at a node, past the lines that are closed now."""
    *closed, node = plans.passed_closed(tree, target, lambda queue: ivr.instead(tree, queue, clock.now()))
    for passed in closed:
        intake.append(call.id, EventKind.CLOSED_HOURS, f"closed:{step}", node=passed.id, line=passed.text("line"))
        step += 1
    if node.kind == "answer":
        intake.append(call.id, EventKind.SERVED, f"served:{step}", node=node.id)
    answer.plan = plans.plan_of(node, gate.config().line_name, step)
    if node.kind == "transfer":
        number = numbers.dialled(call.caller)
        answer.plan = [replace(one, caller_id=number) if isinstance(one, Connect) else one for one in answer.plan]
    if node.kind == "queue":
        answer.plan = into_line(call, node.text("line"), answer.plan)
    return answer


@door.post("/transferred")
@control
def transferred() -> Answer:
    """An outside transfer of the menu is over; a caller who was not connected goes on as if no key had been pressed."""
    if notice().dialled is LegStatus.COMPLETED:
        return Answer(plans.goodbye())
    return Answer([Say(words.UNREACHED), Goto(f"/phone/menu?n={request.args.get('n', 1, type=int) + 1}")])
