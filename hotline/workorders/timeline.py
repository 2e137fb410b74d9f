"""One timeline of an order: calls, moves, messages and files in the order they happened, as one viewer may see them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from hotline.db import session
from hotline.places import institutions
from hotline.workorders import authors, links, secrecy
from hotline.workorders.codes import MOVE_LABEL, PARTY_LABEL, STATE_LABEL, Move, Party
from hotline.workorders.models import Order, OrderMove

NOT_FOR_UNITS = frozenset({Move.LINK, Move.UNLINK, Move.MERGE, Move.UNMERGE, Move.REVISIT_TRY})


@dataclass(frozen=True)
class Line:
    """One thing that happened."""

    at: datetime
    kind: str
    title: str
    who: str
    text: str
    to_state: str = ""
    internal: bool = False
    call_ref: str = ""


def of_order(order: Order, unit_id: int | None) -> list[Line]:
    """Everything this viewer may see, oldest first."""
    moves = select(OrderMove).where(OrderMove.order_id == order.id).order_by(OrderMove.id)
    readable = authors.read_by(order, unit_id) if unit_id is not None else None
    shown = [one for one in session.scalars(moves) if _shown(one, readable)]
    units = institutions.names(one.unit_id for one in shown if one.party is Party.UNIT)
    lines = [_move(order, one, unit_id, units) for one in shown]
    if unit_id is None:
        lines += [_call(call.offered_at, call.ref, call.call_no) for _, call, _ in links.calls_of(order.id)]
    return sorted(lines, key=lambda line: line.at)


def _shown(line: OrderMove, readable: Collection[int] | None) -> bool:
    """A unit sees neither the hotline's own lines nor the words of a unit that it does not read."""
    if readable is None:
        return True
    of_unit = line.party is Party.UNIT or line.move is Move.ANSWERED_WITH_PARENT
    foreign = of_unit and line.unit_id not in readable
    return not (line.internal or foreign or line.move in NOT_FOR_UNITS)


def _who(line: OrderMove, units: Mapping[int, str]) -> str:
    if line.party is Party.SYSTEM:
        return "系统"
    unit = units.get(line.unit_id or 0) if line.party is Party.UNIT else None
    return f"{unit or PARTY_LABEL[line.party]} {line.actor_name}"


def _move(order: Order, line: OrderMove, unit_id: int | None, units: Mapping[int, str]) -> Line:
    changed = line.from_state != line.to_state
    kinds = {Move.NOTE: "message", Move.CONTACT: "message", Move.SUPPLEMENT: "message", Move.FILE: "file"}
    return Line(
        line.at,
        kinds.get(line.move, "move" if changed else "event"),
        MOVE_LABEL[line.move] + _detail(line),
        _who(line, units),
        secrecy.text(order, line.reason, unit_id),
        STATE_LABEL[line.to_state] if changed else "",
        line.internal,
    )


def _detail(line: OrderMove) -> str:
    if line.move is Move.REVISIT_TRY:
        return f"第{line.data.get('attempt')}次：{line.data.get('outcome')}"
    if line.move in (Move.ASK_EXTENSION, Move.GRANT_EXTENSION, Move.SUSPEND) and "until" in line.data:
        return f"至 {line.data['until'][:10]}"
    if line.move is Move.SEEN:
        return f"：{MOVE_LABEL[Move(line.data['of'])]}"
    return f"：{line.data['parent']}" if "parent" in line.data else ""


def _call(at: datetime, ref: str, call_no: str) -> Line:
    return Line(at, "call", f"来电 {call_no}", "诉求人", "", call_ref=ref)
