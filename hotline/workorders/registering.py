"""受理: how an order comes into being. Life in danger never becomes an order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from hotline import clock, db
from hotline.calls.numbers import normalise
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places import home
from hotline.places.models import Area, Institution
from hotline.workorders import categories, duplicates, emergencies, moves, numbering, repeats
from hotline.workorders.codes import Move, Nature, Party, Source, State, Urgency
from hotline.workorders.duplicates import Draft
from hotline.workorders.field_codes import LEVEL_OF, CallerSubject, SourceLevel
from hotline.workorders.matching import Facts
from hotline.workorders.models import Order
from hotline.workorders.moves import By

CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 2, tzinfo=clock.ZONE)
LONGEST_LIMIT = timedelta(days=730)
EXTERNAL_NO = r"^[0-9A-Za-z一-鿿][0-9A-Za-z一-鿿〔〕（）()_.\-]{0,63}$"
"""Numbers as platforms write them; kept as text, leading zeros and all."""


@dataclass(frozen=True)
class Demand:
    """What an order is about and who wants it; plain values, checked by the door's schema.

    `accused_as_told`: a name that the register of institutions does not know, for a person to settle.
    `categories`: a platform's own levels. `urged_no`: the number, of the same source, of the order this one presses.
    """

    source: Source
    nature: Nature
    title: str
    content: str
    external_no: str | None = None
    call_id: int | None = None
    channel: str = "TEL"
    kind: str = "1"
    urgency: Urgency = Urgency.NORMAL
    source_level: SourceLevel | None = None
    topic_id: int | None = None
    categories: tuple[str, ...] = ()
    acceptor: str | None = None
    acceptor_no: str | None = None
    district_code: str | None = None
    address: str | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    contact_phone: str | None = None
    caller_subject: CallerSubject | None = None
    confidential: bool = False
    reply_required: bool = True
    accused_id: int | None = None
    accused_as_told: str = ""
    registered_at: datetime | None = None
    counts_on: date | None = None
    reply_due: datetime | None = None
    is_repeat: bool = False
    urged_order_id: int | None = None
    urged_no: str = ""
    nonsense: bool = False
    exempt: bool = False


AS_TOLD = (
    *("source", "external_no", "call_id", "channel", "kind", "nature", "urgency", "district_code", "acceptor"),
    *("acceptor_no", "title", "content", "address", "caller_name", "caller_subject", "confidential", "reply_required"),
    *("accused_id", "urged_order_id", "nonsense", "exempt"),
)
"""What an order takes over from its demand as it is."""


def find(source: Source, external_no: str) -> Order | None:
    return session.scalar(select(Order).where(Order.source == source, Order.external_no == external_no))


def register(demand: Demand, by: By) -> Order:
    """Take a demand up as an order, registered and with its clocks running. Raises Conflict when it is here already."""
    check_times(demand)
    lock(demand.source)
    if demand.external_no and (known := find(demand.source, demand.external_no)):
        raise Conflict(f"该编号已登记为 {known.own_no}", own_no=known.own_no)
    if demand.external_no:
        emergencies.refuse_handed_over(demand.source, demand.external_no)
    check_references(demand)
    return register_new([demand], by)[0]


def register_new(demands: Sequence[Demand], by: By) -> list[Order]:
    """Register demands that were checked and are known to be new, in few statements."""
    numbers = _own_numbers(demands)
    topics = _topics(demands)
    orders = [
        _order(demand, by, next(numbers[_series(demand)]), topics.get((demand.categories, _series(demand)[1])))
        for demand in demands
    ]
    session.add_all(orders)
    session.flush()
    for order, demand in zip(orders, demands, strict=True):
        moves.make(order, Move.REGISTER, by, at=order.registered_at, due=demand.reply_due)
        if demand.accused_as_told:
            moves.note(order, Move.NOTE, by, reason=unsettled(demand.accused_as_told), internal=True)
    repeats.link([(order, demand.urged_no) for order, demand in zip(orders, demands, strict=True)], by)
    duplicates.mark(orders)
    session.flush()
    return orders


def draft(demand: Demand) -> Draft:
    """The demand as it is compared with the orders that are here."""
    dial = home.dial_code()
    numbers = (normalise(one, dial).hash for one in (demand.caller_phone, demand.contact_phone))
    facts = Facts(
        numbers=frozenset(one for one in numbers if one),
        name=demand.caller_name or "",
        institutions=frozenset({demand.accused_id} if demand.accused_id else ()),
        at=demand.registered_at or clock.now(),
        words=f"{demand.title}\n{demand.content}",
    )
    return Draft(facts, demand.nature)


def unsettled(accused: str) -> str:
    """What is said of an institution that nobody knows by this name."""
    return f"涉及机构“{accused}”不在机构名录中，待人工核实"


Series = tuple[Source, date]


def _series(demand: Demand) -> Series:
    return demand.source, demand.counts_on or clock.business_day(demand.registered_at or clock.now())


def _own_numbers(demands: Sequence[Demand]) -> dict[Series, Iterator[str]]:
    series = [_series(demand) for demand in demands]
    return {one: iter(numbering.take(*one, series.count(one))) for one in dict.fromkeys(series)}


def _topics(demands: Sequence[Demand]) -> dict[tuple[tuple[str, ...], date], int | None]:
    """What the platforms' levels mean, asked once for each."""
    told = {(demand.categories, _series(demand)[1]) for demand in demands if demand.categories}
    return {(levels, day): categories.topic_of(levels, day) for levels, day in told}


