"""Booking a visit by telephone: booked, cancelled, collected, attended, missed; and what the month counts."""

from dataclasses import dataclass, fields
from datetime import date, timedelta

from sqlalchemy import func, or_, select

from hotline import audit, clock, db
from hotline.bookings import rules
from hotline.bookings.models import HOLDING, Booking, BookingChannel, HalfDay, Status, Suspension
from hotline.calls.numbers import NumberKind, normalise
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places.models import Institution
from hotline.privacy import keyed_hash

UNDER_GUARDIAN = 14
_RULES_OF_MOVES: dict[Status, tuple[Status, ...]] = {
    Status.COLLECTED: (Status.BOOKED,),
    Status.ATTENDED: (Status.BOOKED, Status.COLLECTED),
    Status.CLOSED: (Status.BOOKED, Status.COLLECTED),
    Status.NO_SHOW: (Status.BOOKED,),
}


@dataclass(frozen=True)
class Wish:
    """A visit as the caller wants it, under the patient's true name and own document."""

    institution_id: int
    department: str
    visit_day: date
    half_day: HalfDay
    patient_name: str
    document_type: str
    document_no: str
    phone: str
    doctor: str = ""
    slot_type: str = ""
    slot_time: str = ""
    guardian_name: str | None = None
    channel: str = "PHONE"


def book(wish: Wish, by_id: int, call_id: int | None = None) -> Booking:
    """Book a slot. Raises Invalid by the rules of the hospital, Conflict when the patient holds that slot already."""
    at = clock.now()
    document = document_hash(wish.document_type, wish.document_no)
    phone = normalise(wish.phone)
    _check(wish, phone.kind)
    rules.check_day(wish.institution_id, wish.visit_day, at)
    rules.check_patient(document, clock.business_day(at))
    db.lock(f"booking:{document}")
    if _held(document, wish):
        raise Conflict("该患者当日在这个科室已有一个预约，同日同科只能约一个号。")
    made = Booking(
        **{field.name: getattr(wish, field.name) for field in fields(wish) if field.name != "phone"},
        phone=phone.display,
        phone_hash=phone.hash,
        document_hash=document,
        call_id=call_id,
        booked_by=by_id,
        booked_at=at,
        booked_on=clock.business_day(at),
        status_at=at,
    )
    session.add(made)
    session.flush()
    audit.record("booking.book", f"booking:{made.id}", call=call_id)
    return made


def document_hash(document_type: str, document_no: str) -> str:
    """What a patient is found by: the document without gaps, letters in upper case."""
    return keyed_hash(f"{document_type}:{''.join(document_no.split()).upper()}")


def _check(wish: Wish, phone_kind: NumberKind) -> None:
    wrong = {}
    if session.get(Institution, wish.institution_id) is None:
        wrong["institution_id"] = "请选择医院"
    if wish.channel not in channels(clock.today()):
        wrong["channel"] = "没有这个预约渠道"
    if phone_kind is not NumberKind.MOBILE:
        wrong["phone"] = "请填写手机号，停诊或改约时要通知"
    if wish.document_type == "ID" and not identity_is_valid(wish.document_no):
        wrong["document_no"] = "身份证号不正确，请再核对一遍"
    elif not wish.guardian_name and _is_child(wish):
        wrong["guardian_name"] = "未满14周岁须由监护人同意，请填写监护人姓名"
    if wrong:
        raise Invalid(
            f"预约信息有误：{'；'.join(wrong.values())}。", fields={name: [why] for name, why in wrong.items()}
        )


def identity_is_valid(number: str) -> bool:
    """The 18-digit identity number with its date of birth and check digit (GB 11643)."""
    text = number.strip().upper()
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdigit()) or birthday(text) is None:
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return text[17] == "10X98765432"[total % 11]


def birthday(identity: str) -> date | None:
    try:
        return date(int(identity[6:10]), int(identity[10:12]), int(identity[12:14]))
    except ValueError:
        return None


def _is_child(wish: Wish) -> bool:
    if wish.document_type == "HUKOU":
        return True
    born = birthday(wish.document_no.strip()) if wish.document_type == "ID" else None
    if born is None:
        return False
    today = clock.today()
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return age < UNDER_GUARDIAN


def _held(document: str, wish: Wish) -> bool:
    held = select(Booking.id).where(
        Booking.document_hash == document,
        Booking.institution_id == wish.institution_id,
        Booking.department == wish.department,
        Booking.visit_day == wish.visit_day,
        Booking.status.in_(HOLDING),
    )
    return session.scalar(held.limit(1)) is not None


