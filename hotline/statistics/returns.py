"""City returns: filed by the cities, accepted or sent back by the province, never edited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from hotline import audit, clock, db
from hotline.calls.models import Category
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places.models import Area, AreaKind
from hotline.statistics import house
from hotline.statistics.returns_checked import complaints
from hotline.statistics.returns_models import (
    CityReturn,
    Form,
    ReportingCity,
    ReturnRule,
    ReturnState,
    ReturnVerdict,
    Verdict,
)

USUAL_RULE = ReturnRule(valid_from="2000-01", due_day=5, remind_before=3)
"""In force until an administrator writes another."""


@dataclass(frozen=True)
class CityMonth:
    """One city's month as it stands: `filing` is the newest one, `verdict` what was said to it."""

    city_code: str
    city: str
    state: ReturnState
    due: date
    filing: CityReturn | None = None
    verdict: ReturnVerdict | None = None

    @property
    def total(self) -> int | None:
        """The figure that goes into the province; None while there is none, or it was sent back."""
        if self.filing is None or self.state is ReturnState.RETURNED:
            return None
        return self.filing.total


def rule(month: Month) -> ReturnRule:
    newest = select(ReturnRule).where(ReturnRule.valid_from <= str(month)).order_by(ReturnRule.valid_from.desc())
    return session.scalars(newest.limit(1)).one_or_none() or USUAL_RULE


def due(month: Month) -> date:
    """The last day on which the month's returns are in time."""
    return month.next.first + timedelta(days=rule(month).due_day - 1)


def ask_cities(valid_from: Month) -> int:
    """Ask every other city of the province from `valid_from` on, unless it is known already; how many are new."""
    known = set(session.scalars(select(ReportingCity.city_code)))
    home = house.current()
    cities = session.scalars(
        select(Area.code).where(Area.kind == AreaKind.CITY, Area.parent_code == home.province).order_by(Area.position)
    )
    new = [code for code in cities if code not in known and code != home.home_city]
    session.add_all(ReportingCity(city_code=code, valid_from=str(valid_from), valid_to=None) for code in new)
    session.flush()
    return len(new)


def cities(month: Month) -> list[tuple[Area, bool]]:
    """The cities of the month's province total, home first, and whether each is counted here."""
    home_code = house.current().home_city
    found = session.execute(
        select(Area, ReportingCity.counted)
        .join(ReportingCity, ReportingCity.city_code == Area.code)
        .where(ReportingCity.valid_from <= str(month))
        .where(ReportingCity.valid_to.is_(None) | (ReportingCity.valid_to >= str(month)))
        .order_by(Area.position, Area.code)
    )
    home = session.get(Area, home_code)
    first = [(home, True)] if home else []
    return [*first, *((area, counted) for area, counted in found if area.code != home_code)]


def filings(month: Month, city_code: str) -> list[CityReturn]:
    """Every filing of a city's month, oldest first."""
    wanted = select(CityReturn).where(CityReturn.month == str(month), CityReturn.city_code == city_code)
    return list(session.scalars(wanted.order_by(CityReturn.number)))


def verdicts(filing: CityReturn) -> list[ReturnVerdict]:
    return list(
        session.scalars(select(ReturnVerdict).where(ReturnVerdict.return_id == filing.id).order_by(ReturnVerdict.id))
    )


def _last_verdicts(return_ids: Collection[int]) -> dict[int, ReturnVerdict]:
    wanted = select(ReturnVerdict).where(ReturnVerdict.return_id.in_(return_ids)).order_by(ReturnVerdict.id)
    return {said.return_id: said for said in session.scalars(wanted)}


def city_month(month: Month, area: Area) -> CityMonth:
    """How the month of a city that files stands now."""
    return _stand(month, [(area, False)])[0]


def _stand(month: Month, asked_cities: Sequence[tuple[Area, bool]]) -> list[CityMonth]:
    last_day = due(month)
    codes = [area.code for area, _ in asked_cities]
    wanted = select(CityReturn).where(CityReturn.month == str(month), CityReturn.city_code.in_(codes))
    newest = {filing.city_code: filing for filing in session.scalars(wanted.order_by(CityReturn.number))}
    said = _last_verdicts([filing.id for filing in newest.values()]) if newest else {}
    made = []
    for area, counted in asked_cities:
        filing = None if counted else newest.get(area.code)
        last = said.get(filing.id) if filing else None
        state = ReturnState.COUNTED if counted else _state(filing, last, last_day)
        made.append(CityMonth(area.code, area.short, state, last_day, filing, last))
    return made