def _order(demand: Demand, by: By, own_no: str, topic_id: int | None) -> Order:
    at = demand.registered_at or clock.now()
    dial = home.dial_code()
    caller, contact = normalise(demand.caller_phone, dial), normalise(demand.contact_phone, dial)
    return Order(
        **{name: getattr(demand, name) for name in AS_TOLD},
        own_no=own_no,
        source_level=demand.source_level or LEVEL_OF.get(demand.source),
        topic_id=demand.topic_id or topic_id,
        categories=list(demand.categories),
        registered_at=at,
        registered_on=_series(demand)[1],
        acceptor_id=by.id if by.party is Party.HOTLINE else None,
        caller_phone=caller.display or demand.caller_phone,
        caller_hash=caller.hash,
        contact_phone=contact.display or demand.contact_phone,
        contact_hash=contact.hash,
        accused_told=demand.accused_as_told or None,
        is_repeat=demand.is_repeat or bool(demand.urged_order_id or demand.urged_no),
        state=State.DRAFT,
        changed_at=at,
    )


def lock(source: Source) -> None:
    """Deliveries of one source stand in line, so that the same one is never taken in twice."""
    db.lock(f"orders:{source}")


def check_times(demand: Demand) -> None:
    """Raise Invalid for a receipt in the future or the far past, and for a limit out of all bounds."""
    at = demand.registered_at or clock.now()
    if not EARLIEST <= at <= clock.now() + CLOCK_SKEW:
        raise Invalid("登记时间应在2000年以后、当前时间以前", fields={"registered_at": ["超出范围"]})
    if demand.reply_due and not at < demand.reply_due <= at + LONGEST_LIMIT:
        raise Invalid("回复时限应晚于登记时间，且不超过两年", fields={"reply_due": ["超出范围"]})


def check_references(demand: Demand) -> None:
    """Raise Invalid for an area, institution, topic or order that does not exist, and for an order pressing itself."""
    if demand.district_code and session.get(Area, demand.district_code) is None:
        raise Invalid("没有这个区划代码", fields={"district_code": ["没有这个区划代码"]})
    if demand.accused_id and session.get(Institution, demand.accused_id) is None:
        raise Invalid("没有这个机构", fields={"accused_id": ["没有这个机构"]})
    categories.check(demand.topic_id, _series(demand)[1])
    repeats.check(None, demand.urged_order_id)
    if demand.urged_no and demand.urged_no == demand.external_no:
        raise Invalid(repeats.ITSELF, fields={"urged_order": [repeats.ITSELF]})


def require_unit(unit_id: int) -> Institution:
    """The institution, if it takes orders. Raises NotFound otherwise."""
    unit = session.get(Institution, unit_id)
    if unit is None or not unit.handles_orders or (unit.closed_on and unit.closed_on <= clock.today()):
        raise NotFound("没有这个承办单位")
    return unit