def cancel(booking_id: int, version: int, reason: str, call_id: int | None = None) -> Booking:
    """Cancel before the day of the visit, where the hospital lets patients cancel."""
    found = get(booking_id, version)
    if found.status is not Status.BOOKED:
        raise Conflict("只有“已预约”的可以取消。")
    if not rules.rule_of(found.institution_id, clock.today()).cancellable:
        raise Invalid("这家医院的预约不能取消，请患者按时就诊或直接联系医院。")
    if found.visit_day <= clock.today():
        raise Invalid("就诊当日及以后不能取消。")
    found.cancel_reason, found.cancelled_call_id = reason, call_id
    return _moved(found, Status.CANCELLED)


def mark(booking_id: int, version: int, status: Status) -> Booking:
    """Note what became of a booking; the missed visit that reaches the limit suspends the patient."""
    found = get(booking_id, version)
    if status not in _RULES_OF_MOVES or found.status not in _RULES_OF_MOVES[status]:
        raise Conflict("预约的当前状态不能这样更改。")
    if status is Status.NO_SHOW and found.visit_day > clock.today():
        raise Invalid("还没到就诊日，不能记爽约。")
    _moved(found, status)
    if status is Status.NO_SHOW:
        rules.suspend_if_due(found)
    return found


def _moved(found: Booking, status: Status) -> Booking:
    found.status, found.status_at = status, clock.now()
    session.flush()
    audit.record(f"booking.{status.value}", f"booking:{found.id}", reason=found.cancel_reason)
    return found


def get(booking_id: int, version: int | None = None) -> Booking:
    """The booking, as the writer saw it if a version is given."""
    found = session.get(Booking, booking_id)
    if found is None:
        raise NotFound("没有这个预约。")
    if version is not None and found.version != version:
        raise Conflict("这个预约刚被修改过，请刷新后再操作。", version=found.version)
    return found


def lift(suspension_id: int, by_id: int, reason: str) -> Suspension:
    """End a suspension on appeal. The reason is kept."""
    found = session.get(Suspension, suspension_id)
    if found is None:
        raise NotFound("没有这个暂停记录。")
    if found.lifted_at:
        raise Conflict("这个暂停已经解除。")
    if not reason.strip():
        raise Invalid("请写明解除原因。", fields={"reason": ["请写明解除原因"]})
    found.lifted_at, found.lifted_by, found.lift_reason = clock.now(), by_id, reason.strip()
    session.flush()
    audit.record("booking.lift", f"suspension:{found.id}", reason=found.lift_reason)
    return found


def suspended(on: date) -> list[Suspension]:
    """Suspensions that run on a day, the ones that end soonest first."""
    running = select(Suspension).where(Suspension.until > on, Suspension.lifted_at.is_(None))
    return list(session.scalars(running.order_by(Suspension.until, Suspension.id)))


def of_call(call_id: int) -> list[Booking]:
    """Bookings made or cancelled in a call."""
    beside = or_(Booking.call_id == call_id, Booking.cancelled_call_id == call_id)
    return list(session.scalars(select(Booking).where(beside).order_by(Booking.id)))


def find(
    phone: str = "", visit_day: date | None = None, status: Status | None = None, limit: int = 100
) -> list[Booking]:
    """Bookings by the patient's phone, day of visit or status, the newest first."""
    wanted = select(Booking).order_by(Booking.id.desc()).limit(limit)
    if phone:
        wanted = wanted.where(Booking.phone_hash == normalise(phone).hash)
    if visit_day:
        wanted = wanted.where(Booking.visit_day == visit_day)
    if status:
        wanted = wanted.where(Booking.status == status)
    return list(session.scalars(wanted))


def channels(on: date) -> dict[str, BookingChannel]:
    """Code → channel in force on a day, in order."""
    rows = session.scalars(
        select(BookingChannel)
        .where(BookingChannel.valid_from <= on, or_(BookingChannel.valid_to.is_(None), BookingChannel.valid_to > on))
        .order_by(BookingChannel.position)
    )
    return {row.code: row for row in rows}


@dataclass(frozen=True)
class Total:
    """Bookings made at one hospital through the channels of one group."""

    institution_id: int
    grouping: str
    channel: str
    count: int


def totals(start_day: date, end_day: date) -> list[Total]:
    """Bookings made on the days `[start_day, end_day)`, by hospital and channel; a later cancellation takes none away.

    The group is the channel's on the last of those days.
    """
    known = channels(end_day - timedelta(days=1))
    rows = session.execute(
        select(Booking.institution_id, Booking.channel, func.count())
        .where(Booking.booked_on >= start_day, Booking.booked_on < end_day)
        .group_by(Booking.institution_id, Booking.channel)
        .order_by(Booking.institution_id, Booking.channel)
    )
    return [Total(row[0], known[row[1]].grouping if row[1] in known else "", row[1], row[2]) for row in rows]
