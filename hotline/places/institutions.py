"""Institutions: found by any name they ever had, written under the name of the period.

A name is either printed (the bulletin's own name of a period, one at a time) or an alias. A branch whose
printed name has ended is written under its parent: the bulletin merged the rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, or_, select

from hotline import audit
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.places import spelling
from hotline.places.models import Institution, InstitutionName

ALIKE = 45
SUGGESTIONS = 5


@dataclass(frozen=True)
class Match:
    """What a name found in a foreign table means: exactly one institution, or the likely ones, best first."""

    exact: Institution | None
    suggestions: tuple[Institution, ...] = ()


def names(ids: Iterable[int | None]) -> dict[int, str]:
    """How these institutions are called today."""
    wanted = {each for each in ids if each is not None}
    rows = session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def find(institution_id: int) -> Institution:
    found = session.get(Institution, institution_id)
    if found is None:
        raise NotFound("没有这个机构。")
    return found


def names_of(institution: Institution) -> Sequence[InstitutionName]:
    """Printed names first, oldest first; then aliases."""
    query = select(InstitutionName).where(InstitutionName.institution_id == institution.id)
    return session.scalars(
        query.order_by(InstitutionName.printed.desc(), InstitutionName.valid_from, InstitutionName.id)
    ).all()


def add_name(
    institution: Institution,
    name: str,
    *,
    printed: bool,
    since: date,
    until: date | None = None,
    remark: str = "",
) -> InstitutionName:
    pinyin, initials = spelling.spell(name)
    made = InstitutionName(
        institution_id=institution.id,
        name=name,
        pinyin=pinyin[:400],
        initials=initials[:80],
        printed=printed,
        valid_from=since,
        valid_to=until,
        remark=remark,
    )
    session.add(made)
    session.flush()
    return made


def add(name: str, *, since: date, district_code: str | None = None, parent_id: int | None = None) -> Institution:
    """A new institution, printed under `name` from `since` on."""
    name = name.strip()
    if by_name(name) is not None:
        raise Conflict(f"已有名为“{name}”的机构。", fields={"name": ["已存在"]})
    made = Institution(name=name, district_code=district_code or None, parent_id=parent_id)
    session.add(made)
    session.flush()
    add_name(made, name, printed=True, since=since)
    audit.record("institution.added", f"institution:{made.id}", name=name)
    return made


def by_name(text: str, on: date | None = None) -> Institution | None:
    """The institution of exactly this name or alias (as of a date when one is given)."""
    query = (
        select(Institution)
        .join(InstitutionName, InstitutionName.institution_id == Institution.id)
        .where(InstitutionName.name == text.strip())
    )
    if on is not None:
        query = query.where(InstitutionName.valid_from <= on, _still_valid(on))
    return session.scalars(query.order_by(InstitutionName.printed.desc(), Institution.id).limit(1)).first()


def _still_valid(on: date) -> ColumnElement[bool]:
    return or_(InstitutionName.valid_to.is_(None), InstitutionName.valid_to > on)


def match(text: str, on: date | None = None) -> Match:
    """Read a name from a foreign table: exact by any name, else the likely ones to choose from."""
    exact = by_name(text, on) or by_name(text)
    if exact is not None:
        return Match(exact)
    rows = session.execute(select(InstitutionName.name, InstitutionName.institution_id)).all()
    near = process.extract(text.strip(), [row.name for row in rows], scorer=fuzz.WRatio, limit=20, score_cutoff=ALIKE)
    ids = list(dict.fromkeys(rows[position].institution_id for _, _, position in near))
    return Match(None, tuple(find(institution_id) for institution_id in ids[:SUGGESTIONS]))


def named(text: str) -> Institution:
    """The open institution a person typed the name of. Raises Invalid, offering the likely ones."""
    found = match(text)
    if found.exact is not None and found.exact.closed_on is None:
        return found.exact
    if found.exact is not None:
        raise Invalid(f"{found.exact.name}已停用。", fields={"institution": ["机构已停用"]})
    near = "、".join(each.name for each in found.suggestions[:3] or search(text, 3))
    message = f"没有名为“{text}”的机构" + (f"，是否：{near}？" if near else "")
    raise Invalid(message, fields={"institution": [message]})


def printed_under(institution: Institution, month: Month) -> Institution:
    """The institution whose row counts this one's figures in `month`: itself, or the parent it was merged into."""
    if institution.parent_id and _printed(institution, month) is None:
        return printed_under(find(institution.parent_id), month)
    return institution


def printed_name(institution: Institution, month: Month) -> str:
    """The name the bulletin of `month` prints it under."""
    row = printed_under(institution, month)
    return _printed(row, month) or row.name


def _printed(institution: Institution, month: Month) -> str | None:
    return session.scalar(
        select(InstitutionName.name).where(
            InstitutionName.institution_id == institution.id,
            InstitutionName.printed,
            InstitutionName.valid_from <= month.last,
            _still_valid(month.last),
        )
    )


def search(text: str, limit: int = 12, closed: bool = False) -> list[Institution]:
    """Type-ahead by characters, full pinyin or initials of any name; beginnings before middles, short before long."""
    wanted = "".join(text.split()).lower()
    best: dict[int, tuple[int, int]] = {}
    for name in session.scalars(select(InstitutionName)):
        rank = _rank(name, wanted)
        if rank is not None:
            best[name.institution_id] = min(best.get(name.institution_id, (99, 0)), (rank, len(name.name)))
    query = select(Institution).where(Institution.id.in_(best))
    if not closed:
        query = query.where(Institution.closed_on.is_(None))
    found = sorted(session.scalars(query), key=lambda each: (best[each.id], each.name))
    return found[:limit]


def _rank(name: InstitutionName, wanted: str) -> int | None:
    tests = (
        name.name == wanted,
        name.name.startswith(wanted),
        name.initials.startswith(wanted),
        name.pinyin.startswith(wanted),
        wanted in name.name,
        wanted in name.initials,
        len(wanted) > 2 and wanted in name.pinyin,
    )
    return next((rank for rank, passed in enumerate(tests) if passed), None)
