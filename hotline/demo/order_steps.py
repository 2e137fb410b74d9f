"""The steps an invented order is led by: the verbs of the desk and of the handling unit, with what they say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hotline import clock
from hotline.errors import Invalid
from hotline.people import service as people
from hotline.places.calendar import WorkCalendar
from hotline.workorders import assessing, deadlines, handling, ladder, revisits
from hotline.workorders.codes import Clock, Party
from hotline.workorders.models import Order
from hotline.workorders.moves import By
from hotline.workorders.revisit_codes import ReplyFit, RevisitFailure, Solved
from hotline.workorders.revisits import Verdict

PROMISED = timedelta(days=40)
LATER_DAYS = 3


@dataclass(frozen=True)
class Cast:
    """Who leads an order: the desk, and the unit it is sent to."""

    desk: By
    unit: By
    co_units: tuple[int, ...] = ()

    @property
    def unit_id(self) -> int:
        return self.unit.unit_id or 0


def desk() -> By:
    """The demonstration's dispatcher. Raises Invalid without the demonstration's people."""
    found = people.by_login("paidan01")
    if found is None:
        raise Invalid("请先建立演示账户")
    return By(Party.HOTLINE, found.id, found.name)


def unit() -> By:
    """The demonstration's handling unit. Raises Invalid without the demonstration's people."""
    found = people.by_login("yiyuan01")
    if found is None or found.institution_id is None:
        raise Invalid("请先建立演示账户")
    return By(Party.UNIT, found.id, found.name, found.institution_id)


def unit_of(institution_id: int) -> By:
    """Somebody of another unit; only yiyuan01 has an account."""
    return By(Party.UNIT, None, "经办人", institution_id)


def _later(order: Order) -> datetime:
    """Some working days after the limit of the answer."""
    limit = next(one for one in deadlines.running(order) if one.clock is Clock.REPLY)
    calendar = deadlines.current().calendar
    return calendar.closing(calendar.add_workdays(clock.business_day(limit.due_at), LATER_DAYS).day)


def _reply(order: Order, cast: Cast, _said: str) -> None:
    handling.reply(order, cast.unit, "已向相关科室核实，情况属实，当日整改并安排专人跟进。", "已向您说明情况并致歉。")


def _pleased(order: Order, cast: Cast, _said: str) -> None:
    revisits.answer(order, cast.desk, Verdict(Solved.YES, 5, 4 + order.id % 2, 5, ReplyFit.FITS), "谢谢，问题已解决")


def _displeased(order: Order, cast: Cast, _said: str) -> None:
    revisits.answer(order, cast.desk, Verdict(Solved.NO, 2, 2, 4, ReplyFit.BESIDE), "答复笼统，没有说明何时整改")


STEPS: dict[str, Callable[[Order, Cast, str], object]] = {
    "dispatch": lambda order, cast, said: handling.dispatch(
        order, cast.desk, cast.unit_id, reason="请核实情况，办理后答复诉求人", co_units=cast.co_units
    ),
    "sign": lambda order, cast, said: handling.sign(order, cast.unit),
    "begin": lambda order, cast, said: handling.begin(order, cast.unit),
    "contact": lambda order, cast, said: handling.contact(order, cast.unit, "已电话联系，正在核实"),
    "reply": _reply,
    "reply_directly": lambda order, cast, said: handling.reply_directly(order, cast.desk, "已按规定向您说明。"),
    "approve": lambda order, cast, said: handling.approve(order, cast.desk),
    "revisited": _pleased,
    "displeased": _displeased,
    "unreached": lambda order, cast, said: revisits.fail(order, cast.desk, RevisitFailure.NO_ANSWER),
    "rework": lambda order, cast, said: handling.rework(order, cast.desk, said or "诉求人不满意，请重新办理"),
    "restart": lambda order, cast, said: handling.restart(order, cast.desk),
    "close": lambda order, cast, said: revisits.close(order, cast.desk),
    "appeal": lambda order, cast, said: assessing.appeal(order, cast.unit, said),
    "give_back": lambda order, cast, said: handling.give_back(order, cast.unit, said),
    "ask_extension": lambda order, cast, said: handling.ask_extension(order, cast.unit, _later(order), said),
    "suspend": lambda order, cast, said: handling.suspend(order, cast.desk, clock.now() + PROMISED, said),
    "urge": lambda order, cast, said: ladder.urge(order, cast.desk, said or "请尽快答复诉求人"),
    "supervise": lambda order, cast, said: ladder.supervise(order, cast.desk, 1, said),
}


def lead(order: Order, cast: Cast, steps: Sequence[Sequence[Any]], calendar: WorkCalendar) -> None:
    """Take the steps one after another; each says how many working minutes after the last one it comes."""
    at, end = order.registered_at, clock.now()
    for name, minutes, *said in steps:
        at = calendar.add_working_minutes(at, int(minutes))
        if at >= end:
            return
        with clock.held_at(at):
            STEPS[name](order, cast, *(said or [""]))