def _state(filing: CityReturn | None, said: ReturnVerdict | None, last_day: date) -> ReturnState:
    if filing is None:
        return ReturnState.MISSING if clock.today() > last_day else ReturnState.NOT_DUE
    if said:
        return ReturnState.ACCEPTED if said.verdict is Verdict.ACCEPTED else ReturnState.RETURNED
    return ReturnState.FILED if filing.number == 1 else ReturnState.CORRECTED


def overview(month: Month) -> list[CityMonth]:
    """Every city of the month, home first."""
    return _stand(month, cities(month))


def asked(month: Month, city_code: str) -> Area:
    """The city, if it files this month. Raises Invalid when it does not, NotFound for an unknown city."""
    area = session.get(Area, city_code)
    if area is None:
        raise NotFound("没有这个城市")
    if (area, False) not in cities(month):
        raise Invalid(f"{area.short}在 {month} 不需要报送", fields={"city_code": ["不在报送范围内"]})
    return area


def file(
    city_code: str,
    month: Month,
    total: int,
    categories: Mapping[str, int] | None = None,
    *,
    form: Form = Form.FORM,
    explanation: str = "",
    source_name: str = "",
    source_file: bytes | None = None,
) -> CityReturn:
    """Keep a city's figures as its next filing. The same figures again are a repetition and change nothing.
    Raises Invalid with what is wrong per field; a large change from the month before needs an explanation."""
    area, given = asked(month, city_code), dict(categories or {})
    if wrong := complaints(month, total, given, explanation, _total_of(month.previous, city_code)):
        raise Invalid("报送数据未通过校验", fields=wrong)
    db.lock(f"return:{month}:{city_code}")
    earlier = filings(month, city_code)
    if earlier and _is_repetition(earlier[-1], total, given, explanation):
        return earlier[-1]
    who = audit.actor()
    filing = CityReturn(
        month=str(month),
        city_code=area.code,
        number=len(earlier) + 1,
        total=total,
        categories=given,
        explanation=explanation,
        form=form,
        source_name=source_name[-200:],
        source_file=source_file,
        filed_at=clock.now(),
        filed_by_id=who.id,
        filed_by=who.name,
    )
    session.add(filing)
    session.flush()
    _note(filing, earlier)
    return filing


def _note(filing: CityReturn, earlier: list[CityReturn]) -> None:
    """Who, when, old, new."""
    old = {"total": earlier[-1].total, "categories": earlier[-1].categories} if earlier else None
    new = {"total": filing.total, "categories": filing.categories}
    audit.record("return.file", f"return:{filing.id}", month=filing.month, city=filing.city_code, old=old, new=new)


def _is_repetition(last: CityReturn, total: int, categories: dict[str, int], explanation: str) -> bool:
    same = (last.total, last.categories, last.explanation) == (total, categories, explanation)
    said = verdicts(last)
    return same and not (said and said[-1].verdict is Verdict.RETURNED)


def _total_of(month: Month, city_code: str) -> int | None:
    area = session.get(Area, city_code)
    return city_month(month, area).total if area else None


def accept(return_id: int) -> ReturnVerdict:
    return _judge(return_id, Verdict.ACCEPTED, "")


def send_back(return_id: int, reason: str) -> ReturnVerdict:
    """Ask the city for other figures. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid("退回须写明理由", fields={"reason": ["请填写退回理由"]})
    return _judge(return_id, Verdict.RETURNED, reason.strip())


def _judge(return_id: int, verdict: Verdict, reason: str) -> ReturnVerdict:
    filing = session.get(CityReturn, return_id)
    if filing is None:
        raise NotFound("没有这次报送")
    db.lock(f"return:{filing.month}:{filing.city_code}")
    newest = session.scalar(
        select(func.max(CityReturn.number)).where(
            CityReturn.month == filing.month, CityReturn.city_code == filing.city_code
        )
    )
    if newest != filing.number:
        raise Conflict("该市已报送更新的数据，请看最新一次", newest=newest)
    who = audit.actor()
    said = ReturnVerdict(return_id=filing.id, verdict=verdict, reason=reason, at=clock.now(), by_id=who.id, by=who.name)
    session.add(said)
    session.flush()
    audit.record(f"return.{verdict.value}", f"return:{filing.id}", reason=reason)
    return said


CATEGORY_CODES = tuple(category.value for category in Category)
"""What a return may break its total down into."""
